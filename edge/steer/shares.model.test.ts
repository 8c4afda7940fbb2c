import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TYPE_A } from '../../shared/dns/codes.ts'
import type { Filter } from '../../shared/registry/policy-schema.ts'
import { decideSteering } from './decide.ts'
import { LocatedPlans } from './located-plans.ts'
import { appOf, lineIds as ids, lineTopology as topology, sharesOf } from './shares-fixture.ts'

const shed: readonly Filter[] = [
  'healthy',
  'own-cluster-first',
  'nearest',
  { filter: 'shed-load', low: 70, high: 90 },
]

// ---- all of it, beside queries that are passed on one after the other ----

const endpointArbitrary = fc.record({
  load: fc.option(
    fc.integer({ min: 0, max: 25 }).map((steps) => steps * 5),
    { nil: undefined },
  ),
  withheld: fc.constantFrom(0, 0, 20, 40, 60, 80, 100),
  weight: fc.integer({ min: 0, max: 5 }),
  health: fc.constantFrom('up' as const, 'up' as const, 'down' as const),
  fallback: fc.constantFrom(undefined, undefined, true as const),
})
type Drawn = Readonly<Record<string, number>>

/** What part of the queries reaches whom when each passes on what it does not keep. */
function passOn(order: readonly string[], kept: (cluster: string) => number): Drawn {
  if (order.every((cluster) => kept(cluster) === 0)) return { [order[0] ?? '']: 1 }
  const [first = '', ...rest] = order
  if (rest.length === 0) return { [first]: 1 }
  const part = kept(first)
  const others = rest.every((cluster) => kept(cluster) === 0)
    ? { [rest.at(-1) ?? '']: 1 }
    : passOn(rest, kept)
  return {
    [first]: part,
    ...Object.fromEntries(
      Object.entries(others).map(([cluster, share]) => [cluster, (1 - part) * share]),
    ),
  }
}

it.each<[string, string | readonly Filter[], boolean]>([
  ['nearest', 'nearest', false],
  ['shed-load', shed, true],
  ['weighted', 'weighted', false],
])('%s: what is drawn is what the formula says', (name, policy, sheds) => {
  let drawnApps = 0
  const answered = new Set<string>()
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...ids), endpointArbitrary, { minKeys: 1 }),
      (places) => {
        const endpoints = Object.fromEntries(
          Object.entries(places).map(([id, { load, withheld, weight, health, fallback }]) => [
            id,
            {
              weight,
              health,
              ...(load === undefined ? {} : { load }),
              ...(withheld === 0 ? {} : { withheld }),
              ...(fallback === undefined ? {} : { fallback }),
            },
          ]),
        )
        const found = Object.fromEntries(sharesOf(appOf(policy, endpoints)))

        const all = ids.filter((id) => places[id] !== undefined)
        const isUp = (id: string): boolean => places[id]?.health === 'up'
        const plain = all.filter((id) => places[id]?.fallback !== true)
        const spare = all.filter((id) => places[id]?.fallback === true)
        const set = plain.some(isUp) || spare.length === 0 ? plain : spare
        const up = set.some(isUp) ? set.filter(isUp) : set
        const part = (id: string): number => 1 - (places[id]?.withheld ?? 0) / 100
        const able = up.some((id) => part(id) > 0) ? up.filter((id) => part(id) > 0) : up
        const kept = (id: string): number => {
          const load = places[id]?.load ?? 0
          const byLoad = load <= 70 ? 1 : load >= 90 ? 0 : (90 - load) / 20
          return part(id) * (sheds ? byLoad : 1)
        }
        let wanted: Drawn
        if (name === 'weighted') {
          const weigh = (by: (id: string) => number): Drawn => {
            const sum = up.reduce((total, id) => total + by(id), 0)
            return Object.fromEntries(
              up.map((id) => [id, sum === 0 ? 1 / up.length : by(id) / sum]),
            )
          }
          const weightOf = (id: string): number => places[id]?.weight ?? 0
          const now = (id: string): number => weightOf(id) * part(id)
          wanted = weigh(up.some((id) => now(id) > 0) ? now : weightOf)
        } else wanted = passOn(able, kept)
        for (const id of ids) expect(found[id] ?? 0).toBeCloseTo((wanted[id] ?? 0) * 100, 1)
        for (const id of Object.keys(found)) answered.add(id)
        if (Object.keys(found).length > 1) drawnApps++
      },
    ),
    { numRuns: 500 },
  )
  expect(drawnApps).toBeGreaterThan(100)
  expect(answered.size).toBe(ids.length)
})

it('a client is answered by its place as a decision for the place says', () => {
  const client: readonly Filter[] = ['healthy', 'failover', { filter: 'nearest', from: 'client' }]
  const places = {
    revision: 1,
    end: 3,
    placeOf: (number: number) =>
      number === 0 ? undefined : { latitude: 0, longitude: number === 1 ? 12 : 38 },
  }
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...ids), endpointArbitrary, { minKeys: 1 }),
      fc.boolean(),
      (some, isShed) => {
        const endpoints = Object.fromEntries(
          Object.entries(some).map(([id, { load, withheld, weight, health, fallback }]) => [
            id,
            {
              priority: weight % 2,
              health,
              ...(load === undefined ? {} : { load }),
              ...(withheld === 0 ? {} : { withheld }),
              ...(fallback === undefined ? {} : { fallback }),
            },
          ]),
        )
        const end: Filter = { filter: 'shed-load', low: 20, high: 90 }
        const app = appOf(isShed ? [...client, end] : client, endpoints)
        const { plan, listed } = new LocatedPlans().planOf(app, TYPE_A, topology, places)
        for (let number = 0; number < 3; number++) {
          const wanted = decideSteering(app, TYPE_A, topology, undefined, places.placeOf(number))
          const choice = plan.choices[(plan.map[number] ?? 0) - 1]
          expect(choice?.chosen.map((i) => listed[i]?.endpoint.cluster)).toEqual(
            wanted.chosen.map(({ endpoint }) => endpoint.cluster),
          )
          expect(choice?.drawn?.map(({ upTo }) => upTo)).toEqual(
            wanted.drawn?.map(({ upTo }) => upTo),
          )
        }
      },
    ),
    { numRuns: 300 },
  )
})
