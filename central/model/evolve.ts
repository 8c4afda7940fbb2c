import { isDeepStrictEqual } from 'node:util'
import { assertNever } from '../../shared/errors.ts'
import type { Name } from '../../shared/dns/name.ts'
import { parentOf } from '../../shared/dns/name.ts'
import { count, countApp, use } from './counts.ts'
import type { ChangeRecord, RegistryEvent } from './events.ts'
import { dropForce, putForce } from './forces.ts'
import { deleteNetwork, putNetwork } from './networks.ts'
import { restoreRrsets } from './packed-rrsets.ts'
import { deleteRrset, putRrset } from './records.ts'
import type { Endpoint } from '../../shared/registry/schema.ts'
import type { RegistryState, StoredApp, StoredEndpoint } from './state.ts'
import { zoneOf } from './state.ts'
import type { StoredObject } from './stored-object.ts'
import { dropVerdict, putVerdict } from './verdicts.ts'
import { deleteMachine, deleteMachines, endpointKey, putMachine } from './machines.ts'
import { dropShare, dropShares, dropWithheld, evolveShare, trimShares } from './shares.ts'
import { putDeadLetter, putPosition, putRefused } from './sources.ts'
import { beginWindow, endWindow, putWindow, restoreWindow } from './maintenance.ts'

/**
 * Folds one change into the state, in place. Deterministic: no time, no chance, no I/O, so that every
 * central that reads the same log has the same state. An event that fits nothing (an endpoint of an
 * app that is not there) changes nothing: `decide` never lets one into the log.
 */
export function evolve(
  state: RegistryState,
  change: Pick<ChangeRecord, 'version' | 'events'>,
): void {
  for (const event of change.events) evolveEvent(state, event, change.version)
}

function evolveEvent(state: RegistryState, event: RegistryEvent, version: number): void {
  switch (event.type) {
    case 'cluster-put':
      state.clusters.set(event.cluster.id, { value: event.cluster, version })
      return
    case 'cluster-deleted':
      state.clusters.delete(event.id)
      return
    case 'zone-put': {
      const { apex } = event.zone
      if (!state.zones.has(apex)) count(state, apex, 1)
      state.zones.set(apex, { value: event.zone, version, serialVersion: version })
      touchParentZone(state, apex, version)
      return
    }
    case 'zone-deleted':
      if (!state.zones.delete(event.apex)) return
      count(state, event.apex, -1)
      touchParentZone(state, event.apex, version)
      return
    case 'rrset-put': {
      const { name } = event.rrset
      if (putRrset(state, { value: event.rrset, version })) count(state, name, 1)
      touchZone(state, zoneNameOf(event.rrset), version)
      return
    }
    case 'rrset-deleted': {
      const { was, isLast } = deleteRrset(state, event.name, event.rrtype)
      if (!was) return
      if (isLast) count(state, event.name, -1)
      touchZone(state, zoneNameOf({ name: event.name, type: event.rrtype }), version)
      return
    }
    case 'app-put': {
      const { name } = event.app
      const before = state.apps.get(name)
      if (before === undefined) countApp(state, name, 1)
      const endpoints = new Map(before?.endpoints)
      state.apps.set(name, { value: event.app, version, endpoints })
      // What was found out by another check says nothing any more.
      if (!isDeepStrictEqual(before?.value.health?.check, event.app.health?.check)) {
        state.health.delete(name)
      }
      trimShares(state, event.app)
      touchZone(state, name, version)
      return
    }
    case 'app-deleted': {
      const app = state.apps.get(event.name)
      if (app === undefined) return
      for (const cluster of app.endpoints.keys()) {
        use(state, cluster, -1)
        deleteMachines(state, event.name, cluster)
      }
      state.apps.delete(event.name)
      state.health.delete(event.name)
      state.forced.delete(event.name)
      dropShares(state, event.name)
      countApp(state, event.name, -1)
      touchZone(state, event.name, version)
      return
    }
    case 'endpoint-put': {
      const app = state.apps.get(event.app)
      if (app === undefined) return
      const { cluster } = event.endpoint
      const before = app.endpoints.get(cluster)?.value
      if (before === undefined) use(state, cluster, 1)
      // Another address, target or port is another thing to find out about.
      if (before === undefined || !isSamePlace(before, event.endpoint)) {
        dropVerdict(state, event.app, cluster)
        dropWithheld(state, event.app, cluster)
      }
      const endpoints = ownEndpoints(app, version)
      const isForMachines = event.forMachines === true ? { isForMachines: true as const } : {}
      endpoints.set(cluster, { value: event.endpoint, version, ...isForMachines })
      setApp(state, app, endpoints, version)
      return
    }
    case 'endpoint-deleted': {
      const app = state.apps.get(event.app)
      if (app === undefined || !app.endpoints.has(event.cluster)) return
      use(state, event.cluster, -1)
      dropVerdict(state, event.app, event.cluster)
      dropForce(state, event.app, event.cluster)
      dropShare(state, event.app, event.cluster)
      deleteMachines(state, event.app, event.cluster)
      const endpoints = ownEndpoints(app, version)
      endpoints.delete(event.cluster)
      setApp(state, app, endpoints, version)
      return
    }
    case 'endpoint-health': {
      const { type: _, ...verdict } = event
      putVerdict(state, verdict)
      if (verdict.state === 'down') dropWithheld(state, verdict.app, verdict.cluster)
      return
    }
    case 'endpoint-forced': {
      const { type: _, ...force } = event
      putForce(state, force)
      return
    }
    case 'endpoint-unforced':
      dropForce(state, event.app, event.cluster)
      return
    case 'machine-registered': {
      const { type: _, ...machine } = event
      if (!putMachine(state, { value: machine, version })) return
      const { app, cluster } = machine
      // What comes may be what was missing.
      if (state.health.get(app)?.get(cluster)?.state === 'down') dropVerdict(state, app, cluster)
      touchZone(state, app, version)
      return
    }
    case 'machine-withdrawn': {
      const { app, cluster, machine, why } = event
      const before = state.machines.get(endpointKey(app, cluster))?.get(machine)
      if (before === undefined) return
      putMachine(state, { value: before.value, version, out: why })
      touchZone(state, app, version)
      return
    }
    case 'machine-terminated':
      // For those who read the log; the machine goes with the event after it.
      return
    case 'machine-unregistered':
      if (deleteMachine(state, event)?.out === undefined) touchZone(state, event.app, version)
      return
    case 'network-put':
      putNetwork(state, { value: event.network, version })
      return
    case 'network-deleted':
      deleteNetwork(state, event.id)
      return
    case 'maintenance-put': {
      const { type: _, ...window } = event
      putWindow(state, window, version)
      return
    }
    case 'maintenance-begun':
      beginWindow(state, event.id, version)
      return
    case 'maintenance-ended':
      endWindow(state, event.id, version)
      return
    case 'endpoint-load':
    case 'endpoint-withheld':
    case 'region-withheld':
      evolveShare(state, event)
      return
    case 'source-position': {
      const { type: _, ...position } = event
      putPosition(state, position)
      return
    }
    case 'source-refused': {
      const { type: _, ...message } = event
      putRefused(state, message)
      return
    }
    default:
      assertNever(event)
  }
}

function isSamePlace(before: Endpoint, after: Endpoint): boolean {
  return (
    before.port === after.port &&
    before.target === after.target &&
    isDeepStrictEqual(before.addresses, after.addresses)
  )
}

type Endpoints = Map<string, StoredEndpoint>

/**
 * The endpoints of an app, to be changed by the change `version`: a copy the first time, then the same
 * map again, so that a change with many endpoints of one app is not quadratic. A map that an earlier
 * version made may be shared with a draft or a reader and is never written.
 */
function ownEndpoints(app: StoredApp, version: number): Endpoints {
  return app.version === version ? app.endpoints : new Map(app.endpoints)
}

function setApp(state: RegistryState, app: StoredApp, endpoints: Endpoints, version: number): void {
  state.apps.set(app.value.name, { value: app.value, version, endpoints })
  touchZone(state, app.value.name, version)
}

/** Raises the serial of the zone that a name lies in. */
function touchZone(state: RegistryState, name: Name, version: number): void {
  const zone = zoneOf(state, name)
  if (zone === undefined || zone.serialVersion === version) return
  state.zones.set(zone.value.apex, { ...zone, serialVersion: version })
}

/** A zone that comes or goes changes what the zone above it says of the names over its apex. */
function touchParentZone(state: RegistryState, apex: Name, version: number): void {
  const parent = parentOf(apex)
  if (parent !== undefined) touchZone(state, parent, version)
}

/** Puts a stored object back as it was, with its versions: for a state that comes from a snapshot. */
export function restore(state: RegistryState, object: StoredObject): void {
  switch (object.kind) {
    case 'cluster':
      state.clusters.set(object.stored.value.id, object.stored)
      return
    case 'zone':
      count(state, object.stored.value.apex, 1)
      state.zones.set(object.stored.value.apex, object.stored)
      return
    case 'app': {
      const { value, version, endpoints } = object.stored
      const byCluster = new Map<string, StoredEndpoint>()
      for (const endpoint of endpoints) {
        byCluster.set(endpoint.value.cluster, endpoint)
        use(state, endpoint.value.cluster, 1)
      }
      countApp(state, value.name, 1)
      state.apps.set(value.name, { value, version, endpoints: byCluster })
      return
    }
    case 'rrsets':
      restoreRrsets(state, object.stored)
      return
    case 'verdict':
      putVerdict(state, object.stored)
      return
    case 'force':
      putForce(state, object.stored)
      return
    case 'machine':
      putMachine(state, object.stored)
      return
    case 'network':
      putNetwork(state, object.stored)
      return
    case 'maintenance':
      restoreWindow(state, object.stored)
      return
    case 'share':
      evolveShare(state, object.stored)
      return
    case 'source-position':
      putPosition(state, object.stored)
      return
    case 'dead-letter':
      putDeadLetter(state, object.stored)
      return
    default:
      assertNever(object)
  }
}

/** A name by which the zone of an rrset is found: the DS records of an apex are of the zone above. */
function zoneNameOf({ name, type }: { readonly name: Name; readonly type: string }): Name {
  return type === 'DS' ? (parentOf(name) ?? name) : name
}
