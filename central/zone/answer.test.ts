import { expect, it } from 'vitest'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import { blankMessage, decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import type { ResourceRecord } from '../../shared/dns/message.ts'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import type { RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import { answerQuery } from './answer.ts'

const app = 'web.example.'
const addresses = { sfo: '192.0.2.1', lhr: '198.51.100.1' }
type States = Readonly<Record<keyof typeof addresses, 'draining' | 'disabled' | undefined>>

/** What an app is answered with, by the states of its endpoints and of their clusters. */
function records(
  endpoints: Partial<States>,
  clusters: Partial<States>,
  events: readonly RegistryEvent[] = [],
): readonly ResourceRecord[] {
  const ids = ['lhr', 'sfo'] as const
  const state = emptyState()
  evolve(state, {
    version: 1,
    events: [
      ...ids.map((id) => ({
        type: 'cluster-put' as const,
        cluster: clusterSchema.parse({ id, latitude: 0, longitude: 0, state: clusters[id] }),
      })),
      { type: 'zone-put', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
      { type: 'app-put', app: appSchema.parse({ name: app }) },
      ...ids.map((cluster) => ({
        type: 'endpoint-put' as const,
        app,
        endpoint: endpointSchema.parse({
          cluster,
          addresses: [addresses[cluster]],
          state: endpoints[cluster],
        }),
      })),
      ...events,
    ],
  })
  const questions = [{ name: app, type: TYPE_A, class: CLASS_IN }]
  const wire = answerQuery(state, encodeMessage({ ...blankMessage, id: 7, questions }))
  return wire === undefined ? [] : (decodeMessage(wire)?.answers ?? [])
}

function answer(
  endpoints: Partial<States>,
  clusters: Partial<States>,
  events: readonly RegistryEvent[] = [],
): readonly unknown[] {
  return records(endpoints, clusters, events).map(({ rdata }) =>
    rdata.kind === 'address' ? rdata.address : rdata.kind,
  )
}

it.each<[string, Partial<States>, Partial<States>, readonly string[]]>([
  ['all that work', {}, {}, [addresses.lhr, addresses.sfo]],
  ['not what is draining', { sfo: 'draining' }, {}, [addresses.lhr]],
  ['not what is disabled', { sfo: 'disabled' }, {}, [addresses.lhr]],
  [
    'what is draining where nothing else is left',
    { sfo: 'draining' },
    { lhr: 'draining' },
    [addresses.lhr, addresses.sfo],
  ],
  ['nothing where all is disabled', { sfo: 'disabled' }, { lhr: 'disabled' }, []],
])('an app is answered with %s', (_what, endpoints, clusters, wanted) => {
  expect(answer(endpoints, clusters)).toEqual(wanted)
})

const found = (state: 'up' | 'down' | 'degraded'): RegistryEvent => ({
  type: 'endpoint-health',
  app,
  cluster: 'sfo',
  state,
  sinceEpoch: 1,
  reports: [],
})
const forced = (state: 'up' | 'down'): RegistryEvent => ({
  type: 'endpoint-forced',
  app,
  cluster: 'sfo',
  state,
  sinceEpoch: 1,
  untilEpoch: 2,
  reason: 'why',
  actor: 'ops',
})

it.each([
  ['what is found down is not', [found('down')], [addresses.lhr]],
  ['what is forced down is not', [found('up'), forced('down')], [addresses.lhr]],
  ['what is forced up is', [found('down'), forced('up')], [addresses.lhr, addresses.sfo]],
])('of the endpoints of an app %s answered', (_what, events, wanted) => {
  expect(answer({}, {}, events)).toEqual(wanted)
})

const checked: RegistryEvent = {
  type: 'app-put',
  app: appSchema.parse({
    name: app,
    ttl: { min: 1, max: 60 },
    health: { check: { type: 'tcp', intervalMs: 10_000 } },
  }),
}

it.each<[string, readonly RegistryEvent[], readonly number[]]>([
  ['ttl.max where nobody finds out', [], [30, 30]],
  ['the trust in the verdicts', [checked, found('up')], [20, 20]],
  [
    'half of it for all (RFC 2181 §5.2) while one is degraded',
    [checked, found('degraded')],
    [10, 10],
  ],
])('the TTL is %s', (_what, events, wanted) => {
  expect(records({}, {}, events).map(({ ttl }) => ttl)).toEqual(wanted)
})
