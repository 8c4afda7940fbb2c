import type { Name } from '../../shared/dns/name.ts'
import type { Check } from '../../shared/registry/check-schema.ts'
import { hashText, rankOf } from './rendezvous.ts'

/** Edges that check one endpoint, where there are as many: two agree against one that is wrong. */
export const VANTAGES = 3

/** An edge that can check, by one of its streams. */
export interface Vantage {
  /** Names the stream; no two have the same. */
  readonly session: string
  /** Id of the edge. */
  readonly edge: string
  /** Its own cluster. */
  readonly cluster: string
}

/** An endpoint with all that is needed to check it. */
export interface CheckedEndpoint {
  readonly id: number
  readonly app: Name
  readonly cluster: string
  /** Its own, or those of its cluster; never empty. */
  readonly addresses: readonly string[]
  readonly port: number | undefined
  readonly check: Check
}

/** Endpoints that one session is to check from now on, or no more. */
export interface PlanChange {
  readonly put: readonly number[]
  readonly delete: readonly number[]
}

/** Who has to hear of the plan; called once an operation is through. */
export interface PlanListener {
  /** Other edges than before check the endpoint, or others of its sessions. */
  readonly onVantages: (id: number) => void
  readonly onTasks: (session: string, change: PlanChange) => void
}

interface Edge {
  readonly id: string
  readonly hash: number
  readonly cluster: string
  /** The latest of its streams. */
  session: string
}

/** An endpoint with its edges, the best first: small arrays, for there are 100,000 of them. */
interface Place {
  readonly endpoint: CheckedEndpoint
  readonly hash: number
  readonly edges: Edge[]
}

/**
 * Which edges check which endpoint. Those of the endpoint's own cluster come before all others, and
 * among equals the rank of rendezvous hashing says who; the first `VANTAGES` check. An edge that comes
 * costs one rank for each endpoint; one that goes, a choice among all edges for each that it had.
 */
export class CheckPlan {
  readonly #listener: PlanListener
  readonly #places = new Map<number, Place>()
  readonly #edges = new Map<string, Edge>()
  /** All streams, in the order in which they came. */
  readonly #vantages = new Map<string, Vantage>()
  readonly #changes = new Map<string, { readonly put: number[]; readonly delete: number[] }>()
  readonly #moved: number[] = []

  constructor(listener: PlanListener) {
    this.#listener = listener
  }

  /** Adds a stream. When the edge has another one already, the later one gets its endpoints. */
  addVantage(vantage: Vantage): void {
    this.#vantages.delete(vantage.session)
    this.#vantages.set(vantage.session, vantage)
    this.#useVantage(vantage)
    this.#tell()
  }

  /** Removes a stream. When the edge has another one still, that one gets its endpoints. */
  removeVantage(session: string): void {
    const vantage = this.#vantages.get(session)
    if (vantage === undefined) return
    this.#vantages.delete(session)
    const edge = this.#edges.get(vantage.edge)
    if (edge?.session === session) {
      const other = [...this.#vantages.values()].findLast((other) => other.edge === edge.id)
      if (other === undefined) this.#removeEdge(edge)
      else this.#useVantage(other)
    }
    this.#changes.delete(session)
    this.#tell()
  }

  /** Adds an endpoint, or puts it in the place of the one with its id. */
  put(endpoint: CheckedEndpoint): void {
    const before = this.#places.get(endpoint.id)?.edges ?? []
    const hash = hashText(`${endpoint.app} ${endpoint.cluster}`)
    const place: Place = { endpoint, hash, edges: [] }
    this.#places.set(endpoint.id, place)
    for (const edge of this.#edges.values()) enter(place, edge)
    for (const edge of before) {
      if (!place.edges.includes(edge)) this.#changeOf(edge.session).delete.push(endpoint.id)
    }
    for (const edge of place.edges) this.#changeOf(edge.session).put.push(endpoint.id)
    this.#moved.push(endpoint.id)
    this.#tell()
  }

  delete(id: number): void {
    const place = this.#places.get(id)
    if (place === undefined) return
    this.#places.delete(id)
    for (const edge of place.edges) this.#changeOf(edge.session).delete.push(id)
    this.#tell()
  }

  /** The streams by which an endpoint is checked, the best first; none of one that is not there. */
  vantagesOf(id: number): readonly Vantage[] {
    const edges = this.#places.get(id)?.edges ?? []
    return edges.map(({ session, id, cluster }) => ({ session, edge: id, cluster }))
  }

  #useVantage({ session, edge: id, cluster }: Vantage): void {
    const edge = this.#edges.get(id)
    if (edge?.cluster === cluster) {
      this.#useSession(edge, session)
      return
    }
    if (edge !== undefined) this.#removeEdge(edge)
    this.#addEdge({ id, hash: hashText(id), cluster, session })
  }

  #addEdge(edge: Edge): void {
    this.#edges.set(edge.id, edge)
    const tasks = this.#changeOf(edge.session).put
    for (const place of this.#places.values()) {
      const left = enter(place, edge)
      if (left === edge) continue
      const { id } = place.endpoint
      tasks.push(id)
      if (left !== undefined) this.#changeOf(left.session).delete.push(id)
      this.#moved.push(id)
    }
  }

  #removeEdge(edge: Edge): void {
    this.#edges.delete(edge.id)
    const tasks = this.#changeOf(edge.session).delete
    for (const { endpoint, hash, edges } of this.#places.values()) {
      const at = edges.indexOf(edge)
      if (at === -1) continue
      edges.splice(at, 1)
      tasks.push(endpoint.id)
      const next = this.#bestWithout(endpoint.cluster, hash, edges)
      if (next !== undefined) {
        edges.push(next)
        this.#changeOf(next.session).put.push(endpoint.id)
      }
      this.#moved.push(endpoint.id)
    }
  }

  #useSession(edge: Edge, session: string): void {
    if (edge.session === session) return
    const before = this.#changeOf(edge.session).delete
    const after = this.#changeOf(session).put
    edge.session = session
    for (const { endpoint, edges } of this.#places.values()) {
      if (!edges.includes(edge)) continue
      before.push(endpoint.id)
      after.push(endpoint.id)
      this.#moved.push(endpoint.id)
    }
  }

  #bestWithout(cluster: string, hash: number, taken: readonly Edge[]): Edge | undefined {
    let best: Edge | undefined
    for (const edge of this.#edges.values()) {
      if (taken.includes(edge)) continue
      if (best === undefined || isBefore(cluster, hash, edge, best)) best = edge
    }
    return best
  }

  #changeOf(session: string): { readonly put: number[]; readonly delete: number[] } {
    let change = this.#changes.get(session)
    if (change === undefined) {
      change = { put: [], delete: [] }
      this.#changes.set(session, change)
    }
    return change
  }

  #tell(): void {
    for (const id of this.#moved.splice(0)) this.#listener.onVantages(id)
    const changes = [...this.#changes]
    this.#changes.clear()
    for (const [session, change] of changes) {
      const deleted = new Set(change.delete)
      // An edge that changes its cluster goes and comes: others have its endpoints only in between.
      const put = deleted.size === 0 ? change.put : change.put.filter((id) => !deleted.has(id))
      if (put.length + deleted.size === 0) continue
      this.#listener.onTasks(session, { put, delete: change.delete })
    }
  }
}

/** Lets an edge take its place; says which edge has none now: itself, one that had, or none. */
function enter({ endpoint, hash, edges }: Place, edge: Edge): Edge | undefined {
  const last = edges[VANTAGES - 1]
  if (last !== undefined && !isBefore(endpoint.cluster, hash, edge, last)) return edge
  const at = edges.findIndex((other) => isBefore(endpoint.cluster, hash, edge, other))
  edges.splice(at === -1 ? edges.length : at, 0, edge)
  return edges.length > VANTAGES ? edges.pop() : undefined
}

function isBefore(cluster: string, hash: number, a: Edge, b: Edge): boolean {
  const isOwnOfA = a.cluster === cluster
  if (isOwnOfA !== (b.cluster === cluster)) return isOwnOfA
  const rankOfA = rankOf(a.hash, hash)
  const rankOfB = rankOf(b.hash, hash)
  return rankOfA === rankOfB ? a.id < b.id : rankOfA > rankOfB
}
