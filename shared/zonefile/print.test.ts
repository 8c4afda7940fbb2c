import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { anyRecord } from '../records/records.fixture.ts'
import { sortRecords } from './order.ts'
import { printZone } from './print.ts'
import { readText } from './zonefile.fixture.ts'

const print = (...args: Parameters<typeof printZone>): string => [...printZone(...args)].join('')

const zone = `$TTL 1h
www A 192.0.2.2
@ NS ns
@ SOA ns Host\\.master 1 2 3 4 5
www A 192.0.2.1
  AAAA 2001:db8::1
a.www TXT x
ns A 192.0.2.3
far.test. MX 10 MAIL.test.
`

test('absolute', () => {
  expect(print(readText(zone).records))
    .toBe(`example. 3600 IN SOA ns.example. Host\\046master.example. 1 2 3 4 5
example. 3600 IN NS ns.example.
ns.example. 3600 IN A 192.0.2.3
www.example. 3600 IN A 192.0.2.1
www.example. 3600 IN A 192.0.2.2
www.example. 3600 IN AAAA 2001:db8::1
a.www.example. 3600 IN TXT "x"
far.test. 3600 IN MX 10 MAIL.test.
`)
})

test('relative to an origin', () => {
  expect(print(readText(zone).records, 'example.')).toBe(`$ORIGIN example.
@ 3600 IN SOA ns Host\\046master 1 2 3 4 5
@ 3600 IN NS ns
ns 3600 IN A 192.0.2.3
www 3600 IN A 192.0.2.1
www 3600 IN A 192.0.2.2
www 3600 IN AAAA 2001:db8::1
a.www 3600 IN TXT "x"
far.test. 3600 IN MX 10 MAIL.test.
`)
})

test('the order of RFC 4034 §6.1', () => {
  const names = [
    'example',
    'a.example',
    'yljkjljk.a.example',
    'Z.a.example',
    'zABC.a.EXAMPLE',
    'z.example',
    '\\001.z.example',
    '*.z.example',
    '\\200.z.example',
  ]
  const { records } = readText(
    names
      .toReversed()
      .map((name) => `${name}. 60 NS .\n`)
      .join(''),
  )
  expect(sortRecords(records).map(({ owner }) => owner)).toEqual([
    'example.',
    'a.example.',
    'yljkjljk.a.example.',
    'z.a.example.',
    'zabc.a.example.',
    'z.example.',
    '\\001.z.example.',
    '*.z.example.',
    '\\200.z.example.',
  ])
})

test('labels of the octets 0 and 1 stand before longer ones', () => {
  const names = [
    'a',
    '\\000.a',
    '\\000\\000.a',
    '\\000\\001.a',
    '\\001.a',
    '\\001\\000.a',
    '\\002.a',
    'a\\000',
  ]
  const { records } = readText(
    names
      .toReversed()
      .map((name) => `${name}. 60 NS .\n`)
      .join(''),
  )
  expect(sortRecords(records).map(({ owner }) => owner)).toEqual(names.map((name) => `${name}.`))
})

test('records of all types and with all octets are read as they were printed, in any order', () => {
  fc.assert(
    fc.property(
      fc.array(anyRecord(), { maxLength: 12 }),
      fc.constantFrom(undefined, 'example.', '.'),
      (records, origin) => {
        const text = print(records, origin)
        const read = readText(text, { origin: '' })
        expect(read.mistakes).toEqual([])
        expect(read.records).toEqual(sortRecords(records))
        expect(print(read.records, origin)).toBe(text)
        expect(print(records.toReversed(), origin)).toBe(text)
      },
    ),
    { numRuns: 100 },
  )
})

test('the longest rdata in their longest text are read again', () => {
  const strings = `${'"\\000" '.repeat(32_767)}""`
  const { records, mistakes } = readText(
    `a 60 TXT (${strings.replaceAll('" ', '"\n')})\nb 60 CAA 0 a "${'\\000'.repeat(65_532)}"`,
  )
  expect(mistakes).toEqual([])
  expect(records.map(({ rdata }) => rdata.length)).toEqual([65_535, 65_535])
  expect(readText(print(records)).records).toEqual(records)
})
