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
const base: readonly RegistryEvent[] = [
  ...['sfo', 'lhr'].map((id): RegistryEvent => ({
    type: 'cluster-put',
    cluster: clusterSchema.parse({ id, latitude: 0, longitude: 0 }),
  })),
  { type: 'zone-put', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
  ...[app, 'other.example.'].flatMap((name): readonly RegistryEvent[] => [
    { type: 'app-put', app: appSchema.parse({ name }) },
    ...['sfo', 'lhr'].map((cluster): RegistryEvent => ({
      type: 'endpoint-put',
      app: name,
      endpoint: endpointSchema.parse({ cluster }),
    })),
  ]),
]

const window = {
  id: 'disks',
  cluster: 'sfo',
  app,
  fromEpoch: 1_000,
  untilEpoch: 2_000,
  state: 'disabled',
  reason: 'why',
  actor: 'ops',
} as const
const planned: RegistryEvent = { type: 'maintenance-put', ...window }
const forced = (cluster: string, untilEpoch: number): RegistryEvent => ({
  type: 'endpoint-forced',
  app,
  cluster,
  state: 'up',
  sinceEpoch: 1,
  untilEpoch,
  reason: 'why',
  actor: 'ops',
})

it.each<[string, readonly RegistryEvent[], number]>([
  ['nothing', [], 0],
  ['a window that is planned on one of them', [planned], 1_000],
  ['one that has begun', [planned, { ...planned, type: 'maintenance-begun' }], 0],
  ['one on its cluster as a whole', [{ ...planned, app: undefined }], 0],
  ['one that is forced', [forced('sfo', 900)], 900],
  ['two that are forced', [forced('sfo', 900), forced('lhr', 800)], 800],
  ['one that was prolonged', [forced('sfo', 900), forced('sfo', 1_900)], 1_900],
  [
    'one that is not forced any more',
    [forced('sfo', 900), { type: 'endpoint-unforced', app, cluster: 'sfo', why: 'operator' }],
    0,
  ],
  ['both, the force first', [planned, forced('lhr', 900)], 900],
  ['both, the window first', [planned, forced('sfo', 1_900)], 1_000],
])('edges are told when an app is to change with %s', (_what, events, wanted) => {
  const state = emptyState()
  evolve(state, { version: 1, events: [...base, ...events] })
  const changesOf = (name: string) => nameStateMessage(state, name, 1).app?.changesAtEpochMs
  expect([changesOf(app), changesOf('other.example.')]).toEqual([wanted, 0])
})
