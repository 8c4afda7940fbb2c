import { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import type { ReplicaApp, ReplicaEndpoint, ReplicaHealth } from '../replica/model.ts'
import type { Candidate, Policy, Preference } from './filters.ts'
import { policySteps } from './filters.ts'
import { regardOf, ttlOf } from './regard.ts'
import type { Regard } from './regard.ts'
import type { Place, Topology } from './topology.ts'

/** What one step of a policy did, for people. */
export interface Step {
  readonly filter: string
  readonly kept: readonly string[]
  readonly dropped: readonly { readonly cluster: string; readonly reason: string }[]
}

/** The endpoint that an app is answered with. */
export interface ChosenEndpoint {
  readonly endpoint: ReplicaEndpoint
  readonly place: Place
  /** Those of the type that was asked for; never empty. */
  readonly addresses: readonly string[]
}

/** Which endpoint an app is answered with, and for how long. */
export interface SteeringDecision {
  /** Undefined when no endpoint may be answered: the answer is NODATA. */
  readonly chosen: ChosenEndpoint | undefined
  /** Seconds. */
  readonly ttl: number
  readonly ttlReason: string
  /** Too little works and the app is fail-closed: `ttl` bounds that of the NODATA. */
  readonly isRefused: boolean
}

/** Finds the candidate that a policy chooses: its index, -1 when none may be answered. */
export function choose(
  { requirements }: Pick<Policy, 'requirements'>,
  preferences: readonly Preference[],
  candidates: readonly Candidate[],
  count: number,
  topology: Topology,
): number {
  let best: Candidate | undefined
  let at = -1
  next: for (let i = 0; i < count; i++) {
    const candidate = candidates[i]
    if (candidate === undefined) break
    for (const { admits } of requirements) if (!admits(candidate)) continue next
    if (best !== undefined) {
      let order = 0
      for (const { compare } of preferences) {
        order = compare(candidate, best, topology)
        if (order !== 0) break
      }
      if (order >= 0) continue
    }
    best = candidate
    at = i
  }
  return at
}

/** Decides for an app and a type. Called when data changed or on a name's first query, then kept. */
export function decideSteering(
  app: ReplicaApp,
  qtype: number,
  topology: Topology,
  trace?: Step[],
): SteeringDecision {
  const { listed, unlisted } = listCandidates(app, qtype, topology)
  const policy = policySteps[app.policy]
  trace?.push({
    filter: 'listed',
    kept: listed.map(idOf),
    dropped: unlisted.map((cluster) => ({
      cluster,
      reason: 'the cluster is not in the topology',
    })),
  })
  const regard = regardOf(app.health, policy.requirements, listed, listed.length)
  trace?.push(...stepsOf(policy, app.health, regard, listed, topology))
  const preferences = regard === 'heed' ? policy.preferences : policy.healthBlind
  const chosen =
    regard === 'refuse'
      ? undefined
      : listed[choose(policy, preferences, listed, listed.length, topology)]
  const { ttl, reason } = ttlOf(app, chosen?.endpoint.health === 'degraded')
  return { chosen, ttl, ttlReason: reason, isRefused: regard === 'refuse' }
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
    const { priority, weight } = endpoint
    // The endpoint's own, else those of its cluster.
    const all = endpoint.addresses.length > 0 ? endpoint.addresses : place.cluster.addresses
    const addresses = addressesOfType(all, qtype)
    const hasAddress = addresses.length > 0
    const isDown = endpoint.health === 'down'
    listed.push({ endpoint, place, addresses, priority, weight, hasAddress, isDown })
  }
  return { listed, unlisted }
}

/** The same as `choose`, step by step. */
function stepsOf(
  { requirements, preferences, healthBlind }: Policy,
  health: ReplicaHealth | undefined,
  regard: Regard,
  listed: readonly Candidate[],
  topology: Topology,
): Step[] {
  const steps: Step[] = []
  let candidates = listed
  for (const { name, admits, reason } of requirements) {
    const kept = candidates.filter(admits)
    const dropped = candidates
      .filter((candidate) => !admits(candidate))
      .map((candidate) => ({ cluster: idOf(candidate), reason }))
    steps.push({ filter: name, kept: kept.map(idOf), dropped })
    candidates = kept
  }
  if (health !== undefined && regard !== 'heed') {
    steps.push(stepOfTooFew(health, regard, candidates))
    if (regard === 'refuse') return steps
  }
  for (const { name, compare, reason } of regard === 'heed' ? preferences : healthBlind) {
    const best = candidates.toSorted((a, b) => compare(a, b, topology))[0]
    const isKept = (candidate: Candidate): boolean =>
      best !== undefined && compare(candidate, best, topology) === 0
    const dropped = candidates.flatMap((candidate) =>
      best === undefined || isKept(candidate)
        ? []
        : [{ cluster: idOf(candidate), reason: reason(candidate, best) }],
    )
    candidates = candidates.filter(isKept)
    steps.push({ filter: name, kept: candidates.map(idOf), dropped })
  }
  return steps
}

/** Too few are up: all are taken as they are, or none. */
function stepOfTooFew(
  { enoughUpPercent }: ReplicaHealth,
  regard: Regard,
  candidates: readonly Candidate[],
): Step {
  const ids = candidates.map(idOf)
  if (regard !== 'refuse') return { filter: 'fail-open', kept: ids, dropped: [] }
  const up = candidates.filter(({ isDown }) => !isDown).length
  const wanted = enoughUpPercent === 0 ? 'one is' : `${enoughUpPercent} % are`
  const reason = `${up} of ${candidates.length} are up, ${wanted} wanted`
  return {
    filter: 'fail-closed',
    kept: [],
    dropped: ids.map((cluster) => ({ cluster, reason })),
  }
}

function idOf({ place }: Candidate): string {
  return place.cluster.id
}
