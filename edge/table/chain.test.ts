import { expect, it } from 'vitest'
import { CLASS_IN, TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_TXT } from '../../shared/dns/codes.ts'
import { FOUND_ANSWER, FOUND_NODATA, FOUND_NOTHING } from './reader.ts'
import { untilReplaced } from './record.ts'
import { answerOf, bodyOf, openTable, wireOf } from './table-fixture.ts'

const qname = wireOf('alias.example.')
const octets = (octet: number): Buffer => Buffer.alloc(12, octet)

/** A zone with an alias whose answers hold what it leads to. */
function open() {
  const { writer, reader } = openTable()
  const flags = { isWhole: true, hasWildcards: true, hasSubtrees: false }
  writer.putZone(wireOf('example.'), CLASS_IN, answerOf(octets(9)), flags)
  writer.name(wireOf('example.'), CLASS_IN).declare([])
  const find = (name: Buffer, qtype: number): string => {
    reader.beginBatch(1)
    const found = reader.resolve(name, 0, name.length, qtype, CLASS_IN, 0)
    const body = found === FOUND_NOTHING ? '' : bodyOf(reader, reader.ref).toString('hex', 0, 1)
    reader.endBatch()
    return `${found} ${body}`
  }
  return { writer, find }
}

it.each(['alias.example.', '*.example.'])(
  'an alias answers all types, each as it is told: %s',
  (owner) => {
    const { writer, find } = open()
    const entries = writer.name(wireOf(owner), CLASS_IN)
    for (const [type, octet] of [
      [0, 1],
      [TYPE_CNAME, 2],
      [TYPE_A, 3],
    ] as const) {
      entries.put(type, answerOf(octets(octet)), untilReplaced)
    }
    entries.declareChain([0, TYPE_CNAME, TYPE_A, TYPE_TXT])
    expect(find(qname, TYPE_A)).toBe(`${FOUND_ANSWER} 03`)
    expect(find(qname, TYPE_CNAME)).toBe(`${FOUND_ANSWER} 02`)
    expect(find(qname, TYPE_AAAA)).toBe(`${FOUND_ANSWER} 01`)
    // It is for the control thread to give.
    expect(find(qname, TYPE_TXT)).toBe(`${FOUND_NOTHING} `)
  },
)

it('an alias without an answer for other types leaves them to the control thread', () => {
  const { writer, find } = open()
  const entries = writer.name(qname, CLASS_IN)
  entries.put(TYPE_CNAME, answerOf(octets(2)), untilReplaced)
  entries.declareChain([TYPE_CNAME])
  expect(find(qname, TYPE_AAAA)).toBe(`${FOUND_NOTHING} `)
})

it('what was an alias is none any more when it is declared otherwise', () => {
  const { writer, find } = open()
  const entries = writer.name(qname, CLASS_IN)
  entries.put(0, answerOf(octets(1)), untilReplaced)
  entries.declareChain([0])
  writer.name(qname, CLASS_IN).declareAlias([])
  expect(find(qname, TYPE_AAAA)).toBe(`${FOUND_NOTHING} `)
  writer.name(qname, CLASS_IN).declare([])
  expect(find(qname, TYPE_AAAA)).toBe(`${FOUND_NODATA} 09`)
  expect(find(qname, 0)).toBe(`${FOUND_NOTHING} `)
})
