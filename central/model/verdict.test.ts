import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HealthState } from '../../shared/registry/health.ts'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import { decide } from './decide.ts'
import type { EndpointVerdict, RegistryEvent } from './events.ts'
import { evolve, restore } from './evolve.ts'
import { emptyState } from './state.ts'
import type { RegistryState } from './state.ts'

const name = 'web.example.'
const appPut = (port?: number): RegistryEvent => ({
  type: 'app-put',
  app: appSchema.parse({
    name,
    ...(port === undefined ? {} : { health: { check: { type: 'tcp', port } } }),
  }),
})
const endpointPut = (more: object = {}): RegistryEvent => ({
  type: 'endpoint-put',
  app: name,
  endpoint: endpointSchema.parse({ cluster: 'sfo', addresses: ['192.0.2.1'], ...more }),
})
const verdict = (state: HealthState, more: Partial<EndpointVerdict> = {}): EndpointVerdict => ({
  app: name,
  cluster: 'sfo',
  state,
  sinceEpoch: 1,
  reports: [{ edge: 'lhr', state, detail: 'why' }],
  ...more,
})
const base: readonly RegistryEvent[] = [
  { type: 'cluster-put', cluster: clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 }) },
  { type: 'zone-put', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
  appPut(80),
  endpointPut(),
]
const down: RegistryEvent = { type: 'endpoint-health', ...verdict('down') }

function given(...events: readonly RegistryEvent[]): RegistryState {
  const state = emptyState()
  events.forEach((event, i) => evolve(state, { version: i + 1, events: [event] }))
  return state
}
const held = (state: RegistryState): HealthState | undefined =>
  state.health.get(name)?.get('sfo')?.state

describe('a verdict', () => {
  it('is held, and changes no version that a client could have read', () => {
    const state = given(...base, down)
    expect(state.health.get(name)?.get('sfo')).toEqual(verdict('down'))
    expect(state.apps.get(name)?.version).toBe(4)
    expect(state.zones.get('example.')?.serialVersion).toBe(4)
  })

  it.each([
    ['the same again', [down], verdict('down', { sinceEpoch: 9 })],
    ['unknown of what was never judged', [], verdict('unknown')],
    ['of an endpoint that is not there', [], verdict('down', { cluster: 'lhr' })],
    ['of an app that is not there', [], verdict('down', { app: 'no.example.' })],
    ['of an app without a check', [appPut()], verdict('down')],
  ])('%s is no event', (_what, more, command) => {
    const decision = decide(given(...base, ...more), { type: 'put-verdict', verdict: command })
    expect(decision).toEqual({ ok: true, events: [] })
  })

  it('that is another is an event', () => {
    const decision = decide(given(...base, down), { type: 'put-verdict', verdict: verdict('up') })
    expect(decision).toEqual({ ok: true, events: [{ type: 'endpoint-health', ...verdict('up') }] })
  })

  it.each<[string, RegistryEvent, HealthState | undefined]>([
    ['unknown', { type: 'endpoint-health', ...verdict('unknown') }, undefined],
    ['the endpoint is deleted', { type: 'endpoint-deleted', app: name, cluster: 'sfo' }, undefined],
    ['the app is deleted', { type: 'app-deleted', name }, undefined],
    ['the app is checked otherwise', appPut(81), undefined],
    ['the app is checked no more', appPut(), undefined],
    ['the endpoint has another address', endpointPut({ addresses: ['192.0.2.2'] }), undefined],
    ['the endpoint has another port', endpointPut({ port: 81 }), undefined],
    ['the endpoint has another weight', endpointPut({ weight: 1 }), 'down'],
    ['the app is put as it is', appPut(80), 'down'],
  ])('after %s', (_what, event, wanted) => {
    const state = given(...base, down, event)
    expect(held(state)).toBe(wanted)
    if (wanted === undefined) expect(state.health.size).toBe(0)
  })

  it('comes back out of a snapshot, with its endpoint only', () => {
    const state = given(...base)
    restore(state, { kind: 'verdict', stored: verdict('degraded') })
    restore(state, { kind: 'verdict', stored: verdict('down', { cluster: 'lhr' }) })
    expect(held(state)).toBe('degraded')
    expect(state.health.get(name)?.size).toBe(1)
  })
})

it('a map of verdicts that was read is never changed', () => {
  const states: readonly HealthState[] = ['up', 'degraded', 'down', 'unknown']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...states), { maxLength: 10 }), (list) => {
      const state = given(...base)
      const seen: [ReadonlyMap<string, EndpointVerdict>, string][] = []
      for (const one of list) {
        evolve(state, { version: 9, events: [{ type: 'endpoint-health', ...verdict(one) }] })
        const map = state.health.get(name)
        if (map !== undefined) seen.push([map, JSON.stringify([...map])])
      }
      for (const [map, before] of seen) expect(JSON.stringify([...map])).toBe(before)
    }),
  )
})
