import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TYPE_A } from '../../shared/dns/codes.ts'
import { distanceKm } from '../../shared/geo/distance.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { Filter } from '../../shared/registry/policy-schema.ts'
import { filterName } from '../../shared/registry/policy-schema.ts'
import type { ReplicaApp, ReplicaEndpoint } from '../replica/model.ts'
import type { ClientPlace } from '../locate/place.ts'
import { decideSteering } from './decide.ts'
import { compiledPolicy, readyFilters } from './policies.ts'
import type { Step } from './steps.ts'
import { createTopology } from './topology.ts'
import type { Topology } from './topology.ts'

const ids = ['own', 'a', 'b', 'c', 'd', 'e'] as const
const sortedIds: readonly string[] = [...ids].sort()
const clusterOf = (id: string, longitude: number, more: object = {}): Cluster =>
  clusterSchema.parse({ id, latitude: 0, longitude, ...more })

function decide(
  policy: readonly Filter[] | string,
  endpoints: readonly (Partial<ReplicaEndpoint> & { cluster: string })[],
  clusters: readonly Cluster[],
  own: Partial<Cluster> = {},
  client?: ClientPlace,
  roundTrips?: ReadonlyMap<string, number>,
) {
  const here = { ...clusterOf('own', 0), ...own }
  const topology = createTopology(here, [here, ...clusters], roundTrips && { roundTrips })
  const app: ReplicaApp = {
    policy: typeof policy === 'string' ? policy : JSON.stringify(policy),
    ttlMin: 5,
    ttlMax: 30,
    endpoints: endpoints.map((endpoint) => ({
      addresses: ['192.0.2.1'],
      weight: 100,
      priority: 0,
      ...endpoint,
    })),
    health: { enoughUpPercent: 0, failClosed: false, trustMs: 100_000 },
  }
  const steps: Step[] = []
  const { chosen } = decideSteering(app, TYPE_A, topology, steps, client)
  return { chosen: chosen.map(({ endpoint }) => endpoint.cluster), steps, app, topology }
}

const line = [clusterOf('a', 10), clusterOf('b', 20), clusterOf('c', 30)]
const abc = ['a', 'b', 'c'].map((cluster) => ({ cluster }))

describe('filters', () => {
  it.each<[string, readonly Filter[], Record<string, Partial<ReplicaEndpoint>>, string]>([
    ['nearest', ['nearest'], {}, 'a'],
    [
      'failover',
      ['failover', 'nearest'],
      { a: { priority: 2 }, b: { priority: 1 }, c: { priority: 1 } },
      'b',
    ],
    [
      'failover past what is down',
      ['healthy', 'failover'],
      { a: { health: 'down' }, b: { priority: 1 }, c: { priority: 2 } },
      'b',
    ],
    ['heaviest', ['heaviest'], { c: { weight: 101 } }, 'c'],
    ['health is not asked for', ['nearest'], { a: { health: 'down' } }, 'a'],
    [
      'max-distance',
      [{ filter: 'max-distance', km: 2_300 }, 'heaviest'],
      { c: { weight: 999 }, b: { weight: 101 } },
      'b',
    ],
    ['nothing is near enough', [{ filter: 'max-distance', km: 1 }], {}, ''],
    ['bias that helps', [{ filter: 'bias', clusters: { b: 51 } }, 'nearest'], {}, 'b'],
    [
      'bias that does not help enough',
      [{ filter: 'bias', clusters: { b: 49 } }, 'nearest'],
      {},
      'a',
    ],
    ['bias that hurts', [{ filter: 'bias', clusters: { a: -51 } }, 'nearest'], {}, 'b'],
    [
      'bias that does not hurt enough',
      [{ filter: 'bias', clusters: { a: -49 } }, 'nearest'],
      {},
      'a',
    ],
    ['first', ['nearest', { filter: 'first', count: 2 }], {}, 'a b'],
    [
      'first of those that work',
      ['healthy', 'nearest', { filter: 'first', count: 2 }],
      { a: { health: 'down' } },
      'b c',
    ],
    [
      'first where none works',
      ['healthy', 'nearest', { filter: 'first', count: 2 }],
      { a: { health: 'down' }, b: { health: 'down' }, c: { health: 'down' } },
      'a b',
    ],
    ['spread', ['nearest', { filter: 'spread', km: 1_200, count: 8 }], {}, 'a b'],
    [
      'spread with a bias',
      [{ filter: 'bias', clusters: { c: 60 } }, 'nearest', { filter: 'spread', km: 300, count: 8 }],
      {},
      'a c',
    ],
    [
      'spread over all, two of them',
      ['nearest', { filter: 'spread', km: 20_000, count: 2 }],
      {},
      'a b',
    ],
  ])('%s', (_what, policy, more, wanted) => {
    const endpoints = abc.map(({ cluster }) => ({ cluster, ...more[cluster] }))
    expect(decide(policy, endpoints, line).chosen.join(' ')).toBe(wanted)
  })

  it.each<[string | undefined, string]>([
    ['US', 'c'],
    ['DE', 'b'],
    [undefined, 'b'],
  ])('rules by the country of the edge: %s', (country, wanted) => {
    const policy: Filter[] = [
      { filter: 'country', rules: { US: ['c'] }, default: ['b', 'c'] },
      'nearest',
    ]
    const own = country === undefined ? {} : { country }
    expect(decide(policy, abc, line, own).chosen).toEqual([wanted])
  })

  it('rules by region without a default leave the others as they are', () => {
    const policy: Filter[] = [{ filter: 'region', rules: { emea: ['c'] } }, 'nearest']
    expect(decide(policy, abc, line, { region: 'emea' }).chosen).toEqual(['c'])
    expect(decide(policy, abc, line, { region: 'apac' }).chosen).toEqual(['a'])
  })

  it('the addresses of several endpoints are answered each once, and explained', () => {
    const { chosen, steps } = decide(
      ['nearest', { filter: 'spread', km: 1_200, count: 8 }],
      abc,
      line,
    )
    expect(chosen).toEqual(['a', 'b'])
    expect(steps.at(-1)).toEqual({
      filter: 'spread',
      kept: ['a', 'b'],
      dropped: [
        { cluster: 'c', reason: '2226 km farther than the best, at most 1200 km are wanted' },
      ],
    })
  })
})

it('a text that is no policy is an error, never a guess', () => {
  expect(() => compiledPolicy('farthest')).toThrow(
    'is none of nearest, nearest-client, failover, weighted, latency',
  )
})

// ---- all policies, beside a search that knows nothing of how they are compiled ----

const from = fc.constantFrom('edge' as const, 'client' as const)
const clusterList = fc.subarray([...ids])
const filter: fc.Arbitrary<Filter> = fc.oneof(
  fc.constantFrom<Filter>(
    'healthy',
    'not-draining',
    'own-cluster-first',
    'nearest',
    'latency',
    'failover',
    'heaviest',
    { filter: 'nearest', from: 'client' },
  ),
  fc
    .dictionary(fc.constantFrom(...ids), fc.integer({ min: -99, max: 99 }))
    .map((clusters) => ({ filter: 'bias' as const, clusters })),
  fc
    .record({ km: fc.integer({ min: 0, max: 9_000 }), from })
    .map((more) => ({ filter: 'max-distance' as const, ...more })),
  fc
    .record({ rules: fc.record({ US: clusterList, DE: clusterList }), default: clusterList, from })
    .map((more) => ({ filter: 'country' as const, ...more })),
  fc.record({ 64500: clusterList }).map((rules) => ({ filter: 'asn' as const, rules })),
  fc
    .record({ rules: fc.record({ office: clusterList }), default: clusterList })
    .map((more) => ({ filter: 'network' as const, ...more })),
)
const last: fc.Arbitrary<Filter> = fc.oneof(
  fc.constant({ filter: 'weighted' as const }),
  fc
    .integer({ min: 0, max: 5_000 })
    .map((km) => ({ filter: 'weighted' as const, km, from: 'client' as const })),
  fc.integer({ min: 1, max: 4 }).map((count) => ({ filter: 'first' as const, count })),
  fc
    .record({ km: fc.integer({ min: 0, max: 5_000 }), count: fc.integer({ min: 1, max: 8 }), from })
    .map((more) => ({ filter: 'spread' as const, ...more })),
)
const policyArbitrary = fc
  .tuple(fc.uniqueArray(filter, { selector: filterName, maxLength: 7 }), fc.option(last))
  .map(([filters, end]) => (end === null ? filters : [...filters, end]))
  .filter((filters) => filters.length > 0 && isPossible(filters))

function isPossible(filters: readonly Filter[]): boolean {
  try {
    compiledPolicy(JSON.stringify(filters))
    return true
  } catch {
    return false
  }
}

const endpointArbitrary = fc.record({
  weight: fc.constantFrom(1, 2),
  priority: fc.constantFrom(0, 1),
  health: fc.constantFrom('up' as const, 'down' as const),
  longitude: fc.integer({ min: -60, max: 60 }),
  draining: fc.boolean(),
})

const clientArbitrary = fc.record({
  latitude: fc.integer({ min: -60, max: 60 }),
  longitude: fc.integer({ min: -180, max: 180 }),
  country: fc.constantFrom('US', 'DE', 'FR'),
  asn: fc.constantFrom(64_500, 64_501),
  network: fc.constantFrom('office', 'home'),
})

/** Goes down the list of filters, one after the other, as its owner would. */
function search(
  filters: readonly Filter[],
  app: ReplicaApp,
  topology: Topology,
  client: ClientPlace | undefined,
): string[] {
  const kmFrom = (cluster: string): number => {
    const to = topology.places.get(cluster)?.cluster
    if (to === undefined) return Number.NaN
    const { latitude, longitude } = client ?? topology.own
    return distanceKm({ latitude: latitude ?? 0, longitude: longitude ?? 0 }, to)
  }
  const all = app.endpoints.map((endpoint) => ({
    ...endpoint,
    km: topology.places.get(endpoint.cluster)?.distanceKm ?? Number.NaN,
    clientKm: kmFrom(endpoint.cluster),
    ms: topology.places.get(endpoint.cluster)?.roundTripMs,
    drains: topology.places.get(endpoint.cluster)?.cluster.state === 'draining',
  }))
  type One = (typeof all)[number]
  let bias: Readonly<Record<string, number>> = {}
  const kmOf = (one: One, filter: Filter | undefined): number =>
    typeof filter === 'object' && 'from' in filter && filter.from === 'client'
      ? one.clientKm
      : one.km
  const far = (one: One): number => {
    const km = kmOf(one, end)
    const percent = bias[one.cluster] ?? 0
    return percent < 0 ? km / (1 + percent / 100) : km * (1 - percent / 100)
  }
  const least = (list: One[], by: (one: One) => number): One[] => {
    const min = Math.min(...list.map(by))
    return list.filter((one) => by(one) === min)
  }
  const end = filters.at(-1)
  const isSeveral =
    typeof end === 'object' && (end.filter === 'weighted' || ('count' in end && end.count > 1))
  let list = all
  for (const one of filters) {
    if (typeof one === 'string') continue
    if (one.filter === 'max-distance') list = list.filter((each) => kmOf(each, one) <= one.km)
    if (one.filter === 'country') {
      const isOfClient = one.from === 'client' && client !== undefined
      const clusters = one.rules[(isOfClient ? client.country : 'US') ?? '']
      list = list.filter(({ cluster }) => (clusters ?? one.default)?.includes(cluster) ?? true)
    }
    if (one.filter === 'asn' || one.filter === 'network') {
      const key = one.filter === 'asn' ? client?.asn?.toString() : client?.network
      const clusters = one.rules[key ?? ''] ?? one.default
      list = list.filter(({ cluster }) => clusters?.includes(cluster) ?? true)
    }
  }
  // With none up, health says nothing.
  const isAnyUp = list.some(({ health }) => health !== 'down')
  const keys: ((one: One) => number)[] = []
  for (const one of filters) {
    if (one === 'healthy') {
      if (isAnyUp) list = least(list, ({ health }) => Number(health === 'down'))
    } else if (one === 'not-draining') list = least(list, ({ drains }) => Number(drains))
    else if (one === 'failover') list = least(list, ({ priority }) => priority)
    else if (one === 'own-cluster-first') keys.push(({ cluster }) => Number(cluster !== 'own'))
    else if (one === 'heaviest') keys.push(({ weight }) => -weight)
    else if (one === 'latency') keys.push(({ ms, km }) => ms ?? km * 0.015)
    else if (filterName(one) === 'nearest') {
      const now = bias
      keys.push((each) => {
        const percent = now[each.cluster] ?? 0
        const km = kmOf(each, one)
        return percent < 0 ? km / (1 + percent / 100) : km * (1 - percent / 100)
      })
    } else if (typeof one === 'object' && one.filter === 'bias') bias = one.clusters
  }
  keys.push(
    ({ priority }) => priority,
    ({ weight }) => -weight,
    ({ cluster }) => sortedIds.indexOf(cluster),
  )
  const inOrder = list.toSorted((x, y) => {
    for (const key of keys) if (key(x) !== key(y)) return key(x) - key(y)
    return 0
  })
  const [best] = inOrder
  if (best === undefined) return []
  if (!isSeveral) return [best.cluster]
  const near = typeof end === 'object' && 'km' in end ? far(best) + (end.km ?? Infinity) : Infinity
  return inOrder
    .filter((one) => far(one) <= near)
    .slice(0, typeof end === 'object' && 'count' in end ? end.count : 254)
    .map(({ cluster }) => cluster)
}

it('every policy answers as a search down its list does', () => {
  let several = 0
  fc.assert(
    fc.property(
      fc.oneof(policyArbitrary, fc.constantFrom(...Object.values(readyFilters))),
      fc.dictionary(fc.constantFrom(...ids), endpointArbitrary, { minKeys: 1 }),
      fc.option(clientArbitrary, { nil: undefined }),
      fc.dictionary(fc.constantFrom(...ids), fc.integer({ min: 1, max: 50 })),
      (policy, places, client, roundTrips) => {
        const entries = Object.entries(places)
        const clusters = entries.map(([id, { longitude, draining }]) =>
          clusterOf(id, id === 'own' ? 0 : longitude, { state: draining ? 'draining' : 'active' }),
        )
        const endpoints = entries.map(([cluster, { weight, priority, health }]) => ({
          cluster,
          weight,
          priority,
          health,
        }))
        const own = clusters.find(({ id }) => id === 'own') ?? {}
        const { chosen, app, topology } = decide(
          policy,
          endpoints,
          clusters.filter(({ id }) => id !== 'own'),
          { ...own, country: 'US' },
          client,
          new Map(Object.entries(roundTrips)),
        )
        expect(chosen).toEqual(search(policy, app, topology, client))
        if (chosen.length > 1) several++
      },
    ),
    { numRuns: 2_000 },
  )
  expect(several).toBeGreaterThan(100)
})
