import type { Name } from '../../shared/dns/name.ts'
import type { App as AppMessage } from '../../shared/rpc/generated/meridian/v1/App.ts'
import type { Change as ChangeMessage } from '../../shared/rpc/generated/meridian/v1/Change.ts'
import type { Cluster as ClusterMessage } from '../../shared/rpc/generated/meridian/v1/Cluster.ts'
import type { NameState as NameStateMessage } from '../../shared/rpc/generated/meridian/v1/NameState.ts'
import type { Network as NetworkMessage } from '../../shared/rpc/generated/meridian/v1/Network.ts'
import type { Service as ServiceMessage } from '../../shared/rpc/generated/meridian/v1/Service.ts'
import type { Zone as ZoneMessage } from '../../shared/rpc/generated/meridian/v1/Zone.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import { trustMsOfApp } from '../../shared/registry/trust.ts'
import { policyText } from '../../shared/registry/policy-schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { Service } from '../../shared/registry/service-schema.ts'
import { healthStateName } from '../../shared/rpc/health-states.ts'
import { coverMessage, rrsetMessages } from './record-messages.ts'
import { countAtOrBelow } from '../model/counts.ts'
import { nextChangeOf } from '../model/foreseen.ts'
import { effectiveEndpoint, shortestLeaseSeconds } from '../model/machines.ts'
import { maintainedState, nextBeginOf } from '../model/maintenance.ts'
import type { MaintenanceState } from '../model/maintenance.ts'
import { loadOf, withheldPercentOf } from '../model/shares.ts'
import type { ShareState } from '../model/shares.ts'
import { policyOf, serialOf } from '../model/state.ts'
import type { RegistryState, StoredApp, StoredZone } from '../model/state.ts'
import type { TouchedSince } from '../registry/history.ts'

const clusterStates = { active: 'ACTIVE', draining: 'DRAINING', disabled: 'DISABLED' } as const

/** A cluster as it counts now, and when that is foreseen to change. */
export function clusterMessage(state: MaintenanceState, cluster: Cluster): ClusterMessage {
  return {
    id: cluster.id,
    latitude: cluster.latitude,
    longitude: cluster.longitude,
    city: cluster.city ?? '',
    country: cluster.country ?? '',
    region: cluster.region ?? '',
    addresses: [...cluster.addresses],
    capacity: cluster.capacity ?? 0,
    state: clusterStates[maintainedState(state, cluster.state, cluster.id)],
    changesAtEpochMs: nextBeginOf(state, cluster.id),
  }
}

export function zoneMessage(zone: StoredZone): ZoneMessage {
  const { apex, ns, nsTtl, soa } = zone.value
  return { apex, ns: [...ns], nsTtl, soa, serial: serialOf(zone) }
}

export function networkMessage(network: Network): NetworkMessage {
  return {
    id: network.id,
    prefixes: [...network.prefixes],
    cluster: network.cluster ?? '',
    latitude: network.latitude ?? 0,
    longitude: network.longitude ?? 0,
    country: network.country ?? '',
    region: network.region ?? '',
    continent: network.continent ?? '',
    asn: network.asn ?? 0,
  }
}

/** What an app is told by. */
type AppState = MaintenanceState &
  ShareState &
  Pick<RegistryState, 'zones' | 'health' | 'forced' | 'machines' | 'records'>

/** What stands at a name now, as of the version of the whole state. */
export function nameStateMessage(
  state: RegistryState,
  name: Name,
  version: number,
): NameStateMessage {
  const app = state.apps.get(name)
  if (app !== undefined) return appNameStateMessage(state, app, version)
  const kind = countAtOrBelow(state, name) > 0 ? 'NODATA' : 'NXDOMAIN'
  return { name, kind, version, rrsets: rrsetMessages(state.records.get(name)) }
}

/** As `nameStateMessage`, for an edge that holds only some names: with what covers it. */
export function watchedNameMessage(
  state: RegistryState,
  name: Name,
  version: number,
): NameStateMessage {
  const message = nameStateMessage(state, name, version)
  const cover = coverMessage(state, name)
  return cover === undefined ? message : { ...message, cover }
}

export function appNameStateMessage(
  state: AppState,
  app: StoredApp,
  version: number,
): NameStateMessage {
  const { name } = app.value
  const rrsets = rrsetMessages(state.records.get(name))
  return { name, kind: 'APP', version, app: appMessage(state, app), rrsets }
}

/** The present state of everything that was touched; of names those that are given. */
export function changeMessage(
  state: RegistryState,
  touched: TouchedSince,
  names: readonly NameStateMessage[],
): ChangeMessage & { names: NameStateMessage[] } {
  const { version, acceptedEpochMs } = touched
  const clusters: ClusterMessage[] = []
  const clustersDeleted: string[] = []
  for (const id of touched.clusters) {
    const cluster = state.clusters.get(id)
    if (cluster === undefined) clustersDeleted.push(id)
    else clusters.push(clusterMessage(state, cluster.value))
  }
  const zones: ZoneMessage[] = []
  const zonesDeleted: Name[] = []
  for (const apex of touched.zones) {
    const zone = state.zones.get(apex)
    if (zone === undefined) zonesDeleted.push(apex)
    else zones.push(zoneMessage(zone))
  }
  const serials = []
  for (const apex of touched.serials) {
    const zone = state.zones.get(apex)
    if (zone !== undefined && !touched.zones.has(apex)) {
      serials.push({ apex, serial: serialOf(zone) })
    }
  }
  const networks: NetworkMessage[] = []
  const networksDeleted: string[] = []
  for (const id of touched.networks) {
    const network = state.networks.get(id)
    if (network === undefined) networksDeleted.push(id)
    else networks.push(networkMessage(network.value))
  }
  return {
    version,
    acceptedEpochMs,
    clusters,
    clustersDeleted,
    zones,
    zonesDeleted,
    serials,
    networks,
    networksDeleted,
    names: [...names],
  }
}

function appMessage(state: AppState, app: StoredApp): AppMessage {
  const { name, ttl, health, service } = app.value
  const verdicts = state.health.get(name)
  const forces = state.forced.get(name)
  const fallback = health?.fallback && new Set(health.fallback)
  const endpoints = []
  for (const stored of app.endpoints.values()) {
    const value = effectiveEndpoint(state, name, stored)
    if (value === undefined) continue
    const { cluster } = value
    // What an operator has forced goes over what was found out.
    const forced = forces?.get(cluster)?.state
    const told = forced ?? verdicts?.get(cluster)?.state ?? 'unknown'
    endpoints.push({
      cluster,
      addresses: [...value.addresses],
      port: value.port ?? 0,
      weight: value.weight,
      priority: value.priority,
      owner: value.owner ?? '',
      target: value.target ?? '',
      health: healthStateName(told),
      state: clusterStates[maintainedState(state, value.state ?? 'active', cluster, name)],
      forced: forced !== undefined,
      load: (loadOf(state, name, cluster) ?? -1) + 1,
      withheldPercent: withheldPercentOf(state, name, cluster),
      fallback: fallback?.has(cluster) === true,
    })
  }
  return {
    policy: policyText(policyOf(state, app.value)),
    ttlMin: ttl.min,
    ttlMax: ttl.max,
    endpoints,
    enoughUpPercent: health?.enoughUpPercent ?? 0,
    failClosed: health?.whenNotEnough === 'fail-closed',
    trustMs: trustMsOfApp(health?.check, shortestLeaseSeconds(state, app)),
    service: service === undefined ? null : serviceMessage(service),
    changesAtEpochMs: nextChangeOf(state, name, app.endpoints.keys()),
  }
}

function serviceMessage({ alpn, port, https, srv }: Service): ServiceMessage {
  return { alpn: [...alpn], port: port ?? 0, https, srv }
}
