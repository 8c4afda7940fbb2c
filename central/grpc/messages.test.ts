import { expect, it } from 'vitest'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import type { RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import { nameStateMessage, networkMessage } from './messages.ts'

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

it.each([
  [
    'at a cluster',
    { cluster: 'sfo', continent: 'NA', asn: 64_496 },
    { cluster: 'sfo', latitude: 0, longitude: 0, continent: 'NA', asn: 64_496, country: '' },
  ],
  [
    'at a place of its own',
    { latitude: 51.5, longitude: -0.1, country: 'GB', region: 'GB-LND' },
    { cluster: '', latitude: 51.5, longitude: -0.1, country: 'GB', region: 'GB-LND', asn: 0 },
  ],
])('edges are told of a network %s', (_what, where, wanted) => {
  const network = networkSchema.parse({ id: 'office', prefixes: ['192.0.2.0/24'], ...where })
  expect(networkMessage(network)).toMatchObject({
    id: 'office',
    prefixes: ['192.0.2.0/24'],
    ...wanted,
  })
})
