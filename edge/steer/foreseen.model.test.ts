import fc from 'fast-check'
import { afterEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { TYPE_A } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { noPlaces } from '../locate/client-places.ts'
import type { NameState } from '../replica/model.ts'
import type { ReplicaKind } from '../replica/replica.ts'
import { CHANGE, changeOf, cluster, createReplica, decideNow, stateOf } from './foreseen.fixture.ts'
import { ForeseenChanges } from './foreseen.ts'
import { LocatedPlans } from './located-plans.ts'

afterEach(() => {
  vi.useRealTimers()
})

it('no answer outlives a change of its endpoints or clusters, whenever it is given', () => {
  const ids = ['own', 'a', 'b']
  const inMs = fc.option(fc.integer({ min: 1, max: 300_000 }), { nil: undefined })
  const arbitrary = fc.record({
    kind: fc.constantFrom<ReplicaKind[]>('on-demand', 'full'),
    clusters: fc.tuple(inMs, inMs, inMs),
    apps: fc.array(
      fc.record({ on: fc.subarray(ids, { minLength: 1 }), changes: inMs, again: inMs }),
      { minLength: 1, maxLength: 3 },
    ),
    pauses: fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 8 }),
    againAfter: fc.nat(8),
  })
  const plans = new LocatedPlans()
  fc.assert(
    fc.property(arbitrary, ({ kind, clusters, apps, pauses, againAfter }) => {
      vi.useFakeTimers({ now: CHANGE })
      const at = (leftMs: number | undefined) =>
        leftMs === undefined ? {} : { changesAt: systemClock.epochMs() + leftMs }
      const held = new Map(ids.map((id, i) => [id, { ...cluster(id, i), ...at(clusters[i]) }]))
      const replica = createReplica(kind, [cluster('own', 0)])
      const foreseen = new ForeseenChanges({ replica, clock: systemClock })
      void foreseen.start()
      const tell = (changes: readonly (number | undefined)[]): readonly NameState[] => {
        const states = apps.map(({ on }, i) =>
          stateOf(`n${i}.example.`, on, at(changes[i]).changesAt),
        )
        for (const { name } of states) replica.expect(nameKey(name))
        replica.applyChange(changeOf(states, [...held.values()]))
        return states
      }
      let states = tell(apps.map(({ changes }) => changes))
      for (const [i, pause] of pauses.entries()) {
        vi.advanceTimersByTime(pause)
        // A force that is prolonged, or a window that is moved.
        if (i === againAfter) states = tell(apps.map(({ again }) => again))
        const nowEpoch = systemClock.epochMs()
        for (const state of states) {
          if (state.kind !== 'app') continue
          const { endpoints, changesAt } = state.app
          const changes = endpoints.map((endpoint) => held.get(endpoint.cluster)?.changesAt)
          const left = [changesAt, ...changes].map((change = Infinity) => change - nowEpoch)
          const leastMs = Math.min(...left.filter((ms) => ms > 0))
          const { ttl } = decideNow(replica, state.name)
          expect(ttl * 1000).toBeLessThanOrEqual(leastMs)
          const app = replica.tables.names.peek(nameKey(state.name))?.app ?? state.app
          const { plan } = plans.planOf(app, TYPE_A, replica.tables.topology, noPlaces)
          expect(plan.choices.map((choice) => choice.ttl)).toEqual([ttl])
          // And not much shorter than it could be, unless a change may be late.
          const isLate = left.some((ms) => ms <= 0 && ms > -11_000)
          if (leastMs >= 1000 && !isLate) expect(ttl * 2000).toBeGreaterThan(Math.min(leastMs, 1e6))
        }
      }
      void foreseen.stop()
    }),
    { numRuns: 200 },
  )
})
