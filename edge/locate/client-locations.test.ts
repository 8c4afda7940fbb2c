import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { parsePrefix } from '../../shared/geo/prefix.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { TableReader } from '../table/reader.ts'
import { TableWriter } from '../table/writer.ts'
import { ClientLocations } from './client-locations.ts'
import type { StagedPlaces } from './client-locations.ts'
import { LocationReader } from './location-reader.ts'
import { cityRecord, writeMmdb } from './mmdb-fixture.ts'
import type { ClientPlace } from './place.ts'
import { clientsOptionsSchema } from './options.ts'

const table = new TableWriter({ maxBytes: 4_194_304 })
const folders: string[] = []
const running: ClientLocations[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((locations) => locations.stop()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const sfo = clusterSchema.parse({
  id: 'sfo',
  latitude: 37.5,
  longitude: -122,
  country: 'US',
  region: 'North America',
})
const clusters = new Map([['sfo', sfo]])

function network(id: string, prefix: string, more: object = {}): Network {
  return networkSchema.parse({ id, prefixes: [prefix], latitude: 1, longitude: 2, ...more })
}

function create(mmdb?: { readonly path: string }): ClientLocations {
  const clients = clientsOptionsSchema.parse({ maxBytes: 16_777_216, ...(mmdb && { mmdb }) })
  const logger = createLogger('silent', {})
  const locations = new ClientLocations({ clients, quiescence: table, clock: systemClock, logger })
  running.push(locations)
  return locations
}

/** Waits for what is staged next. */
function nextStaged(locations: ClientLocations): Promise<StagedPlaces> {
  return new Promise((resolve) => locations.onStaged(resolve))
}

/** Number and place of an address, as readers have it. */
function locate(locations: ClientLocations, address: string): [number, ClientPlace | undefined] {
  const reader = new LocationReader(locations.handle)
  const parsed = parsePrefix(`${address}/${address.includes(':') ? 128 : 32}`)
  if (!parsed.ok) throw new TypeError(parsed.reason)
  const [w0 = 0, w1 = 0, w2 = 0, w3 = 0] = parsed.prefix.words
  if (parsed.prefix.family === 4) reader.locate4(w0)
  else reader.locate6(w0, w1, w2, w3)
  return [reader.number, locations.placeOf(reader.number)]
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000 })

it('readers have what is staged once it is committed, and not before', async () => {
  const locations = create()
  expect(locations.end).toBe(1)
  const staging = nextStaged(locations)
  locations.setNetworks([network('lab', '192.0.2.0/24')], clusters)
  const { added, removed } = await staging
  const place = { latitude: 1, longitude: 2, network: 'lab' }
  expect([...added]).toEqual([[1, place]])
  expect(removed).toEqual([])
  expect(locations).toMatchObject({ end: 2, revision: 1 })
  expect(locate(locations, '192.0.2.1')).toEqual([0, undefined])
  expect(locations.placeOf(1)).toEqual(place)
  await locations.commit()
  expect(locate(locations, '192.0.2.1')).toEqual([1, place])
  expect(locate(locations, '192.0.3.1')).toEqual([0, undefined])
  expect([...locations.places()]).toEqual([[1, place]])
  expect(locations.stats()).toMatchObject({ compilations: 1, places: 1, ranges: 4 })
})

it('a network at a cluster has what the cluster says, and its own words go over them', async () => {
  const locations = create()
  const place = { latitude: undefined, longitude: undefined, cluster: 'sfo' }
  locations.setNetworks(
    [
      network('a', '192.0.2.0/24', place),
      network('b', '198.51.100.0/24', { ...place, country: 'DE', region: 'Bayern', asn: 64_496 }),
      network('c', '2001:db8::/32', { country: 'JP', continent: 'OC' }),
      network('d', '203.0.113.0/24', { ...place, cluster: 'gone' }),
    ],
    clusters,
  )
  await until(() => expect(locations.stats().compilations).toBe(1))
  const at = { latitude: 37.5, longitude: -122 }
  const [, a] = locate(locations, '192.0.2.1')
  expect(a).toEqual({
    ...at,
    country: 'US',
    region: 'North America',
    continent: 'NA',
    network: 'a',
  })
  const [, b] = locate(locations, '198.51.100.1')
  const own = { country: 'DE', region: 'Bayern', continent: 'EU', asn: 64_496 }
  expect(b).toEqual({ ...at, ...own, network: 'b' })
  const [, c] = locate(locations, '2001:db8::1')
  const fromC = { latitude: 1, longitude: 2, country: 'JP', continent: 'OC', network: 'c' }
  expect(c).toEqual(fromC)
  expect(locate(locations, '203.0.113.1')[1]).toEqual({ network: 'd' })
})

it('a place keeps its number; that of another rests until a later compilation', async () => {
  const locations = create()
  const publish = async (...networks: readonly Network[]): Promise<StagedPlaces> => {
    const staging = nextStaged(locations)
    locations.setNetworks(networks, clusters)
    const staged = await staging
    await locations.commit()
    return staged
  }
  const a = network('a', '192.0.2.0/24')
  const b = network('b', '198.51.100.0/24')
  const c = network('c', '203.0.113.0/24')
  await publish(a, b)
  expect(locate(locations, '198.51.100.1')[0]).toBe(2)
  expect(await publish(c, b)).toMatchObject({ removed: [1] })
  expect(locate(locations, '198.51.100.1')[0]).toBe(2)
  expect(locate(locations, '203.0.113.1')[0]).toBe(3)
  // Answers that were made for it may still be read.
  expect(locations.placeOf(1)).toMatchObject({ network: 'a' })
  const moved = { ...b, latitude: 5 }
  expect(await publish(c, moved)).toMatchObject({ removed: [2] })
  expect(locate(locations, '198.51.100.1')).toMatchObject([1, { latitude: 5 }])
})

it('when nothing has changed nothing is staged', async () => {
  const locations = create()
  const staged: StagedPlaces[] = []
  locations.onStaged((places) => {
    staged.push(places)
    void locations.commit()
  })
  const networks = [network('a', '192.0.2.0/24')]
  locations.setNetworks(networks, clusters)
  await until(() => expect(locations.stats().compilations).toBe(1))
  // What changes together is compiled once; a draining cluster is at the same place.
  locations.setNetworks(networks, new Map([['sfo', { ...sfo, state: 'draining' }]]))
  locations.setNetworks([...networks, network('b', '198.51.100.0/24')], clusters)
  await until(() => expect(locations.stats().compilations).toBe(2))
  locations.setNetworks([...networks, network('b', '198.51.100.0/24')], clusters)
  const [last] = [...networks, network('c', '203.0.113.0/24')].reverse()
  await until(() => expect(staged).toHaveLength(2))
  if (last !== undefined) locations.setNetworks([last], clusters)
  await until(() => expect(locations.stats().compilations).toBe(3))
  expect(staged).toHaveLength(3)
  expect(locations.revision).toBe(3)
})

it('a network that only gets another prefix is staged without new places', async () => {
  const locations = create()
  locations.setNetworks([network('a', '192.0.2.0/24')], clusters)
  await until(() => expect(locations.stats().compilations).toBe(1))
  const staging = nextStaged(locations)
  locations.setNetworks([network('a', '192.0.2.0/25')], clusters)
  const { added, removed } = await staging
  expect([[...added], removed]).toEqual([[], []])
  await locations.commit()
  expect(locate(locations, '192.0.2.1')[0]).toBe(1)
  expect(locate(locations, '192.0.2.128')[0]).toBe(0)
})

it('a number that readers may still have is not given again while they have it', async () => {
  const batches = new TableReader(table.handle, table.addReader() ?? -1)
  const locations = create()
  locations.setNetworks([network('a', '192.0.2.0/24')], clusters)
  await until(() => expect(locations.stats().compilations).toBe(1))
  // Two compilations on, without a: its number may go to another place.
  batches.beginBatch(1)
  expect(locate(locations, '192.0.2.1')[0]).toBe(1)
  locations.setNetworks([network('b', '198.51.100.0/24')], clusters)
  await until(() => expect(locations.stats().compilations).toBe(2))
  let isStaged = false
  const staging = nextStaged(locations).then(() => (isStaged = true))
  locations.setNetworks([network('c', '203.0.113.0/24')], clusters)
  for (let i = 0; i < 50; i++) await new Promise<void>((resolve) => void setImmediate(resolve))
  expect(isStaged).toBe(false)
  expect(locations.placeOf(1)).toMatchObject({ network: 'a' })
  batches.endBatch()
  await staging
  expect(locations.placeOf(1)).toMatchObject({ network: 'c' })
  await locations.commit()
  expect(locate(locations, '203.0.113.1')[0]).toBe(1)
})

it('registered networks go before the mmdb file, which is swapped while it runs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'locations-'))
  folders.push(folder)
  const path = join(folder, 'city.mmdb')
  const de = cityRecord(50, 8, 'DE')
  writeFileSync(
    path,
    writeMmdb([
      ['192.0.0.0/16', de],
      ['2001:db8::/32', de],
    ]),
  )
  const locations = create({ path })
  const own = network('lab', '192.0.2.0/24')
  locations.setNetworks([own], clusters)
  await locations.start()
  await until(() => expect(locations.stats().loads.loaded).toBe(1))
  await until(() => expect(locate(locations, '192.0.1.1')[1]).toMatchObject({ country: 'DE' }))
  expect(locate(locations, '192.0.2.1')[1]).toMatchObject({ network: 'lab' })
  const [number, place] = locate(locations, '2001:db8::1')
  expect(place).toEqual({ latitude: 50, longitude: 8, country: 'DE', continent: 'EU' })
  const more = writeMmdb([
    ['192.0.0.0/16', cityRecord(35, 139, 'JP')],
    ['2001:db8::/32', de],
  ])
  writeFileSync(`${path}.new`, more)
  renameSync(`${path}.new`, path)
  await until(() => expect(locate(locations, '192.0.1.1')[1]).toMatchObject({ country: 'JP' }))
  expect(locate(locations, '192.0.2.1')[1]).toMatchObject({ network: 'lab' })
  expect(locate(locations, '2001:db8::1')).toEqual([number, place])
  // Without the network, the file says where its clients are.
  locations.setNetworks([], clusters)
  await until(() => expect(locate(locations, '192.0.2.1')[1]).toMatchObject({ country: 'JP' }))
  expect(locations.stats().loads).toEqual({ loaded: 2, refused: 0 })
})

it('ten thousand networks are compiled in a moment', async () => {
  const locations = create()
  const networks = Array.from({ length: 10_000 }, (_, i) =>
    network(`n${i}`, `10.${i >> 8}.${i & 255}.0/24`, { longitude: i % 180 }),
  )
  const before = process.cpuUsage()
  locations.setNetworks(networks, clusters)
  await until(() => expect(locations.stats().compilations).toBe(1))
  const { user, system } = process.cpuUsage(before)
  expect(locations.stats()).toMatchObject({ places: 10_000, ranges: 10_003 })
  expect(locate(locations, '10.39.15.7')[1]).toMatchObject({ network: 'n9999' })
  // Ten times of what it takes alone on a machine.
  expect((user + system) / 1000).toBeLessThan(2_000)
})
