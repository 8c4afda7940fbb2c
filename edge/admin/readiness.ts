import type { UdpMode } from '../data/data-plane.ts'
import type { Replica } from '../replica/replica.ts'
import type { ReplicaSync } from '../replica/sync.ts'

/** What `/ready` says. Degraded is ready: an edge that is cut off from central answers all it knows. */
export interface ReadinessReport {
  readonly ready: boolean
  readonly degraded: boolean
  /** What is not as it should be, each as half a sentence. */
  readonly reasons: readonly string[]
  /** How UDP is served, and why not by data threads where it is not. */
  readonly listen: UdpMode
  readonly replica: {
    readonly kind: string
    readonly source: string
    readonly version: number
    readonly logId: string
    readonly names: number
    readonly clusters: number
    readonly zones: number
    readonly connected: boolean
    /** How long central has been out of reach; 0 while it is not. */
    readonly staleSeconds: number
  }
}

/** Folds the state of an edge's parts into ready, degraded or not ready. */
export class Readiness {
  readonly #replica: Replica
  readonly #sync: ReplicaSync
  readonly #listen: UdpMode
  /** Taken out by an operator: not ready, and still answering whoever asks. */
  isDraining = false
  isListening = false

  constructor(replica: Replica, sync: ReplicaSync, listen: UdpMode) {
    this.#listen = listen
    this.#replica = replica
    this.#sync = sync
  }

  report(): ReadinessReport {
    const { tables, source, kind, hasState } = this.#replica
    const staleSeconds = Math.round((this.#sync.lostForMs ?? 0) / 1000)
    const blockers: string[] = []
    if (this.isDraining) blockers.push('draining')
    if (!this.isListening) blockers.push('not listening')
    if (!hasState) blockers.push('no state from central yet, and no snapshot')
    const flaws: string[] = []
    if (!this.#sync.isConnected) flaws.push(`central out of reach for ${staleSeconds} s`)
    if (source === 'snapshot') flaws.push('answering from the snapshot')
    return {
      ready: blockers.length === 0,
      degraded: flaws.length > 0,
      reasons: [...blockers, ...flaws],
      listen: this.#listen,
      replica: {
        kind,
        source,
        version: tables.version,
        logId: tables.logId,
        names: tables.names.size,
        clusters: tables.clusters.size,
        zones: tables.zones.size,
        connected: this.#sync.isConnected,
        staleSeconds,
      },
    }
  }
}
