import fc from 'fast-check'
import { Registry as MetricRegistry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { noPlaces } from '../locate/client-places.ts'
import type { ReplicaApp } from '../replica/model.ts'
import { PackIds } from '../replica/pack-ids.ts'
import { packedWords, writeApp } from '../replica/packed-app.ts'
import { choose } from './choose.ts'
import { decideSteering } from './decide.ts'
import { ExcludedCounts } from './excluded.ts'
import { compiledPolicy } from './policies.ts'
import type { Candidate } from './filters.ts'
import { LocatedPlans } from './located-plans.ts'
import { SteerCounts } from './metrics.ts'
import { PackedAnswers } from './packed-answers.ts'
import type { Step } from './steps.ts'
import { createTopology } from './topology.ts'

const ids = ['own', 'a', 'b', 'c', 'd', 'e'] as const
const states = fc.constantFrom('active' as const, 'draining' as const, 'disabled' as const)
const clusters = fc
  .array(fc.record({ latitude: fc.nat(3), longitude: fc.nat(3), state: states }), {
    minLength: ids.length,
    maxLength: ids.length,
  })
  .map((all) => all.map((place, i) => clusterSchema.parse({ id: ids[i], ...place })))

const single = [
  'nearest',
  'failover',
  '["healthy","heaviest",{"filter":"max-distance","km":200}]',
  '[{"filter":"country","rules":{"US":["a"]},"default":["b","c","own"]},"nearest"]',
  '["heaviest"]',
]
const several = [
  '["healthy","failover",{"filter":"first","count":2}]',
  '["not-draining",{"filter":"spread","km":150,"count":3}]',
  '["healthy",{"filter":"weighted","km":200}]',
]

const app = (policies: readonly string[]): fc.Arbitrary<ReplicaApp> =>
  fc.record({
    policy: fc.constantFrom(...policies),
    ttlMin: fc.constant(5),
    ttlMax: fc.constant(30),
    health: fc.option(
      fc.record({
        enoughUpPercent: fc.constantFrom(0, 50),
        failClosed: fc.boolean(),
        trustMs: fc.constant(10_000),
      }),
      { nil: undefined },
    ),
    endpoints: fc
      .dictionary(
        fc.constantFrom(...ids, 'gone'),
        fc.record({
          addresses: fc.constantFrom(['192.0.2.1'], ['2001:db8::1']),
          priority: fc.nat(1),
          weight: fc.nat(2),
          health: fc.constantFrom('up' as const, 'down' as const),
        }),
      )
      .map((all) =>
        Object.entries(all).map(([cluster, { addresses, ...more }]) => ({
          cluster,
          addresses: [...addresses],
          ...more,
        })),
      ),
  })

/** What the steps say was dropped, by filter. Where none has the type only that is said of it. */
function droppedBy(steps: readonly Step[], hasAny: boolean): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { filter, dropped } of steps) {
    const name = hasAny || filter !== 'enabled' ? filter : 'address'
    if (dropped.length > 0) counts[name] = (counts[name] ?? 0) + dropped.length
  }
  return counts
}

function countedBy(counts: ExcludedCounts): Readonly<Record<string, number>> {
  return Object.fromEntries(counts.byFilter())
}

describe('what filters have excluded', () => {
  it.each([
    ['one', single],
    ['several', several],
  ])('is what the steps say of policies that answer %s', (_, policies) => {
    let excluded = 0
    fc.assert(
      fc.property(
        clusters,
        app(policies),
        fc.constantFrom(TYPE_A, TYPE_AAAA),
        (all, value, qtype) => {
          const [own] = all
          if (own === undefined) throw new Error('no cluster')
          const topology = createTopology(own, all)
          const steps: Step[] = []
          const counts = new ExcludedCounts()
          decideSteering(value, qtype, topology, steps, undefined, counts)
          const hasAny = value.endpoints.some(
            ({ cluster, addresses }) =>
              cluster !== 'gone' &&
              addresses.some((address) => address.includes(':') === (qtype === TYPE_AAAA)),
          )
          const isRequirement = ({ filter }: Step) => filter === 'enabled' || filter === 'address'
          const relevant = hasAny
            ? steps
            : steps.filter((step) => step.filter === 'listed' || isRequirement(step))
          const wanted = droppedBy(relevant, hasAny)
          expect(countedBy(counts)).toEqual(wanted)
          excluded += Object.values(wanted).length
        },
      ),
      { numRuns: 300 },
    )
    expect(excluded).toBeGreaterThan(100)
  })

  it('is counted while the best is looked for as it is afterwards', () => {
    fc.assert(
      fc.property(clusters, app(single), (all, value) => {
        const [own] = all
        if (own === undefined) throw new Error('no cluster')
        const topology = createTopology(own, all)
        const policy = compiledPolicy(value.policy)
        const candidates = value.endpoints.flatMap((endpoint): Candidate[] => {
          const place = topology.places.get(endpoint.cluster)
          if (place === undefined) return []
          const { priority, weight } = endpoint
          const base = { place, clientKm: place.distanceKm, priority, weight }
          const isDown = endpoint.health === 'down'
          const hasAddress = !endpoint.addresses[0]?.includes(':')
          return [{ ...base, state: 'active', hasAddress, isDown }]
        })
        const during = new ExcludedCounts()
        const after = new ExcludedCounts()
        const count = candidates.length
        const { requirements, preferences } = policy
        const fallen = during.fallenOf(policy, 'heed')
        const at = choose(requirements, preferences, candidates, count, topology, fallen)
        const best = candidates[at]
        if (!candidates.some(({ hasAddress }) => hasAddress)) return
        after.add({ policy, regard: 'heed', candidates, count, best, origin: topology })
        expect(countedBy(during)).toEqual(countedBy(after))
      }),
      { numRuns: 300 },
    )
  })

  it('is the same for apps in packed form, and where the place of the client is of no account', () => {
    const ids = new PackIds()
    fc.assert(
      fc.property(clusters, app(single), (all, value) => {
        const [own] = all
        if (own === undefined) throw new Error('no cluster')
        const topology = createTopology(own, all)
        const counts = { objects: new ExcludedCounts(), packed: new SteerCounts() }
        const located = new ExcludedCounts()
        const packed = new PackedAnswers(ids, counts.packed)
        const words = new Int32Array(packedWords(value, ids) ?? 0)
        writeApp(words, 0, value, ids)
        packed.take(topology, { words, at: 0 })
        const plans = new LocatedPlans()
        for (const qtype of [TYPE_A, TYPE_AAAA] as const) {
          packed.answerOf(qtype, Buffer.from('\x05video\x07example\0'))
          const decision = decideSteering(
            value,
            qtype,
            topology,
            undefined,
            undefined,
            counts.objects,
          )
          // Without any choice there is nothing that a plan could count.
          const isAny = decision.chosen.length > 0 || decision.isRefused
          const only = isAny ? located : undefined
          if (!isAny) decideSteering(value, qtype, topology, undefined, undefined, located)
          plans.planOf(value, qtype, topology, noPlaces, only)
        }
        const wanted = countedBy(counts.objects)
        expect(countedBy(counts.packed.excluded)).toEqual(wanted)
        expect(countedBy(located)).toEqual(wanted)
      }),
      { numRuns: 300 },
    )
  })

  it('is a metric by filter', async () => {
    const counts = new SteerCounts()
    const policy = compiledPolicy('nearest')
    counts.excluded.addWithout(policy, 3)
    counts.excluded.addUnlisted(policy, 2)
    const register = new MetricRegistry()
    counts.register(register)
    const text = await register.metrics()
    expect(text).toContain('meridian_edge_steer_excluded_total{filter="address"} 3')
    expect(text).toContain('meridian_edge_steer_excluded_total{filter="listed"} 2')
  })

  it('of more policies than are kept apart is not lost', () => {
    const counts = new ExcludedCounts()
    for (let i = 0; i < 1_500; i++) {
      const policy = compiledPolicy(`[{"filter":"max-distance","km":${i}},"nearest"]`)
      counts.addWithout(policy, 1)
    }
    expect(countedBy(counts)).toEqual({ address: 1_500 })
  })
})
