import { nameKey } from '../../shared/dns/name.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { foreseeApp, foreseenSeconds } from '../steer/foreseen.ts'
import { createTopology } from '../steer/topology.ts'
import type { Topology, TopologyTimes } from '../steer/topology.ts'
import { ZoneTable } from '../steer/zones.ts'
import type { NameState, ReplicaChange, ReplicaCluster } from './model.ts'
import { FullNames } from './full-names.ts'
import { createEntry } from './names.ts'
import type { NameEntry, NameTable } from './names.ts'

/** What Watch tells is current until it tells otherwise. */
const watchedTrust = { isWatched: true, expiresAt: Infinity }

/**
 * All that the edge answers from. A Change is applied in one synchronous step, so no query sees half
 * of one; a full state is built on tables of its own, which then replace the old ones as a whole.
 */
export class Tables {
  readonly clusters = new Map<string, ReplicaCluster>()
  readonly zones = new ZoneTable()
  /** Where clients are, by id; a network is replaced, never changed. */
  readonly networks = new Map<string, Network>()
  readonly names: NameTable
  /** How many changes have touched the networks: as long as it stays they are what they were. */
  networkChanges = 0
  /** Version of central's state that the tables add up to; 0 before any. */
  version = 0
  /** The log that the version counts in; empty before any. */
  logId = ''
  /** Hash of the history up to the version, as central told it. */
  hash = ''
  topology: Topology
  #times: TopologyTimes = {}
  /** Keys of the names whose app is to change at a time that is foreseen, and of some that were dropped since. */
  readonly #foreseen = new Set<string>()

  /** `own` is the edge's own cluster as it was last known. */
  constructor(own: Cluster, clusters: Iterable<ReplicaCluster>, names: NameTable) {
    for (const cluster of clusters) this.clusters.set(cluster.id, cluster)
    this.names = names
    this.topology = createTopology(own, this.clusters.values())
  }

  /**
   * Applies a checked Change. `wants` says which names to take that are not held yet;
   * `epochMs` what the time is, for changes that are foreseen.
   */
  apply(change: ReplicaChange, wants: (key: string) => boolean, epochMs = 0): void {
    this.#times = { ...this.#times, epochMs }
    this.#applyClusters(change)
    this.#applyZones(change)
    this.#applyNetworks(change)
    for (const state of change.names) {
      const key = nameKey(state.name)
      if (this.names.versionOf(key) !== undefined || wants(key)) {
        this.learn(key, state, watchedTrust, epochMs)
      }
    }
    this.version = change.version
    this.hash = change.hash
  }

  /** Takes a state of a name, unless a newer one is held. Returns what is held then. `epochMs`: as of `apply`. */
  learn(
    key: string,
    state: NameState,
    trust: { readonly isWatched: boolean; readonly expiresAt: number },
    epochMs = 0,
  ): NameEntry {
    const version = this.names.versionOf(key)
    if (version !== undefined && version > state.version) {
      const held = this.names.get(key)
      if (held !== undefined) return held
    }
    const created = createEntry(state, trust)
    const app = created.app && foreseeApp(created.app, epochMs)
    const entry = app === created.app ? created : { ...created, app }
    this.names.put(key, entry)
    if (app?.changesAt === undefined) this.#foreseen.delete(key)
    else this.#foreseen.add(key)
    return entry
  }

  // ---- changes that are foreseen, by the wall clock ----

  /** When the app of a name is to change; undefined where nothing is foreseen. */
  changesAtOf(key: string): number | undefined {
    return this.#foreseen.has(key) ? this.names.peek(key)?.app?.changesAt : undefined
  }

  /** All times at which a cluster or an app is to change. */
  *changeTimes(): Iterable<number> {
    for (const { changesAt } of this.clusters.values()) if (changesAt !== undefined) yield changesAt
    for (const key of this.#foreseen) {
      const changesAt = this.changesAtOf(key)
      if (changesAt !== undefined) yield changesAt
    }
  }

  /** Whether the topology of a moment is another than that which is held, for what is foreseen of clusters. */
  isTopologyNearer(epochMs: number): boolean {
    const { places } = this.topology
    for (const { id, changesAt } of this.clusters.values()) {
      if (foreseenSeconds(changesAt, epochMs) !== places.get(id)?.foreseenSeconds) return true
    }
    return false
  }

  /**
   * Brings the apps to what is foreseen of them at a moment, `most` of them at once; returns the keys of those that
   * are others then.
   */
  foreseeApps(epochMs: number, most = Infinity): readonly string[] {
    const moved: string[] = []
    for (const key of this.#foreseen) {
      const entry = this.names.peek(key)
      // It had to make room for others.
      if (entry?.app?.changesAt === undefined) {
        this.#foreseen.delete(key)
        continue
      }
      const app = foreseeApp(entry.app, epochMs)
      if (app === entry.app) continue
      this.names.put(key, { ...entry, app, answers: undefined, answersFor: undefined })
      if (moved.push(key) >= most) break
    }
    return moved
  }

  /** Makes the topology anew, as of a moment. */
  placeClusters(times: TopologyTimes): void {
    this.#times = times
    this.topology = createTopology(this.topology.own, this.clusters.values(), times)
  }

  #applyClusters(change: ReplicaChange): void {
    if (change.clusters.length === 0 && change.clustersDeleted.length === 0) return
    for (const cluster of change.clusters) this.clusters.set(cluster.id, cluster)
    for (const id of change.clustersDeleted) this.clusters.delete(id)
    this.topology = createTopology(this.topology.own, this.clusters.values(), this.#times)
  }

  #applyNetworks({ networks, networksDeleted }: ReplicaChange): void {
    if (networks.length === 0 && networksDeleted.length === 0) return
    for (const network of networks) this.networks.set(network.id, network)
    for (const id of networksDeleted) this.networks.delete(id)
    this.networkChanges++
  }

  #applyZones(change: ReplicaChange): void {
    const full = this.names instanceof FullNames ? this.names : undefined
    for (const zone of change.zones) {
      if (!this.zones.has(zone.apex)) full?.ancestors.count(nameKey(zone.apex), 1)
      this.zones.put(zone)
    }
    for (const apex of change.zonesDeleted) {
      if (this.zones.has(apex)) full?.ancestors.count(nameKey(apex), -1)
      this.zones.delete(apex)
    }
    for (const { apex, serial } of change.serials) this.zones.setSerial(apex, serial)
  }
}
