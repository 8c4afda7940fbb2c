import { rcodeName, typeName, RCODE_NOERROR, RCODE_NXDOMAIN } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { follow } from '../../shared/records/follow.ts'
import type { Clock } from '../../shared/clock.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import { clusterStates } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { OwnVerdicts } from '../health/own-verdicts.ts'
import type { LocatedClient } from '../locate/clients.ts'
import type { ClientPlace } from '../locate/place.ts'
import type { NameEntry } from '../replica/names.ts'
import type { Replica } from '../replica/replica.ts'
import type { Resolver } from '../replica/resolver.ts'
import { appTypeOf, recordsOf, recordText } from './answer-records.ts'
import { decideSteering, ownAddresses } from './decide.ts'
import { percentOf, shareBuckets } from './draw.ts'
import type { Drawn } from './draw.ts'
import type { ChosenEndpoint, SteeringDecision } from './decide.ts'
import { explainRecords } from './explain-records.ts'
import type { Step } from './steps.ts'
import type { Topology } from './topology.ts'
import { lookupIn } from './zone-lookup.ts'

/** An endpoint with what an answer goes by. */
export interface ExplainedEndpoint {
  readonly cluster: string
  readonly distanceKm: number | null
  readonly addresses: readonly string[]
  /** The other name that it is. */
  readonly target?: Name
  readonly weight: number
  readonly priority: number
  /** Its own, or that of its cluster, whichever is worse. */
  readonly state: string
  readonly health: HealthState
  /** Whether the health is what an operator wants. */
  readonly forced: boolean
  /** Percent of what it can bear; absent where nobody tells. */
  readonly load?: number
  /** Percent of the queries that it would get which others get; absent for none. */
  readonly withheldPercent?: number
  /** Answered only where too few of the others are up. */
  readonly fallback?: true
}

/** Why the edge answers a question as it does. */
export interface Explanation {
  readonly name: Name
  readonly type: string
  readonly edge: string
  readonly cluster: string
  /** Where the client is taken to be, where one was given. */
  readonly client?: {
    readonly prefix: string
    /** Bits of the widest prefix around it whose addresses are all at this place. */
    readonly scope: number
    /** Empty where nothing is known: then the client is taken to be where the edge is. */
    readonly place: ClientPlace
  }
  /** Apex of the zone that the name lies in. */
  readonly zone?: Name
  readonly source: 'app' | 'records' | 'nodata' | 'nxdomain' | 'not-in-mesh' | 'unknown'
  /** Version of central's state that the name is known from. */
  readonly version: number
  readonly endpoints: readonly ExplainedEndpoint[]
  readonly steps: readonly Step[]
  readonly answer: {
    readonly rcode: string
    readonly ttl: number
    readonly ttlReason: string
    readonly cluster?: string
    readonly distanceKm?: number
    /** All whose addresses are answered, the best first. */
    readonly clusters?: readonly string[]
    /** Where each query is answered with one of them, drawn: how often, in percent. */
    readonly drawn?: Readonly<Record<string, number>>
    readonly records: readonly string[]
  }
  /** Whether the name is told from what could not be confirmed. */
  readonly stale: boolean
}

export interface ExplainOptions {
  readonly edgeId: string
  readonly replica: Replica
  readonly resolver: Resolver | undefined
  readonly clock: Clock
  readonly own: OwnVerdicts
}

/** Explains an answer by the very code that makes it. An unknown name is asked for, as a query does. */
export async function explain(
  options: ExplainOptions,
  name: Name,
  qtype: number,
  client?: LocatedClient,
): Promise<Explanation> {
  const { replica, resolver, edgeId, clock } = options
  const key = nameKey(name)
  const base = {
    name,
    type: typeName(qtype),
    edge: edgeId,
    cluster: replica.tables.topology.own.id,
    ...(client && {
      client: { prefix: client.prefix, scope: client.scope, place: client.place ?? {} },
    }),
  }
  const zone = replica.tables.zones.find(key)
  if (zone === undefined) {
    const isReady = replica.hasState
    return {
      ...base,
      ...nothing,
      source: isReady ? 'not-in-mesh' : 'unknown',
      version: replica.tables.version,
      answer: {
        rcode: isReady ? 'REFUSED' : 'SERVFAIL',
        ttl: 0,
        ttlReason: isReady ? 'the name lies in no zone of the mesh' : 'no state from central yet',
        records: [],
      },
      stale: false,
    }
  }
  const held = replica.tables.names.get(key)
  let entry = held
  let stale = false
  if (held === undefined || held.expiresAt <= clock.nowMs()) {
    const resolution = await resolver?.resolve(key, zone.negativeTtl)
    if (resolution?.ok === true) entry = resolution.entry
    else stale = true
  }
  const inZone = { ...base, zone: zone.zone.apex, stale }
  if (entry === undefined) {
    return {
      ...inZone,
      ...nothing,
      source: 'unknown',
      version: replica.tables.version,
      answer: { rcode: 'SERVFAIL', ttl: 0, ttlReason: 'central is out of reach', records: [] },
    }
  }
  const asked = { taken: new Map([[key, entry]]), givenUp: new Set<string>() }
  const found = follow(lookupIn(replica.tables, clock.nowMs(), asked), key, qtype)
  const { is } = found.end
  if (found.links.length > 0 || is === 'rrset' || is === 'referral') {
    return { ...inZone, ...explainRecords(found, entry.version) }
  }
  return entry.kind === 'app'
    ? { ...inZone, ...explainApp(entry, options.own, qtype, replica.tables.topology, zone, client) }
    : { ...inZone, ...explainNegative(entry, zone) }
}

const nothing = { endpoints: [], steps: [] } as const

/** What is explained of a name that lies in a zone. */
export type Explained = Pick<Explanation, 'source' | 'version' | 'endpoints' | 'steps' | 'answer'>

/** What a name is explained by. */
type ExplainedEntry = Pick<NameEntry, 'name' | 'kind' | 'version' | 'app'>

/** What of its zone matters. */
interface ExplainedZone {
  readonly zone: { readonly apex: Name }
  readonly negativeTtl: number
}

/** A client; without a bucket it is not told which of those that can be drawn it gets each time. */
type ExplainedClient = Pick<LocatedClient, 'place'> & Partial<Pick<LocatedClient, 'bucket'>>

function explainNegative(entry: ExplainedEntry, zone: ExplainedZone): Explained {
  const isApex = entry.name === zone.zone.apex
  const source = entry.kind === 'nxdomain' && !isApex ? 'nxdomain' : 'nodata'
  return {
    ...nothing,
    source,
    version: entry.version,
    answer: {
      rcode: rcodeName(source === 'nxdomain' ? RCODE_NXDOMAIN : RCODE_NOERROR),
      ttl: zone.negativeTtl,
      ttlReason: 'the lesser of SOA MINIMUM and SOA TTL (RFC 2308)',
      records: [],
    },
  }
}

/** Explains the answer to a type for an app, by what is told of it and what of it this edge found out. */
export function explainApp(
  entry: ExplainedEntry,
  own: Pick<OwnVerdicts, 'over'>,
  qtype: number,
  topology: Topology,
  zone: ExplainedZone,
  client: ExplainedClient | undefined,
): Explained {
  if (entry.app === undefined) return explainNegative(entry, zone)
  const steps: Step[] = []
  const app = own.over(entry.name, entry.app)
  const decision = decideSteering(app, qtype, topology, steps, client?.place)
  const { drawn, ttl, ttlReason, isRefused } = decision
  const chosen = ofClient(decision, client)
  const [best] = chosen
  const endpoints = app.endpoints.map((endpoint): ExplainedEndpoint => {
    const place = topology.places.get(endpoint.cluster)
    return {
      cluster: endpoint.cluster,
      distanceKm: place?.distanceKm ?? null,
      addresses: place === undefined ? endpoint.addresses : ownAddresses(endpoint, place),
      ...(endpoint.target === undefined ? {} : { target: endpoint.target }),
      weight: endpoint.weight,
      priority: endpoint.priority,
      state: worseState(endpoint.state, place?.cluster.state),
      health: endpoint.health ?? 'unknown',
      forced: endpoint.forced ?? false,
      ...(endpoint.load === undefined ? {} : { load: endpoint.load }),
      ...(endpoint.withheld === undefined ? {} : { withheldPercent: endpoint.withheld }),
      ...(endpoint.fallback === undefined ? {} : { fallback: endpoint.fallback }),
    }
  })
  endpoints.sort((a, b) => (a.distanceKm ?? Infinity) - (b.distanceKm ?? Infinity))
  const subject = { name: entry.name, service: app.service, ttl }
  const answers = drawn === undefined ? [chosen] : chosen.map((one) => [one])
  const records = answers
    .flatMap((each) => recordsOf(subject, each, appTypeOf(qtype)))
    .map((record) => recordText(entry.name, record))
  if (best === undefined || records.length === 0) {
    const negative = explainNegative(entry, zone)
    const isShorter = isRefused && ttl < zone.negativeTtl
    const answer = isShorter ? { ...negative.answer, ttl, ttlReason } : negative.answer
    return { ...negative, source: 'app', endpoints, steps, answer }
  }
  return {
    source: 'app',
    version: entry.version,
    endpoints,
    steps,
    answer: {
      rcode: rcodeName(RCODE_NOERROR),
      ttl,
      ttlReason,
      cluster: best.endpoint.cluster,
      distanceKm: best.place.distanceKm,
      clusters: chosen.map(({ endpoint }) => endpoint.cluster),
      ...(drawn === undefined ? {} : { drawn: explainDrawn(drawn) }),
      records: [...new Set(records)],
    },
  }
}

/** The one that a client gets each time, where each has its own; else all that were chosen. */
function ofClient(
  { chosen, drawn, isSticky }: SteeringDecision,
  client: ExplainedClient | undefined,
): readonly ChosenEndpoint[] {
  if (drawn === undefined || !isSticky || client?.bucket === undefined) return chosen
  const own = drawn[shareBuckets(drawn)[client.bucket] ?? 0]?.item
  return own === undefined ? [] : [own]
}

/** `unknown`: of a cluster that the edge does not know. */
function worseState(
  ofEndpoint: Cluster['state'] = 'active',
  ofCluster: Cluster['state'] | undefined,
): string {
  if (ofCluster === undefined) return 'unknown'
  return clusterStates.indexOf(ofEndpoint) > clusterStates.indexOf(ofCluster)
    ? ofEndpoint
    : ofCluster
}

function explainDrawn(drawn: readonly Drawn<ChosenEndpoint>[]): Readonly<Record<string, number>> {
  const percents = percentOf(drawn)
  return Object.fromEntries(
    drawn.map(({ item }, i) => [item.endpoint.cluster, Number((percents[i] ?? 0).toFixed(2))]),
  )
}
