import type { NameState } from '../../shared/rpc/generated/meridian/v1/NameState.ts'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { ManualClock } from '../../shared/clock.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import type { RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import type { ConnectedEdge } from '../registry/edges.ts'
import { History } from '../registry/history.ts'
import { touchedBy } from '../registry/touched.ts'
import { Watcher } from './watcher.ts'

/** A registry and one edge that applies what it is told, as a real one does, name by name. */
export class Mesh {
  readonly state = emptyState()
  version = 0
  readonly logHash = 'hash'
  readonly history = new History(0)
  readonly sent: WatchResponse[] = []
  room = Infinity
  readonly edge: ConnectedEdge
  readonly watcher: Watcher
  /** What the edge holds: name to kind, cluster ids. */
  held = new Map<string, string>()
  /** All that the edge was last told of each name. */
  readonly told = new Map<string, NameState>()
  clusters = new Set<string>()
  /** Id to the first prefix. */
  networks = new Map<string, string>()
  edgeVersion = 0
  #staged: Pick<Mesh, 'held' | 'clusters' | 'networks'> | undefined

  constructor(replica: ConnectedEdge['replica'], namesMax = 1000) {
    this.edge = {
      session: 's',
      id: 'sfo',
      cluster: 'sfo',
      replica,
      adminUrl: '',
      software: '',
      remote: '',
      connectedEpoch: 0,
      ackVersion: 0,
      sentVersion: 0,
      names: 0,
    }
    this.watcher = new Watcher({
      clock: new ManualClock(),
      source: this,
      history: this.history,
      edge: this.edge,
      namesMax,
      send: (message) => {
        this.sent.push(message)
        this.room--
      },
      hasRoom: () => this.room > 0,
    })
  }

  write(...events: readonly RegistryEvent[]): void {
    const record = {
      schema: 1,
      atEpoch: 1,
      actor: 'a',
      cause: 'c',
      version: ++this.version,
      events,
    }
    const touched = touchedBy(this.state, record)
    evolve(this.state, record)
    this.history.push(touched)
  }

  /** The edge reads all that was sent and acknowledges it. */
  read(): void {
    for (const message of this.sent.splice(0)) {
      const change = message.part?.change ?? message.change
      if (message.part?.first === true) {
        this.#staged = { held: new Map(), clusters: new Set(), networks: new Map() }
      }
      const into = message.part ? this.#staged : this
      if (!change || into === undefined) throw new Error('a message without a change')
      for (const name of change.names ?? []) {
        into.held.set(name.name ?? '', String(name.kind))
        this.told.set(name.name ?? '', name)
      }
      for (const cluster of change.clusters ?? []) into.clusters.add(cluster.id ?? '')
      for (const id of change.clustersDeleted ?? []) into.clusters.delete(id)
      for (const { id = '', prefixes } of change.networks ?? []) {
        into.networks.set(id, prefixes?.[0] ?? '')
      }
      for (const id of change.networksDeleted ?? []) into.networks.delete(id)
      if (message.part && !message.part.last) continue
      if (message.part && this.#staged !== undefined) {
        this.held = this.#staged.held
        this.clusters = this.#staged.clusters
        this.networks = this.#staged.networks
      }
      this.edgeVersion = Number(change.version)
      this.watcher.acked(this.edgeVersion)
    }
  }

  settle(): void {
    this.room = Infinity
    this.watcher.pump()
    while (this.sent.length > 0) this.read()
  }
}

export const putNetwork = (id: string, ...prefixes: readonly string[]): RegistryEvent => ({
  type: 'network-put',
  network: networkSchema.parse({ id, prefixes, latitude: 0, longitude: 0 }),
})
