import { describe, expect, it } from 'vitest'
import { FORCED_MAX } from '../../shared/registry/limits.ts'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import { decide } from './decide.ts'
import type { EndpointForce, RegistryEvent } from './events.ts'
import { evolve, restore } from './evolve.ts'
import { countForces, putForce } from './forces.ts'
import { stateHash } from './state-hash.ts'
import type { RegistryState } from './state.ts'
import { draftOf, emptyState } from './state.ts'

const app = 'web.example.'
const endpointPut = (more: object = {}): RegistryEvent => ({
  type: 'endpoint-put',
  app,
  endpoint: endpointSchema.parse({ cluster: 'sfo', addresses: ['192.0.2.1'], ...more }),
})
const appPut: RegistryEvent = { type: 'app-put', app: appSchema.parse({ name: app }) }
const base: readonly RegistryEvent[] = [
  { type: 'cluster-put', cluster: clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 }) },
  { type: 'zone-put', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
  appPut,
  endpointPut(),
]
const forceOf = (more: Partial<EndpointForce> = {}): EndpointForce => ({
  app,
  cluster: 'sfo',
  state: 'down',
  sinceEpoch: 1_000,
  untilEpoch: 61_000,
  reason: 'new disks',
  actor: 'ops',
  ...more,
})
const forced: RegistryEvent = { type: 'endpoint-forced', ...forceOf() }
const unforced = {
  type: 'endpoint-unforced',
  app,
  cluster: 'sfo',
  why: 'operator',
} as const satisfies RegistryEvent

function given(...events: readonly RegistryEvent[]): RegistryState {
  const state = emptyState()
  events.forEach((event, i) => evolve(state, { version: i + 1, events: [event] }))
  return state
}

describe('to force an endpoint', () => {
  it('is an event, and changes no version that a client could have read', () => {
    const decision = decide(given(...base), { type: 'force-endpoint', force: forceOf() })
    expect(decision).toEqual({ ok: true, events: [forced] })
    const state = given(...base, forced)
    expect(state.forced.get(app)?.get('sfo')).toEqual(forceOf())
    expect(state.apps.get(app)?.version).toBe(4)
    expect(state.zones.get('example.')?.serialVersion).toBe(4)
  })

  it.each([
    ['another state', forceOf({ state: 'up' })],
    ['a longer time', forceOf({ untilEpoch: 62_000 })],
    ['another reason', forceOf({ reason: 'new memory' })],
  ])('again with %s goes over what was', (_what, force) => {
    const state = given(...base, forced)
    const decision = decide(state, { type: 'force-endpoint', force })
    expect(decision).toEqual({ ok: true, events: [{ type: 'endpoint-forced', ...force }] })
    evolve(state, { version: 6, events: [{ type: 'endpoint-forced', ...force }] })
    expect(state.forced.get(app)?.get('sfo')).toEqual(force)
  })

  it('as it is already is no event, whoever asks', () => {
    const force = forceOf({ sinceEpoch: 2_000, actor: 'somebody' })
    const decision = decide(given(...base, forced), { type: 'force-endpoint', force })
    expect(decision).toEqual({ ok: true, events: [] })
  })

  it('is refused when there are too many, but not to prolong one', () => {
    const state = given(...base)
    for (let i = 0; i < FORCED_MAX; i++) {
      const other = `app-${i}.example.`
      state.forced.set(other, new Map([['sfo', forceOf({ app: other })]]))
    }
    expect(decide(state, { type: 'force-endpoint', force: forceOf() })).toEqual({
      ok: false,
      rejection: {
        code: 'too-many',
        detail: 'there are 10000 forced endpoints, no more are possible',
      },
    })
    putForce(state, forceOf())
    const force = forceOf({ state: 'up' })
    expect(decide(state, { type: 'force-endpoint', force })).toMatchObject({ ok: true })
  })
})

describe('to end it', () => {
  it('is an event that says why', () => {
    const command = { ...unforced, type: 'unforce-endpoint', why: 'expired' } as const
    expect(decide(given(...base, forced), command)).toEqual({
      ok: true,
      events: [{ ...unforced, why: 'expired' }],
    })
    expect(given(...base, forced, unforced).forced.size).toBe(0)
  })

  it('is nothing where nothing is forced', () => {
    const command = { ...unforced, type: 'unforce-endpoint' } as const
    expect(decide(given(...base), command)).toEqual({ ok: true, events: [] })
    expect(stateHash(given(...base, unforced))).toBe(stateHash(given(...base)))
  })
})

it.each([
  ['an endpoint', { cluster: 'lhr' }, 'endpoint lhr of app web.example. is not registered'],
  ['an app', { app: 'no.example.' }, 'endpoint sfo of app no.example. is not registered'],
])('of %s that is not there both are refused', (_what, more, detail) => {
  const rejection = { code: 'not-found', detail }
  const state = given(...base)
  expect(decide(state, { type: 'force-endpoint', force: forceOf(more) })).toEqual({
    ok: false,
    rejection,
  })
  expect(decide(state, { ...unforced, type: 'unforce-endpoint', ...more })).toEqual({
    ok: false,
    rejection,
  })
})

it.each<[string, RegistryEvent, number]>([
  ['the endpoint is deleted', { type: 'endpoint-deleted', app, cluster: 'sfo' }, 0],
  ['the app is deleted', { type: 'app-deleted', name: app }, 0],
  ['the app is put again', appPut, 1],
  ['the endpoint has another address', endpointPut({ addresses: ['192.0.2.9'] }), 1],
  ['the endpoint is drained', endpointPut({ state: 'draining' }), 1],
])('after %s what was forced is held or gone', (_what, event, count) => {
  expect(countForces(given(...base, forced, event))).toBe(count)
})

it('a draft is forced without the state below it', () => {
  const state = given(...base)
  const draft = draftOf(state)
  evolve(draft, { version: 5, events: [forced] })
  expect([countForces(draft), countForces(state)]).toEqual([1, 0])
  evolve(state, { version: 5, events: [forced] })
  evolve(draft, { version: 6, events: [unforced] })
  expect([countForces(draft), countForces(state)]).toEqual([0, 1])
})

it('is part of the hash of the state, and comes back with a snapshot', () => {
  const state = given(...base, forced)
  expect(stateHash(state)).not.toBe(stateHash(given(...base)))
  const restored = given(...base)
  restore(restored, { kind: 'force', stored: forceOf() })
  expect(stateHash(restored)).toBe(stateHash(state))
})
