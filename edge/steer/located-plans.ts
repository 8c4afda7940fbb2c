import type { ClientPlaces } from '../locate/client-places.ts'
import type { ClientPlace } from '../locate/place.ts'
import type { ReplicaApp } from '../replica/model.ts'
import { listCandidates } from './decide.ts'
import type { Listed } from './decide.ts'
import type { ExcludedCounts } from './excluded.ts'
import { makePlan } from './located.ts'
import type { LocatedPlan, MadePlan } from './located.ts'
import { compiledPolicy } from './policies.ts'
import type { Topology } from './topology.ts'

/** Places of all plans that are remembered, 2 bytes each: apps on the same clusters share a plan. */
const PLANNED_PLACES_MAX = 16_000_000
/** Plans that are remembered, however few places there are. */
const PLANS_MAX = 1_000

/** Choices beyond the endpoints after which a plan is made from the ground: most are of places that are gone. */
const WORN_CHOICES = 1_000

/**
 * Decides for apps whose policy goes by the place of the client: once for each place, when data has
 * changed. Apps that differ in nothing that matters share a plan; what it excludes is counted once, for each
 * different choice.
 */
export class LocatedPlans {
  #topology: Topology | undefined
  #revision = -1
  /** The places by their numbers, as of the revision. */
  #placed: readonly (ClientPlace | undefined)[] = []
  readonly #plans = new Map<string, Planned>()
  /** The signatures of the plans by their maps. */
  readonly #signatures = new Map<Uint16Array, string>()

  /** The plan of an app for a type, and its endpoints in the order that the plan counts them by. */
  planOf(
    app: ReplicaApp,
    qtype: number,
    topology: Topology,
    places: ClientPlaces,
    excluded?: ExcludedCounts,
  ): { readonly plan: LocatedPlan; readonly listed: readonly Listed[] } {
    this.#follow(topology, places)
    const { listed, unlisted } = listCandidates(app, qtype, topology)
    const signature = signatureOf(app, listed)
    const known = this.#plans.get(signature)
    if (known !== undefined) {
      return { plan: this.#brought(signature, known, topology, excluded).plan, listed }
    }
    excluded?.addUnlisted(compiledPolicy(app.policy), unlisted.length)
    const placed = this.#placed
    const of = { app, qtype, listed: listed.length }
    const planned = { of, ...makePlan(app, listed, topology, placed, excluded, undefined) }
    if (this.#plans.size >= Math.min(PLANS_MAX, PLANNED_PLACES_MAX / placed.length)) this.#clear()
    this.#keep(signature, planned)
    return { plan: planned.plan, listed }
  }

  /**
   * The plan that has taken the place of one, known by its map, for the places as they are now: what has a
   * number in both has the same choice, by the same number. Undefined where it is not known any more.
   */
  planAfter(
    map: Uint16Array,
    topology: Topology,
    places: ClientPlaces,
    excluded?: ExcludedCounts,
  ): LocatedPlan | undefined {
    this.#follow(topology, places)
    const signature = this.#signatures.get(map)
    const known = signature === undefined ? undefined : this.#plans.get(signature)
    if (signature === undefined || known === undefined || isWorn(known)) return undefined
    return this.#brought(signature, known, topology, excluded).plan
  }

  #follow(topology: Topology, places: ClientPlaces): void {
    if (this.#topology !== topology) {
      this.#topology = topology
      this.#clear()
    }
    if (this.#revision !== places.revision) {
      this.#revision = places.revision
      this.#placed = Array.from({ length: places.end }, (_, number) => places.placeOf(number))
    }
  }

  /** A plan for the places as they are now. */
  #brought(
    signature: string,
    known: Planned,
    topology: Topology,
    excluded: ExcludedCounts | undefined,
  ): Planned {
    const placed = this.#placed
    if (known.placed === placed) return known
    const { of } = known
    const { listed } = listCandidates(of.app, of.qtype, topology)
    const before = isWorn(known) ? undefined : known
    const planned = { of, ...makePlan(of.app, listed, topology, placed, excluded, before) }
    this.#signatures.delete(known.plan.map)
    this.#keep(signature, planned)
    return planned
  }

  #keep(signature: string, planned: Planned): void {
    this.#plans.set(signature, planned)
    this.#signatures.set(planned.plan.map, signature)
  }

  #clear(): void {
    this.#plans.clear()
    this.#signatures.clear()
  }
}

/** Whether most of its choices may be of places that are gone. */
function isWorn({ plan, of }: Planned): boolean {
  return plan.choices.length > of.listed + WORN_CHOICES
}

/** A plan, and whose it is. */
interface Planned extends MadePlan {
  /** One of the apps that share it, the type, and how many of its endpoints are listed. */
  readonly of: { readonly app: ReplicaApp; readonly qtype: number; readonly listed: number }
}

/** All that a plan depends on, beside topology and places. */
function signatureOf(app: ReplicaApp, listed: readonly Listed[]): string {
  const { policy, ttlMin, ttlMax, health, foreseenSeconds } = app
  const endpoints = listed.map((candidate) => {
    const { endpoint, priority, weight, state, hasType, hasAny, isAlias } = candidate
    return [
      endpoint.cluster,
      priority,
      weight,
      state,
      hasType,
      hasAny,
      isAlias,
      endpoint.health,
      endpoint.load,
      endpoint.withheld,
      endpoint.fallback,
    ]
  })
  return JSON.stringify([policy, ttlMin, ttlMax, health, foreseenSeconds, endpoints])
}
