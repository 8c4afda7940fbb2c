import { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { ADDRESSES_MAX } from '../../shared/registry/limits.ts'
import type { ReplicaApp, ReplicaEndpoint } from '../replica/model.ts'
import type { Candidate, Policy } from './filters.ts'
import { chooseSeveral } from './choose.ts'
import { shareOut } from './draw.ts'
import type { Drawn } from './draw.ts'
import { compiledPolicy } from './policies.ts'
import { regardOf, ttlOf } from './regard.ts'
import { stepsOf } from './steps.ts'
import type { Step } from './steps.ts'
import type { Place, Topology } from './topology.ts'

/** An endpoint that an app is answered with. */
export interface ChosenEndpoint {
  readonly endpoint: ReplicaEndpoint
  readonly place: Place
  /** Those of the type that was asked for; never empty. */
  readonly addresses: readonly string[]
}

/** Which endpoints an app is answered with, and for how long. */
export interface SteeringDecision {
  /** The best first; none when no endpoint may be answered: the answer is NODATA. */
  readonly chosen: readonly ChosenEndpoint[]
  /** Seconds. */
  readonly ttl: number
  readonly ttlReason: string
  /** Where each query is answered with one of them, drawn: those that can be. */
  readonly drawn: readonly Drawn<ChosenEndpoint>[] | undefined
  /** Too little works and the app is fail-closed: `ttl` bounds that of the NODATA. */
  readonly isRefused: boolean
}

/** Decides for an app and a type. Called when data changed or on a name's first query, then kept. */
export function decideSteering(
  app: ReplicaApp,
  qtype: number,
  topology: Topology,
  trace?: Step[],
): SteeringDecision {
  const { listed, unlisted } = listCandidates(app, qtype, topology)
  const policy = compiledPolicy(app.policy)
  trace?.push({
    filter: 'listed',
    kept: listed.map(idOf),
    dropped: unlisted.map((cluster) => ({
      cluster,
      reason: 'the cluster is not in the topology',
    })),
  })
  const regard = heedsHealth(policy)
    ? regardOf(app.health, policy.requirements, topology, listed, listed.length)
    : 'ignore'
  trace?.push(...stepsOf(policy, app.health, regard, listed, topology))
  const preferences = regard === 'heed' ? policy.preferences : policy.healthBlind
  const chosen = regard === 'refuse' ? [] : chooseSeveral(policy, preferences, listed, topology)
  const { weightOf } = policy
  const drawn = weightOf === undefined ? undefined : shareOut(chosen, weightOf)
  const isDegraded = chosen.some(({ endpoint }) => endpoint.health === 'degraded')
  const { ttl, reason } = ttlOf(app, isDegraded)
  return { chosen, drawn, ttl, ttlReason: reason, isRefused: regard === 'refuse' }
}

/** Whether health is of any account to a policy. */
export function heedsHealth({ preferences, healthBlind }: Policy): boolean {
  return preferences !== healthBlind
}

/** What is answered: each address once, and no more than one endpoint could have. */
export function addressesOf(chosen: readonly ChosenEndpoint[]): readonly string[] {
  return [...new Set(chosen.flatMap(({ addresses }) => addresses))].slice(0, ADDRESSES_MAX)
}

/** The addresses of a family. */
function addressesOfType(addresses: readonly string[], qtype: number): readonly string[] {
  if (qtype === TYPE_A) return addresses.filter((address) => !address.includes(':'))
  if (qtype === TYPE_AAAA) return addresses.filter((address) => address.includes(':'))
  return []
}

/** The endpoints on clusters that the edge knows the place of, and the clusters of the others. */
function listCandidates(
  app: ReplicaApp,
  qtype: number,
  topology: Topology,
): {
  readonly listed: readonly (Candidate & ChosenEndpoint)[]
  readonly unlisted: readonly string[]
} {
  const listed: (Candidate & ChosenEndpoint)[] = []
  const unlisted: string[] = []
  for (const endpoint of app.endpoints) {
    const place = topology.places.get(endpoint.cluster)
    if (place === undefined) {
      unlisted.push(endpoint.cluster)
      continue
    }
    const { priority, weight, state = 'active' } = endpoint
    // The endpoint's own, else those of its cluster.
    const all = endpoint.addresses.length > 0 ? endpoint.addresses : place.cluster.addresses
    const addresses = addressesOfType(all, qtype)
    const hasAddress = addresses.length > 0
    const isDown = endpoint.health === 'down'
    listed.push({ endpoint, place, addresses, priority, weight, state, hasAddress, isDown })
  }
  return { listed, unlisted }
}

function idOf({ place }: Candidate): string {
  return place.cluster.id
}
