import fc from 'fast-check'
import { expect, it } from 'vitest'
import { prefixText } from '../../shared/geo/prefix.ts'
import type { Prefix } from '../../shared/geo/prefix.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { clientPrefix, NetworkTable, placeOfNetwork } from './network-table.ts'

/** Prefixes that lie in each other often: of few different words. */
const prefixes = fc
  .tuple(
    fc.constantFrom(4 as const, 6 as const),
    fc.array(fc.constantFrom(0, 1, 0x8000_0000, 0xffff_ffff, 0xc000_0200), {
      minLength: 4,
      maxLength: 4,
    }),
    fc.nat(128),
  )
  .map(([family, all, length]): Prefix => {
    const words = family === 4 ? all.slice(0, 1) : all
    const bits = Math.min(length, words.length * 32)
    return { family, words: words.map((word, i) => cut(word, bits - i * 32)), bits }
  })
  // RFC 4291 §2.5.5.2: these are of IPv4.
  .filter(({ words }) => !(words[0] === 0 && words[1] === 0 && words[2] === 0xffff))

function cut(word: number, bits: number): number {
  const kept = BigInt(Math.min(32, Math.max(0, bits)))
  return Number((BigInt(word) >> (32n - kept)) << (32n - kept))
}

function holds(outer: Prefix, inner: Prefix): boolean {
  return (
    outer.family === inner.family &&
    outer.bits <= inner.bits &&
    outer.words.every((word, i) => cut(inner.words[i] ?? 0, outer.bits - i * 32) === word)
  )
}

it('a client is in the network with the longest prefix around all of it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(prefixes, { selector: prefixText }), prefixes, (all, client) => {
      const networks = all.map((prefix, i): Network => ({
        id: `n${i}`,
        prefixes: [prefixText(prefix)],
        latitude: 0,
        longitude: 0,
      }))
      const longest = all
        .map((prefix, i) => ({ prefix, id: `n${i}` }))
        .filter(({ prefix }) => holds(prefix, client))
        .sort((a, b) => b.prefix.bits - a.prefix.bits)[0]
      expect(new NetworkTable(networks).find(client)?.id).toBe(longest?.id)
    }),
  )
})

it.each([
  ['192.0.2.7', '192.0.2.7/32'],
  ['::FFFF:192.0.2.7', '192.0.2.7/32'],
  ['2001:db8::1', '2001:db8::1/128'],
  ['2001:db8::/56', '2001:db8::/56'],
  ['192.0.2.7/24', undefined],
  ['fe80::1%eth0', undefined],
  ['', undefined],
])('the client %j is %s', (text, prefix) => {
  const found = clientPrefix(text)
  expect(found && prefixText(found)).toBe(prefix)
})

it('a network is where its cluster is; what it says of itself goes over that', () => {
  const lhr = clusterSchema.parse({
    id: 'lhr',
    latitude: 51,
    longitude: -1,
    country: 'GB',
    region: 'eu-west',
  })
  const clusters = new Map([['lhr', lhr]])
  const base = { id: 'office', prefixes: ['192.0.2.0/24'] }
  const at = (more: object) => placeOfNetwork(networkSchema.parse({ ...base, ...more }), clusters)
  expect(at({ cluster: 'lhr', asn: 64_500 })).toEqual({
    latitude: 51,
    longitude: -1,
    country: 'GB',
    region: 'eu-west',
    continent: 'EU',
    asn: 64_500,
    network: 'office',
  })
  expect(at({ cluster: 'lhr', country: 'US', region: 'home' })).toMatchObject({
    latitude: 51,
    country: 'US',
    region: 'home',
    continent: 'NA',
  })
  expect(at({ latitude: 1, longitude: 2 })).toEqual({
    latitude: 1,
    longitude: 2,
    network: 'office',
  })
  expect(at({ cluster: 'gone' })).toEqual({ network: 'office' })
})
