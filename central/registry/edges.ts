/** What central knows of an edge that is connected now. Only the fields from `ackVersion` on change. */
export interface ConnectedEdge {
  readonly session: string
  readonly id: string
  readonly cluster: string
  readonly replica: 'on-demand' | 'full'
  readonly adminUrl: string
  readonly software: string
  /** Address and port that the edge calls from. */
  readonly remote: string
  readonly connectedEpoch: number
  /** The edge answers by this version. */
  ackVersion: number
  /** The last version that was sent to it. */
  sentVersion: number
  /** Names that it hears of; 0 when it hears of all. */
  names: number
}

export interface Served {
  /** Edges that were connected when the wait began and are not gone since. */
  readonly edges: number
  /** How many of them answer by the version. */
  readonly served: number
}

/** Waits that may be open at once; one more is refused by its counts as they are. */
const WAITS_MAX = 10_000

interface Wait {
  readonly version: number
  readonly of: Set<ConnectedEdge>
  readonly done: (served: Served) => void
}

/** The edges that are connected, and who waits for them. */
export class EdgeDirectory {
  readonly #edges = new Map<string, ConnectedEdge>()
  readonly #waits = new Set<Wait>()

  get size(): number {
    return this.#edges.size
  }

  /** All connected edges by id. An edge that has two streams for a moment stands here twice. */
  list(): readonly ConnectedEdge[] {
    return [...this.#edges.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** The edge of an id that has connected last. */
  find(id: string): ConnectedEdge | undefined {
    return this.list().findLast((edge) => edge.id === id)
  }

  add(edge: ConnectedEdge): void {
    this.#edges.set(edge.session, edge)
  }

  remove(edge: ConnectedEdge): void {
    this.#edges.delete(edge.session)
    for (const wait of this.#waits) if (wait.of.delete(edge)) this.#check(wait)
  }

  acked(edge: ConnectedEdge, version: number): void {
    edge.ackVersion = Math.max(edge.ackVersion, version)
    for (const wait of this.#waits) this.#check(wait)
  }

  /**
   * Resolves when every edge that is connected now answers by the version, or is gone, or the time is
   * over; says how many do.
   */
  waitFor(version: number, timeoutMs: number): Promise<Served> {
    const of = new Set(this.#edges.values())
    const counts = countServed(of, version)
    if (counts.served === counts.edges || this.#waits.size >= WAITS_MAX) {
      return Promise.resolve(counts)
    }
    return new Promise((resolve) => {
      const finish = (served: Served): void => {
        clearTimeout(timer)
        this.#waits.delete(wait)
        resolve(served)
      }
      const wait: Wait = { version, of, done: finish }
      // Whoever stops does not wait for those who wait for edges.
      const timer = setTimeout(() => finish(countServed(of, version)), timeoutMs).unref()
      this.#waits.add(wait)
    })
  }

  #check(wait: Wait): void {
    const counts = countServed(wait.of, wait.version)
    if (counts.served === counts.edges) wait.done(counts)
  }
}

function countServed(edges: ReadonlySet<ConnectedEdge>, version: number): Served {
  let served = 0
  for (const edge of edges) if (edge.ackVersion >= version) served++
  return { edges: edges.size, served }
}
