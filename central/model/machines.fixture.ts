import {
  appSchema,
  clusterSchema,
  endpointSchema,
  zoneSchema,
} from '../../shared/registry/schema.ts'
import type { Command } from './decide.ts'
import { decide } from './decide.ts'
import type { Machine, MachineKey, RegistryEvent } from './events.ts'
import { evolve } from './evolve.ts'
import { effectiveEndpoint } from './machines.ts'
import { emptyState } from './state.ts'
import type { RegistryState } from './state.ts'

export const vm1: MachineKey = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1' }
export const vm2: MachineKey = { ...vm1, machine: 'vm-2' }

export function machine(at: MachineKey, address: string, rest: Partial<Machine> = {}): Machine {
  return { ...at, addresses: [address], leaseSeconds: 30, ...rest }
}

/** A mesh with one app and two clusters, of which `lhr` has an address; no endpoint. */
export class TestMesh {
  readonly state: RegistryState = emptyState()
  version = 0

  constructor() {
    this.put({ type: 'put-zone', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) })
    const health = { check: { type: 'tcp', port: 80 } }
    this.put({ type: 'put-app', app: appSchema.parse({ name: 'video.example', health }) })
    const place = { latitude: 1, longitude: 2 }
    this.put({ type: 'put-cluster', cluster: clusterSchema.parse({ id: 'sfo', ...place }) })
    const lhr = clusterSchema.parse({ id: 'lhr', ...place, addresses: ['198.51.100.1'] })
    this.put({ type: 'put-cluster', cluster: lhr })
  }

  /** Decides and folds a command; the events, or the code of the rule that it breaks. */
  put(command: Command): readonly RegistryEvent[] | string {
    const decision = decide(this.state, command)
    if (!decision.ok) return decision.rejection.code
    if (decision.events.length > 0) evolve(this.state, { version: ++this.version, ...decision })
    return decision.events
  }

  putEndpoint(cluster: string, addresses: readonly string[]): readonly RegistryEvent[] | string {
    const endpoint = endpointSchema.parse({ cluster, addresses })
    return this.put({ type: 'put-endpoint', app: 'video.example.', endpoint })
  }

  register(machine: Machine): readonly RegistryEvent[] | string {
    return this.put({ type: 'register-machine', machine })
  }

  /** The addresses of an endpoint as edges hear of them, and its port; undefined when of none. */
  told(cluster = 'sfo'): string | undefined {
    const stored = this.state.apps.get('video.example.')?.endpoints.get(cluster)
    const endpoint = stored && effectiveEndpoint(this.state, 'video.example.', stored)
    return endpoint && [...endpoint.addresses, ...[endpoint.port ?? []].flat()].join(' ')
  }
}
