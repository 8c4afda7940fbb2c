import { TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { geoPoint, kmBetween } from '../../shared/geo/distance.ts'
import {
  isAnswerable as isAnswerableBy,
  isOfFamily,
} from '../../shared/registry/service-records.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { ClientPlace } from '../locate/place.ts'
import type { ReplicaApp, ReplicaEndpoint } from '../replica/model.ts'
import type { Candidate } from './filters.ts'
import { chooseAmong, hasAlias } from './choose-among.ts'
import type { Answerable } from './choose-among.ts'
import type { Drawn } from './draw.ts'
import { compiledPolicy } from './policies.ts'
import type { ExcludedCounts } from './excluded.ts'
import { foreseenOf, ttlOf } from './regard.ts'
import { stepOfFallback, stepOfShares } from './share-steps.ts'
import { stepsOf } from './steps.ts'
import type { Step } from './steps.ts'
import type { Place, Topology } from './topology.ts'

/** An endpoint that an app is answered with. */
export interface ChosenEndpoint {
  readonly endpoint: ReplicaEndpoint
  readonly place: Place
  /** Those that an answer of the type goes by: of the family that is asked for, or of both. */
  readonly addresses: readonly string[]
  /** Whether its target is answered, in place of all else. */
  readonly isAlias: boolean
  /** Whether it can answer the type; one that is answered with its target does not. */
  readonly hasType: boolean
}

/** Which endpoints an app is answered with, and for how long. */
export interface SteeringDecision {
  /** The best first; none when no endpoint may be answered: the answer is NODATA. */
  readonly chosen: readonly Listed[]
  /** Seconds. */
  readonly ttl: number
  readonly ttlReason: string
  /** Where each query is answered with one of them, drawn: those that can be. */
  readonly drawn: readonly Drawn<Listed>[] | undefined
  /** Where a client gets the same one of them each time. */
  readonly isSticky: boolean
  /** Too little works and the app is fail-closed: `ttl` bounds that of the NODATA. */
  readonly isRefused: boolean
}

/**
 * Decides for an app and a type. Called when data changed or on a name's first query, then kept.
 * `client`: where the client is, if it is known. `excluded` counts what was not chosen.
 */
export function decideSteering(
  app: ReplicaApp,
  qtype: number,
  topology: Topology,
  trace?: Step[],
  client?: ClientPlace,
  excluded?: ExcludedCounts,
): SteeringDecision {
  const { listed, unlisted } = listCandidates(app, qtype, topology)
  setClient(listed, client)
  const policy = compiledPolicy(app.policy)
  trace?.push({
    filter: 'listed',
    kept: [...new Set(listed.map(idOf))],
    dropped: unlisted.map((cluster) => ({
      cluster,
      reason: 'the cluster is not in the topology',
    })),
  })
  const origin = { own: topology.own, client }
  const { chosen, drawn, standing } = chooseAmong(app, policy, listed, origin)
  const { regard } = standing
  if (excluded !== undefined) {
    const candidates = hasAlias(listed) ? eachOnce(listed) : listed
    const [best] = chosen
    const of = { policy, regard, candidates, count: candidates.length, chosen, best, origin }
    excluded.add(of)
    if (unlisted.length > 0) excluded.addUnlisted(policy, unlisted.length)
  }
  if (trace !== undefined) {
    trace.push(...stepOfFallback(listed, standing))
    const candidates = eachOnce(standing.candidates)
    trace.push(...stepsOf(policy, app.health, regard, candidates, origin))
    trace.push(...stepOfShares(policy, trace.at(-1), candidates, { chosen, drawn }))
  }
  const { isSticky } = policy
  const isDegraded = chosen.some(({ endpoint }) => endpoint.health === 'degraded')
  const { ttl, reason } = ttlOf(app, isDegraded, foreseenOf(listed, listed.length))
  const isRefused = regard === 'refuse'
  return { chosen, drawn, isSticky, ttl, ttlReason: reason, isRefused }
}

/** Of an endpoint that is listed twice what takes part. */
export function eachOnce(candidates: readonly Listed[]): readonly Listed[] {
  const taking = new Map<ReplicaEndpoint, Listed>()
  for (const one of candidates) {
    if (one.hasAddress || !taking.has(one.endpoint)) taking.set(one.endpoint, one)
  }
  return [...taking.values()]
}

/** Sets how far each is from the client; from the edge, where the client is not known. */
export function setClient(listed: readonly Listed[], client: ClientPlace | undefined): void {
  const { latitude, longitude } = client ?? {}
  if (latitude === undefined || longitude === undefined) {
    for (const candidate of listed) candidate.clientKm = candidate.place.distanceKm
    return
  }
  const point = geoPoint({ latitude, longitude })
  for (const candidate of listed) candidate.clientKm = kmBetween(point, candidate.place.point)
}

/** The addresses of a family, or of both. */
function addressesOfType(addresses: readonly string[], qtype: number): readonly string[] {
  if (qtype !== TYPE_A && qtype !== TYPE_AAAA) return addresses
  return addresses.filter((address) => isOfFamily(address, qtype))
}

/** All addresses of an endpoint: its own, else those of its cluster; none of one that is another name. */
export function ownAddresses(endpoint: ReplicaEndpoint, { cluster }: Place): readonly string[] {
  if (endpoint.addresses.length > 0 || endpoint.target !== undefined) return endpoint.addresses
  return cluster.addresses
}

/** An endpoint while it is chosen from. */
export interface Listed extends Answerable, ChosenEndpoint {
  readonly place: Place
  readonly isAlias: boolean
  readonly hasType: boolean
  clientKm: number
}

/**
 * The endpoints on clusters that the edge knows the place of, and the clusters of the others. An endpoint with a
 * target that SRV can name too is listed as both.
 */
export function listCandidates(
  app: ReplicaApp,
  qtype: number,
  topology: Topology,
): {
  readonly listed: readonly Listed[]
  readonly unlisted: readonly string[]
} {
  const listed: Listed[] = []
  const unlisted: string[] = []
  for (const endpoint of app.endpoints) {
    const place = topology.places.get(endpoint.cluster)
    if (place === undefined) {
      unlisted.push(endpoint.cluster)
      continue
    }
    const { priority, weight, load, withheld, fallback: isFallback } = endpoint
    const state: Cluster['state'] = endpoint.state ?? 'active'
    const isAlias = endpoint.target !== undefined
    const all = ownAddresses(endpoint, place)
    const addresses = addressesOfType(all, qtype)
    const isAnswerable = isAnswerableBy(app.service, endpoint, all, qtype)
    const hasType = isAnswerable && !isAlias
    const hasAny = isAlias || all.length > 0
    const isDown = endpoint.health === 'down'
    const clientKm = place.distanceKm
    const base = { endpoint, place, clientKm, addresses, priority, weight }
    const one = { ...base, state, isDown, load, withheld, isFallback }
    listed.push({ ...one, hasAddress: hasType, isAlias, hasAny, hasType })
    if (!isAlias || !isAnswerable) continue
    listed.push({ ...one, hasAddress: true, isAlias: false, hasAny: false, hasType: true })
  }
  return { listed, unlisted }
}

function idOf({ place }: Candidate): string {
  return place.cluster.id
}
