import type { Name } from '../../shared/dns/name.ts'
import { isAtOrUnder, parentOf } from '../../shared/dns/name.ts'
import { DEFAULT_POLICY } from '../../shared/registry/policy-schema.ts'
import type { Policy } from '../../shared/registry/policy-schema.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { App, Cluster, Endpoint, Zone } from '../../shared/registry/schema.ts'
import type {
  EndpointForce,
  EndpointLoad,
  EndpointVerdict,
  EndpointWithheld,
  Machine,
  MaintenanceWindow,
  RegionWithheld,
  WithdrawalReason,
} from './events.ts'

/** A registered object with the version of the change that last touched it. */
export interface Stored<T> {
  readonly value: T
  readonly version: number
}

/**
 * An app with its endpoints by cluster; `version` also rises when an endpoint changes. Only `evolve`
 * writes the map, and only within the change that made it.
 */
export interface StoredApp {
  readonly value: App
  readonly version: number
  readonly endpoints: Map<string, StoredEndpoint>
}

/** An endpoint; one that is there for its machines goes with the last of them. */
export interface StoredEndpoint extends Stored<Endpoint> {
  readonly isForMachines?: true
}

/** A machine; `out` says why it is in answers no more, while it is being terminated. */
export interface StoredMachine extends Stored<Machine> {
  readonly out?: WithdrawalReason
}

/** The machines of one endpoint by id; not empty, never written once it is in the state. */
export type EndpointMachines = ReadonlyMap<string, StoredMachine>

/** A window of maintenance, and whether it has begun. */
export interface StoredWindow {
  readonly value: MaintenanceWindow
  readonly isInForce: boolean
}

/** A zone; `serialVersion` is the version of the last change of it or of an app in it. */
export interface StoredZone extends Stored<Zone> {
  readonly serialVersion: number
}

/** The verdicts on the endpoints of one app, by cluster; none is `unknown`, and it is not empty. */
export type AppVerdicts = ReadonlyMap<string, EndpointVerdict>

/** The forced endpoints of one app, by cluster; not empty. */
export type AppForces = ReadonlyMap<string, EndpointForce>

/** A load that somebody tells. */
export interface ToldLoad extends EndpointLoad {
  readonly load: number
}

/** The part of `Map` that folding needs, so that a draft can stand in for the real thing. */
export interface Table<K, V> {
  readonly size: number
  get(key: K): V | undefined
  has(key: K): boolean
  set(key: K, value: V): unknown
  delete(key: K): boolean
  keys(): Iterable<K>
  values(): Iterable<V>
}

/**
 * The state that the log folds to. `evolve` changes it in place: with a million apps a copy per event
 * is no choice. Whoever wants to try events out first does so on `draftOf(state)`.
 */
export interface RegistryState {
  readonly clusters: Table<string, Stored<Cluster>>
  readonly zones: Table<Name, StoredZone>
  readonly apps: Table<Name, StoredApp>
  /** Apart from the apps: a verdict changes no version that a client could have read. */
  readonly health: Table<Name, AppVerdicts>
  /** What operators have forced; like a verdict it changes no version. */
  readonly forced: Table<Name, AppForces>
  /** Loads of the endpoints of an app, by cluster; no map is empty, and none is ever written. As verdicts. */
  readonly loads: Table<Name, ReadonlyMap<string, ToldLoad>>
  /** What is withheld of them while they come back, likewise. */
  readonly withheld: Table<Name, ReadonlyMap<string, EndpointWithheld>>
  /** What is withheld of those in a region, by region, likewise. */
  readonly regions: Table<Name, ReadonlyMap<string, RegionWithheld>>
  /** By `endpointKey`; apart from the apps, as verdicts are. A machine has an endpoint. */
  readonly machines: Table<string, EndpointMachines>
  /** Windows of maintenance that are planned or in force, by id. */
  readonly maintenance: Table<string, StoredWindow>
  /** Their ids by the place that they are about (`maintenance.ts`); no set is ever written. Derived. */
  readonly maintenanceAt: Table<string, ReadonlySet<string>>
  readonly networks: Table<string, Stored<Network>>
  /** The id of the network that has a prefix. Derived. */
  readonly prefixes: Table<string, string>
  /** How many networks name a cluster; absent for none. Derived. */
  readonly clusterNetworks: Table<string, number>
  /** How many machines there are; absent for none. Derived. */
  readonly machineCount: Table<'all', number>
  /** How many apps and zone apexes stand at or under a name; absent for none. Derived. */
  readonly descendants: Table<Name, number>
  /** How many endpoints a cluster has; absent for none. Derived. */
  readonly clusterUse: Table<string, number>
}

/** The state before the first event. */
export function emptyState(): RegistryState {
  return {
    clusters: new Map(),
    zones: new Map(),
    apps: new Map(),
    health: new Map(),
    forced: new Map(),
    loads: new Map(),
    withheld: new Map(),
    regions: new Map(),
    machines: new Map(),
    networks: new Map(),
    prefixes: new Map(),
    clusterNetworks: new Map(),
    maintenance: new Map(),
    maintenanceAt: new Map(),
    machineCount: new Map(),
    descendants: new Map(),
    clusterUse: new Map(),
  }
}

/** A layer over a state: writes stay in the layer, so that a change set can be tried and dropped. */
export function draftOf(state: RegistryState): RegistryState {
  return {
    clusters: new DraftTable(state.clusters),
    zones: new DraftTable(state.zones),
    apps: new DraftTable(state.apps),
    health: new DraftTable(state.health),
    forced: new DraftTable(state.forced),
    loads: new DraftTable(state.loads),
    withheld: new DraftTable(state.withheld),
    regions: new DraftTable(state.regions),
    machines: new DraftTable(state.machines),
    networks: new DraftTable(state.networks),
    prefixes: new DraftTable(state.prefixes),
    clusterNetworks: new DraftTable(state.clusterNetworks),
    maintenance: new DraftTable(state.maintenance),
    maintenanceAt: new DraftTable(state.maintenanceAt),
    machineCount: new DraftTable(state.machineCount),
    descendants: new DraftTable(state.descendants),
    clusterUse: new DraftTable(state.clusterUse),
  }
}

/** The serial of a zone: the version of its last change, modulo 2^32 (RFC 1982 §3). */
export function serialOf(zone: Pick<StoredZone, 'serialVersion'>): number {
  return zone.serialVersion % 2 ** 32
}

/** The zone that a name lies in: the longest apex at or above it; undefined outside the mesh. */
export function zoneOf(state: Pick<RegistryState, 'zones'>, name: Name): StoredZone | undefined {
  for (let at: Name | undefined = name; at !== undefined; at = parentOf(at)) {
    const zone = state.zones.get(at)
    if (zone !== undefined) return zone
  }
  return undefined
}

/** The policy that an app is steered by: its own, that of its zone, or the default. */
export function policyOf(state: Pick<RegistryState, 'zones'>, app: App): Policy {
  return app.policy ?? zoneOf(state, app.name)?.value.policy ?? DEFAULT_POLICY
}

/** Whether a zone has an app of its own, rather than one that lies in a zone below it. */
export function hasApps(state: RegistryState, apex: Name): boolean {
  if ((state.descendants.get(apex) ?? 0) <= 1) return false
  for (const app of state.apps.values()) {
    const name = app.value.name
    if (isAtOrUnder(name, apex) && zoneOf(state, name)?.value.apex === apex) return true
  }
  return false
}

class DraftTable<K, V> implements Table<K, V> {
  readonly #base: Table<K, V>
  readonly #written = new Map<K, V | undefined>()
  #size: number

  constructor(base: Table<K, V>) {
    this.#base = base
    this.#size = base.size
  }

  get size(): number {
    return this.#size
  }

  get(key: K): V | undefined {
    return this.#written.has(key) ? this.#written.get(key) : this.#base.get(key)
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  set(key: K, value: V): void {
    if (!this.has(key)) this.#size++
    this.#written.set(key, value)
  }

  delete(key: K): boolean {
    if (!this.has(key)) return false
    this.#size--
    this.#written.set(key, undefined)
    return true
  }

  *keys(): Iterable<K> {
    for (const key of this.#base.keys()) if (!this.#written.has(key)) yield key
    for (const [key, value] of this.#written) if (value !== undefined) yield key
  }

  *values(): Iterable<V> {
    for (const key of this.keys()) {
      const value = this.get(key)
      if (value !== undefined) yield value
    }
  }
}
