import { describe, expect, it } from 'vitest'
import { TYPE_A, TYPE_MX, TYPE_NS, TYPE_SRV } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { parseRdata } from '../../shared/records/rdata.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { encodeRecords } from '../query/records.ts'
import type { RecordData } from '../query/records.ts'
import { BlockWriter, suffixAt } from './block-writer.ts'

const writer = new BlockWriter()

function rrset(type: number, ...texts: readonly string[]): WireRrset {
  const rdata = texts.map((text) => {
    const read = parseRdata(type, text)
    if (!read.ok) throw new Error(text)
    return read.rdata
  })
  return { type, ttl: 300, rdata }
}

const qname = nameKey('x.example.')
const apex = nameKey('example.')
const hex = (text: string): string => Buffer.from(text, 'latin1').toString('hex')

describe('names of a block', () => {
  const head = (type: number, octets: number): string =>
    `${type.toString(16).padStart(4, '0')}00010000012c${octets.toString(16).padStart(4, '0')}`

  it.each<[string, string, WireRrset, string, readonly number[]]>([
    [
      'the owner that is asked for',
      'x.example.',
      rrset(TYPE_A, '192.0.2.1'),
      `c00c${head(1, 4)}c0000201`,
      [],
    ],
    ['the apex', 'example.', rrset(TYPE_A, '192.0.2.1'), `c000${head(1, 4)}c0000201`, [0]],
    [
      'another of the zone',
      'y.example.',
      rrset(TYPE_A, '192.0.2.1'),
      `${hex('\u0001y')}c000${head(1, 4)}c0000201`,
      [2],
    ],
    [
      'one of no zone, whose end looks like it',
      'y.anexample.',
      rrset(TYPE_A, '192.0.2.1'),
      `${hex('\u0001y\u0009anexample\0')}${head(1, 4)}c0000201`,
      [],
    ],
    [
      'in rdata that may be compressed, in any case (RFC 3597 §4)',
      'x.example.',
      rrset(TYPE_MX, '1 Mail.EXAMPLE.'),
      `c00c${head(15, 9)}0001${hex('\u0004Mail')}c000`,
      [19],
    ],
    [
      'in rdata that may not (RFC 2782)',
      'x.example.',
      rrset(TYPE_SRV, '1 2 3 h.example.'),
      `c00c${head(33, 17)}000100020003${hex('\u0001h\u0007example\0')}`,
      [],
    ],
  ])('%s', (_what, owner, records, wanted, pointers) => {
    const block = writer.begin(qname, apex).add(nameKey(owner), records).take()
    expect(block?.bytes.toString('hex')).toBe(wanted)
    expect(block).toMatchObject({ count: 1, apexPointers: pointers })
  })

  it('are written out below the root, whose octet is shorter than a pointer', () => {
    const block = writer.begin(qname, '\0').add('\0', rrset(TYPE_NS, 'a.example.')).take()
    expect(block?.bytes.subarray(0, 1).toString('hex')).toBe('00')
    expect(block?.apexPointers).toEqual([])
  })
})

it('records of an app get another owner', () => {
  const data = ['192.0.2.1', '192.0.2.2'].map((rdata) => {
    return { owner: 'qname', type: TYPE_A, ttl: 300, rdata } satisfies RecordData
  })
  const own = writer.begin(qname, apex).addAnswer(qname, encodeRecords(data, '.')).take()
  expect(own?.bytes).toEqual(encodeRecords(data, '.').bytes)
  const block = writer.begin(qname, apex).addAnswer(nameKey('to.test.'), encodeRecords(data, '.'))
  const wanted = rrset(TYPE_A, '192.0.2.1', '192.0.2.2')
  expect(block.take()).toEqual(writer.begin(qname, apex).add(nameKey('to.test.'), wanted).take())
})

it('what no message has room for is no block', () => {
  const many = rrset(TYPE_A, ...Array.from({ length: 200 }, (_, i) => `192.0.2.${i}`))
  const long = nameKey(`${'a.'.repeat(120)}test.`)
  expect(writer.begin(qname, apex).add(qname, many).add(long, many).take()?.count).toBe(400)
  expect(writer.begin(qname, apex).add(long, many).add(long, many).take()).toBeUndefined()
  expect(writer.begin(qname, apex).take()).toBeUndefined()
})

it.each([
  ['x.example.', 'example.', 2],
  ['example.', 'example.', 0],
  ['xexample.', 'example.', -1],
  ['example.', 'x.example.', -1],
  ['a.b.c.', '.', 6],
])('%s ends with %s at %i', (name, suffix, wanted) => {
  expect(suffixAt(nameKey(name), nameKey(suffix))).toBe(wanted)
})
