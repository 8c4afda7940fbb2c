import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeExtendedError, decodeOptions, encodeOptions } from './edns.ts'

test('rfc6891 §6.1.2: options come back as they were written', () => {
  const options = fc.array(
    fc.record({
      code: fc.nat(0xffff),
      data: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    }),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(options, (list) => {
      expect(decodeOptions(encodeOptions(list))).toEqual(list)
    }),
  )
})

test('rfc6891 §6.1.2: an option that does not fit makes the list undefined', () => {
  const rdata = encodeOptions([{ code: 10, data: Buffer.from('12345678') }])
  for (let length = 1; length < rdata.length; length++) {
    expect(decodeOptions(rdata.subarray(0, length))).toBeUndefined()
  }
  expect(decodeOptions(rdata.subarray(0, 0))).toEqual([])
})

test.each([
  ['0016', { code: 22, text: '' }],
  ['00166e6f2070617468', { code: 22, text: 'no path' }],
  ['00166e6f00', { code: 22, text: 'no' }],
  ['0016c3bc', { code: 22, text: '\u00fc' }],
  ['00', undefined],
  ['', undefined],
])('rfc8914 §2: the data %j is %j', (hex, expected) => {
  expect(decodeExtendedError(Buffer.from(hex, 'hex'))).toEqual(expected)
})
