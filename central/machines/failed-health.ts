import type { Name } from '../../shared/dns/name.ts'
import type { Machine, MachineKey } from '../model/events.ts'
import { endpointKey, machineOf } from '../model/machines.ts'
import { isMaintained } from '../model/maintenance.ts'
import type { RegistryState, StoredMachine } from '../model/state.ts'

/** An endpoint that is down; `run` is another one when it was not down in between. */
export interface FoundDown {
  readonly app: Name
  readonly cluster: string
  readonly run: string
}

/** A machine that has failed, as it was registered by the change `version`. */
export interface FailedMachine {
  readonly at: MachineKey
  readonly version: number
}

type State = Pick<
  RegistryState,
  'apps' | 'machines' | 'health' | 'forced' | 'maintenance' | 'maintenanceAt'
>

/**
 * How long machines are down. Edges say what works of an endpoint as a whole, so only a machine that is all
 * there is of its endpoint is held to be down with it: alone in it, and the endpoint lists no addresses.
 * Time counts from when it is first seen to be down, by a clock of this process: nothing is held against a
 * machine of before a start, or of a time when nobody looked.
 */
export class FailedHealth {
  /** By endpoint. */
  #runs = new Map<string, Run>()

  /** Looks at all that is down now; gives the machines that have been so for too long, each time anew. */
  look(state: State, down: Iterable<FoundDown>, now: number): readonly FailedMachine[] {
    const runs = new Map<string, Run>()
    const failed: FailedMachine[] = []
    for (const { app, cluster, run } of down) {
      const stored = failingMachine(state, app, cluster)
      if (stored === undefined) continue
      const key = endpointKey(app, cluster)
      const name = `${run} ${stored.value.machine} ${stored.version}`
      const before = this.#runs.get(key)
      const since = before?.name === name ? before.sinceAt : now
      runs.set(key, { name, sinceAt: since })
      if (now - since < stored.value.endAfterDownSeconds * 1000) continue
      const { machine } = stored.value
      failed.push({ at: { app, cluster, machine }, version: stored.version })
    }
    this.#runs = runs
    return failed
  }

  /** Central has not looked for a while: all begins anew. */
  reset(): void {
    this.#runs.clear()
  }
}

/** Whether a machine may still be ended for its health, on the state that it is decided on. */
export function hasFailed(state: State, { at, version }: FailedMachine): boolean {
  if (machineOf(state, at)?.version !== version) return false
  if (state.health.get(at.app)?.get(at.cluster)?.state !== 'down') return false
  return failingMachine(state, at.app, at.cluster)?.value.machine === at.machine
}

interface Run {
  readonly name: string
  /** By the clock that does not jump. */
  readonly sinceAt: number
}

interface FailingMachine extends StoredMachine {
  readonly value: Machine & { readonly endAfterDownSeconds: number }
}

/** The machine that is down when its endpoint is, if it is to be ended then and no operator is at it. */
function failingMachine(state: State, app: Name, cluster: string): FailingMachine | undefined {
  const machines = state.machines.get(endpointKey(app, cluster))
  if (machines === undefined) return undefined
  // What an operator has forced is no finding, and what is under maintenance is expected to fail.
  if (state.forced.get(app)?.has(cluster) === true) return undefined
  if (isMaintained(state, cluster) || isMaintained(state, cluster, app)) return undefined
  const endpoint = state.apps.get(app)?.endpoints.get(cluster)?.value
  if (endpoint === undefined || endpoint.addresses.length > 0) return undefined
  let alone: StoredMachine | undefined
  for (const stored of machines.values()) {
    if (stored.out !== undefined) continue
    if (alone !== undefined) return undefined
    alone = stored
  }
  if (alone === undefined) return undefined
  const { endAfterDownSeconds } = alone.value
  if (endAfterDownSeconds === undefined) return undefined
  return { ...alone, value: { ...alone.value, endAfterDownSeconds } }
}
