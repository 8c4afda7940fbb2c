import { expect, it } from 'vitest'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import type { RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import { nameStateMessage } from './messages.ts'

const app = 'web.example.'
const key = { app, cluster: 'sfo' }
const base: readonly RegistryEvent[] = [
  { type: 'cluster-put', cluster: clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 }) },
  { type: 'zone-put', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
  { type: 'app-put', app: appSchema.parse({ name: app, health: { check: { type: 'icmp' } } }) },
  { type: 'endpoint-put', app, endpoint: endpointSchema.parse({ cluster: 'sfo' }) },
]
const down: RegistryEvent = {
  type: 'endpoint-health',
  ...key,
  state: 'down',
  sinceEpoch: 1,
  reports: [],
}
const up: RegistryEvent = {
  type: 'endpoint-forced',
  ...key,
  state: 'up',
  sinceEpoch: 1,
  untilEpoch: 2,
  reason: 'why',
  actor: 'ops',
}
const draining: RegistryEvent = {
  type: 'endpoint-put',
  app,
  endpoint: endpointSchema.parse({ cluster: 'sfo', state: 'draining' }),
}

it.each([
  ['what is known of it', [down], { health: 'DOWN', state: 'ACTIVE', forced: false }],
  [
    'what it is forced to be, whatever is known',
    [down, up],
    { health: 'UP', state: 'ACTIVE', forced: true },
  ],
  ['its state', [draining], { health: 'UNKNOWN', state: 'DRAINING', forced: false }],
])('edges are told of an endpoint %s', (_what, events, wanted) => {
  const state = emptyState()
  evolve(state, { version: 1, events: [...base, ...events] })
  const message = nameStateMessage(state, app, 1)
  expect(message.app?.endpoints).toMatchObject([wanted])
})
