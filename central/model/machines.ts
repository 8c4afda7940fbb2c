import type { Name } from '../../shared/dns/name.ts'
import type { Endpoint } from '../../shared/registry/schema.ts'
import type { MachineKey } from './events.ts'
import type { RegistryState, StoredApp, StoredEndpoint, StoredMachine } from './state.ts'

/**
 * What answers name for an endpoint: the addresses that it lists and those of its machines that are in.
 * Its port is its own, or the one that all of them have. Undefined when it is there for its machines
 * only and all of them are out.
 */
export function effectiveEndpoint(
  state: Pick<RegistryState, 'machines'>,
  app: Name,
  { value, isForMachines }: StoredEndpoint,
): Endpoint | undefined {
  // Most meshes have no machines: nothing is looked up then.
  const machines =
    state.machines.size === 0 ? undefined : state.machines.get(endpointKey(app, value.cluster))
  if (machines === undefined) return isForMachines === true ? undefined : value
  const addresses = new Set(value.addresses)
  const ports = new Set<number | undefined>()
  for (const { value: machine, out } of machines.values()) {
    if (out !== undefined) continue
    for (const address of machine.addresses) addresses.add(address)
    ports.add(machine.port)
  }
  if (ports.size === 0) return isForMachines === true ? undefined : value
  const [common] = ports
  const port = value.port ?? (ports.size === 1 ? common : undefined)
  return { ...value, addresses: [...addresses], ...(port === undefined ? {} : { port }) }
}

/** The shortest lease of the machines of an app that are in answers, in seconds; undefined without any. */
export function shortestLeaseSeconds(
  state: Pick<RegistryState, 'machines'>,
  { value: { name }, endpoints }: StoredApp,
): number | undefined {
  if (state.machines.size === 0) return undefined
  let shortest: number | undefined
  for (const cluster of endpoints.keys()) {
    for (const { value, out } of state.machines.get(endpointKey(name, cluster))?.values() ?? []) {
      if (out !== undefined) continue
      if (shortest === undefined || value.leaseSeconds < shortest) shortest = value.leaseSeconds
    }
  }
  return shortest
}

/** The key of an endpoint in the table of machines; neither a canonical name nor an id has a blank. */
export function endpointKey(app: Name, cluster: string): string {
  return `${app} ${cluster}`
}

/** The machine with this key. */
export function machineOf(
  state: Pick<RegistryState, 'machines'>,
  { app, cluster, machine }: MachineKey,
): StoredMachine | undefined {
  return state.machines.get(endpointKey(app, cluster))?.get(machine)
}

/** Keeps a machine; one without an endpoint is not taken. For `evolve` only. */
export function putMachine(state: RegistryState, stored: StoredMachine): boolean {
  const { app, cluster, machine } = stored.value
  if (state.apps.get(app)?.endpoints.has(cluster) !== true) return false
  const key = endpointKey(app, cluster)
  // At most ADDRESSES_MAX; the map before it may be shared with a draft or a reader.
  const machines = new Map(state.machines.get(key))
  if (!machines.has(machine)) count(state, 1)
  state.machines.set(key, machines.set(machine, stored))
  return true
}

/** Forgets a machine and returns what it was. For `evolve` only. */
export function deleteMachine(state: RegistryState, at: MachineKey): StoredMachine | undefined {
  const key = endpointKey(at.app, at.cluster)
  const machines = new Map(state.machines.get(key))
  const before = machines.get(at.machine)
  if (!machines.delete(at.machine)) return undefined
  count(state, -1)
  if (machines.size === 0) state.machines.delete(key)
  else state.machines.set(key, machines)
  return before
}

/** Forgets the machines of an endpoint that goes. For `evolve` only. */
export function deleteMachines(state: RegistryState, app: Name, cluster: string): void {
  const key = endpointKey(app, cluster)
  const size = state.machines.get(key)?.size ?? 0
  if (size === 0) return
  count(state, -size)
  state.machines.delete(key)
}

function count(state: RegistryState, by: number): void {
  const sum = (state.machineCount.get('all') ?? 0) + by
  if (sum === 0) state.machineCount.delete('all')
  else state.machineCount.set('all', sum)
}
