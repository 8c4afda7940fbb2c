import type { Name } from '../../shared/dns/name.ts'
import type { App as AppMessage } from '../../shared/rpc/generated/meridian/v1/App.ts'
import type { Change as ChangeMessage } from '../../shared/rpc/generated/meridian/v1/Change.ts'
import type { Cluster as ClusterMessage } from '../../shared/rpc/generated/meridian/v1/Cluster.ts'
import type { NameState as NameStateMessage } from '../../shared/rpc/generated/meridian/v1/NameState.ts'
import type { Zone as ZoneMessage } from '../../shared/rpc/generated/meridian/v1/Zone.ts'
import { trustMsOf } from '../../shared/registry/trust.ts'
import { policyText } from '../../shared/registry/policy-schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { healthStateName } from '../../shared/rpc/health-states.ts'
import { effectiveEndpoint } from '../model/machines.ts'
import { policyOf, serialOf } from '../model/state.ts'
import type { RegistryState, StoredApp, StoredZone } from '../model/state.ts'
import type { TouchedSince } from '../registry/history.ts'

const clusterStates = { active: 'ACTIVE', draining: 'DRAINING', disabled: 'DISABLED' } as const

export function clusterMessage(cluster: Cluster): ClusterMessage {
  return {
    id: cluster.id,
    latitude: cluster.latitude,
    longitude: cluster.longitude,
    city: cluster.city ?? '',
    country: cluster.country ?? '',
    region: cluster.region ?? '',
    addresses: [...cluster.addresses],
    capacity: cluster.capacity ?? 0,
    state: clusterStates[cluster.state],
  }
}

export function zoneMessage(zone: StoredZone): ZoneMessage {
  const { apex, ns, nsTtl, soa } = zone.value
  return { apex, ns: [...ns], nsTtl, soa, serial: serialOf(zone) }
}

/** What stands at a name now, as of the version of the whole state. */
export function nameStateMessage(
  state: RegistryState,
  name: Name,
  version: number,
): NameStateMessage {
  const app = state.apps.get(name)
  if (app !== undefined) return appNameStateMessage(state, app, version)
  return { name, kind: state.descendants.has(name) ? 'NODATA' : 'NXDOMAIN', version }
}

export function appNameStateMessage(
  state: Pick<RegistryState, 'zones' | 'health' | 'forced' | 'machines'>,
  app: StoredApp,
  version: number,
): NameStateMessage {
  const { name } = app.value
  return { name, kind: 'APP', version, app: appMessage(state, app) }
}

/** The present state of everything that was touched; of names only those that are wanted. */
export function changeMessage(
  state: RegistryState,
  touched: TouchedSince,
  wants: (name: Name) => boolean,
): ChangeMessage & { names: NameStateMessage[] } {
  const { version, acceptedEpochMs } = touched
  const clusters: ClusterMessage[] = []
  const clustersDeleted: string[] = []
  for (const id of touched.clusters) {
    const cluster = state.clusters.get(id)
    if (cluster === undefined) clustersDeleted.push(id)
    else clusters.push(clusterMessage(cluster.value))
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
  const names: NameStateMessage[] = []
  for (const name of touched.names) {
    if (wants(name)) names.push(nameStateMessage(state, name, version))
  }
  return {
    version,
    acceptedEpochMs,
    clusters,
    clustersDeleted,
    zones,
    zonesDeleted,
    serials,
    names,
  }
}

function appMessage(
  state: Pick<RegistryState, 'zones' | 'health' | 'forced' | 'machines'>,
  app: StoredApp,
): AppMessage {
  const { name, ttl, health } = app.value
  const verdicts = state.health.get(name)
  const forces = state.forced.get(name)
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
      health: healthStateName(told),
      state: clusterStates[value.state ?? 'active'],
      forced: forced !== undefined,
    })
  }
  return {
    policy: policyText(policyOf(state, app.value)),
    ttlMin: ttl.min,
    ttlMax: ttl.max,
    endpoints,
    enoughUpPercent: health?.enoughUpPercent ?? 0,
    failClosed: health?.whenNotEnough === 'fail-closed',
    trustMs: health === undefined ? 0 : trustMsOf(health.check),
  }
}
