import type { Cluster } from '../../shared/registry/schema.ts'
import type { TrueApp, TrueEndpoint } from './storm-endpoints.ts'
import { haversineKm } from './world.ts'

/** Rounding to the metre, of two clusters. */
const ROUNDING_KM = 0.002
/** Wrong answers that are described. */
const DESCRIBED_MAX = 5

/** How long an endpoint may be wrongly answered, and wrongly not, in ms from when it changed. */
export interface Bounds {
  readonly outMs: number
  readonly backMs: number
}

/** The bounds of an endpoint; undefined where nothing is asked. */
export type Demand = (endpoint: TrueEndpoint) => Bounds | undefined

interface Edge {
  /** Of each app, its endpoints, the nearest first. */
  readonly near: readonly Int16Array[]
  /** Of each endpoint; below 0 at the edge's own cluster. */
  readonly km: Float64Array
  /** Of each app, the endpoint that is answered; -1: none. */
  readonly answers: Int16Array
  /** Of each endpoint, the demand that counts. */
  readonly demands: Uint8Array
}

/**
 * Judges what edges answer by the truth: never with an endpoint that has been dead for longer than the
 * bound, nor with one that is farther than the nearest that has been up for longer than the bound. The
 * edge's own cluster is the nearest. While none of an app has been up for so long, anything goes:
 * with all dead, an app that fails open is answered as if none were.
 */
export class Judge {
  /** The first of the wrong answers, with who gave them when. */
  readonly wrong: string[] = []
  readonly #endpoints: readonly TrueEndpoint[]
  readonly #apps: readonly TrueApp[]
  /** Of each app, where its endpoints begin. */
  readonly #firstOf: readonly number[]
  readonly #edges: ReadonlyMap<string, Edge>
  readonly #demands: Demand[] = []
  /** Of each demand, what is sure of each endpoint: 1: it is to be known to be up; -1: down; 0: neither. */
  #sure: readonly Int8Array[] = []
  /** Apps of which something else is sure than at the last look. */
  #stirred: readonly number[] = []

  /** `demand` is that of all edges until they have another. */
  constructor(clusters: readonly Cluster[], apps: readonly TrueApp[], demand: Demand) {
    this.#apps = apps
    this.#endpoints = apps.flatMap(({ endpoints }) => endpoints)
    let first = 0
    this.#firstOf = apps.map(({ endpoints }) => (first += endpoints.length) - endpoints.length)
    this.#demands.push(demand)
    this.#edges = new Map(clusters.map((own) => [own.id, this.#edgeAt(own)]))
  }

  /** Says which demand is made of an edge for each endpoint. */
  demand(edge: string, demandOf: (endpoint: TrueEndpoint) => Demand): void {
    const { demands } = this.#edge(edge)
    for (const [i, endpoint] of this.#endpoints.entries()) {
      const demand = demandOf(endpoint)
      if (!this.#demands.includes(demand)) this.#demands.push(demand)
      demands[i] = this.#demands.indexOf(demand)
    }
    this.#stirred = []
    this.#sure = []
  }

  /** Takes what an edge answers for an app from now on. */
  answered(edge: string, app: number, cluster: string | undefined): void {
    const { endpoints = [] } = this.#apps[app] ?? {}
    const at = endpoints.findIndex(({ cluster: { id } }) => id === cluster)
    this.#edge(edge).answers[app] = at === -1 ? -1 : at + (this.#firstOf[app] ?? 0)
  }

  /** The endpoint that an edge answers for an app. */
  answerOf(edge: string, app: number): TrueEndpoint | undefined {
    return this.#endpoints[this.#edge(edge).answers[app] ?? -1]
  }

  /** Looks at the truth as it is now. */
  look(nowMs: number): void {
    const before = this.#sure
    this.#sure = this.#demands.map((demand) =>
      Int8Array.from(this.#endpoints, (endpoint) => {
        const { isUp, changedAt } = endpoint
        const bounds = demand(endpoint)
        if (bounds === undefined) return 0
        if (nowMs - changedAt <= (isUp ? bounds.backMs : bounds.outMs)) return 0
        return isUp ? 1 : -1
      }),
    )
    const isStirred = (at: number): boolean =>
      this.#sure.some((sure, i) => sure[at] !== before[i]?.[at])
    this.#stirred = [...this.#apps.keys()].filter((app) =>
      this.#endpointsOf(app).some((at) => isStirred(at)),
    )
  }

  /**
   * Judges the answers of an edge after a look: those for `apps`, which are others than before, and those of
   * which something else is sure. All others are as right as they were.
   */
  judge(id: string, apps: Iterable<number>, at: string): void {
    const edge = this.#edge(id)
    for (const app of this.#stirred) this.#judge(id, edge, app, at)
    for (const app of apps) this.#judge(id, edge, app, at)
  }

  #judge(id: string, edge: Edge, app: number, at: string): void {
    const { km, answers } = edge
    const near = edge.near[app] ?? []
    const found = answers[app] ?? -1
    let first = -1
    for (let i = 0; i < near.length && first === -1; i++) {
      const endpoint = near[i] ?? -1
      if (this.#sureOf(edge, endpoint) === 1) first = endpoint
    }
    if (first === -1 || found === first) return
    const isDead = this.#sureOf(edge, found) === -1
    const isFarther = (km[found] ?? Infinity) > (km[first] ?? Infinity) + ROUNDING_KM
    if ((!isDead && !isFarther) || this.wrong.length === DESCRIBED_MAX) return
    const nameOf = (endpoint: number): string =>
      `${this.#endpoints[endpoint]?.cluster.id} at ${km[endpoint]?.toFixed(0)} km`
    const what = `${nameOf(found)}${isDead ? ', which is dead' : ''}`
    this.wrong.push(
      `${at}, edge ${id}: ${this.#apps[app]?.name} is ${what}; ${nameOf(first)} is up`,
    )
  }

  #sureOf({ demands }: Edge, endpoint: number): number {
    return this.#sure[demands[endpoint] ?? 0]?.[endpoint] ?? 0
  }

  #edge(id: string): Edge {
    const edge = this.#edges.get(id)
    if (edge === undefined) throw new Error(`no edge ${id}`)
    return edge
  }

  #endpointsOf(app: number): readonly number[] {
    const { endpoints = [] } = this.#apps[app] ?? {}
    return Array.from(endpoints.keys(), (i) => i + (this.#firstOf[app] ?? 0))
  }

  #edgeAt(own: Cluster): Edge {
    const km = Float64Array.from(this.#endpoints, ({ cluster }) =>
      cluster.id === own.id ? -1 : haversineKm(own, cluster),
    )
    const near = [...this.#apps.keys()].map((app) =>
      Int16Array.from(this.#endpointsOf(app).toSorted((a, b) => (km[a] ?? 0) - (km[b] ?? 0))),
    )
    const answers = new Int16Array(near.length).fill(-1)
    return { near, km, answers, demands: new Uint8Array(km.length) }
  }
}
