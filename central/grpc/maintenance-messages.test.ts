import { describe, expect, it } from 'vitest'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import type { RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import { clusterMessage, nameStateMessage } from './messages.ts'

const app = 'web.example.'
const base: readonly RegistryEvent[] = [
  { type: 'cluster-put', cluster: clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 }) },
  { type: 'zone-put', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
  { type: 'app-put', app: appSchema.parse({ name: app }) },
  { type: 'endpoint-put', app, endpoint: endpointSchema.parse({ cluster: 'sfo' }) },
]

describe('in maintenance', () => {
  const window = {
    id: 'disks',
    cluster: 'sfo',
    fromEpoch: 1_000,
    untilEpoch: 2_000,
    state: 'disabled',
    reason: 'why',
    actor: 'ops',
  } as const
  const put: RegistryEvent = { type: 'maintenance-put', ...window }

  it.each<[string, readonly RegistryEvent[], object]>([
    ['nothing', [], { state: 'ACTIVE', changesAtEpochMs: 0 }],
    ['a window that is planned', [put], { state: 'ACTIVE', changesAtEpochMs: 1_000 }],
    [
      'two that are planned',
      [put, { ...put, id: 'sooner', fromEpoch: 900 }],
      { state: 'ACTIVE', changesAtEpochMs: 900 },
    ],
    [
      'one in force',
      [put, { ...put, type: 'maintenance-begun' }],
      { state: 'DISABLED', changesAtEpochMs: 0 },
    ],
    [
      'one in force that is milder than its own state',
      [
        {
          type: 'cluster-put',
          cluster: clusterSchema.parse({
            id: 'sfo',
            latitude: 0,
            longitude: 0,
            state: 'disabled',
          }),
        },
        { ...put, state: 'draining' },
        { ...put, type: 'maintenance-begun' },
      ],
      { state: 'DISABLED' },
    ],
    [
      'one of an endpoint',
      [
        { ...put, app },
        { ...put, app, type: 'maintenance-begun' },
      ],
      { state: 'ACTIVE', changesAtEpochMs: 0 },
    ],
  ])('edges are told of a cluster with %s', (_what, events, wanted) => {
    const state = emptyState()
    evolve(state, { version: 1, events: [...base, ...events] })
    const cluster = state.clusters.get('sfo')?.value
    expect(cluster && clusterMessage(state, cluster)).toMatchObject(wanted)
  })

  it('an endpoint counts as its window says', () => {
    const state = emptyState()
    const begun: RegistryEvent = { ...put, app, type: 'maintenance-begun' }
    evolve(state, { version: 1, events: [...base, { ...put, app }, begun] })
    const { app: message } = nameStateMessage(state, app, 1)
    expect(message?.endpoints).toMatchObject([{ cluster: 'sfo', state: 'DISABLED' }])
  })
})
