import type { Place, Topology } from './topology.ts'

/** An endpoint on a cluster that the edge knows the place of, as far as policies look at it. */
export interface Candidate {
  readonly place: Place
  readonly priority: number
  readonly weight: number
  /** Whether it has an address of the family that was asked for. */
  readonly hasAddress: boolean
  /** By central's verdict, or this edge's own where central is out of reach. */
  readonly isDown: boolean
}

/** A step that drops what may not be answered at all, the last one too. */
export interface Requirement {
  readonly name: string
  readonly admits: (candidate: Candidate) => boolean
  /** Why one that is not admitted is dropped. */
  readonly reason: string
}

/**
 * A step that keeps the best. As each preference orders all candidates, what its steps leave one after
 * the other is the first in the order of all of them: one pass finds it, however many there are.
 */
export interface Preference {
  readonly name: string
  /** Below 0 when `a` is better, 0 when both are as good. */
  readonly compare: (a: Candidate, b: Candidate, topology: Topology) => number
  /** Why one that is worse than `best` is dropped. */
  readonly reason: (candidate: Candidate, best: Candidate) => string
}

/** What is asked for, step by step: all requirements come first. */
export interface Policy {
  readonly requirements: readonly Requirement[]
  readonly preferences: readonly Preference[]
  /** The preferences where health is left out of account. */
  readonly healthBlind: readonly Preference[]
}

const enabled: Requirement = {
  name: 'enabled',
  admits: ({ place }) => place.cluster.state !== 'disabled',
  reason: 'the cluster is disabled',
}

const address: Requirement = {
  name: 'address',
  admits: ({ hasAddress }) => hasAddress,
  reason: 'no address of this type',
}

/** What is down is taken only where `regardOf` lets it. */
const healthy: Preference = {
  name: 'healthy',
  compare: (a, b) => downRank(a) - downRank(b),
  reason: () => 'the endpoint is down',
}

/** Draining clusters are used where nothing else is left: a late answer beats none. */
const notDraining: Preference = {
  name: 'not-draining',
  compare: (a, b) => drainRank(a) - drainRank(b),
  reason: () => 'the cluster is draining',
}

const ownClusterFirst: Preference = {
  name: 'own-cluster-first',
  compare: (a, b, { own }) => ownRank(a, own.id) - ownRank(b, own.id),
  reason: (_, best) => `the edge's own cluster ${best.place.cluster.id} is listed`,
}

const nearest: Preference = {
  name: 'nearest',
  compare: (a, b) => a.place.distanceKm - b.place.distanceKm,
  reason: ({ place }, best) => `${place.distanceKm} km, the nearest is ${best.place.distanceKm} km`,
}

/** Equally near ones: lowest priority number, then highest weight, then the first id. */
const tie: Preference = {
  name: 'tie',
  compare: (a, b) =>
    a.priority - b.priority ||
    b.weight - a.weight ||
    compareIds(a.place.cluster.id, b.place.cluster.id),
  reason: (_, best) => `equally near as ${best.place.cluster.id}`,
}

/** The steps of each policy. */
export const policySteps = {
  nearest: policyOf([enabled, address], [healthy, notDraining, ownClusterFirst, nearest, tie]),
} as const satisfies Record<string, Policy>

function policyOf(
  requirements: readonly Requirement[],
  preferences: readonly Preference[],
): Policy {
  return {
    requirements,
    preferences,
    healthBlind: preferences.filter((preference) => preference !== healthy),
  }
}

function downRank({ isDown }: Candidate): number {
  return isDown ? 1 : 0
}

function drainRank({ place }: Candidate): number {
  return place.cluster.state === 'active' ? 0 : 1
}

function ownRank({ place }: Candidate, ownId: string): number {
  return place.cluster.id === ownId ? 0 : 1
}

function compareIds(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
