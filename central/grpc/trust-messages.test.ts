import { describe, expect, it } from 'vitest'
import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import type { Machine, RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import { nameStateMessage } from './messages.ts'

const app = 'web.example.'
const key = { app, cluster: 'sfo' }
const base: readonly RegistryEvent[] = [
  { type: 'cluster-put', cluster: clusterSchema.parse({ id: 'sfo', latitude: 0, longitude: 0 }) },
  { type: 'zone-put', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
  { type: 'app-put', app: appSchema.parse({ name: app }) },
  { type: 'endpoint-put', app, endpoint: endpointSchema.parse({ cluster: 'sfo' }) },
]

describe('an app is trusted', () => {
  const check = { type: 'icmp', intervalMs: 5_000, rise: 2, fall: 2 }
  const machineOf = (machine: string, leaseSeconds: number): RegistryEvent => {
    const value: Machine = { ...key, machine, addresses: ['192.0.2.1'], leaseSeconds }
    return { type: 'machine-registered', ...value }
  }
  const appOf = (health: object | undefined): RegistryEvent => ({
    type: 'app-put',
    app: appSchema.parse({ name: app, ...(health === undefined ? {} : { health }) }),
  })
  const out = { type: 'machine-withdrawn', ...key, machine: 'vm-2', why: 'unhealthy' } as const

  it.each<[string, readonly RegistryEvent[], number]>([
    ['by neither check nor lease', [appOf(undefined)], 0],
    ['by its check', [appOf({ check })], 10_000],
    [
      'by the shortest lease',
      [appOf(undefined), machineOf('vm-1', 30), machineOf('vm-2', 15)],
      5_000,
    ],
    [
      'but not by that of a machine that is out',
      [appOf(undefined), machineOf('vm-1', 30), machineOf('vm-2', 15), out],
      10_000,
    ],
    ['by the lesser of both: the lease', [appOf({ check }), machineOf('vm-1', 20)], 6_666],
    ['by the lesser of both: the check', [appOf({ check }), machineOf('vm-1', 300)], 10_000],
  ])('%s', (_what, events, trustMs) => {
    const state = emptyState()
    evolve(state, { version: 1, events: [...base, ...events] })
    expect(nameStateMessage(state, app, 1).app).toMatchObject({ trustMs })
  })
})
