import type { DistanceCurve } from '../../shared/registry/policy-schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { Origin } from './origin.ts'
import type { Place } from './topology.ts'

/** An endpoint on a cluster that the edge knows the place of, as far as policies look at it. */
export interface Candidate {
  readonly place: Place
  /** How far its cluster is from the client, in km; from the edge where the client is not known. */
  readonly clientKm: number
  readonly priority: number
  readonly weight: number
  /** The endpoint's own; that of its cluster stands with the place. */
  readonly state: Cluster['state']
  /** Whether it has something to answer with: addresses of the family that was asked for, or a target. */
  readonly hasAddress: boolean
  /** Whether it is another name. */
  readonly isAlias?: boolean
  /** By central's verdict, or this edge's own where central is out of reach. */
  readonly isDown: boolean
  /** How busy it is, in percent of what it can bear; undefined where nobody tells. */
  readonly load?: number | undefined
  /** Percent of the queries that it would get which others get in its place. */
  readonly withheld?: number | undefined
  /** Whether it is answered only where too few of the others are up. */
  readonly isFallback?: boolean | undefined
}

/** A step that drops what may not be answered at all, the last one too. */
export interface Requirement {
  readonly name: string
  /** Whether it matters where the client is. */
  readonly isOfClient?: boolean
  readonly admits: (candidate: Candidate, origin: Origin) => boolean
  /** Why one that is not admitted is dropped. */
  readonly reason: (candidate: Candidate, origin: Origin) => string
}

/**
 * A step that keeps the best. As each preference orders all candidates, what its steps leave one after
 * the other is the first in the order of all of them: one pass finds it, however many there are.
 */
export interface Preference {
  readonly name: string
  /** Whether only the best by this one are answered, also where several are. The others are an order. */
  readonly isGate?: boolean
  /** Whether it orders by `clientKm`, and by nothing else. */
  readonly isClientDistance?: boolean
  /** Below 0 when `a` is better, 0 when both are as good. */
  readonly compare: (a: Candidate, b: Candidate, origin: Origin) => number
  /** Why one that is worse than `best` is dropped. */
  readonly reason: (candidate: Candidate, best: Candidate) => string
}

/** What is asked for, step by step: all requirements come first. */
export interface Policy {
  readonly requirements: readonly Requirement[]
  readonly preferences: readonly Preference[]
  /** The preferences where health is left out of account; the very same where it always is. */
  readonly healthBlind: readonly Preference[]
  /** Whether it matters where the client is. */
  readonly usesClient: boolean
  /** How many endpoints are answered at most. */
  readonly take: number
  /** Of several: those that are at most so much farther than the best. */
  readonly within: { readonly km: number; readonly distanceOf: DistanceOf } | undefined
  /** Where each query is answered with one of them, drawn: how much each of them weighs. */
  readonly weightOf: ((candidate: Candidate) => number) | undefined
  /** Drawn so that a client gets the same one each time. */
  readonly isSticky: boolean
  /** Where the first in order keeps all up to a load of `low` percent, none from `high` on. */
  readonly sheds: { readonly low: number; readonly high: number } | undefined
}

/** How far a candidate is taken to be, in km. */
export type DistanceOf = (candidate: Candidate) => number

/** What is disabled is never answered. */
export const enabled: Requirement = {
  name: 'enabled',
  admits: ({ place, state }) => place.cluster.state !== 'disabled' && state !== 'disabled',
  reason: ({ state }) => `the ${state === 'disabled' ? 'endpoint' : 'cluster'} is disabled`,
}

/** A question is answered with what has something to answer it with. */
export const address: Requirement = {
  name: 'address',
  admits: ({ hasAddress }) => hasAddress,
  reason: ({ isAlias }) =>
    isAlias === true ? 'another name, beside endpoints that are none' : 'nothing of this type',
}

/** What is down is taken only where `regardOf` lets it. */
export const healthy: Preference = {
  name: 'healthy',
  isGate: true,
  compare: (a, b) => downRank(a) - downRank(b),
  reason: () => 'the endpoint is down',
}

/** What is draining is used where nothing else is left: a late answer beats none. */
export const notDraining: Preference = {
  name: 'not-draining',
  isGate: true,
  compare: (a, b) => drainRank(a) - drainRank(b),
  reason: ({ state }) => `the ${state === 'draining' ? 'endpoint' : 'cluster'} is draining`,
}

/** The edge's own cluster comes before all others. */
export const ownClusterFirst: Preference = {
  name: 'own-cluster-first',
  compare: (a, b, { own }) => ownRank(a, own.id) - ownRank(b, own.id),
  reason: (_, best) => `the edge's own cluster ${best.place.cluster.id} is listed`,
}

/** The great-circle distance from the edge. */
export const edgeDistance: DistanceOf = ({ place }) => place.distanceKm

/** The great-circle distance from the client. */
export const clientDistance: DistanceOf = ({ clientKm }) => clientKm

/**
 * Distances with a bias for some clusters: of 1 to 99 percent, that part is taken off; of -1 to -99, it is
 * what is left when the distance is taken to be a part of a longer one.
 */
export function biasedDistance(
  clusters: Readonly<Record<string, number>>,
  distanceOf: DistanceOf,
): DistanceOf {
  return (candidate) => {
    const bias = clusters[candidate.place.cluster.id] ?? 0
    const km = distanceOf(candidate)
    return bias >= 0 ? km * (1 - bias / 100) : km / (1 + bias / 100)
  }
}

/** The nearest, by any way of telling distances. */
export function nearestBy(plain: DistanceOf, distanceOf: DistanceOf): Preference {
  const kmOf = (candidate: Candidate): string => {
    const km = plain(candidate)
    const taken = distanceOf(candidate)
    return taken === km ? `${km} km` : `${km} km taken as ${Math.round(taken)} km`
  }
  return {
    name: 'nearest',
    isClientDistance: distanceOf === clientDistance,
    compare: (a, b) => distanceOf(a) - distanceOf(b),
    reason: (candidate, best) => `${kmOf(candidate)}, the nearest is ${kmOf(best)}`,
  }
}

/**
 * How long a round trip is taken to be where none was measured: light in fibre goes 100 km and back in
 * 1 ms, and cables make detours of about a half.
 */
const ESTIMATED_MS_PER_KM = 0.015

/** The one with the shortest round trip from the edge, as measured, else as estimated by distance. */
export const lowestLatency: Preference = {
  name: 'latency',
  compare: (a, b) => roundTripMs(a.place) - roundTripMs(b.place),
  reason: ({ place }, best) => `${latencyText(place)}, the shortest is ${latencyText(best.place)}`,
}

/** A round trip from the edge to a place, in ms. */
function roundTripMs({ roundTripMs: measured, distanceKm }: Place): number {
  return measured ?? distanceKm * ESTIMATED_MS_PER_KM
}

function latencyText(place: Place): string {
  const ms = roundTripMs(place).toFixed(1)
  return place.roundTripMs === undefined ? `about ${ms} ms by distance` : `${ms} ms`
}

/** Ordered failover: only those of the lowest priority number that there is. */
export const failover: Preference = {
  name: 'failover',
  isGate: true,
  compare: (a, b) => a.priority - b.priority,
  reason: ({ priority }, best) => `priority ${priority}, there is one of ${best.priority}`,
}

/** The one with the most weight. */
export const heaviest: Preference = {
  name: 'heaviest',
  compare: (a, b) => b.weight - a.weight,
  reason: ({ weight }, best) => `weight ${weight}, there is one of ${best.weight}`,
}

/** Half of the way around the earth. */
const FARTHEST_KM = 20_040
/** Up to so many km, so much of a weight counts; beyond the last a twentieth. */
const STEPS = [
  [100, 1],
  [500, 0.8],
  [2_000, 0.5],
  [5_000, 0.2],
] as const

/** What distance leaves of a weight, 1 at no distance. */
export const distanceCurves: Readonly<Record<DistanceCurve, (km: number) => number>> = {
  linear: (km) => 1 - km / FARTHEST_KM,
  quadratic: (km) => (1 - km / FARTHEST_KM) ** 2,
  logarithmic: (km) => 1 - Math.log1p(km) / Math.log1p(FARTHEST_KM),
  stepped: (km) => STEPS.find(([upTo]) => km <= upTo)?.[1] ?? 0.05,
}

/** The weight of an endpoint, with a curve less for what is far. */
export function weightBy(
  curve: DistanceCurve | undefined,
  distanceOf: DistanceOf,
): (candidate: Candidate) => number {
  if (curve === undefined) return ({ weight }) => weight
  const share = distanceCurves[curve]
  // With a bias, a place can be farther than any.
  return (candidate) =>
    candidate.weight * Math.max(0, share(Math.min(FARTHEST_KM, distanceOf(candidate))))
}

/** What is farther is not answered. */
export function maxDistance(km: number, distanceOf: DistanceOf): Requirement {
  return {
    name: 'max-distance',
    isOfClient: distanceOf === clientDistance,
    admits: (candidate) => distanceOf(candidate) <= km,
    reason: (candidate) => `${distanceOf(candidate)} km, at most ${km} km are wanted`,
  }
}

/** Equally near ones: lowest priority number, then highest weight, then the first id. */
export const tie: Preference = {
  name: 'tie',
  compare: (a, b) =>
    a.priority - b.priority ||
    b.weight - a.weight ||
    compareIds(a.place.cluster.id, b.place.cluster.id),
  reason: (_, best) => `equally near as ${best.place.cluster.id}`,
}

function downRank({ isDown }: Candidate): number {
  return isDown ? 1 : 0
}

function drainRank({ place, state }: Candidate): number {
  return place.cluster.state === 'active' && state === 'active' ? 0 : 1
}

function ownRank({ place }: Candidate, ownId: string): number {
  return place.cluster.id === ownId ? 0 : 1
}

function compareIds(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
