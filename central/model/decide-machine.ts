import { isDeepStrictEqual } from 'node:util'
import { assertNever } from '../../shared/errors.ts'
import { ADDRESSES_MAX, ENDPOINTS_MAX, MACHINES_MAX } from '../../shared/registry/limits.ts'
import { endpointSchema } from '../../shared/registry/schema.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import { slowStartOf } from './decide-share.ts'
import type { Decision } from './decision.ts'
import { accept, reject } from './decision.ts'
import type { Machine, MachineKey, RegistryEvent, Termination, WithdrawalReason } from './events.ts'
import { endpointKey, machineOf } from './machines.ts'
import type { EndpointMachines, RegistryState } from './state.ts'

/** What somebody wants of a machine. */
export type MachineCommand =
  /**
   * Also brings back one that is out: it is there, so it was not terminated. But not one that has failed
   * its checks.
   */
  | {
      readonly type: 'register-machine'
      readonly machine: Machine
      /** When; an endpoint that was down comes back slowly from then on, where its app wants that. */
      readonly atEpoch?: number
    }
  | ({ readonly type: 'unregister-machine' } & MachineKey)
  /** Takes a machine out of answers, unless it has been registered anew since `version`. */
  | ({
      readonly type: 'withdraw-machine'
      readonly why: WithdrawalReason
      readonly version: number
    } & MachineKey)
  /** Ends what the withdrawal at `version` began, unless the machine has come back since. */
  | ({
      readonly type: 'end-machine'
      readonly version: number
      readonly termination: Termination
    } & MachineKey)

/** As `decide`, of machines. */
export function decideMachine(state: RegistryState, command: MachineCommand): Decision {
  switch (command.type) {
    case 'register-machine':
      return decideRegister(state, command.machine, command.atEpoch)
    case 'unregister-machine': {
      if (machineOf(state, command) === undefined) {
        return reject('not-found', `${titleOf(command)} is not registered`)
      }
      const at = keyOf(command)
      return accept({ type: 'machine-unregistered', ...at, why: 'left' }, ...lastOf(state, at))
    }
    case 'withdraw-machine': {
      const { why, version } = command
      const at = keyOf(command)
      const before = machineOf(state, at)
      if (before?.version !== version || before.out !== undefined) return accept()
      const withdrawn = { type: 'machine-withdrawn' as const, ...at, why }
      if (before.value.terminateUrl !== undefined) return accept(withdrawn)
      const unregistered = { type: 'machine-unregistered' as const, ...at, why }
      return accept(withdrawn, unregistered, ...lastOf(state, at))
    }
    case 'end-machine': {
      const { version, termination } = command
      const at = keyOf(command)
      const before = machineOf(state, at)
      if (before?.version !== version || before.out === undefined) return accept()
      const why = before.out
      return accept(
        { type: 'machine-terminated', ...at, why, ...termination },
        { type: 'machine-unregistered', ...at, why },
        ...lastOf(state, at),
      )
    }
    default:
      return assertNever(command)
  }
}

/** How many addresses the machines of an endpoint have, those that are out too: they may come back. */
export function addressesOfMachines(machines: EndpointMachines | undefined): number {
  let sum = 0
  for (const { value } of machines?.values() ?? []) sum += value.addresses.length
  return sum
}

function decideRegister(
  state: RegistryState,
  machine: Machine,
  atEpoch: number | undefined,
): Decision {
  const { app: name, cluster } = machine
  const app = state.apps.get(name)
  if (app === undefined) return reject('app-missing', `app ${name} is not registered, put it first`)
  if (!state.clusters.has(cluster)) {
    return reject('cluster-missing', `cluster ${cluster} is not registered, put it first`)
  }
  const machines = state.machines.get(endpointKey(name, cluster))
  const before = machines?.get(machine.machine)
  if (before?.out === undefined && isDeepStrictEqual(before?.value, machine)) return accept()
  // It still renews, so that it would always be back before it is ended.
  if (before?.out === 'failed-health') {
    const detail = `${titleOf(machine)} has failed its checks and is being ended, it can register when it is unregistered`
    return reject('machine-ending', detail)
  }

  const count = state.machineCount.get('all') ?? 0
  if (before === undefined && count >= MACHINES_MAX) {
    return reject('too-many', `there are ${count} machines, at most ${MACHINES_MAX} are possible`)
  }
  const endpoint = app.endpoints.get(cluster)
  if (endpoint?.value.target !== undefined) {
    const detail = `endpoint ${cluster} of app ${name} has the target ${endpoint.value.target}, and so no machines`
    return reject('target-impossible', detail)
  }
  const others =
    (endpoint?.value.addresses.length ?? 0) +
    addressesOfMachines(machines) -
    (before?.value.addresses.length ?? 0)
  if (others + machine.addresses.length > ADDRESSES_MAX) {
    const detail = `endpoint ${cluster} of app ${name} has ${others} addresses without those of machine ${machine.machine}, at most ${ADDRESSES_MAX} are possible`
    return reject('too-many', detail)
  }
  const registered: RegistryEvent = { type: 'machine-registered', ...machine }
  if (endpoint !== undefined) {
    // What is found out anew is not taken to be down until then.
    const comesBack = told(state, name, cluster) === 'down' && atEpoch !== undefined
    return accept(registered, ...(comesBack ? slowStartOf(state, machine, atEpoch) : []))
  }
  if (app.endpoints.size >= ENDPOINTS_MAX) {
    const detail = `there are ${app.endpoints.size} endpoints of app ${name}, at most ${ENDPOINTS_MAX} are possible`
    return reject('too-many', detail)
  }
  const made = endpointSchema.parse({ cluster })
  return accept({ type: 'endpoint-put', app: name, endpoint: made, forMachines: true }, registered)
}

function told(state: RegistryState, app: string, cluster: string): HealthState {
  // What is forced stays so.
  if (state.forced.get(app)?.has(cluster) === true) return 'unknown'
  return state.health.get(app)?.get(cluster)?.state ?? 'unknown'
}

/** An endpoint that is there for its machines goes with the last of them. */
function lastOf(state: RegistryState, { app, cluster }: MachineKey): readonly RegistryEvent[] {
  const isLast = state.machines.get(endpointKey(app, cluster))?.size === 1
  const isForMachines = state.apps.get(app)?.endpoints.get(cluster)?.isForMachines === true
  return isLast && isForMachines ? [{ type: 'endpoint-deleted', app, cluster }] : []
}

function keyOf({ app, cluster, machine }: MachineKey): MachineKey {
  return { app, cluster, machine }
}

function titleOf({ app, cluster, machine }: MachineKey): string {
  return `machine ${machine} of app ${app} on cluster ${cluster}`
}
