import { rcodeName, typeName, RCODE_NOERROR, RCODE_NXDOMAIN } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { Clock } from '../../shared/clock.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import { clusterStates } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { OwnVerdicts } from '../health/own-verdicts.ts'
import type { NameEntry } from '../replica/names.ts'
import type { Replica } from '../replica/replica.ts'
import type { Resolver } from '../replica/resolver.ts'
import { addressesOf, decideSteering } from './decide.ts'
import { percentOf } from './draw.ts'
import type { Drawn } from './draw.ts'
import type { ChosenEndpoint } from './decide.ts'
import type { Step } from './steps.ts'
import type { Topology } from './topology.ts'
import type { ServedZone } from './zones.ts'

/** An endpoint with what an answer goes by. */
export interface ExplainedEndpoint {
  readonly cluster: string
  readonly distanceKm: number | null
  readonly addresses: readonly string[]
  readonly weight: number
  readonly priority: number
  /** Its own, or that of its cluster, whichever is worse. */
  readonly state: string
  readonly health: HealthState
  /** Whether the health is what an operator wants. */
  readonly forced: boolean
}

/** Why the edge answers a question as it does. */
export interface Explanation {
  readonly name: Name
  readonly type: string
  readonly edge: string
  readonly cluster: string
  /** Apex of the zone that the name lies in. */
  readonly zone?: Name
  readonly source: 'app' | 'nodata' | 'nxdomain' | 'not-in-mesh' | 'unknown'
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
): Promise<Explanation> {
  const { replica, resolver, edgeId, clock } = options
  const key = nameKey(name)
  const base = {
    name,
    type: typeName(qtype),
    edge: edgeId,
    cluster: replica.tables.topology.own.id,
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
  return entry.kind === 'app'
    ? { ...inZone, ...explainApp(entry, options.own, qtype, replica.tables.topology, zone) }
    : { ...inZone, ...explainNegative(entry, zone) }
}

const nothing = { endpoints: [], steps: [] } as const

function explainNegative(
  entry: NameEntry,
  zone: ServedZone,
): Pick<Explanation, 'source' | 'version' | 'endpoints' | 'steps' | 'answer'> {
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

function explainApp(
  entry: NameEntry,
  own: OwnVerdicts,
  qtype: number,
  topology: Topology,
  zone: ServedZone,
): Pick<Explanation, 'source' | 'version' | 'endpoints' | 'steps' | 'answer'> {
  if (entry.app === undefined) return explainNegative(entry, zone)
  const steps: Step[] = []
  const app = own.over(entry.name, entry.app)
  const decision = decideSteering(app, qtype, topology, steps)
  const { chosen, drawn, ttl, ttlReason, isRefused } = decision
  const [best] = chosen
  const endpoints = app.endpoints.map((endpoint): ExplainedEndpoint => {
    const place = topology.places.get(endpoint.cluster)
    return {
      cluster: endpoint.cluster,
      distanceKm: place?.distanceKm ?? null,
      addresses:
        endpoint.addresses.length > 0 ? endpoint.addresses : (place?.cluster.addresses ?? []),
      weight: endpoint.weight,
      priority: endpoint.priority,
      state: worseState(endpoint.state, place?.cluster.state),
      health: endpoint.health ?? 'unknown',
      forced: endpoint.forced ?? false,
    }
  })
  endpoints.sort((a, b) => (a.distanceKm ?? Infinity) - (b.distanceKm ?? Infinity))
  if (best === undefined) {
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
      records: addressesOf(chosen).map(
        (address) => `${entry.name} ${ttl} IN ${typeName(qtype)} ${address}`,
      ),
    },
  }
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
