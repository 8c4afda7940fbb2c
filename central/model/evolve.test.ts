import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isAtOrUnder } from '../../shared/dns/name.ts'
import { forcedStates } from '../../shared/registry/force-schema.ts'
import { healthStates } from '../../shared/registry/health.ts'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  endpointStates,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import { countAtOrBelow } from './counts.ts'
import type { Command } from './decide.ts'
import { decide } from './decide.ts'
import type { RegistryEvent } from './events.ts'
import { unforcedWhys } from './events.ts'
import { evolve } from './evolve.ts'
import { endpointKey } from './machines.ts'
import { stateHash } from './state-hash.ts'
import type { RegistryState } from './state.ts'
import { draftOf, emptyState } from './state.ts'

const apex = fc.constantFrom('example.', 'sub.example.', 'test.', 'a.sub.example.')
const name = fc.constantFrom(
  'video.example.',
  'example.',
  'a.b.sub.example.',
  'b.sub.example.',
  'x.test.',
  'a.sub.example.',
)
const id = fc.constantFrom('sfo', 'ewr', 'lhr')

const machineKey = fc.record({ app: name, cluster: id, machine: fc.constantFrom('vm-1', 'vm-2') })

const command: fc.Arbitrary<Command> = fc.oneof(
  fc
    .record({
      type: fc.constant('put-cluster' as const),
      id,
      latitude: fc.integer({ min: -90, max: 90 }),
    })
    .map(({ type, id, latitude }) => ({
      type,
      cluster: clusterSchema.parse({ id, latitude, longitude: 0 }),
    })),
  id.map((id) => ({ type: 'delete-cluster' as const, id })),
  apex.map((apex) => ({
    type: 'put-zone' as const,
    zone: zoneSchema.parse({ apex, ns: ['ns.test'] }),
  })),
  apex.map((apex) => ({ type: 'delete-zone' as const, apex })),
  fc
    .tuple(name, fc.option(fc.integer({ min: 1, max: 2 }), { nil: undefined }))
    .map(([name, port]) => {
      const health = port === undefined ? undefined : { check: { type: 'tcp' as const, port } }
      return { type: 'put-app' as const, app: appSchema.parse({ name, health }) }
    }),
  fc
    .tuple(name, id, fc.constantFrom(...healthStates), fc.integer({ min: 0, max: 9 }))
    .map(([app, cluster, state, sinceEpoch]) => ({
      type: 'put-verdict' as const,
      verdict: { app, cluster, state, sinceEpoch, reports: [] },
    })),
  name.map((name) => ({ type: 'delete-app' as const, name })),
  fc
    .tuple(name, id, fc.constantFrom(...forcedStates), fc.integer({ min: 1, max: 3 }))
    .map(([app, cluster, state, untilEpoch]) => ({
      type: 'force-endpoint' as const,
      force: { app, cluster, state, sinceEpoch: 0, untilEpoch, reason: 'why', actor: 'ops' },
    })),
  fc
    .tuple(name, id, fc.constantFrom(...unforcedWhys))
    .map(([app, cluster, why]) => ({ type: 'unforce-endpoint' as const, app, cluster, why })),
  fc
    .tuple(name, id, fc.integer({ min: 0, max: 9 }), fc.constantFrom(undefined, ...endpointStates))
    .map(([app, cluster, weight, state]) => ({
      type: 'put-endpoint' as const,
      app,
      endpoint: endpointSchema.parse({ cluster, weight, state, addresses: ['192.0.2.1'] }),
    })),
  fc.tuple(name, id).map(([app, cluster]) => ({ type: 'delete-endpoint' as const, app, cluster })),
  machineKey.chain((at) =>
    fc.oneof(
      fc.record({ octet: fc.nat(3), isEnded: fc.boolean() }).map(({ octet, isEnded }) => ({
        type: 'register-machine' as const,
        machine: {
          ...at,
          addresses: [`192.0.2.${octet}`],
          leaseSeconds: 30,
          ...(isEnded ? { terminateUrl: 'http://end.example/' } : {}),
        },
      })),
      fc.constant({ type: 'unregister-machine' as const, ...at }),
      fc.integer({ min: 1, max: 20 }).map((version) => ({
        type: 'withdraw-machine' as const,
        ...at,
        why: 'lease-expired' as const,
        version,
      })),
      fc.integer({ min: 1, max: 20 }).map((version) => ({
        type: 'end-machine' as const,
        ...at,
        version,
        termination: { ok: true, detail: '200', attempts: 1 },
      })),
    ),
  ),
)

/** Decides and folds one command after the other; what is refused changes nothing. */
function run(state: RegistryState, commands: readonly Command[], after = 0): RegistryEvent[][] {
  const changes: RegistryEvent[][] = []
  for (const one of commands) {
    const decision = decide(state, one)
    if (!decision.ok || decision.events.length === 0) continue
    changes.push([...decision.events])
    evolve(state, { version: after + changes.length, events: decision.events })
  }
  return changes
}

it('a replay of the events gives the same state hash', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const state = emptyState()
      const changes = run(state, commands)
      const replayed = emptyState()
      changes.forEach((events, i) => evolve(replayed, { version: i + 1, events }))
      expect(stateHash(replayed)).toBe(stateHash(state))
    }),
  )
})

it('the derived counts are those of a count by hand', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const state = emptyState()
      run(state, commands)
      const standing = [...state.apps.keys(), ...state.zones.keys()]
      for (const at of [...standing, 'b.sub.example.', '.', 'nothing.example.']) {
        const count = standing.filter((name) => isAtOrUnder(name, at)).length
        expect(countAtOrBelow(state, at)).toBe(count)
      }
      for (const cluster of ['sfo', 'ewr', 'lhr']) {
        let uses = 0
        for (const app of state.apps.values()) if (app.endpoints.has(cluster)) uses++
        expect(state.clusterUse.get(cluster) ?? 0).toBe(uses)
      }
    }),
  )
})

it('a draft takes all changes and leaves what it lies on as it was', () => {
  fc.assert(
    fc.property(
      fc.array(command, { maxLength: 40 }),
      fc.array(command, { maxLength: 40 }),
      (before, after) => {
        const state = emptyState()
        const version = run(state, before).length
        const hash = stateHash(state)
        const draft = draftOf(state)
        run(draft, after, version)
        expect(stateHash(state)).toBe(hash)
        const plain = emptyState()
        run(plain, before)
        run(plain, after)
        expect([...draft.apps.keys()].sort()).toEqual([...plain.apps.keys()].sort())
        expect(draft.apps.size).toBe(plain.apps.size)
        expect([...draft.clusters.keys()].sort()).toEqual([...plain.clusters.keys()].sort())
      },
    ),
  )
})

it('what is forced is an endpoint that there is', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const state = emptyState()
      run(state, commands)
      for (const app of state.forced.keys()) {
        const forces = state.forced.get(app)
        expect(forces?.size).toBeGreaterThan(0)
        for (const [cluster, force] of forces ?? []) {
          expect(state.apps.get(app)?.endpoints.has(cluster)).toBe(true)
          expect([force.app, force.cluster]).toEqual([app, cluster])
        }
      }
    }),
  )
})

it('a machine has an endpoint, and one that is there for its machines has one', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const state = emptyState()
      run(state, commands)
      let count = 0
      for (const machines of state.machines.values()) {
        expect(machines.size).toBeGreaterThan(0)
        for (const { value } of machines.values()) {
          count++
          expect(state.apps.get(value.app)?.endpoints.has(value.cluster)).toBe(true)
        }
      }
      expect(state.machineCount.get('all') ?? 0).toBe(count)
      for (const { value, endpoints } of state.apps.values()) {
        for (const [cluster, { isForMachines }] of endpoints) {
          if (isForMachines !== true) continue
          expect(state.machines.has(endpointKey(value.name, cluster))).toBe(true)
        }
      }
    }),
  )
})
