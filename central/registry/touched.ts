import { isDeepStrictEqual } from 'node:util'
import type { Name } from '../../shared/dns/name.ts'
import { isAtOrUnder, parentOf } from '../../shared/dns/name.ts'
import { assertNever } from '../../shared/errors.ts'
import type { Policy } from '../../shared/registry/policy-schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { ChangeRecord, MaintenanceWindow } from '../model/events.ts'
import { countAtOrBelow } from '../model/counts.ts'
import { machineOf } from '../model/machines.ts'
import { isWildcard, rrsetAt } from '../model/records.ts'
import type { RegistryState } from '../model/state.ts'
import { zoneOf } from '../model/state.ts'

/** The things that one change touched; what they are now is looked up when it is told. */
export interface Touched {
  readonly version: number
  readonly acceptedEpochMs: number
  readonly clusters: ReadonlySet<string>
  readonly zones: ReadonlySet<Name>
  /** Zones of which at least the serial has changed. */
  readonly serials: ReadonlySet<Name>
  /** Names of which the kind or the app may have changed. */
  readonly names: ReadonlySet<Name>
  /** Names below which it may matter to others what stands there: a wildcard, a cut, what has come to be. */
  readonly covers: ReadonlySet<Name>
  readonly networks: ReadonlySet<string>
  /** A window of maintenance was put, has begun or has ended. */
  readonly maintenance?: true
}

/** The policy that a zone, or the one above where it is new, gives to apps without one. */
function defaultPolicyAt(state: RegistryState, apex: Name): Policy | undefined {
  return zoneOf(state, apex)?.value.policy
}

/** Says what a change touched. `state` is the one before it. */
export function touchedBy(state: RegistryState, record: ChangeRecord): Touched {
  const clusters = new Set<string>()
  const zones = new Set<Name>()
  const serials = new Set<Name>()
  const names = new Set<Name>()
  const covers = new Set<Name>()
  const networks = new Set<string>()

  // A name that comes or goes may turn those above it from NXDOMAIN to NODATA or back.
  // Those below it are answered by another wildcard then, where there are any.
  const addWithAncestors = (name: Name): void => {
    let highest = name
    for (let at: Name | undefined = name; at !== undefined; at = parentOf(at)) {
      names.add(at)
      // All of them may go with this change.
      if (countAtOrBelow(state, at) > record.events.length) continue
      highest = at
      if (isWildcard(at)) covers.add(parentOf(at) ?? at)
    }
    if (state.recordCount.has('wildcards')) covers.add(highest)
  }
  const addSerialOf = (name: Name | undefined): void => {
    const zone = name === undefined ? undefined : zoneOf(state, name)
    if (zone !== undefined) serials.add(zone.value.apex)
  }

  // The referral of a cut has the addresses of name servers below it.
  const addCutAbove = (name: Name): void => {
    for (let at = parentOf(name); at !== undefined; at = parentOf(at)) {
      if (state.zones.has(at)) return
      if (rrsetAt(state, at, 'NS') === undefined) continue
      names.add(at)
      covers.add(at)
    }
  }

  // What is a cut or has a DNAME record answers for the names below it, with its other records too.
  const isAbove = (name: Name, type: string): boolean =>
    type === 'NS' ||
    type === 'DNAME' ||
    rrsetAt(state, name, 'NS') !== undefined ||
    rrsetAt(state, name, 'DNAME') !== undefined

  let maintenance = false
  // No serial: the zone is what it was.
  const addMaintained = (window: MaintenanceWindow | undefined): void => {
    maintenance = true
    if (window?.app !== undefined) names.add(window.app)
    else if (window !== undefined) clusters.add(window.cluster)
  }

  // What is withheld of a region is told of each endpoint.
  const addRelieved = ({ id, region }: Cluster): void => {
    if (state.regions.size === 0 || state.clusters.get(id)?.value.region === region) return
    for (const app of state.regions.keys()) {
      if (state.apps.get(app)?.endpoints.has(id) === true) names.add(app)
    }
  }

  for (const event of record.events) {
    switch (event.type) {
      case 'maintenance-put':
        // It may have been about another place.
        addMaintained(state.maintenance.get(event.id)?.value)
        addMaintained(event)
        break
      case 'maintenance-begun':
      case 'maintenance-ended':
        addMaintained(event)
        break
      case 'cluster-put':
        clusters.add(event.cluster.id)
        addRelieved(event.cluster)
        break
      case 'cluster-deleted':
        clusters.add(event.id)
        break
      case 'zone-put':
        zones.add(event.zone.apex)
        if (state.recordCount.has('all')) covers.add(event.zone.apex)
        addWithAncestors(event.zone.apex)
        addSerialOf(parentOf(event.zone.apex))
        if (!isDeepStrictEqual(defaultPolicyAt(state, event.zone.apex), event.zone.policy)) {
          for (const app of state.apps.values()) {
            const { name, policy } = app.value
            if (policy === undefined && isAtOrUnder(name, event.zone.apex)) names.add(name)
          }
        }
        break
      case 'zone-deleted':
        zones.add(event.apex)
        if (state.recordCount.has('all')) covers.add(event.apex)
        addWithAncestors(event.apex)
        addSerialOf(parentOf(event.apex))
        break
      case 'rrset-put':
      case 'rrset-deleted': {
        const { name, type } =
          event.type === 'rrset-put' ? event.rrset : { name: event.name, type: event.rrtype }
        if (!state.records.has(name) || event.type === 'rrset-deleted') addWithAncestors(name)
        else names.add(name)
        if (isWildcard(name)) covers.add(parentOf(name) ?? name)
        else if (isAbove(name, type)) covers.add(name)
        addCutAbove(name)
        addSerialOf(type === 'DS' ? (parentOf(name) ?? name) : name)
        break
      }
      case 'app-put':
        if (state.apps.has(event.app.name)) names.add(event.app.name)
        else addWithAncestors(event.app.name)
        addSerialOf(event.app.name)
        break
      case 'app-deleted':
        addWithAncestors(event.name)
        addSerialOf(event.name)
        break
      case 'endpoint-put':
      case 'endpoint-deleted':
        names.add(event.app)
        addSerialOf(event.app)
        break
      case 'machine-registered':
      case 'machine-withdrawn':
        names.add(event.app)
        addSerialOf(event.app)
        break
      case 'machine-terminated':
      case 'source-position':
      case 'source-refused':
        break
      case 'machine-unregistered':
        // One that is out already is in no answer.
        if (machineOf(state, event)?.out !== undefined) break
        names.add(event.app)
        addSerialOf(event.app)
        break
      case 'endpoint-health':
      case 'endpoint-forced':
      case 'endpoint-unforced':
      case 'endpoint-load':
      case 'endpoint-withheld':
      case 'region-withheld':
        // No serial: the zone is what it was.
        names.add(event.app)
        break
      case 'network-put':
        networks.add(event.network.id)
        break
      case 'network-deleted':
        networks.add(event.id)
        break
      default:
        assertNever(event)
    }
  }
  return {
    version: record.version,
    acceptedEpochMs: record.atEpoch,
    clusters,
    zones,
    serials,
    names,
    covers,
    networks,
    ...(maintenance ? { maintenance: true as const } : {}),
  }
}
