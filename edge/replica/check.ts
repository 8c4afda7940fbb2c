import type { MeridianError } from '../../shared/errors.ts'
import type { Name } from '../../shared/dns/name.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import { isCanonicalEndpoint } from '../../shared/registry/canonical-endpoint.ts'
import { clusterSchema, endpointSchema } from '../../shared/registry/schema.ts'
import type { Endpoint } from '../../shared/registry/schema.ts'
import { serviceSchema } from '../../shared/registry/service-schema.ts'
import type { Service } from '../../shared/registry/service-schema.ts'
import {
  CHECK_INTERVAL_MAX_MS,
  CHECK_TIMES_MAX,
  LOAD_MAX_PERCENT,
  NETWORK_PREFIXES_TOTAL_MAX,
  NETWORKS_MAX,
} from '../../shared/registry/limits.ts'
import { healthStateOf } from '../../shared/rpc/health-states.ts'
import { TTL_MAX } from '../../shared/dns/codes.ts'
import type { Change__Output } from '../../shared/rpc/generated/meridian/v1/Change.ts'
import type { Cluster__Output } from '../../shared/rpc/generated/meridian/v1/Cluster.ts'
import type { Endpoint__Output } from '../../shared/rpc/generated/meridian/v1/Endpoint.ts'
import type { NameState__Output } from '../../shared/rpc/generated/meridian/v1/NameState.ts'
import type { Network__Output } from '../../shared/rpc/generated/meridian/v1/Network.ts'
import type { Service__Output } from '../../shared/rpc/generated/meridian/v1/Service.ts'
import type { Zone__Output } from '../../shared/rpc/generated/meridian/v1/Zone.ts'
import { checkCover, checkRrsets } from './check-records.ts'
import { checkName, invalid } from './invalid.ts'
import { TRUST_STEP_MS } from './model.ts'
import { wrongPolicy } from './policy-text.ts'
import type { EndpointShare } from './share-word.ts'
import type {
  NameState,
  ReplicaApp,
  ReplicaChange,
  ReplicaCluster,
  ReplicaEndpoint,
  ReplicaHealth,
  ReplicaZone,
} from './model.ts'

/**
 * Turns what central sends into what the edge holds. Every function throws MERIDIAN_CENTRAL_INVALID,
 * naming the field, when a value is not possible: nothing unchecked ever reaches the tables.
 */
export function checkChange(change: Change__Output): ReplicaChange {
  return {
    version: checkVersion(change.version),
    acceptedEpochMs: change.acceptedEpochMs,
    sentEpochMs: change.sentEpochMs,
    clusters: change.clusters.map(checkCluster),
    clustersDeleted: change.clustersDeleted,
    zones: change.zones.map(checkZone),
    zonesDeleted: change.zonesDeleted.map((apex) => checkName('zones_deleted', apex)),
    serials: change.serials.map(({ apex, serial }) => ({
      apex: checkName('serials.apex', apex),
      serial,
    })),
    networks: checkNetworks(change.networks),
    networksDeleted: change.networksDeleted,
    names: change.names.map(checkNameState),
    hash: checkHash(change.hash),
  }
}

export function checkNameState(state: NameState__Output): NameState {
  const name = checkName('names.name', state.name)
  const rrsets = checkRrsets(name, state.rrsets)
  const told = {
    name,
    version: checkVersion(state.version),
    ...(rrsets.length === 0 ? {} : { rrsets }),
    ...(state.cover === null ? {} : { cover: checkCover(name, state.cover) }),
  }
  switch (state.kind) {
    case 'NXDOMAIN':
      return { kind: 'nxdomain', ...told }
    case 'NODATA':
      return { kind: 'nodata', ...told }
    case 'APP':
      if (state.app === null) throw invalid('names.app', 'nothing', `the app ${name}`)
      return { kind: 'app', ...told, app: checkApp(name, state.app) }
    default:
      throw invalid('names.kind', String(state.kind), 'a kind that this edge knows')
  }
}

function checkApp(name: Name, app: NonNullable<NameState__Output['app']>): ReplicaApp {
  const { policy, ttlMin, ttlMax } = app
  const wrong = wrongPolicy(policy)
  if (wrong !== undefined) {
    throw invalid(`app ${name} policy`, policy.slice(0, 100), `a policy; it ${wrong}`)
  }
  if (ttlMin > ttlMax || ttlMax > TTL_MAX) {
    throw invalid(`app ${name} ttl`, `${ttlMin}..${ttlMax}`, `0 <= min <= max <= ${TTL_MAX}`)
  }
  return {
    policy,
    ttlMin,
    ttlMax,
    endpoints: app.endpoints.map(checkEndpoint),
    health: checkHealth(name, app),
    ...(app.service === null ? {} : { service: checkService(name, app.service) }),
    ...checkChangesAt(`app ${name} changes_at_epoch_ms`, app.changesAtEpochMs),
  }
}

function checkService(name: Name, { alpn, port, https, srv }: Service__Output): Service {
  const checked = serviceSchema.safeParse({ alpn, https, srv, ...(port === 0 ? {} : { port }) })
  if (checked.success) return checked.data
  throw invalidBySchema(`app ${name} service`, checked.error.issues)
}

/** No trust: nobody finds out, and no lease can end. */
function checkHealth(
  name: Name,
  { enoughUpPercent, failClosed, trustMs }: NonNullable<NameState__Output['app']>,
): ReplicaHealth | undefined {
  if (trustMs === 0) return undefined
  if (enoughUpPercent > 100) {
    throw invalid(`app ${name} enough_up_percent`, String(enoughUpPercent), '0..100')
  }
  if (trustMs > TRUST_MAX_MS) {
    throw invalid(`app ${name} trust_ms`, String(trustMs), `0..${TRUST_MAX_MS}`)
  }
  return { enoughUpPercent, failClosed, trustMs: trustMs - (trustMs % TRUST_STEP_MS) }
}

/** The trust in a verdict: as long as the slowest check can take to turn it. That in a lease is less. */
const TRUST_MAX_MS = CHECK_INTERVAL_MAX_MS * CHECK_TIMES_MAX

/** An endpoint with its defaults taken back out of the message. */
function checkEndpoint(endpoint: Endpoint__Output): ReplicaEndpoint {
  const share = checkShare(endpoint)
  const registered = checkRegistered(endpoint)
  const checked = share === undefined ? registered : { ...registered, ...share }
  const health = healthStateOf(endpoint.health) ?? 'unknown'
  if (health === 'unknown') return checked
  return { ...checked, health, ...(endpoint.forced ? { forced: true } : {}) }
}

/** How much of the queries it gets; undefined where nothing is said, as of most. */
function checkShare({
  load,
  withheldPercent,
  fallback,
}: Endpoint__Output): EndpointShare | undefined {
  if (load === 0 && withheldPercent === 0 && !fallback) return undefined
  if (load > LOAD_MAX_PERCENT + 1) {
    throw invalid('endpoint.load', String(load), `0..${LOAD_MAX_PERCENT + 1}`)
  }
  if (withheldPercent > 100) {
    throw invalid('endpoint.withheld_percent', String(withheldPercent), '0..100')
  }
  return {
    ...(load === 0 ? {} : { load: load - 1 }),
    ...(withheldPercent === 0 ? {} : { withheld: withheldPercent }),
    ...(fallback ? { fallback: true } : {}),
  }
}

function checkRegistered(endpoint: Endpoint__Output): Endpoint {
  const { cluster, addresses, port, weight, priority, owner, target } = endpoint
  const state = clusterStates[endpoint.state]
  const given = {
    cluster,
    addresses,
    weight,
    priority,
    ...(port === 0 ? {} : { port }),
    ...(owner === '' ? {} : { owner }),
    ...(target === '' ? {} : { target }),
    ...(state === 'active' ? {} : { state }),
  }
  if (isCanonicalEndpoint(given)) return given
  const checked = endpointSchema.safeParse(given)
  if (checked.success) return checked.data
  throw invalidBySchema('endpoint', checked.error.issues)
}

const clusterStates = { ACTIVE: 'active', DRAINING: 'draining', DISABLED: 'disabled' } as const

function checkCluster(cluster: Cluster__Output): ReplicaCluster {
  const { id, latitude, longitude, city, country, region, addresses, capacity, state } = cluster
  const foreseen = checkChangesAt('cluster.changes_at_epoch_ms', cluster.changesAtEpochMs)
  const checked = clusterSchema.safeParse({
    id,
    latitude,
    longitude,
    addresses,
    state: clusterStates[state],
    ...(city === '' ? {} : { city }),
    ...(country === '' ? {} : { country }),
    ...(region === '' ? {} : { region }),
    ...(capacity === 0 ? {} : { capacity }),
  })
  if (checked.success) return { ...checked.data, ...foreseen }
  throw invalidBySchema('cluster', checked.error.issues)
}

/** 0: no change is foreseen. */
function checkChangesAt(what: string, epochMs: number): { readonly changesAt?: number } {
  if (!Number.isSafeInteger(epochMs)) {
    throw invalid(what, String(epochMs), 'an integer below 2^53')
  }
  return epochMs === 0 ? {} : { changesAt: epochMs }
}

function checkNetworks(networks: readonly Network__Output[]): readonly Network[] {
  if (networks.length > NETWORKS_MAX) {
    throw invalid('networks', `${networks.length} of them`, `at most ${NETWORKS_MAX}`)
  }
  const sum = networks.reduce((sum, { prefixes }) => sum + prefixes.length, 0)
  if (sum > NETWORK_PREFIXES_TOTAL_MAX) {
    throw invalid('networks', `${sum} prefixes`, `at most ${NETWORK_PREFIXES_TOTAL_MAX}`)
  }
  return networks.map(checkNetwork)
}

function checkNetwork(network: Network__Output): Network {
  const { id, prefixes, cluster, latitude, longitude, country, region, continent, asn } = network
  const checked = networkSchema.safeParse({
    id,
    prefixes,
    ...(cluster === '' ? { latitude, longitude } : { cluster }),
    ...(country === '' ? {} : { country }),
    ...(region === '' ? {} : { region }),
    ...(continent === '' ? {} : { continent }),
    ...(asn === 0 ? {} : { asn }),
  })
  if (checked.success) return checked.data
  throw invalidBySchema('network', checked.error.issues)
}

function checkZone(zone: Zone__Output): ReplicaZone {
  const { soa, serial, nsTtl } = zone
  const apex = checkName('zones.apex', zone.apex)
  if (soa === null) throw invalid(`zone ${apex} soa`, 'nothing', 'a SOA')
  if (soa.ttl > TTL_MAX || soa.minimum > TTL_MAX || nsTtl > TTL_MAX) {
    throw invalid(`zone ${apex}`, 'a TTL of more than 31 bits', 'RFC 2181 §8')
  }
  return {
    apex,
    ns: zone.ns.map((name) => checkName(`zone ${apex} ns`, name)),
    nsTtl,
    soa: {
      mname: checkName(`zone ${apex} mname`, soa.mname),
      rname: checkName(`zone ${apex} rname`, soa.rname),
      refresh: soa.refresh,
      retry: soa.retry,
      expire: soa.expire,
      minimum: soa.minimum,
      ttl: soa.ttl,
    },
    serial,
  }
}

function checkVersion(version: number): number {
  if (Number.isSafeInteger(version)) return version
  throw invalid('version', String(version), 'an integer below 2^53')
}

function checkHash(hash: string): string {
  if (hash === '' || /^[0-9a-f]{64}$/.test(hash)) return hash
  throw invalid('hash', JSON.stringify(hash.slice(0, 80)), '64 hexadecimal digits')
}

function invalidBySchema(
  what: string,
  issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[],
): MeridianError {
  const issue = issues[0]
  const path = [what, ...(issue?.path ?? [])].join('.')
  return invalid(path, 'a value', issue?.message ?? 'a good one')
}
