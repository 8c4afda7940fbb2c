import { nameKey } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { ReplicaApp, ReplicaEndpoint } from '../replica/model.ts'

/**
 * What this edge goes by in place of central's verdicts while it is cut off: a layer over the replica, so
 * that what central has said comes back untouched, and never reaches the snapshot.
 */
export class OwnVerdicts {
  readonly #byKey = new Map<string, { name: Name; byCluster: Map<string, HealthState> }>()
  #generation = 0

  /** Rises with every change: what was made of an earlier one is not good any more. */
  get generation(): number {
    return this.#generation
  }

  get isEmpty(): boolean {
    return this.#byKey.size === 0
  }

  put(name: Name, cluster: string, state: HealthState): void {
    const key = nameKey(name)
    const held = this.#byKey.get(key)
    if (held === undefined) this.#byKey.set(key, { name, byCluster: new Map([[cluster, state]]) })
    else held.byCluster.set(cluster, state)
    this.#generation++
  }

  /** Forgets all; returns the names that there was something of. */
  clear(): readonly Name[] {
    const names = Array.from(this.#byKey.values(), ({ name }) => name)
    this.#byKey.clear()
    this.#generation++
    return names
  }

  /** Whether there is something of a name, by its `nameKey`. */
  has(key: string): boolean {
    return this.#byKey.has(key)
  }

  /** The app as it is steered by: itself, or with this edge's own verdicts in place of central's. */
  over(name: Name, app: ReplicaApp): ReplicaApp {
    const byCluster = this.isEmpty ? undefined : this.#byKey.get(nameKey(name))?.byCluster
    if (byCluster === undefined) return app
    const endpoints = app.endpoints.map((endpoint): ReplicaEndpoint => {
      const state = byCluster.get(endpoint.cluster)
      if (state === undefined || endpoint.forced) return endpoint
      const { health: _, ...registered } = endpoint
      return state === 'unknown' ? registered : { ...registered, health: state }
    })
    return { ...app, endpoints }
  }
}
