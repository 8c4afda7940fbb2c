import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeHealthResponse, encodeHealthRequest } from './grpc-message.ts'

function frame(...message: number[]): Buffer {
  return Buffer.from([0, 0, 0, 0, message.length, ...message])
}

it('encodes a request: flag, length, field 1', () => {
  expect(encodeHealthRequest('')).toEqual(frame())
  expect(encodeHealthRequest('ab')).toEqual(frame(0x0a, 2, 0x61, 0x62))
  const long = encodeHealthRequest('x'.repeat(200))
  expect([...long.subarray(0, 8)]).toEqual([0, 0, 0, 0, 203, 0x0a, 0xc8, 1])
  expect(long).toHaveLength(208)
})

it.each([
  { of: 'no field', octets: frame(), status: 'UNKNOWN' },
  { of: 'SERVING', octets: frame(0x08, 1), status: 'SERVING' },
  { of: 'NOT_SERVING', octets: frame(0x08, 2), status: 'NOT_SERVING' },
  { of: 'SERVICE_UNKNOWN', octets: frame(0x08, 3), status: 'SERVICE_UNKNOWN' },
  { of: 'a status of the future', octets: frame(0x08, 9), status: 'UNKNOWN' },
  { of: 'the last of two', octets: frame(0x08, 2, 0x08, 1), status: 'SERVING' },
  {
    of: 'fields that are not known',
    octets: frame(
      0x10,
      0x80,
      1,
      0x1a,
      1,
      7,
      0x25,
      1,
      2,
      3,
      4,
      0x08,
      1,
      0x29,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
    ),
    status: 'SERVING',
  },
  { of: 'nothing', octets: Buffer.alloc(0), status: undefined },
  { of: 'a compressed message', octets: Buffer.from([1, 0, 0, 0, 2, 8, 1]), status: undefined },
  { of: 'a wrong length', octets: Buffer.from([0, 0, 0, 0, 3, 8, 1]), status: undefined },
  { of: 'a field that is cut', octets: frame(0x08), status: undefined },
  { of: 'octets that are cut', octets: frame(0x1a, 5, 1), status: undefined },
  { of: 'a group', octets: frame(0x0b), status: undefined },
  {
    of: 'a varint without end',
    octets: frame(0x08, ...Array<number>(9).fill(0xff)),
    status: undefined,
  },
])('decodes a response with $of', ({ octets, status }) => {
  expect(decodeHealthResponse(octets)).toBe(status)
})

it('takes any octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (message) => {
      const status = decodeHealthResponse(frame(...message))
      expect(status === undefined || typeof status === 'string').toBe(true)
    }),
    { numRuns: 500 },
  )
})
