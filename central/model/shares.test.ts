import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HealthState } from '../../shared/registry/health.ts'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import { nameStateMessage } from '../grpc/messages.ts'
import { touchedBy } from '../registry/touched.ts'
import type { Command } from './decide.ts'
import { decide } from './decide.ts'
import type { RegistryEvent } from './events.ts'
import { evolve, restore } from './evolve.ts'
import { loadOf, shareEventsOf, withheldPercentOf } from './shares.ts'
import { stateHash } from './state-hash.ts'
import { draftOf, emptyState } from './state.ts'
import type { RegistryState } from './state.ts'

const app = 'web.example.'
const sfo = { app, cluster: 'sfo' }
const appPut = (health: object = {}): RegistryEvent => ({
  type: 'app-put',
  app: appSchema.parse({ name: app, health: { check: { type: 'icmp' }, ...health } }),
})
const clusterPut = (id: string, region: string): RegistryEvent => ({
  type: 'cluster-put',
  cluster: clusterSchema.parse({ id, latitude: 0, longitude: 0, region }),
})
const endpointPut = (cluster: string, address = '192.0.2.1'): RegistryEvent => ({
  type: 'endpoint-put',
  app,
  endpoint: endpointSchema.parse({ cluster, addresses: [address] }),
})
const regional = { share: 50 }
const base: readonly RegistryEvent[] = [
  clusterPut('sfo', 'west'),
  clusterPut('ewr', 'east'),
  { type: 'zone-put', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
  appPut({ slowStartSeconds: 60, regional }),
  endpointPut('sfo'),
  endpointPut('ewr'),
]
const verdict = (state: HealthState, sinceEpoch = 7) =>
  ({ ...sfo, state, sinceEpoch, reports: [] }) as const
const told = (state: HealthState): RegistryEvent => ({ type: 'endpoint-health', ...verdict(state) })
const withheld = (percent: number, more: object = {}): RegistryEvent => ({
  type: 'endpoint-withheld',
  ...sfo,
  percent,
  sinceEpoch: 7,
  ...more,
})
const region = (percent: number): RegistryEvent => ({
  type: 'region-withheld',
  app,
  region: 'west',
  percent,
  sinceEpoch: 7,
})
const load = (percent: number | undefined): RegistryEvent => ({
  type: 'endpoint-load',
  ...sfo,
  ...(percent === undefined ? {} : { load: percent }),
})
const forced = (state: 'up' | 'down'): RegistryEvent => ({
  type: 'endpoint-forced',
  ...sfo,
  state,
  sinceEpoch: 1,
  untilEpoch: 9,
  reason: 'why',
  actor: 'ops',
})

function given(...events: readonly RegistryEvent[]): RegistryState {
  const state = emptyState()
  events.forEach((event, i) => evolve(state, { version: i + 1, events: [event] }))
  return state
}

/** The events that a command becomes. */
function eventsOf(state: RegistryState, command: Command): readonly RegistryEvent[] {
  const decision = decide(state, command)
  if (!decision.ok) throw new Error(decision.rejection.detail)
  return decision.events
}

describe('an endpoint comes back slowly', () => {
  const putVerdict = (state: HealthState): Command => ({
    type: 'put-verdict',
    verdict: verdict(state),
  })

  it.each<[string, readonly RegistryEvent[], Command, readonly RegistryEvent[]]>([
    ['when it was down and is up', [told('down')], putVerdict('up'), [told('up'), withheld(80)]],
    [
      'when it was down and nobody knows any more',
      [told('down')],
      putVerdict('unknown'),
      [told('unknown'), withheld(80)],
    ],
    ['not when it was not known', [], putVerdict('up'), [told('up')]],
    ['not when it was degraded', [told('degraded')], putVerdict('up'), [told('up')]],
    [
      'not where its app does not want it',
      [appPut(), told('down')],
      putVerdict('up'),
      [told('up')],
    ],
    [
      'not while an operator forces it',
      [told('down'), forced('down')],
      putVerdict('up'),
      [told('up')],
    ],
    [
      'when it is forced down no more',
      [told('up'), forced('down')],
      { type: 'unforce-endpoint', ...sfo, why: 'operator', atEpoch: 7 },
      [{ type: 'endpoint-unforced', ...sfo, why: 'operator' }, withheld(80)],
    ],
    [
      'not when it is down still',
      [told('down'), forced('down')],
      { type: 'unforce-endpoint', ...sfo, why: 'expired', atEpoch: 7 },
      [{ type: 'endpoint-unforced', ...sfo, why: 'expired' }],
    ],
    [
      'when a machine comes that was missing',
      [told('down')],
      {
        type: 'register-machine',
        machine: { ...sfo, machine: 'a', addresses: ['192.0.2.2'], leaseSeconds: 30 },
        atEpoch: 7,
      },
      [
        {
          type: 'machine-registered',
          ...sfo,
          machine: 'a',
          addresses: ['192.0.2.2'],
          leaseSeconds: 30,
        },
        withheld(80),
      ],
    ],
  ])('%s', (_what, events, command, wanted) => {
    expect(eventsOf(given(...base, ...events), command)).toEqual(wanted)
  })
})

describe('what is withheld, and loads', () => {
  it('are events when they are others than before, of what there is', () => {
    const state = given(...base, withheld(40), region(20), load(50))
    const of = (command: Command): number => eventsOf(state, command).length
    const putWithheld = (percent: number, cluster = 'sfo'): number =>
      of({ type: 'put-withheld', withheld: { app, cluster, percent, sinceEpoch: 8 } })
    expect([putWithheld(40), putWithheld(20), putWithheld(0), putWithheld(5, 'lhr')]).toEqual([
      0, 1, 1, 0,
    ])
    const putRegion = (percent: number, name = app): number =>
      of({
        type: 'put-region-withheld',
        withheld: { app: name, region: 'west', percent, sinceEpoch: 8 },
      })
    expect([putRegion(20), putRegion(40), putRegion(0), putRegion(5, 'no.example.')]).toEqual([
      0, 1, 1, 0,
    ])
    const putLoad = (percent: number | undefined, cluster = 'sfo'): number =>
      of({ type: 'put-load', load: { app, cluster, load: percent } })
    expect([putLoad(50), putLoad(55), putLoad(undefined), putLoad(5, 'lhr')]).toEqual([0, 1, 1, 0])
  })

  it('count as the largest of them', () => {
    const of = (...events: readonly RegistryEvent[]): readonly number[] => {
      const state = given(...base, ...events)
      return ['sfo', 'ewr', 'lhr'].map((cluster) => withheldPercentOf(state, app, cluster))
    }
    expect(of()).toEqual([0, 0, 0])
    expect(of(withheld(40))).toEqual([40, 0, 0])
    expect(of(withheld(40), region(20))).toEqual([40, 0, 0])
    expect(of(withheld(40), region(60))).toEqual([60, 0, 0])
    expect(of(region(60), clusterPut('ewr', 'west'))).toEqual([60, 60, 0])
  })

  it('are told to edges, and change no version that a client could have read', () => {
    const state = given(...base, withheld(40), load(85))
    const { endpoints } = nameStateMessage(state, app, 9).app ?? {}
    expect(endpoints).toMatchObject([
      { cluster: 'sfo', load: 86, withheldPercent: 40 },
      { cluster: 'ewr', load: 0, withheldPercent: 0 },
    ])
    expect(state.apps.get(app)?.version).toBe(6)
    const change = { schema: 4, atEpoch: 1, actor: 'system', cause: 'share', version: 9 }
    for (const event of [withheld(20), region(20), load(5)]) {
      const touched = touchedBy(state, { ...change, events: [event] })
      expect([[...touched.names], touched.serials.size]).toEqual([[app], 0])
    }
  })

  it('of a region are told anew when a cluster comes to another region', () => {
    const change = { schema: 4, atEpoch: 1, actor: 'ops', cause: 'test', version: 9 }
    const touches = (state: RegistryState, event: RegistryEvent): readonly string[] => [
      ...touchedBy(state, { ...change, events: [event] }).names,
    ]
    const relieved = given(...base, region(20))
    expect(touches(relieved, clusterPut('ewr', 'west'))).toEqual([app])
    expect(touches(relieved, clusterPut('ewr', 'east'))).toEqual([])
    expect(touches(relieved, clusterPut('lhr', 'west'))).toEqual([])
    expect(touches(given(...base), clusterPut('ewr', 'west'))).toEqual([])
  })

  it('marks the fallback set', () => {
    const spare = appPut({ whenNotEnough: 'fallback', fallback: ['ewr', 'lhr'] })
    const { app: told } = nameStateMessage(given(...base, spare), app, 9)
    expect(told?.endpoints?.map(({ cluster, fallback }) => [cluster, fallback])).toEqual([
      ['sfo', false],
      ['ewr', true],
    ])
    expect(told?.failClosed).toBe(false)
  })

  it.each<[string, RegistryEvent, readonly (number | undefined)[]]>([
    ['the endpoint goes down', told('down'), [20, 50]],
    ['the endpoint gets another address', endpointPut('sfo', '192.0.2.9'), [20, 50]],
    ['the endpoint is deleted', { type: 'endpoint-deleted', ...sfo }, [20, undefined]],
    ['the app is deleted', { type: 'app-deleted', name: app }, [0, undefined]],
    ['the app wants no slow start any more', appPut({ regional }), [20, 50]],
    ['the app wants no relief any more', appPut({ slowStartSeconds: 1 }), [40, 50]],
    ['nothing is withheld any more', withheld(0), [20, 50]],
    ['nothing is withheld of the region', region(0), [40, 50]],
    ['nobody tells of load', load(undefined), [40, undefined]],
    ['the endpoint is put as it is', endpointPut('sfo'), [40, 50]],
  ])('go where they have to: %s', (_what, event, wanted) => {
    const state = given(...base, withheld(40), region(20), load(50))
    evolve(state, { version: 20, events: [event] })
    expect([withheldPercentOf(state, app, 'sfo'), loadOf(state, app, 'sfo')]).toEqual(wanted)
  })
})

const event = fc.oneof(
  fc.integer({ min: 0, max: 4 }).map((steps) => withheld(20 * steps)),
  fc.integer({ min: 0, max: 4 }).map((steps) => region(20 * steps)),
  fc
    .option(fc.integer({ min: 0, max: 20 }), { nil: undefined })
    .map((steps) => load(steps === undefined ? undefined : 5 * steps)),
  fc.constantFrom(told('down'), told('up'), ...base, appPut(), {
    type: 'endpoint-deleted' as const,
    ...sfo,
  }),
)

it('what a snapshot holds restores the same state, and a draft leaves it as it was', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), fc.array(event), (events, later) => {
      const state = given(...base, ...events)
      const hash = stateHash(state)
      evolve(draftOf(state), { version: 99, events: later })
      expect(stateHash(state)).toBe(hash)
      const again = emptyState()
      for (const stored of state.clusters.values()) restore(again, { kind: 'cluster', stored })
      for (const stored of state.zones.values()) restore(again, { kind: 'zone', stored })
      for (const { value, version, endpoints } of state.apps.values()) {
        const stored = { value, version, endpoints: [...endpoints.values()] }
        restore(again, { kind: 'app', stored })
      }
      for (const all of state.health.values()) {
        for (const stored of all.values()) restore(again, { kind: 'verdict', stored })
      }
      for (const stored of shareEventsOf(state)) restore(again, { kind: 'share', stored })
      expect(stateHash(again)).toBe(hash)
    }),
  )
})
