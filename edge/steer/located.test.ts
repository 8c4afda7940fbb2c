import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { ClientPlaces } from '../locate/client-places.ts'
import type { ClientPlace } from '../locate/place.ts'
import type { ReplicaApp } from '../replica/model.ts'
import { CHOICE_NODATA } from '../table/layout.ts'
import { decideSteering } from './decide.ts'
import { LocatedPlans } from './located-plans.ts'
import { createTopology } from './topology.ts'

const ids = ['own', 'a', 'b', 'c', 'd', 'e', 'f', 'g'] as const
const longitude = fc.integer({ min: -180, max: 180 })
const latitude = fc.integer({ min: -80, max: 80 })

const policy = fc.constantFrom(
  'nearest-client',
  JSON.stringify(['healthy', 'own-cluster-first', { filter: 'nearest', from: 'client' }]),
  JSON.stringify([{ filter: 'max-distance', km: 4_000, from: 'client' }, 'failover']),
  JSON.stringify([
    { filter: 'country', from: 'client', rules: { DE: ['a', 'b'], US: ['c'] }, default: ['own'] },
    { filter: 'nearest', from: 'client' },
  ]),
  JSON.stringify([
    { filter: 'continent', from: 'client', rules: { EU: ['a', 'b', 'c'] } },
    'heaviest',
  ]),
  JSON.stringify([{ filter: 'network', rules: { office: ['d'] } }, 'nearest']),
  JSON.stringify([
    { filter: 'nearest', from: 'client' },
    { filter: 'spread', km: 3_000, count: 3, from: 'client' },
  ]),
  JSON.stringify([
    'healthy',
    { filter: 'weighted', curve: 'linear', from: 'client', km: 5_000, sticky: true },
  ]),
)

const endpoint = fc.record({
  priority: fc.nat(2),
  weight: fc.nat(3),
  health: fc.constantFrom('up' as const, 'down' as const, 'degraded' as const),
  addresses: fc.constantFrom<string[][]>(
    ['192.0.2.1'],
    ['2001:db8::1'],
    ['192.0.2.1', '2001:db8::1'],
  ),
})

const client: fc.Arbitrary<ClientPlace> = fc.oneof(
  fc.record({
    latitude,
    longitude,
    country: fc.constantFrom('DE', 'US', 'FR'),
    continent: fc.constantFrom('EU', 'NA'),
  }),
  fc.record({ network: fc.constantFrom('office', 'home') }),
)

const enough = fc.record({
  enoughUpPercent: fc.constantFrom(0, 50),
  failClosed: fc.boolean(),
  trustMs: fc.constant(10_000),
})

function placesOf(list: readonly (ClientPlace | undefined)[]): ClientPlaces {
  return { revision: 1, end: list.length + 1, placeOf: (number) => list[number - 1] }
}

describe('a plan by the place of the client', () => {
  it('says for each place what is decided for a client there', () => {
    let uniform = 0
    fc.assert(
      fc.property(
        policy,
        fc.dictionary(fc.constantFrom(...ids), endpoint, { minKeys: 1 }),
        fc.array(fc.option(client, { nil: undefined }), { maxLength: 6 }),
        fc.array(fc.record({ latitude, longitude }), { minLength: 8, maxLength: 8 }),
        enough,
        fc.constantFrom(TYPE_A, TYPE_AAAA),
        (policyText, endpoints, clients, positions, health, qtype) => {
          const clusters = ids.map((id, i) => clusterSchema.parse({ id, ...positions[i] }))
          const [own] = clusters
          if (own === undefined) throw new Error('no cluster')
          const topology = createTopology(own, clusters)
          const app: ReplicaApp = {
            policy: policyText,
            ttlMin: 5,
            ttlMax: 30,
            health,
            endpoints: Object.entries(endpoints).map(([cluster, more]) => ({ cluster, ...more })),
          }
          const places = placesOf(clients)
          const { plan, listed } = new LocatedPlans().planOf(app, qtype, topology, places)
          const seen = new Set<number>()
          for (const [i, place] of [undefined, ...clients].entries()) {
            // A plan that says the same for all places need not name them.
            const choice = plan.map[plan.isUniform && place !== undefined ? 0 : i] ?? 0
            if (i > 0 && place === undefined) {
              expect(choice).toBe(0)
              continue
            }
            seen.add(choice)
            const wanted = decideSteering(app, qtype, topology, undefined, place)
            if (wanted.chosen.length === 0 && !wanted.isRefused) {
              expect(choice).toBe(CHOICE_NODATA)
              continue
            }
            const found = plan.choices[choice - 1]
            expect(found?.chosen.map((at) => listed[at]?.endpoint.cluster)).toEqual(
              wanted.chosen.map((one) => one.endpoint.cluster),
            )
            expect(found?.ttl).toBe(wanted.ttl)
            if (wanted.isRefused) continue
            expect(found?.drawn?.map(({ upTo }) => upTo)).toEqual(
              wanted.drawn?.map(({ upTo }) => upTo),
            )
          }
          if (plan.isUniform) uniform++
          else expect(plan.map.length).toBeGreaterThan(1)
          if (seen.size > 1) expect(plan.isUniform).toBe(false)
        },
      ),
      { numRuns: 500 },
    )
    expect(uniform).toBeGreaterThan(10)
  })

  it('goes on when places change: what is said for each is what a new plan says', () => {
    const clusters = ids.map((id, i) =>
      clusterSchema.parse({ id, latitude: 0, longitude: 40 * i - 150 }),
    )
    const [own] = clusters
    if (own === undefined) throw new Error('no cluster')
    const topology = createTopology(own, clusters)
    const pool: ClientPlace[] = Array.from({ length: 12 }, (_, i) => ({
      latitude: 5 * i - 30,
      longitude: 30 * i - 180,
      country: i % 2 === 0 ? 'DE' : 'US',
    }))
    const numbered = fc.array(fc.option(fc.nat(pool.length - 1), { nil: undefined }), {
      maxLength: 8,
    })
    fc.assert(
      fc.property(
        policy,
        fc.array(fc.dictionary(fc.constantFrom(...ids), endpoint, { minKeys: 1 }), {
          minLength: 1,
          maxLength: 2,
        }),
        fc.array(numbered, { minLength: 2, maxLength: 5 }),
        (policyText, apps, revisions) => {
          const plans = new LocatedPlans()
          const maps: Uint16Array[] = []
          revisions.forEach((numbers, revision) => {
            const places: ClientPlaces = {
              revision,
              end: numbers.length + 1,
              placeOf: (number) => pool[numbers[number - 1] ?? -1],
            }
            for (const [i, endpoints] of apps.entries()) {
              const app: ReplicaApp = {
                policy: policyText,
                ttlMin: 5,
                ttlMax: 30,
                health: { enoughUpPercent: 0, failClosed: false, trustMs: 10_000 },
                endpoints: Object.entries(endpoints).map(([cluster, more]) => ({
                  cluster,
                  ...more,
                })),
              }
              const said = (of: LocatedPlans) => {
                const { plan, listed } = of.planOf(app, TYPE_A, topology, places)
                return Array.from({ length: places.end }, (_, number) => {
                  const at = plan.isUniform && plan.map.length === 1 ? 0 : number
                  const { chosen, drawn, ttl } = plan.choices[(plan.map[at] ?? 0) - 1] ?? {}
                  const names = chosen?.map((i) => listed[i]?.endpoint.cluster)
                  return { is: names ?? plan.map[at], ttl, drawn: drawn?.map(({ upTo }) => upTo) }
                })
              }
              const before = maps[i]
              const after = before && plans.planAfter(before, topology, places)
              expect(said(plans)).toEqual(said(new LocatedPlans()))
              const { plan } = plans.planOf(app, TYPE_A, topology, places)
              // Two apps may share a plan, which has gone on with the first of them.
              if (after !== undefined) expect(plan).toBe(after)
              else expect([undefined, maps[0]]).toContain(before)
              maps[i] = plan.map
            }
          })
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is shared by apps that differ in nothing that matters, until a place changes', () => {
    const clusters = ['own', 'a'].map((id, i) =>
      clusterSchema.parse({ id, latitude: 0, longitude: 90 * i }),
    )
    const [own] = clusters
    if (own === undefined) throw new Error('no cluster')
    const topology = createTopology(own, clusters)
    const plans = new LocatedPlans()
    const places = placesOf([{ latitude: 0, longitude: 90 }])
    const app = (address: string): ReplicaApp => ({
      policy: 'nearest-client',
      ttlMin: 5,
      ttlMax: 30,
      endpoints: ['own', 'a'].map((cluster) => ({
        cluster,
        addresses: [address],
        weight: 1,
        priority: 0,
      })),
    })
    const one = plans.planOf(app('192.0.2.1'), TYPE_A, topology, places)
    const other = plans.planOf(app('192.0.2.2'), TYPE_A, topology, places)
    expect(other.plan).toBe(one.plan)
    expect(other.listed[0]?.addresses).toEqual(['192.0.2.2'])
    expect([...one.plan.map]).toEqual([1, 2])
    const later = plans.planOf(app('192.0.2.1'), TYPE_A, topology, { ...places, revision: 2 })
    expect(later.plan).not.toBe(one.plan)
  })

  it('is known by its map until another takes its place, or the topology is another', () => {
    const clusters = ['own', 'a'].map((id, i) =>
      clusterSchema.parse({ id, latitude: 0, longitude: 90 * i }),
    )
    const [own] = clusters
    if (own === undefined) throw new Error('no cluster')
    const topology = createTopology(own, clusters)
    const east = { latitude: 0, longitude: 90 }
    const plans = new LocatedPlans()
    const app: ReplicaApp = {
      policy: 'nearest-client',
      ttlMin: 5,
      ttlMax: 30,
      endpoints: ['own', 'a'].map((cluster) => ({
        cluster,
        addresses: ['192.0.2.1'],
        weight: 1,
        priority: 0,
      })),
    }
    const { plan } = plans.planOf(app, TYPE_A, topology, placesOf([east]))
    const more = { ...placesOf([east, { latitude: 1, longitude: 80 }]), revision: 2 }
    const after = plans.planAfter(plan.map, topology, more)
    expect([...(after?.map ?? [])]).toEqual([1, 2, 2])
    expect(after?.choices).toEqual(plan.choices)
    expect(plans.planAfter(plan.map, topology, more)).toBe(undefined)
    const other = createTopology(own, clusters)
    expect(after && plans.planAfter(after.map, other, more)).toBe(undefined)
  })
})
