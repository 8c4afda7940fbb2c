import { isDeepStrictEqual } from 'node:util'
import type { Name } from '../../shared/dns/name.ts'
import type { Check } from '../../shared/registry/check-schema.ts'
import type { Endpoint } from '../../shared/registry/schema.ts'
import { effectiveEndpoint } from '../model/machines.ts'
import type { RegistryState } from '../model/state.ts'
import type { Touched } from '../registry/touched.ts'
import type { CheckedEndpoint } from './plan.ts'

/** Who has to hear which endpoints there are to check. */
export interface BookListener {
  readonly onPut: (endpoint: CheckedEndpoint) => void
  readonly onDelete: (endpoint: CheckedEndpoint) => void
}

/** An endpoint that is down; `run` is another one when it was not down in between. */
export interface DownEndpoint {
  readonly app: Name
  readonly cluster: string
  readonly run: string
}

interface CheckedApp {
  readonly check: Check
  /** The check in JSON, as edges get it. */
  readonly checkText: string
  /** By cluster; undefined where there is no address to check. */
  readonly endpoints: Map<string, CheckedEndpoint | undefined>
}

/**
 * The endpoints that are to be checked, as the registry has them, each with its number. One of which the
 * addresses, the port or the check change is another one, with another number: so nothing that was
 * found out before, and is still on its way, is taken for it. A number is never used again.
 */
export class EndpointBook {
  readonly #state: RegistryState
  readonly #listener: BookListener
  readonly #apps = new Map<Name, CheckedApp>()
  readonly #byId = new Map<number, CheckedEndpoint>()
  /** Apps with an endpoint that has the addresses of its cluster, by cluster. */
  readonly #borrowers = new Map<string, Set<Name>>()
  #lastId = 0

  constructor(state: RegistryState, listener: BookListener) {
    this.#state = state
    this.#listener = listener
  }

  /** Puts in all that the registry has. */
  fill(): void {
    for (const { value } of this.#state.apps.values()) {
      if (value.health !== undefined) this.#follow(value.name)
    }
  }

  /** Follows a change that the registry has. */
  touch({ names, clusters }: Pick<Touched, 'names' | 'clusters'>): void {
    for (const name of names) this.#follow(name)
    for (const cluster of clusters) {
      const addresses = this.#state.clusters.get(cluster)?.value.addresses ?? []
      for (const name of this.#borrowers.get(cluster) ?? []) {
        const before = this.#apps.get(name)?.endpoints.get(cluster)
        if (!isSameList(before?.addresses ?? [], addresses)) this.#follow(name)
      }
    }
  }

  find(id: number): CheckedEndpoint | undefined {
    return this.#byId.get(id)
  }

  /** Says which endpoints were found down, by their numbers. */
  *namesOf(
    found: Iterable<{ readonly id: number; readonly sinceEpoch: number }>,
  ): Iterable<DownEndpoint> {
    for (const { id, sinceEpoch } of found) {
      const endpoint = this.#byId.get(id)
      if (endpoint === undefined) continue
      yield { app: endpoint.app, cluster: endpoint.cluster, run: `${id} ${sinceEpoch}` }
    }
  }

  /** The endpoints of an app that are checked. */
  *of(name: Name): Iterable<CheckedEndpoint> {
    for (const endpoint of this.#apps.get(name)?.endpoints.values() ?? []) {
      if (endpoint !== undefined) yield endpoint
    }
  }

  /** The check of an endpoint in JSON. */
  checkTextOf(endpoint: CheckedEndpoint): string {
    return this.#apps.get(endpoint.app)?.checkText ?? ''
  }

  /** Whether an endpoint is, in this state, what it is here. */
  isSameIn(state: RegistryState, { app: name, ...endpoint }: CheckedEndpoint): boolean {
    const app = state.apps.get(name)
    const stored = app?.endpoints.get(endpoint.cluster)
    const now = stored && effectiveEndpoint(state, name, stored)
    return (
      now !== undefined &&
      isSameCheck(app?.value.health?.check, endpoint.check) &&
      now.port === endpoint.port &&
      isSameList(addressesOf(state, now), endpoint.addresses)
    )
  }

  #follow(name: Name): void {
    const app = this.#state.apps.get(name)
    const check = app?.value.health?.check
    const before = this.#apps.get(name)
    if (app === undefined || check === undefined) {
      if (before !== undefined) this.#forget(name, before)
      return
    }
    let known = before
    if (known === undefined || !isSameCheck(known.check, check)) {
      if (known !== undefined) this.#forget(name, known)
      known = { check, checkText: JSON.stringify(check), endpoints: new Map() }
      this.#apps.set(name, known)
    }
    for (const cluster of known.endpoints.keys()) {
      if (!app.endpoints.has(cluster)) this.#remove(name, known, cluster)
    }
    for (const stored of app.endpoints.values()) {
      const effective = effectiveEndpoint(this.#state, name, stored)
      if (effective !== undefined) this.#put(name, known, effective)
      else this.#remove(name, known, stored.value.cluster)
    }
  }

  #put(name: Name, app: CheckedApp, registered: Endpoint): void {
    const { cluster, port } = registered
    const addresses = addressesOf(this.#state, registered)
    this.#setBorrower(cluster, name, isBorrower(registered))
    const before = app.endpoints.get(cluster)
    if (before !== undefined) {
      if (before.port === port && isSameList(before.addresses, addresses)) return
      this.#delete(before)
    }
    app.endpoints.set(cluster, undefined)
    if (addresses.length === 0) return
    const id = ++this.#lastId
    const endpoint = { id, app: name, cluster, addresses, port, check: app.check }
    app.endpoints.set(cluster, endpoint)
    this.#byId.set(id, endpoint)
    this.#listener.onPut(endpoint)
  }

  #remove(name: Name, app: CheckedApp, cluster: string): void {
    const endpoint = app.endpoints.get(cluster)
    app.endpoints.delete(cluster)
    this.#setBorrower(cluster, name, false)
    if (endpoint !== undefined) this.#delete(endpoint)
  }

  #forget(name: Name, app: CheckedApp): void {
    for (const cluster of app.endpoints.keys()) this.#remove(name, app, cluster)
    this.#apps.delete(name)
  }

  #delete(endpoint: CheckedEndpoint): void {
    this.#byId.delete(endpoint.id)
    this.#listener.onDelete(endpoint)
  }

  #setBorrower(cluster: string, name: Name, isBorrower: boolean): void {
    const names = this.#borrowers.get(cluster)
    if (isBorrower) {
      if (names === undefined) this.#borrowers.set(cluster, new Set([name]))
      else names.add(name)
    } else if (names?.delete(name) === true && names.size === 0) {
      this.#borrowers.delete(cluster)
    }
  }
}

/** None of one that is another name: whoever serves that name checks it. */
function addressesOf(
  state: Pick<RegistryState, 'clusters'>,
  endpoint: Pick<Endpoint, 'cluster' | 'addresses' | 'target'>,
): readonly string[] {
  if (!isBorrower(endpoint)) return endpoint.addresses
  return state.clusters.get(endpoint.cluster)?.value.addresses ?? []
}

/** Whether an endpoint has the addresses of its cluster. */
function isBorrower({ addresses, target }: Pick<Endpoint, 'addresses' | 'target'>): boolean {
  return addresses.length === 0 && target === undefined
}

function isSameCheck(a: Check | undefined, b: Check): boolean {
  return a === b || isDeepStrictEqual(a, b)
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((item, i) => item === b[i]))
}
