import { describe, expect, it } from 'vitest'
import {
  CLASS_IN,
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_DS,
  TYPE_SOA,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { FOUND_ANSWER, FOUND_NODATA, FOUND_NOTHING, FOUND_NXDOMAIN } from './reader.ts'
import type { TableReader } from './reader.ts'
import { answerOf, bodyOf, keyOf, openTable, wireOf } from './table-fixture.ts'
import type { TableWriter } from './writer.ts'

const address = Buffer.from('address')
const whole = { isWhole: true, hasWildcards: false, hasSubtrees: false }

/** mesh.example with an app at app.sub, which makes sub an empty non-terminal. */
function fill(writer: TableWriter, flags = whole): void {
  writer.put(keyOf('app.sub.mesh.example'), answerOf(address))
  writer.name(wireOf('app.sub.mesh.example'), CLASS_IN).declare([TYPE_A, TYPE_TXT])
  writer.name(wireOf('sub.mesh.example'), CLASS_IN).declare([])
  writer.name(wireOf('mesh.example'), CLASS_IN).declare([TYPE_SOA])
  writer.putZone(wireOf('mesh.example'), CLASS_IN, answerOf(Buffer.from('mesh')), flags)
}

function resolve(reader: TableReader, name: string, qtype = TYPE_A, now = 1): unknown {
  const qname = wireOf(name)
  reader.beginBatch(now)
  const found = reader.resolve(qname, 0, qname.length, qtype, CLASS_IN, 0)
  const body = found === FOUND_NOTHING ? '' : bodyOf(reader, reader.ref).toString()
  const rcode = found === FOUND_NOTHING ? -1 : reader.rcode
  reader.endBatch()
  return { found, rcode, body }
}

const nothing = { found: FOUND_NOTHING, rcode: -1, body: '' }
const answer = { found: FOUND_ANSWER, rcode: RCODE_NOERROR, body: 'address' }
const nodata = { found: FOUND_NODATA, rcode: RCODE_NOERROR, body: 'mesh' }
const nxdomain = { found: FOUND_NXDOMAIN, rcode: RCODE_NXDOMAIN, body: 'mesh' }

describe('a question in a zone that is held whole', () => {
  it.each([
    ['a known answer', 'App.SUB.mesh.example', TYPE_A, answer],
    ['a type that is not there', 'app.sub.mesh.example', TYPE_AAAA, nodata],
    ['a type that is there, its answer is not', 'app.sub.mesh.example', TYPE_TXT, nothing],
    ['an empty non-terminal', 'sub.mesh.example', TYPE_A, nodata],
    ['the apex', 'mesh.example', TYPE_A, nodata],
    ['a name that does not exist', 'no.mesh.example', TYPE_A, nxdomain],
    ['one below an app', 'a.b.app.sub.mesh.example', TYPE_A, nxdomain],
    ['one of very many labels', `${'a.'.repeat(100)}mesh.example`, TYPE_A, nxdomain],
    ['ANY', 'no.mesh.example', TYPE_ANY, nothing],
    ['type 0', 'no.mesh.example', 0, nothing],
    ['DS at the apex, which the zone above has', 'mesh.example', TYPE_DS, nothing],
    ['DS elsewhere', 'sub.mesh.example', TYPE_DS, nodata],
    ['a name outside of the zone', 'example', TYPE_A, nothing],
    ['another name outside', 'amesh.example', TYPE_A, nothing],
    ['the root', '.', TYPE_A, nothing],
  ])('%s', (_what, name, qtype, wanted) => {
    const { writer, reader } = openTable()
    fill(writer)
    expect(resolve(reader, name, qtype)).toEqual(wanted)
  })

  it('meets the innermost zone', () => {
    const { writer, reader } = openTable()
    fill(writer)
    writer.putZone(wireOf('.'), CLASS_IN, answerOf(Buffer.from('root')), whole)
    writer.putZone(wireOf('b.mesh.example'), CLASS_IN, answerOf(Buffer.from('b')), whole)
    expect(resolve(reader, 'x.b.mesh.example')).toEqual({ ...nxdomain, body: 'b' })
    expect(resolve(reader, 'x.mesh.example')).toEqual(nxdomain)
    expect(resolve(reader, 'x.test')).toEqual({ ...nxdomain, body: 'root' })
    expect(writer.deleteZone(wireOf('b.mesh.example'), CLASS_IN)).toBe(true)
    expect(writer.deleteZone(wireOf('b.mesh.example'), CLASS_IN)).toBe(false)
    expect(resolve(reader, 'x.b.mesh.example')).toEqual(nxdomain)
  })

  it('with an apex of more than 31 labels', () => {
    const { writer, reader } = openTable()
    const apex = `${'a.'.repeat(40)}example`
    writer.putZone(wireOf(apex), CLASS_IN, answerOf(Buffer.from('mesh')), whole)
    expect(resolve(reader, `b.${apex}`)).toEqual(nxdomain)
    expect(resolve(reader, `${'a.'.repeat(39)}example`)).toEqual(nothing)
  })
})

it('in a zone that is not whole, only what is known is answered', () => {
  const { writer, reader } = openTable()
  fill(writer, { isWhole: false, hasWildcards: false, hasSubtrees: false })
  const times = { expiresAtSeconds: 50, storedAtSeconds: 0, ttlOffsets: [] }
  writer.name(wireOf('no.mesh.example'), CLASS_IN).declareAbsent(times)
  expect(resolve(reader, 'no.mesh.example', TYPE_A, 49)).toEqual(nxdomain)
  expect(resolve(reader, 'no.mesh.example', TYPE_A, 50)).toEqual(nothing)
  expect(resolve(reader, 'maybe.mesh.example')).toEqual(nothing)
  expect(resolve(reader, 'app.sub.mesh.example', TYPE_AAAA)).toEqual(nodata)
  expect(writer.name(wireOf('app.sub.mesh.example'), CLASS_IN).forget()).toBe(true)
  expect(resolve(reader, 'app.sub.mesh.example', TYPE_AAAA)).toEqual(nothing)
})

it('an answer that expired is not taken for one that does not exist', () => {
  const { writer, reader } = openTable()
  fill(writer)
  writer.put(keyOf('app.sub.mesh.example', TYPE_AAAA), answerOf(address), {
    expiresAtSeconds: 10,
    storedAtSeconds: 0,
    ttlOffsets: [],
  })
  expect(resolve(reader, 'app.sub.mesh.example', TYPE_AAAA, 10)).toEqual(nothing)
})

it("the table's own entries can not be asked for by any qtype", () => {
  const { writer, reader } = openTable()
  fill(writer)
  for (let qtype = 1; qtype <= 10; qtype++) {
    const key = keyOf('mesh.example', qtype)
    reader.beginBatch(1)
    expect(reader.find(key.qname, 0, key.qname.length, qtype, CLASS_IN, 0)).toBe(0)
    reader.endBatch()
  }
})

it('a name with octets that can be no name is in no zone', () => {
  const { writer, reader } = openTable()
  fill(writer)
  reader.beginBatch(1)
  const bad = Buffer.from([70, 1, 2, 0])
  expect(reader.findZone(bad, 0, bad.length, CLASS_IN)).toBe(0)
  const endless = Buffer.from([1, 97, 1, 97])
  expect(reader.findZone(endless, 0, endless.length, CLASS_IN)).toBe(0)
  reader.endBatch()
})
