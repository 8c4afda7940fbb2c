import { array, assert, constantFrom, integer, option, property, record, string } from 'fast-check'
import type { Arbitrary } from 'fast-check'
import { expect, it } from 'vitest'
import { nameKey } from '../../shared/dns/name.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { serviceSchema } from '../../shared/registry/service-schema.ts'
import { PackIds } from '../replica/pack-ids.ts'
import type { ReplicaApp, ReplicaEndpoint } from '../replica/model.ts'
import { noPlaces } from '../locate/client-places.ts'
import { createEntry } from '../replica/names.ts'
import { packedWords, readApp, writeApp } from '../replica/packed-app.ts'
import { AppAnswers } from './app-answers.ts'
import { SteerCounts } from './metrics.ts'
import { PackedAnswers } from './packed-answers.ts'
import { packedTypes } from './packed-candidates.ts'
import { OwnVerdicts } from '../health/own-verdicts.ts'
import { createTopology } from './topology.ts'
import { ZoneTable } from './zones.ts'

const ids = ['own', 'a', 'b', 'c', 'd', 'gone'] as const
const addresses = ['192.0.2.1', '203.0.113.255', '0.0.0.0', '2001:db8::1', '2001:db8:1:2:3:4:5:6']

const endpoint: Arbitrary<ReplicaEndpoint> = record(
  {
    cluster: constantFrom(...ids),
    addresses: array(constantFrom(...addresses), { maxLength: 5 }).map((list) => [
      ...new Set(list),
    ]),
    weight: constantFrom(0, 1, 100, 1_000_000),
    priority: constantFrom(0, 1, 65_535),
    port: integer({ min: 1, max: 65_535 }),
    owner: string({ minLength: 1, maxLength: 200, unit: 'grapheme' }).filter(
      (text) => text.length <= 200,
    ),
    health: constantFrom('up' as const, 'degraded' as const, 'down' as const),
    state: constantFrom('draining' as const, 'disabled' as const),
    forced: constantFrom(true as const),
  },
  { requiredKeys: ['cluster', 'addresses', 'weight', 'priority'] },
)
const health = record({
  enoughUpPercent: constantFrom(0, 34, 50, 100),
  failClosed: constantFrom(true, false),
  trustMs: constantFrom(100, 1_000, 20_000, 36_000_000),
})
const app: Arbitrary<ReplicaApp> = record({
  health: option(health, { nil: undefined }),
  policy: constantFrom(
    'nearest',
    'failover',
    '["healthy","heaviest",{"filter":"max-distance","km":2000}]',
    '[{"filter":"country","rules":{"US":["a","b"]},"default":["c"]},"nearest"]',
    '["not-draining",{"filter":"bias","clusters":{"a":50,"b":-90}},"nearest"]',
  ),
  ttlMin: constantFrom(0, 5),
  ttlMax: constantFrom(5, 30, 604_800),
  endpoints: array(endpoint, { maxLength: 6 }).map((list) =>
    list.filter(({ cluster }, i) => list.findIndex((other) => other.cluster === cluster) === i),
  ),
})
const cluster = (id: string) =>
  record({
    id: constantFrom(id),
    latitude: constantFrom(0, 10, -10, 90),
    longitude: constantFrom(0, 10, 180),
    state: constantFrom('active' as const, 'draining' as const, 'disabled' as const),
    addresses: array(constantFrom(...addresses), { maxLength: 3 }).map((list) => [
      ...new Set(list),
    ]),
  }).map((value) => clusterSchema.parse(value))

function pack(value: ReplicaApp, numbers: PackIds) {
  const words = new Int32Array(3 + (packedWords(value, numbers) ?? 0))
  // Not at 0, so that an offset that is forgotten shows.
  writeApp(words, 3, value, numbers)
  return { words, at: 3 }
}

const service = record({
  alpn: array(constantFrom('h2', 'h3'), { maxLength: 2 }),
  https: constantFrom(true, false),
  srv: constantFrom(true, false),
}).map(({ alpn, ...rest }) => serviceSchema.parse({ alpn: [...new Set(alpn)], ...rest }))

it('an app is read back as it was packed, IPv4 first, with its service', () => {
  const numbers = new PackIds()
  assert(
    property(app, option(service, { nil: undefined }), (plain, described) => {
      const value = { ...plain, ...(described === undefined ? {} : { service: described }) }
      const sorted = {
        ...value,
        endpoints: value.endpoints.map((one) => ({
          ...one,
          addresses: one.addresses.toSorted(
            (x, y) => Number(x.includes(':')) - Number(y.includes(':')),
          ),
        })),
      }
      expect(readApp(pack(value, numbers), numbers)).toEqual(sorted)
    }),
  )
})

function zoneOf(apex: string) {
  const zones = new ZoneTable()
  const soa = { mname: apex, rname: apex, refresh: 1, retry: 1, expire: 1, minimum: 60, ttl: 60 }
  zones.put({ apex, ns: [apex], nsTtl: 60, soa, serial: 1 })
  const zone = zones.find(nameKey(apex))
  if (zone === undefined) throw new Error(`${apex} was not put`)
  return zone
}

it('an app in packed form is answered as the same app in objects', () => {
  const numbers = new PackIds()
  const topologies = record({
    own: cluster('own'),
    a: cluster('a'),
    b: cluster('b'),
    c: cluster('c'),
    d: cluster('d'),
  })
  const counts = { packed: new SteerCounts(), objects: new SteerCounts() }
  const packedAnswers = new PackedAnswers(numbers, counts.packed)
  const zone = zoneOf('example.')
  const answers = new AppAnswers({
    counts: counts.objects,
    own: new OwnVerdicts(),
    random: Math.random,
    places: () => noPlaces,
  })
  let answered = 0
  let refused = 0
  let forced = 0
  assert(
    property(array(app, { minLength: 1, maxLength: 5 }), topologies, (apps, places) => {
      const topology = createTopology(places.own, Object.values(places))
      for (const value of apps) {
        const entry = createEntry(
          { kind: 'app', name: 'app.example.', version: 1, app: value },
          { isWatched: true, expiresAt: Infinity },
        )
        packedAnswers.take(topology, pack(value, numbers))
        for (const qtype of packedTypes) {
          const asker = { location: 0, bucket: 0 }
          const wanted = answers.answerOf(topology, zone, entry, qtype, asker).answer
          const chosen = packedAnswers.answerOf(qtype, Buffer.from(nameKey(entry.name), 'latin1'))
          const { refusedForSeconds } = packedAnswers
          const isRefused = refusedForSeconds !== undefined
          const found = isRefused ? zone.nodataFor(refusedForSeconds) : chosen
          if (isRefused) refused++
          expect(found).toEqual(wanted)
          if (wanted !== undefined) answered++
          const isForced = value.endpoints.some((one) => one.health === 'down')
          if (wanted !== undefined && value.health === undefined && isForced) forced++
        }
      }
    }),
    { numRuns: 300 },
  )
  expect(answered).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(10)
  expect(forced).toBeGreaterThan(10)
})

it('an app with a service is left to the objects, one with a target has no packed form', () => {
  const numbers = new PackIds()
  const plain: ReplicaApp = {
    policy: 'nearest',
    ttlMin: 0,
    ttlMax: 30,
    endpoints: [{ cluster: 'own', addresses: ['192.0.2.1'], weight: 1, priority: 0, port: 443 }],
  }
  const own = clusterSchema.parse({ id: 'own', latitude: 0, longitude: 0 })
  const answers = new PackedAnswers(numbers, new SteerCounts())
  const isSingle = (value: ReplicaApp): boolean => {
    answers.take(createTopology(own, [own]), pack(value, numbers))
    return answers.isSingle
  }
  expect(isSingle(plain)).toBe(true)
  expect(isSingle({ ...plain, service: serviceSchema.parse({}) })).toBe(false)
  expect(isSingle(plain)).toBe(true)
  const target = { cluster: 'a', addresses: [], weight: 1, priority: 0, target: 'cdn.example.' }
  expect(packedWords({ ...plain, endpoints: [...plain.endpoints, target] }, numbers)).toBe(
    undefined,
  )
})
