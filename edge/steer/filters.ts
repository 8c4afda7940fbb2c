import type { Endpoint } from '../../shared/registry/schema.ts'
import type { Place, Topology } from './topology.ts'

/** An endpoint that may be answered, with what is known of its place. */
export interface Candidate {
  readonly endpoint: Endpoint
  readonly place: Place
  /** The addresses of the family that was asked for. Never empty behind the `address` filter. */
  readonly addresses: readonly string[]
}

/** Says why a candidate is dropped; undefined keeps it. */
export type Verdict = (candidate: Candidate) => string | undefined

/**
 * One step of a policy. `judge` is called once with all candidates of the step, its verdict once for
 * each of them: so a step costs one or two passes, however many candidates there are. A step never
 * drops the last candidate unless that one may not be answered at all.
 */
export interface Filter {
  readonly name: string
  readonly judge: (all: readonly Candidate[], topology: Topology) => Verdict
}

const enabled: Filter = {
  name: 'enabled',
  judge:
    () =>
    ({ place }) =>
      place.cluster.state === 'disabled' ? 'the cluster is disabled' : undefined,
}

const address: Filter = {
  name: 'address',
  judge:
    () =>
    ({ addresses }) =>
      addresses.length === 0 ? 'no address of this type' : undefined,
}

/** Draining clusters are used where nothing else is left: a late answer beats none. */
const notDraining: Filter = {
  name: 'not-draining',
  judge: (all) => {
    const hasActive = all.some(({ place }) => place.cluster.state === 'active')
    return ({ place }) =>
      hasActive && place.cluster.state === 'draining' ? 'the cluster is draining' : undefined
  },
}

const ownClusterFirst: Filter = {
  name: 'own-cluster-first',
  judge: (all, { own }) => {
    const hasOwn = all.some(({ endpoint }) => endpoint.cluster === own.id)
    return ({ endpoint }) =>
      hasOwn && endpoint.cluster !== own.id
        ? `the edge's own cluster ${own.id} is listed`
        : undefined
  },
}

const nearest: Filter = {
  name: 'nearest',
  judge: (all) => {
    let best = Infinity
    for (const { place } of all) best = Math.min(best, place.distanceKm)
    return ({ place }) =>
      place.distanceKm > best ? `${place.distanceKm} km, the nearest is ${best} km` : undefined
  },
}

/** Equally near ones: lowest priority number, then highest weight, then the first id. */
const tie: Filter = {
  name: 'tie',
  judge: (all) => {
    const first = all.toSorted(compareTied)[0]
    return (candidate) =>
      candidate === first ? undefined : `equally near as ${first?.endpoint.cluster ?? 'none'}`
  },
}

/** The steps of each policy, in their order. */
export const policyFilters = {
  nearest: [enabled, address, notDraining, ownClusterFirst, nearest, tie],
} as const satisfies Record<string, readonly Filter[]>

function compareTied(a: Candidate, b: Candidate): number {
  return (
    a.endpoint.priority - b.endpoint.priority ||
    b.endpoint.weight - a.endpoint.weight ||
    (a.endpoint.cluster < b.endpoint.cluster ? -1 : 1)
  )
}
