import { describe, expect, test } from 'vitest'
import { checkRdata, formatRdata, parseRdata } from './rdata.ts'
import { TYPE_LOC } from './types.ts'

function toHex(text: string): string {
  const parsed = parseRdata(TYPE_LOC, text)
  if (!parsed.ok) throw new TypeError(`${parsed.fault.found} ${parsed.fault.wanted}`)
  return Buffer.from(parsed.rdata).toString('hex')
}

describe('RFC 1876 §4: examples', () => {
  test.each([
    [
      '42 21 54 N 71 06 18 W -24m 30m',
      '42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m',
      '00331613',
    ],
    [
      '42 21 43.952 N 71 5 6.344 W -24m 1m 200m',
      '42 21 43.952 N 71 5 6.344 W -24.00m 1m 200m 10m',
      '00122413',
    ],
    ['52 14 05 N 00 08 50 E 10m', '52 14 5.000 N 0 8 50.000 E 10.00m 1m 10000m 10m', '00121613'],
    ['32 7 19 S 116 2 25 E 10m', '32 7 19.000 S 116 2 25.000 E 10.00m 1m 10000m 10m', '00121613'],
    [
      '42 21 28.764 N 71 00 51.617 W -44m 2000m',
      '42 21 28.764 N 71 0 51.617 W -44.00m 2000m 10000m 10m',
      '00251613',
    ],
  ])('%s', (text, canonical, sizes) => {
    const hex = toHex(text)
    expect(hex.slice(0, 8)).toBe(sizes)
    expect(formatRdata(TYPE_LOC, Buffer.from(hex, 'hex'))).toBe(canonical)
    expect(toHex(canonical)).toBe(hex)
  })

  test('the places of the first one', () => {
    // 2^31 + 152,514,000; 2^31 - 255,978,000; 10,000,000 - 2,400
    expect(toHex('42 21 54 N 71 06 18 W -24m 30m').slice(8)).toBe('89172dd070be15f000988d20')
  })
})

test.each([
  ['0 N 0 E 0', '0 0 0.000 N 0 0 0.000 E 0.00m 1m 10000m 10m'],
  [
    '90 S 180 W -100000m 0 0.05m 90000000m',
    '90 0 0.000 S 180 0 0.000 W -100000.00m 0.00m 0.05m 90000000m',
  ],
  [
    '1 2 3.4 n 5 6 7.08 e 42849672.95 99.99m',
    '1 2 3.400 N 5 6 7.080 E 42849672.95m 90m 10000m 10m',
  ],
])('%s is %s', (text, canonical) => {
  expect(formatRdata(TYPE_LOC, Buffer.from(toHex(text), 'hex'))).toBe(canonical)
})

test.each([
  ['91 N 0 E 0', '91 is not degrees of a latitude'],
  ['90 0 0.001 N 0 E 0', 'N ends a latitude beyond 90 degrees'],
  ['0 60 N 0 E 0', '60 is not minutes or N or S of a latitude'],
  ['0 0 60 N 0 E 0', '60 is not seconds or N or S of a latitude'],
  ['0 0 0 0 N 0 E 0', '0 is not N or S of a latitude'],
  ['0 N 0 N 0', 'N is not minutes or E or W of a longitude'],
  ['0 N 0', 'LOC ends where E or W of the longitude is wanted'],
  ['0 N 0 E', 'LOC ends where an altitude in m is wanted'],
  ['0 N 0 E high', 'high is not an altitude in -100000.00m..42849672.95m'],
  ['0 N 0 E -100000.01m', '-100000.01m is not an altitude in -100000.00m..42849672.95m'],
  ['0 N 0 E 0 90000001m', '90000001m is not a size in 0m..90000000m'],
  ['0 N 0 E 0 1 1 1 1', '1 is more than LOC has'],
])('%s: %s', (text, reason) => {
  expect(() => toHex(text)).toThrow(reason)
})

const places = '800000008000000000989680'

test('a version other than 0 has no text of its own (RFC 1876 §2)', () => {
  const rdata = Buffer.from('01ffff', 'hex')
  expect(checkRdata(TYPE_LOC, rdata)).toBe(undefined)
  expect(formatRdata(TYPE_LOC, rdata)).toBe('\\# 3 01FFFF')
  expect(toHex('\\# 3 01FFFF')).toBe('01ffff')
})

test.each([
  ['a digit above 9', `00a21613${places}`],
  ['nothing with a power of ten', `00031613${places}`],
  ['a power above 9', `001a1613${places}`],
  ['too few octets', '00121613'],
  ['a latitude beyond the pole', `00121613${'ff'.repeat(4)}8000000000989680`],
])('wire form is refused: %s', (_what, hex) => {
  expect(checkRdata(TYPE_LOC, Buffer.from(hex, 'hex'))).toContain('not well-formed')
})
