import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { parsePrefix, prefixText } from '../../shared/geo/prefix.ts'
import { LocationReader } from './location-reader.ts'
import { Double, cityRecord, writeMmdb } from './mmdb-fixture.ts'
import type { MmdbOptions, MmdbValue } from './mmdb-fixture.ts'
import { loadMmdb } from './mmdb-load.ts'
import type { LoadedMmdb, MmdbBounds, MmdbData } from './mmdb-load.ts'
import { unpackPlace } from './mmdb-places.ts'
import type { ClientPlace } from './place.ts'
import type { NumberedPrefix } from './ranges.ts'
import { longestMatch, tableOf, toBigInt, toWords } from './ranges-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'mmdb-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = join(folder, 'city.mmdb')
const asnFile = join(folder, 'asn.mmdb')

const bounds: MmdbBounds = {
  fileMaxBytes: 1_000_000,
  networksMax: 10_000,
  rawPlacesMax: 1_000,
  placesMax: 1_000,
  rangesMaxBytes: 1_000_000,
}

function load(bytes: Buffer, changed: Partial<MmdbBounds> = {}): LoadedMmdb {
  writeFileSync(file, bytes)
  return loadMmdb({ path: file }, { ...bounds, ...changed })
}

function dataOf(loaded: LoadedMmdb): MmdbData {
  if (!loaded.ok) throw new Error(loaded.reason)
  return loaded.data
}

/** The place of an address, and the length of the block around it. */
function locate(
  data: MmdbData,
  address: string,
): { place: ClientPlace | undefined; scope: number } {
  const reader = new LocationReader(tableOf(data.ranges))
  const parsed = parsePrefix(`${address}/${address.includes(':') ? 128 : 32}`)
  if (!parsed.ok) throw new TypeError(parsed.reason)
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = parsed.prefix.words
  if (parsed.prefix.family === 4) reader.locate4(w0)
  else reader.locate6(w0, w1, w2, w3)
  const { number, scope } = reader
  return { place: number === 0 ? undefined : unpackPlace(data.places, number - 1), scope }
}

const here = { latitude: 37.5, longitude: -122.25, country: 'US', region: 'US-CA', continent: 'NA' }
const there = { latitude: -33, longitude: 151, country: 'AU', continent: 'OC' }
const networks = [
  ['192.0.2.0/24', cityRecord(37.5, -122.25, 'US', 'CA')],
  ['198.51.100.0/25', cityRecord(-33, 151, 'AU')],
  ['2001:db8::/32', cityRecord(37.5, -122.25, 'US', 'CA')],
  ['2001:db8:8000::/33', cityRecord(-33, 151, 'AU')],
] as const

describe.each([24, 28, 32] as const)('records of %i bits', (recordSize) => {
  it('both families are read, IPv4 within IPv6 once', () => {
    const data = dataOf(load(writeMmdb(networks, { recordSize })))
    expect(locate(data, '192.0.2.1')).toEqual({ place: here, scope: 24 })
    expect(locate(data, '198.51.100.127')).toEqual({ place: there, scope: 25 })
    expect(locate(data, '198.51.100.128')).toEqual({ place: undefined, scope: 25 })
    expect(locate(data, '2001:db8::1')).toEqual({ place: here, scope: 33 })
    expect(locate(data, '2001:db8:ffff::1')).toEqual({ place: there, scope: 33 })
    // 6to4 and Teredo of 192.0.2.1 would lead to it.
    expect(locate(data, '2002:c000:0201::').place).toBeUndefined()
    expect(locate(data, '2001:0:c000:201::').place).toBeUndefined()
    expect(locate(data, '::c000:201').place).toBeUndefined()
    expect(data).toMatchObject({ roundedDegrees: 0, buildEpochMs: 1_700_000_000_000 })
    expect(data.places.asns).toHaveLength(2)
  })

  it('a file of IPv4 says nothing of IPv6', () => {
    const bytes = writeMmdb(networks.slice(0, 2), { recordSize, ipVersion: 4 })
    const data = dataOf(load(bytes))
    expect(locate(data, '192.0.2.255').place).toEqual(here)
    expect(locate(data, 'c000:201::').place).toBeUndefined()
  })
})

it('all addresses have the place of the longest network that the file has for them', () => {
  const records = [
    cityRecord(1, 1, 'US'),
    cityRecord(2, 2, 'DE'),
    { autonomous_system_number: 64_496 },
  ]
  const prefix = fc
    .tuple(fc.constantFrom(4 as const, 6 as const), fc.nat(63), fc.integer({ min: 1, max: 16 }))
    .map(([family, at, free]) => {
      const size = family === 4 ? 32 : 128
      const base = family === 4 ? 0xc000_0200n : 0x2001_0db8n << 96n
      const address = base | (BigInt(at) << 2n)
      const shift = BigInt(free)
      return { family, bits: size - free, words: toWords((address >> shift) << shift, family) }
    })
  const arbitrary = fc.uniqueArray(fc.record({ prefix, number: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 12,
    selector: (entry) => prefixText(entry.prefix),
  })
  fc.assert(
    fc.property(arbitrary, (entries: readonly NumberedPrefix[]) => {
      const written = entries.map(
        ({ prefix, number }) => [prefixText(prefix), records[number - 1] ?? ''] as const,
      )
      const data = dataOf(load(writeMmdb(written)))
      for (const { prefix } of entries) {
        const first = toBigInt(prefix.words)
        for (const address of [first - 1n, first, first + 3n, first + 4n]) {
          const number = longestMatch(entries, prefix.family, address)
          const text = prefixText({
            family: prefix.family,
            words: toWords(address, prefix.family),
            bits: prefix.family === 4 ? 32 : 128,
          })
          const { place } = locate(data, text.slice(0, text.indexOf('/')))
          const expected = [undefined, 1, 2, undefined][number]
          expect(place?.latitude).toBe(expected)
          expect(place?.asn).toBe(number === 3 ? 64_496 : undefined)
        }
      }
    }),
    { numRuns: 25 },
  )
})

it('a file of autonomous systems adds to what the other one says', () => {
  writeFileSync(file, writeMmdb(networks))
  const asns: readonly (readonly [string, MmdbValue])[] = [
    ['192.0.2.0/25', { autonomous_system_number: 64_496 }],
    ['203.0.113.0/24', { autonomous_system_number: 4_200_000_000 }],
    ['2001:db8::/32', { autonomous_system_number: 64_496 }],
  ]
  writeFileSync(asnFile, writeMmdb(asns))
  const data = dataOf(loadMmdb({ path: file, asnPath: asnFile }, bounds))
  expect(locate(data, '192.0.2.1')).toEqual({ place: { ...here, asn: 64_496 }, scope: 25 })
  expect(locate(data, '192.0.2.128')).toEqual({ place: here, scope: 25 })
  expect(locate(data, '198.51.100.1').place).toEqual(there)
  expect(locate(data, '203.0.113.1').place).toEqual({ asn: 4_200_000_000 })
  expect(locate(data, '2001:db8:8000::').place).toEqual({ ...there, asn: 64_496 })
})

it('coordinates are rounded as little as it takes to have few enough places', () => {
  const many: (readonly [string, MmdbValue])[] = Array.from({ length: 100 }, (_, i) => [
    `10.0.${i}.0/24`,
    cityRecord(50 + i / 100, 7 + i / 100, 'DE'),
  ])
  const loaded = [100, 99, 12, 10, 3, 2].map((placesMax) =>
    dataOf(load(writeMmdb(many), { placesMax })),
  )
  expect(loaded.map(({ roundedDegrees }) => roundedDegrees)).toEqual([0, 0.1, 0.1, 0.25, 0.5, 1])
  expect(loaded.map(({ places }) => places.asns.length)).toEqual([100, 11, 11, 5, 3, 2])
  const [, tenths] = loaded
  if (tenths === undefined) throw new Error('unreachable')
  expect(locate(tenths, '10.0.37.1').place).toMatchObject({ latitude: 50.4, longitude: 7.4 })
  // 50.35 to 50.44 have become one: no borders are left within.
  expect(tenths.ranges.v4.numbers.length).toBe(13)
})

const garbage = (length: number): Buffer => Buffer.from({ length }).fill(0xa5)

it.each([
  ['is empty', Buffer.alloc(0)],
  ['is not an mmdb file, or was cut off: it has no metadata', Buffer.from('no such thing')],
  ['is not an mmdb file, or was cut off: it has no metadata', garbage(300_000)],
  [
    'is not an mmdb file, or was cut off: it has no metadata',
    writeMmdb(networks).subarray(0, -400),
  ],
  ['is compressed, the .mmdb file that is in it is wanted', Buffer.from([0x1f, 0x8b, 8, 0])],
])('a file is refused that %s', (reason, bytes) => {
  expect(load(bytes)).toEqual({ ok: false, reason: `clients.mmdb.path: ${file} ${reason}` })
})

it.each<[string, MmdbOptions['metadata'], RegExp]>([
  [
    'another version of the format',
    { binary_format_major_version: 3 },
    / has version 3 of the mmdb/,
  ],
  ['another IP version', { ip_version: 5 }, / is of IP version 5, 4 or 6 is wanted$/],
  ['no nodes', { node_count: 0 }, / has 0 nodes, one at least is wanted$/],
  ['more nodes than there are', { node_count: 1_000_000 }, / was cut off: its tree has \d+ bytes/],
  ['nodes of a size that there is not', { record_size: 20 }, / has metadata that cannot be read: /],
])('metadata with %s is refused', (_, metadata, reason) => {
  const loaded = load(writeMmdb(networks, { metadata: metadata ?? {} }))
  expect(loaded).toMatchObject({ ok: false })
  expect(loaded.ok ? '' : loaded.reason).toMatch(reason)
})

it('whatever is broken or cut off within a file, it is refused or read, and never throws', () => {
  const whole = writeMmdb(networks)
  const marker = whole.lastIndexOf('MaxMind.com') - 3
  fc.assert(
    fc.property(
      fc.nat(marker - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.boolean(),
      (at, bits, cuts) => {
        const bytes = Buffer.from(whole)
        bytes[at] = (bytes[at] ?? 0) ^ bits
        const broken = cuts ? Buffer.concat([whole.subarray(0, at), whole.subarray(marker)]) : bytes
        const loaded = load(broken)
        if (!loaded.ok) expect(loaded.reason).toMatch(/^clients\.mmdb\.path: .+ (is|was|has|says) /)
        else expect(loaded.data.places.asns.length).toBeGreaterThan(0)
      },
    ),
    { numRuns: 120 },
  )
})

it('a value that holds itself is refused', () => {
  const bytes = writeMmdb([['192.0.2.0/24', { location: { latitude: 1 } }]])
  // The pointer in the record, which is the last value of the data, leads to the record itself.
  const pointer = bytes.lastIndexOf(Buffer.from([0x38, 0, 0, 0, 0]))
  expect(pointer).toBeGreaterThan(0)
  bytes.writeUInt32BE(
    bytes.lastIndexOf(Buffer.from([0xe1, 0x48])) - bytes.indexOf(Buffer.alloc(16)) - 16,
    pointer + 1,
  )
  const loaded = load(bytes)
  expect(loaded.ok ? '' : loaded.reason).toMatch(/ is damaged where /)
})

it.each([
  [{ fileMaxBytes: 100 }, / is larger than 0\.09765625 KiB$/],
  [{ networksMax: 10 }, / has more than 10 networks$/],
  [{ rawPlacesMax: 1 }, /: more than 1 different places$/],
  [{ placesMax: 1 }, /: more than 1 different places, even with coordinates rounded to 2°$/],
  [{ rangesMaxBytes: 40 }, /: \d+ bytes of ranges, clients\.maxBytes leaves room for 40$/],
])('what is beyond %j is refused', (changed, reason) => {
  const loaded = load(writeMmdb(networks), changed)
  expect(loaded.ok ? '' : loaded.reason).toMatch(reason)
})

it('a file that is not there is refused, and what is no file', () => {
  const missing = join(folder, 'missing.mmdb')
  expect(loadMmdb({ path: missing }, bounds)).toEqual({
    ok: false,
    reason: `clients.mmdb.path: ${missing} does not exist`,
  })
  expect(loadMmdb({ path: folder }, bounds)).toEqual({
    ok: false,
    reason: `clients.mmdb.path: ${folder} is not a file`,
  })
  writeFileSync(file, writeMmdb(networks))
  expect(loadMmdb({ path: file, asnPath: missing }, bounds)).toEqual({
    ok: false,
    reason: `clients.mmdb.asnPath: ${missing} does not exist`,
  })
})

it('a file that knows no places is refused', () => {
  const loaded = load(writeMmdb([['192.0.2.0/24', { country: 'US', latitude: new Double(1) }]]))
  expect(loaded.ok ? '' : loaded.reason).toMatch(/ says of no network where it is; a City, Country/)
})
