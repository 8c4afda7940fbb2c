import { assertNever } from '../../shared/errors.ts'
import {
  ADDRESSES_MAX,
  CLUSTERS_MAX,
  ENDPOINTS_MAX,
  ZONES_MAX,
} from '../../shared/registry/limits.ts'
import type { App, Cluster, Endpoint, Zone } from '../../shared/registry/schema.ts'
import type { ForceCommand } from './decide-force.ts'
import { decideForce } from './decide-force.ts'
import type { MachineCommand } from './decide-machine.ts'
import { addressesOfMachines, decideMachine } from './decide-machine.ts'
import type { MaintenanceCommand } from './decide-maintenance.ts'
import { decideMaintenance } from './decide-maintenance.ts'
import type { NetworkCommand } from './decide-network.ts'
import { decideNetwork } from './decide-network.ts'
import type { RequireCommand } from './decide-require.ts'
import { decideRequire } from './decide-require.ts'
import type { RrsetCommand } from './decide-rrset.ts'
import { appMisplaced, decideRrset } from './decide-rrset.ts'
import type { ShareCommand } from './decide-share.ts'
import { decideShare, slowStartOf } from './decide-share.ts'
import type { SourceCommand } from './decide-source.ts'
import { decideSource } from './decide-source.ts'
import type { Decision } from './decision.ts'
import { accept, reject } from './decision.ts'
import type { EndpointVerdict } from './events.ts'
import { endpointKey } from './machines.ts'
import type { Precondition } from './rules.ts'
import { notFoundUnless, put, tooMany, unmet } from './rules.ts'
import { impossibleTarget, impossibleApex, targetAtApex } from './targets.ts'
import type { RegistryState } from './state.ts'
import { firstInZone, zoneOf } from './state.ts'

/** What somebody wants. Values are parsed already (shared/registry/schema.ts). */
export type Command =
  | { readonly type: 'put-cluster'; readonly cluster: Cluster; readonly if?: Precondition }
  | { readonly type: 'delete-cluster'; readonly id: string; readonly if?: Precondition }
  | { readonly type: 'put-zone'; readonly zone: Zone; readonly if?: Precondition }
  | { readonly type: 'delete-zone'; readonly apex: string; readonly if?: Precondition }
  | { readonly type: 'put-app'; readonly app: App; readonly if?: Precondition }
  | { readonly type: 'delete-app'; readonly name: string; readonly if?: Precondition }
  | {
      readonly type: 'put-endpoint'
      readonly app: string
      readonly endpoint: Endpoint
      readonly if?: Precondition
    }
  | {
      readonly type: 'delete-endpoint'
      readonly app: string
      readonly cluster: string
      readonly if?: Precondition
    }
  /** What the reports of the edges amount to; of an endpoint that is gone it says nothing. */
  | { readonly type: 'put-verdict'; readonly verdict: EndpointVerdict }
  | RequireCommand
  | RrsetCommand
  | ForceCommand
  | MachineCommand
  | NetworkCommand
  | MaintenanceCommand
  | ShareCommand
  | SourceCommand

/**
 * Checks one command against the state and says which events it becomes; none when all is as wanted
 * already, so a repeated command changes nothing. Pure.
 */
export function decide(state: RegistryState, command: Command): Decision {
  switch (command.type) {
    case 'put-cluster': {
      const { cluster } = command
      const before = state.clusters.get(cluster.id)
      const refusal =
        unmet(command.if, before, `cluster ${cluster.id}`) ??
        tooMany(before, state.clusters.size, CLUSTERS_MAX, 'clusters')
      return refusal ?? put(before?.value, cluster, { type: 'cluster-put', cluster })
    }
    case 'delete-cluster': {
      const before = state.clusters.get(command.id)
      const refusal = unmet(command.if ?? 'any', before, `cluster ${command.id}`)
      if (refusal !== undefined) return notFoundUnless(command.if, before, refusal)
      const used = state.clusterUse.get(command.id) ?? 0
      if (used > 0) {
        return reject(
          'cluster-in-use',
          `cluster ${command.id} has ${used} endpoints, delete them first`,
        )
      }
      const networks = state.clusterNetworks.get(command.id) ?? 0
      if (networks > 0) {
        const detail = `cluster ${command.id} is named by ${networks} networks, delete them first`
        return reject('cluster-in-use', detail)
      }
      return accept({ type: 'cluster-deleted', id: command.id })
    }
    case 'put-zone': {
      const { zone } = command
      const before = state.zones.get(zone.apex)
      const refusal =
        unmet(command.if, before, `zone ${zone.apex}`) ??
        tooMany(before, state.zones.size, ZONES_MAX, 'zones') ??
        targetAtApex(state, zone.apex) ??
        (before === undefined ? impossibleApex(state, zone.apex) : undefined)
      return refusal ?? put(before?.value, zone, { type: 'zone-put', zone })
    }
    case 'delete-zone': {
      const before = state.zones.get(command.apex)
      const refusal = unmet(command.if ?? 'any', before, `zone ${command.apex}`)
      if (refusal !== undefined) return notFoundUnless(command.if, before, refusal)
      const first = firstInZone(state, command.apex)
      if (first !== undefined) {
        const { kind, name } = first
        const detail = `zone ${command.apex} has ${kind === 'app' ? 'apps' : 'records'} (${name}), delete them first`
        return reject('zone-in-use', detail)
      }
      return accept({ type: 'zone-deleted', apex: command.apex })
    }
    case 'put-app': {
      const { app } = command
      const before = state.apps.get(app.name)
      const refusal = unmet(command.if, before, `app ${app.name}`)
      if (refusal !== undefined) return refusal
      const zone = zoneOf(state, app.name)
      if (zone === undefined) {
        return reject(
          'zone-missing',
          `app ${app.name} lies in no zone of the mesh, put its zone first`,
        )
      }
      const misplaced = before === undefined && appMisplaced(state, app.name, zone.value.apex)
      if (misplaced !== false && misplaced !== undefined) return misplaced
      return put(before?.value, app, { type: 'app-put', app })
    }
    case 'delete-app': {
      const before = state.apps.get(command.name)
      const refusal = unmet(command.if ?? 'any', before, `app ${command.name}`)
      if (refusal !== undefined) return notFoundUnless(command.if, before, refusal)
      return accept({ type: 'app-deleted', name: command.name })
    }
    case 'put-endpoint':
      return decidePutEndpoint(state, command)
    case 'delete-endpoint': {
      const before = state.apps.get(command.app)?.endpoints.get(command.cluster)
      const what = `endpoint ${command.cluster} of app ${command.app}`
      const refusal = unmet(command.if ?? 'any', before, what)
      if (refusal !== undefined) return notFoundUnless(command.if, before, refusal)
      return accept({ type: 'endpoint-deleted', app: command.app, cluster: command.cluster })
    }
    case 'put-verdict': {
      const { verdict } = command
      const app = state.apps.get(verdict.app)
      const isChecked = app?.value.health !== undefined && app.endpoints.has(verdict.cluster)
      const before = state.health.get(verdict.app)?.get(verdict.cluster)?.state ?? 'unknown'
      if (!isChecked || before === verdict.state) return { ok: true, events: [] }
      const comesBack = before === 'down' && !state.forced.get(verdict.app)?.has(verdict.cluster)
      return accept(
        { type: 'endpoint-health', ...verdict },
        ...(comesBack ? slowStartOf(state, verdict, verdict.sinceEpoch) : []),
      )
    }
    case 'require':
      return decideRequire(state, command)
    case 'put-rrset':
    case 'delete-rrset':
      return decideRrset(state, command)
    case 'force-endpoint':
    case 'unforce-endpoint':
      return decideForce(state, command)
    case 'register-machine':
    case 'unregister-machine':
    case 'withdraw-machine':
    case 'end-machine':
      return decideMachine(state, command)
    case 'put-maintenance':
    case 'delete-maintenance':
    case 'begin-maintenance':
    case 'end-maintenance':
      return decideMaintenance(state, command)
    case 'put-load':
    case 'put-withheld':
    case 'put-region-withheld':
      return decideShare(state, command)
    case 'put-network':
    case 'delete-network':
      return decideNetwork(state, command)
    case 'move-source':
    case 'refuse-message':
      return decideSource(state, command)
    default:
      return assertNever(command)
  }
}

function decidePutEndpoint(
  state: RegistryState,
  command: Extract<Command, { type: 'put-endpoint' }>,
): Decision {
  const { app: name, endpoint } = command
  const app = state.apps.get(name)
  if (app === undefined) return reject('app-missing', `app ${name} is not registered, put it first`)
  const before = app.endpoints.get(endpoint.cluster)
  const what = `endpoint ${endpoint.cluster} of app ${name}`
  const refusal =
    unmet(command.if, before, what) ??
    tooMany(before, app.endpoints.size, ENDPOINTS_MAX, `endpoints of app ${name}`)
  if (refusal !== undefined) return refusal
  const cluster = state.clusters.get(endpoint.cluster)
  if (cluster === undefined) {
    return reject('cluster-missing', `cluster ${endpoint.cluster} is not registered, put it first`)
  }
  if (endpoint.target !== undefined) {
    const impossible = impossibleTarget(state, name, endpoint.cluster, endpoint.target)
    if (impossible !== undefined) return impossible
  }
  const ofMachines = addressesOfMachines(state.machines.get(endpointKey(name, endpoint.cluster)))
  if (endpoint.addresses.length + ofMachines > ADDRESSES_MAX) {
    const listed = `${what} lists ${endpoint.addresses.length} addresses`
    return reject(
      'too-many',
      `${listed} and its machines have ${ofMachines}, at most ${ADDRESSES_MAX} are possible`,
    )
  }
  // One that was there for its machines is the operator's from now on.
  const own = before?.isForMachines === true ? undefined : before?.value
  const decision = put(own, endpoint, { type: 'endpoint-put', app: name, endpoint })
  const isAlone = ofMachines === 0 && cluster.value.addresses.length === 0
  const hasOwn = endpoint.addresses.length > 0 || endpoint.target !== undefined
  // What is there already may have lost its machines since.
  if (decision.events.length > 0 && !hasOwn && isAlone) {
    return reject('address-missing', `${what} has no addresses, and neither has its cluster`)
  }
  return decision
}
