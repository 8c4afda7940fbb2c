import { assertNever } from '../../shared/errors.ts'
import type { EndpointForce, MachineKey, RegistryEvent } from '../model/events.ts'
import { machineOf } from '../model/machines.ts'
import { rrsetAt } from '../model/records.ts'
import { positionOf } from '../model/sources.ts'
import type { RegistryState } from '../model/state.ts'

/** One line of what a change set does to one object. */
export interface DiffEntry {
  readonly action: 'create' | 'change' | 'delete'
  readonly kind:
    | 'cluster'
    | 'zone'
    | 'app'
    | 'rrset'
    | 'endpoint'
    | 'health'
    | 'force'
    | 'machine'
    | 'network'
    | 'maintenance'
    | 'load'
    | 'withheld'
    | 'source'
    | 'dead-letter'
  /** Id, apex, name, `name type` for an rrset, or `name cluster` for an endpoint, its health, force, load and what is withheld, with the id for a machine. */
  readonly id: string
  readonly before?: object
  readonly after?: object
}

/** Says what an event does. `state` is the one before it. */
export function diffOf(state: RegistryState, event: RegistryEvent): DiffEntry {
  switch (event.type) {
    case 'cluster-put':
      return entry('cluster', event.cluster.id, state.clusters.get(event.cluster.id), event.cluster)
    case 'cluster-deleted':
      return entry('cluster', event.id, state.clusters.get(event.id), undefined)
    case 'zone-put':
      return entry('zone', event.zone.apex, state.zones.get(event.zone.apex), event.zone)
    case 'zone-deleted':
      return entry('zone', event.apex, state.zones.get(event.apex), undefined)
    case 'rrset-put': {
      const { name, type } = event.rrset
      return entry('rrset', `${name} ${type}`, rrsetAt(state, name, type), event.rrset)
    }
    case 'rrset-deleted': {
      const { name, rrtype } = event
      return entry('rrset', `${name} ${rrtype}`, rrsetAt(state, name, rrtype), undefined)
    }
    case 'app-put':
      return entry('app', event.app.name, state.apps.get(event.app.name), event.app)
    case 'app-deleted':
      return entry('app', event.name, state.apps.get(event.name), undefined)
    case 'endpoint-put': {
      const { app, endpoint } = event
      const before = state.apps.get(app)?.endpoints.get(endpoint.cluster)
      return entry('endpoint', `${app} ${endpoint.cluster}`, before, endpoint)
    }
    case 'endpoint-deleted': {
      const before = state.apps.get(event.app)?.endpoints.get(event.cluster)
      return entry('endpoint', `${event.app} ${event.cluster}`, before, undefined)
    }
    case 'endpoint-health': {
      const { type: _, ...verdict } = event
      const before = state.health.get(event.app)?.get(event.cluster)
      const id = `${event.app} ${event.cluster}`
      const after = verdict.state === 'unknown' ? undefined : verdict
      return entry('health', id, before && { value: before }, after)
    }
    case 'endpoint-forced': {
      const { type: _, ...force } = event
      return forceEntry(state, force, force)
    }
    case 'endpoint-unforced':
      return forceEntry(state, event, undefined)
    case 'machine-registered': {
      const { type: _, ...machine } = event
      return entry('machine', idOf(event), machineOf(state, event), machine)
    }
    case 'machine-withdrawn': {
      const before = machineOf(state, event)
      return entry('machine', idOf(event), before, { ...before?.value, out: event.why })
    }
    case 'machine-terminated': {
      const before = machineOf(state, event)
      const { ok, detail, attempts } = event
      const terminated = { ok, detail, attempts }
      return entry('machine', idOf(event), before, { ...before?.value, terminated })
    }
    case 'machine-unregistered':
      return entry('machine', idOf(event), machineOf(state, event), undefined)
    case 'network-put':
      return entry('network', event.network.id, state.networks.get(event.network.id), event.network)
    case 'network-deleted':
      return entry('network', event.id, state.networks.get(event.id), undefined)
    case 'maintenance-put': {
      const { type: _, ...window } = event
      return entry('maintenance', event.id, state.maintenance.get(event.id), window)
    }
    case 'maintenance-begun': {
      const { type: _, ...window } = event
      const before = state.maintenance.get(event.id)
      return entry('maintenance', event.id, before, { ...window, isInForce: true })
    }
    case 'maintenance-ended':
      return entry('maintenance', event.id, state.maintenance.get(event.id), undefined)
    case 'endpoint-load': {
      const { type: _, ...load } = event
      const before = state.loads.get(event.app)?.get(event.cluster)
      const after = load.load === undefined ? undefined : load
      return entry('load', `${event.app} ${event.cluster}`, before && { value: before }, after)
    }
    case 'endpoint-withheld': {
      const { type: _, ...withheld } = event
      const before = state.withheld.get(event.app)?.get(event.cluster)
      const after = withheld.percent === 0 ? undefined : withheld
      return entry('withheld', `${event.app} ${event.cluster}`, before && { value: before }, after)
    }
    case 'region-withheld': {
      const { type: _, ...withheld } = event
      const before = state.regions.get(event.app)?.get(event.region)
      const after = withheld.percent === 0 ? undefined : withheld
      return entry('withheld', `${event.app} ${event.region}`, before && { value: before }, after)
    }
    case 'source-position': {
      const { type: _, ...position } = event
      const { source, topic, partition } = position
      const next = positionOf(state, position)
      const before = next === undefined ? undefined : { value: { ...position, next } }
      return entry('source', `${source} ${topic}/${partition}`, before, position)
    }
    case 'source-refused': {
      const { type: _, ...message } = event
      const id = `${message.source} ${message.topic}/${message.partition}/${message.offset}`
      return entry('dead-letter', id, undefined, message)
    }
    default:
      return assertNever(event)
  }
}

function forceEntry(
  state: RegistryState,
  { app, cluster }: Pick<EndpointForce, 'app' | 'cluster'>,
  after: EndpointForce | undefined,
): DiffEntry {
  const before = state.forced.get(app)?.get(cluster)
  return entry('force', `${app} ${cluster}`, before && { value: before }, after)
}

function idOf({ app, cluster, machine }: MachineKey): string {
  return `${app} ${cluster} ${machine}`
}

function entry(
  kind: DiffEntry['kind'],
  id: string,
  before: { readonly value: object } | undefined,
  after: object | undefined,
): DiffEntry {
  const action = before === undefined ? 'create' : after === undefined ? 'delete' : 'change'
  return {
    action,
    kind,
    id,
    ...(before === undefined ? {} : { before: before.value }),
    ...(after === undefined ? {} : { after }),
  }
}
