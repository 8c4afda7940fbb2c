import type { Name } from '../../shared/dns/name.ts'
import { isAtOrUnder, parentOf } from '../../shared/dns/name.ts'
import { DEFAULT_POLICY } from '../../shared/registry/policy-schema.ts'
import type { Policy } from '../../shared/registry/policy-schema.ts'
import { countAtOrBelow } from './counts.ts'
import type { StoredRrset } from './records.ts'
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
  SourcePosition,
  WithdrawalReason,
} from './events.ts'
import type { DeadLetter } from './sources.ts'

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
  /** Static rrsets by name, in the order of their types; no list is empty, and none is ever written. */
  readonly records: Table<Name, readonly StoredRrset[]>
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
  /** Up to where the topics that feed zones are in the state, by source and partition (`sources.ts`). */
  readonly sources: Table<string, SourcePosition>
  /** The last messages of theirs that were refused, each in its place of a ring. */
  readonly deadLetters: Table<number, DeadLetter>
  /** How many were refused ever; absent for none. */
  readonly refusedCount: Table<'all', number>
  /** The id of the network that has a prefix. Derived. */
  readonly prefixes: Table<string, string>
  /** How many networks name a cluster; absent for none. Derived. */
  readonly clusterNetworks: Table<string, number>
  /** How many machines there are; absent for none. Derived. */
  readonly machineCount: Table<'all', number>
  /** How many apps, zone apexes and names with records stand below a name; absent for none. Derived. */
  readonly descendants: Table<Name, number>
  /** How many apps stand below a name; absent for none. Derived. */
  readonly appsBelow: Table<Name, number>
  /** How many static records there are, and how many names that are wildcards or below one; absent for none. Derived. */
  readonly recordCount: Table<'all' | 'wildcards', number>
  /** How many endpoints a cluster has; absent for none. Derived. */
  readonly clusterUse: Table<string, number>
}

/** The state before the first event. */
export function emptyState(): RegistryState {
  return {
    clusters: new Map(),
    zones: new Map(),
    apps: new Map(),
    records: new Map(),
    health: new Map(),
    forced: new Map(),
    loads: new Map(),
    withheld: new Map(),
    regions: new Map(),
    machines: new Map(),
    networks: new Map(),
    sources: new Map(),
    deadLetters: new Map(),
    refusedCount: new Map(),
    prefixes: new Map(),
    clusterNetworks: new Map(),
    maintenance: new Map(),
    maintenanceAt: new Map(),
    machineCount: new Map(),
    descendants: new Map(),
    appsBelow: new Map(),
    recordCount: new Map(),
    clusterUse: new Map(),
  }
}

/** A layer over a state: writes stay in the layer, so that a change set can be tried and dropped. */
export function draftOf(state: RegistryState): RegistryState {
  return {
    clusters: new DraftTable(state.clusters),
    zones: new DraftTable(state.zones),
    apps: new DraftTable(state.apps),
    records: new DraftTable(state.records),
    health: new DraftTable(state.health),
    forced: new DraftTable(state.forced),
    loads: new DraftTable(state.loads),
    withheld: new DraftTable(state.withheld),
    regions: new DraftTable(state.regions),
    machines: new DraftTable(state.machines),
    networks: new DraftTable(state.networks),
    sources: new DraftTable(state.sources),
    deadLetters: new DraftTable(state.deadLetters),
    refusedCount: new DraftTable(state.refusedCount),
    prefixes: new DraftTable(state.prefixes),
    clusterNetworks: new DraftTable(state.clusterNetworks),
    maintenance: new DraftTable(state.maintenance),
    maintenanceAt: new DraftTable(state.maintenanceAt),
    machineCount: new DraftTable(state.machineCount),
    descendants: new DraftTable(state.descendants),
    appsBelow: new DraftTable(state.appsBelow),
    recordCount: new DraftTable(state.recordCount),
    clusterUse: new DraftTable(state.clusterUse),
  }
}

/** Writes what a draft holds into the state that it was made of; the draft is of no more use then. */
export function commitDraft(draft: RegistryState): void {
  const tables: readonly unknown[] = Object.values(draft)
  for (const table of tables) if (table instanceof DraftTable) table.commit()
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

/** What a zone has of its own, rather than what lies in a zone below it: the first name that is found. */
export function firstInZone(
  state: RegistryState,
  apex: Name,
): { readonly kind: 'app' | 'records'; readonly name: Name } | undefined {
  if (countAtOrBelow(state, apex) <= 1) return undefined
  const isOwn = (name: Name): boolean =>
    isAtOrUnder(name, apex) && zoneOf(state, name)?.value.apex === apex
  // RFC 4035 §2.4: the DS records of an apex stand in the zone above.
  const hasDs = (name: Name): boolean =>
    state.zones.has(name) &&
    isOwn(parentOf(name) ?? name) &&
    state.records.get(name)?.some(({ value }) => value.type === 'DS') === true
  for (const name of state.apps.keys()) if (isOwn(name)) return { kind: 'app', name }
  for (const name of state.records.keys()) {
    if (isOwn(name) || hasDs(name)) return { kind: 'records', name }
  }
  return undefined
}

class DraftTable<K, V> implements Table<K, V> {
  readonly #base: Table<K, V>
  readonly #written = new Map<K, V | undefined>()
  /** Whether anything written is undefined, for what was deleted. */
  #hasDeleted = false
  #size: number

  constructor(base: Table<K, V>) {
    this.#base = base
    this.#size = base.size
  }

  get size(): number {
    return this.#size
  }

  get(key: K): V | undefined {
    const written = this.#written.get(key)
    if (written !== undefined || (this.#hasDeleted && this.#written.has(key))) return written
    return this.#base.get(key)
  }

  has(key: K): boolean {
    return this.get(key) !== undefined
  }

  set(key: K, value: V): void {
    if (this.#written.get(key) === undefined && !this.has(key)) this.#size++
    this.#written.set(key, value)
  }

  delete(key: K): boolean {
    if (!this.has(key)) return false
    this.#size--
    this.#hasDeleted = true
    this.#written.set(key, undefined)
    return true
  }

  /** Writes what was written into the table below. */
  commit(): void {
    for (const [key, value] of this.#written) {
      if (value === undefined) this.#base.delete(key)
      else this.#base.set(key, value)
    }
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
