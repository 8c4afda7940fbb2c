import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Name } from '../../shared/dns/name.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { Rrset } from '../../shared/registry/rrset-schema.ts'
import type { Command } from '../model/decide.ts'
import { rrsetAt } from '../model/records.ts'
import type { RegistryState, Stored, StoredEndpoint, Table } from '../model/state.ts'
import { zoneOf } from '../model/state.ts'
import { manifestAppOf } from './manifest-of.ts'
import { planNetworkPuts } from './plan-networks.ts'

/** What is to be as it was; without any of both everything that operators have put. */
export interface RollbackScope {
  /** Zones with all that lies in them, then or now. */
  readonly zones?: readonly Name[] | undefined
  /** Apps with their endpoints. */
  readonly apps?: readonly Name[] | undefined
}

/** What makes a state as it was, and a tag that says what it was planned on. */
export interface RollbackPlan {
  readonly commands: readonly Command[]
  /** Names the commands and all that they go over: equal as long as the same would happen. */
  readonly tag: string
}

/**
 * Says which commands bring back what operators had put in an earlier state: only for what differs. What
 * goes away goes first and from the leaves up, what comes comes from the roots down.
 */
export function planRollback(
  state: RegistryState,
  past: RegistryState,
  scope: RollbackScope,
): RollbackPlan {
  const isAll = scope.zones === undefined && scope.apps === undefined
  const zones = new Set(scope.zones)
  const apps = new Set(scope.apps)
  const liesIn = (name: Name): boolean =>
    isAll ||
    [state, past].some((each) => zones.has(zoneOf(each, name)?.value.apex ?? '')) ||
    zones.has(name)
  const isWanted = (name: Name): boolean => apps.has(name) || liesIn(name)

  const gone = new Set(
    [...state.zones.keys()].filter((apex) => !past.zones.has(apex) && (isAll || zones.has(apex))),
  )
  // What stays in a zone that goes has to go with it, and comes back in the zone above.
  const isMoved = (name: Name): boolean =>
    gone.size > 0 && gone.has(zoneOf(state, name)?.value.apex ?? '')

  const places = isAll ? planPlaces(state, past) : { first: [], puts: [], last: [] }
  const ofApps = planApps(state, past, isWanted, isMoved)
  const ofRecords = planRrsets(state, past, liesIn, isMoved)
  const commands = [
    ...ofApps.deletes,
    ...ofRecords.deletes,
    ...[...gone].map((apex): Command => ({ type: 'delete-zone', apex })),
    ...places.first,
    ...places.puts,
    ...planZonePuts(state, past, (apex) => isAll || zones.has(apex)),
    ...ofRecords.puts,
    ...ofApps.puts,
    ...places.last,
  ]
  return { commands, tag: tagOf(state, commands) }
}

interface Planned {
  readonly deletes: readonly Command[]
  readonly puts: readonly Command[]
}

/** Clusters and networks, which no zone has. A network that stays leaves its cluster when it is put. */
function planPlaces(
  state: RegistryState,
  past: RegistryState,
): { first: readonly Command[]; puts: readonly Command[]; last: readonly Command[] } {
  const first: Command[] = []
  const last: Command[] = []
  const puts: Command[] = []
  for (const id of state.networks.keys()) {
    if (!past.networks.has(id)) first.push({ type: 'delete-network', id })
  }
  for (const id of state.clusters.keys()) {
    if (!past.clusters.has(id)) last.push({ type: 'delete-cluster', id })
  }
  for (const { value: cluster } of changed(state.clusters, past.clusters)) {
    puts.push({ type: 'put-cluster', cluster })
  }
  const networks = [...changed(state.networks, past.networks)].map(({ value }): Network => value)
  puts.push(...planNetworkPuts(state, networks))
  return { first, puts, last }
}

function planZonePuts(
  state: RegistryState,
  past: RegistryState,
  isWanted: (apex: Name) => boolean,
): readonly Command[] {
  return [...changed(state.zones, past.zones)]
    .filter(({ value }) => isWanted(value.apex))
    .map(({ value: zone }): Command => ({ type: 'put-zone', zone }))
}

function planApps(
  state: RegistryState,
  past: RegistryState,
  isWanted: (name: Name) => boolean,
  isMoved: (name: Name) => boolean,
): Planned {
  const deletes: Command[] = []
  const puts: Command[] = []
  const endpointPuts: Command[] = []
  for (const name of state.apps.keys()) {
    if (!isWanted(name)) continue
    if (!past.apps.has(name) || isMoved(name)) deletes.push({ type: 'delete-app', name })
  }
  for (const { value: app, endpoints: then } of past.apps.values()) {
    const { name } = app
    if (!isWanted(name)) continue
    const now = isMoved(name) ? undefined : state.apps.get(name)
    if (!isDeepStrictEqual(now?.value, app)) puts.push({ type: 'put-app', app })
    for (const [cluster, endpoint] of now?.endpoints ?? []) {
      if (isGone(endpoint, then.get(cluster))) {
        deletes.push({ type: 'delete-endpoint', app: name, cluster })
      }
    }
    for (const [cluster, endpoint] of then) {
      if (isForMachines(endpoint)) continue
      const before = now?.endpoints.get(cluster)
      const isSame = before !== undefined && isSameEndpoint(before, endpoint)
      if (!isSame) endpointPuts.push({ type: 'put-endpoint', app: name, endpoint: endpoint.value })
    }
  }
  return { deletes, puts: [...puts, ...endpointPuts] }
}

/** One that is another name now would stand in the way of what comes before its own put. */
function isGone(now: StoredEndpoint, then: StoredEndpoint | undefined): boolean {
  if (isForMachines(now)) return false
  if (then === undefined || isForMachines(then)) return true
  return now.value.target !== undefined && now.value.target !== then.value.target
}

function isSameEndpoint(now: StoredEndpoint, then: StoredEndpoint): boolean {
  return !isForMachines(now) && isDeepStrictEqual(now.value, then.value)
}

function isForMachines(endpoint: StoredEndpoint): boolean {
  return endpoint.isForMachines === true
}

function planRrsets(
  state: RegistryState,
  past: RegistryState,
  isWanted: (name: Name) => boolean,
  isMoved: (name: Name) => boolean,
): Planned {
  const deletes: Command[] = []
  const puts: Command[] = []
  for (const [name, { type }] of rrsetsOf(state)) {
    if (!isWanted(name)) continue
    const isLost = rrsetAt(past, name, type) === undefined
    if (isLost || isMoved(name)) deletes.push({ type: 'delete-rrset', name, rrtype: type })
  }
  for (const [name, rrset] of rrsetsOf(past)) {
    if (!isWanted(name)) continue
    const before = isMoved(name) ? undefined : rrsetAt(state, name, rrset.type)
    if (!isDeepStrictEqual(before?.value, rrset)) puts.push({ type: 'put-rrset', rrset })
  }
  return { deletes, puts }
}

function* rrsetsOf(state: RegistryState): Iterable<readonly [Name, Rrset]> {
  for (const rrsets of state.records.values()) {
    for (const { value } of rrsets) yield [value.name, value]
  }
}

/** What the past has otherwise, or the present not at all. */
function* changed<T>(
  now: Table<string, Stored<T>>,
  past: Table<string, Stored<T>>,
): Iterable<Stored<T>> {
  for (const key of past.keys()) {
    const then = past.get(key)
    if (then !== undefined && !isDeepStrictEqual(now.get(key)?.value, then.value)) yield then
  }
}

/** A hash of the commands, each with what it goes over. */
function tagOf(state: RegistryState, commands: readonly Command[]): string {
  const hash = createHash('sha256')
  for (const command of commands) hash.update(JSON.stringify([command, valueUnder(state, command)]))
  return hash.digest('hex').slice(0, 32)
}

function valueUnder(state: RegistryState, command: Command): unknown {
  switch (command.type) {
    case 'put-cluster':
      return state.clusters.get(command.cluster.id)?.value
    case 'delete-cluster':
      return state.clusters.get(command.id)?.value
    case 'put-zone':
      return state.zones.get(command.zone.apex)?.value
    case 'delete-zone':
      return state.zones.get(command.apex)?.value
    case 'put-network':
      return [state.networks.get(command.network.id)?.value, [...(command.released ?? [])]]
    case 'delete-network':
      return state.networks.get(command.id)?.value
    case 'put-app':
      return state.apps.get(command.app.name)?.value
    case 'delete-app': {
      const app = state.apps.get(command.name)
      return app && manifestAppOf(app)
    }
    case 'put-endpoint':
      return state.apps.get(command.app)?.endpoints.get(command.endpoint.cluster)?.value
    case 'delete-endpoint':
      return state.apps.get(command.app)?.endpoints.get(command.cluster)?.value
    case 'put-rrset':
      return rrsetAt(state, command.rrset.name, command.rrset.type)?.value
    case 'delete-rrset':
      return rrsetAt(state, command.name, command.rrtype)?.value
    default:
      // No other command is planned here.
      return undefined
  }
}
