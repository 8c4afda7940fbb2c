import { expect, it } from 'vitest'
import { LocationReader } from './location-reader.ts'
import { TRUSTED, createTrustedSenders } from './trusted-senders.ts'

it('senders within the prefixes are trusted, and no others', () => {
  const handle = createTrustedSenders(['192.0.2.0/24', '198.51.100.7/32', '2001:db8::/32'])
  const reader = new LocationReader(handle)
  const isTrusted = (octets: readonly number[]): boolean => {
    reader.locateOctets(Uint8Array.from(octets), 0, octets.length === 4 ? 4 : 6)
    return reader.number === TRUSTED
  }
  const ipv6 = (first: number, second: number): readonly number[] => [
    first >> 8,
    first & 255,
    second >> 8,
    second & 255,
    ...Array<number>(12).fill(1),
  ]
  expect(isTrusted([192, 0, 2, 255])).toBe(true)
  expect(isTrusted([192, 0, 3, 0])).toBe(false)
  expect(isTrusted([198, 51, 100, 7])).toBe(true)
  expect(isTrusted([198, 51, 100, 8])).toBe(false)
  expect(isTrusted(ipv6(0x2001, 0x0db8))).toBe(true)
  expect(isTrusted(ipv6(0x2001, 0x0db9))).toBe(false)
})

it('without prefixes nobody is trusted', () => {
  const reader = new LocationReader(createTrustedSenders([]))
  reader.locate4(0x7f00_0001)
  expect(reader.number).toBe(0)
})
