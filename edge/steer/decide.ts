import { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import type { ReplicaApp } from '../replica/model.ts'
import type { Candidate } from './filters.ts'
import { policyFilters } from './filters.ts'
import type { Topology } from './topology.ts'

/** What one step of a policy did, for people. */
export interface Step {
  readonly filter: string
  readonly kept: readonly string[]
  readonly dropped: readonly { readonly cluster: string; readonly reason: string }[]
}

/** Which endpoint an app is answered with, and for how long. */
export interface SteeringDecision {
  /** Undefined when no endpoint may be answered: the answer is NODATA. */
  readonly chosen: Candidate | undefined
  /** Seconds. */
  readonly ttl: number
  readonly ttlReason: string
}

/** Decides for an app and a type. Called when data changed or on a name's first query, then kept. */
export function decideSteering(
  app: ReplicaApp,
  qtype: number,
  topology: Topology,
  trace?: Step[],
): SteeringDecision {
  let candidates = candidatesOf(app, qtype, topology, trace)
  for (const filter of policyFilters[app.policy]) {
    const verdict = filter.judge(candidates, topology)
    const kept: Candidate[] = []
    const dropped: Step['dropped'][number][] = []
    for (const candidate of candidates) {
      const reason = verdict(candidate)
      if (reason === undefined) kept.push(candidate)
      else dropped.push({ cluster: candidate.endpoint.cluster, reason })
    }
    trace?.push({ filter: filter.name, kept: kept.map(clusterOf), dropped })
    candidates = kept
  }
  return {
    chosen: candidates[0],
    ttl: app.ttlMax,
    ttlReason: `the app's ttl.max: a change is pushed, none is foreseen`,
  }
}

/** The endpoint's own addresses of a family, else those of its cluster. */
function addressesOf(
  candidate: Pick<Candidate, 'endpoint' | 'place'>,
  qtype: number,
): readonly string[] {
  const { addresses } = candidate.endpoint
  const all = addresses.length > 0 ? addresses : candidate.place.cluster.addresses
  if (qtype === TYPE_A) return all.filter((address) => !address.includes(':'))
  if (qtype === TYPE_AAAA) return all.filter((address) => address.includes(':'))
  return []
}

/** The first step of every policy: endpoints on clusters that the edge knows the place of. */
function candidatesOf(
  app: ReplicaApp,
  qtype: number,
  topology: Topology,
  trace: Step[] | undefined,
): Candidate[] {
  const kept: Candidate[] = []
  const dropped: Step['dropped'][number][] = []
  for (const endpoint of app.endpoints) {
    const place = topology.places.get(endpoint.cluster)
    if (place === undefined) {
      dropped.push({ cluster: endpoint.cluster, reason: 'the cluster is not in the topology' })
    } else kept.push({ endpoint, place, addresses: addressesOf({ endpoint, place }, qtype) })
  }
  trace?.push({ filter: 'listed', kept: kept.map(clusterOf), dropped })
  return kept
}

function clusterOf(candidate: Candidate): string {
  return candidate.endpoint.cluster
}
