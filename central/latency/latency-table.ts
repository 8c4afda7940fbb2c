import { LATENCY_CLUSTERS_MAX } from '../../shared/registry/limits.ts'
import type { RoundTrip__Output } from '../../shared/rpc/generated/meridian/v1/RoundTrip.ts'
import type { Registry } from '../registry/registry.ts'

/** The longest round trip that is believed: health.proto allows no longer one. */
const ROUND_TRIP_MAX_MICROSECONDS = 60_000_000

/** Round trips in µs, by cluster. */
export type LatencyRow = ReadonlyMap<string, number>

/** Round trips that were left out, by why. */
export type LatencyIgnored = Readonly<Record<'unknown-cluster' | 'too-long' | 'too-many', number>>

/** One stream of an edge, as the table is told of it. */
export interface LatencySession {
  /** Takes what has changed; says what is wrong with a report that is refused as a whole. */
  report(roundTrips: readonly RoundTrip__Output[]): string | undefined
  /** The stream is over: what it told is gone. */
  close(): void
}

/**
 * How far the clusters are from each edge, as edges say: what is true as long as they say it. It is kept in
 * memory only, for it changes all the time and no answer of central depends on it. Bounded by the edges
 * that may be connected, and by LATENCY_CLUSTERS_MAX clusters of each.
 */
export class LatencyTable {
  readonly #registry: Pick<Registry, 'state'>
  /** By session of Watch. */
  readonly #rows = new Map<string, Map<string, number>>()
  readonly #ignored = { 'unknown-cluster': 0, 'too-long': 0, 'too-many': 0 }

  constructor(registry: Pick<Registry, 'state'>) {
    this.#registry = registry
  }

  /** Round trips that are held, over all edges. */
  get size(): number {
    let size = 0
    for (const row of this.#rows.values()) size += row.size
    return size
  }

  /** Since the start. */
  get ignored(): LatencyIgnored {
    return this.#ignored
  }

  /** What the edge of a session has told; undefined where it has no stream. */
  rowOf(session: string): LatencyRow | undefined {
    return this.#rows.get(session)
  }

  /** Begins a row: an edge tells all that it knows over each stream anew. */
  open(session: string): LatencySession {
    const row = new Map<string, number>()
    this.#rows.set(session, row)
    return {
      report: (roundTrips) => this.#report(row, roundTrips),
      close: () => {
        // A later stream of the session may have begun one of its own.
        if (this.#rows.get(session) === row) this.#rows.delete(session)
      },
    }
  }

  #report(row: Map<string, number>, roundTrips: readonly RoundTrip__Output[]): string | undefined {
    if (roundTrips.length > LATENCY_CLUSTERS_MAX) {
      return `a report holds ${roundTrips.length} round trips, at most ${LATENCY_CLUSTERS_MAX} are possible`
    }
    for (const { cluster, microseconds } of roundTrips) this.#take(row, cluster, microseconds)
    return undefined
  }

  #take(row: Map<string, number>, cluster: string, microseconds: number): void {
    // The registry's own text of the id: the one of the message would be kept for each edge.
    const id = this.#registry.state.clusters.get(cluster)?.value.id
    if (microseconds === 0) row.delete(cluster)
    else if (id === undefined) this.#ignored['unknown-cluster']++
    else if (microseconds > ROUND_TRIP_MAX_MICROSECONDS) this.#ignored['too-long']++
    else if (row.size >= LATENCY_CLUSTERS_MAX && !row.has(id)) this.#ignored['too-many']++
    else row.set(id, microseconds)
  }
}
