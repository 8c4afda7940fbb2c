import type { App, Endpoint, Manifest } from '../../shared/registry/schema.ts'
import type { Command } from '../model/decide.ts'
import type { Precondition } from '../model/rules.ts'
import type { RegistryState } from '../model/state.ts'
import { planNetworkPuts } from './plan-networks.ts'

/** Which lists stood in a manifest before parsing filled in empty ones. */
export interface Presence {
  readonly clusters: boolean
  readonly zones: boolean
  readonly networks: boolean
  readonly records: boolean
  readonly apps: boolean
  /** For each app of the manifest, in order. */
  readonly endpoints: readonly boolean[]
}

/** Says which lists a manifest has. `raw` is what the manifest was parsed from. */
export function presenceOf(raw: unknown): Presence {
  const apps = listOf(raw, 'apps')
  return {
    clusters: listOf(raw, 'clusters') !== undefined,
    zones: listOf(raw, 'zones') !== undefined,
    networks: listOf(raw, 'networks') !== undefined,
    records: listOf(raw, 'records') !== undefined,
    apps: apps !== undefined,
    endpoints: (apps ?? []).map((app) => listOf(app, 'endpoints') !== undefined),
  }
}

/**
 * Says which commands make a manifest true. What goes away goes first and from the leaves up, what
 * comes comes from the roots down, so that no rule is broken on the way that holds at the end.
 */
export function planManifest(
  state: RegistryState,
  manifest: Manifest,
  presence: Presence,
  { prune }: { readonly prune: boolean },
): readonly Command[] {
  const deletes: Command[] = []
  const puts: Command[] = []
  const endpointPuts: Command[] = []
  const lateDeletes: Command[] = []

  for (const cluster of manifest.clusters) puts.push({ type: 'put-cluster', cluster })
  for (const zone of manifest.zones) puts.push({ type: 'put-zone', zone })
  puts.push(...planNetworkPuts(state, manifest.networks))
  for (const rrset of manifest.records) puts.push({ type: 'put-rrset', rrset })
  manifest.apps.forEach(({ endpoints, ...app }, i) => {
    puts.push({ type: 'put-app', app })
    if (presence.endpoints[i] !== true) return
    deletes.push(...planEndpointDeletes(state, app.name, endpoints))
    for (const endpoint of endpoints) endpointPuts.push(putEndpoint(app.name, endpoint))
  })

  if (prune) {
    const left = new Set(
      manifest.networks.flatMap(({ id }) => state.networks.get(id)?.value.cluster ?? []),
    )
    for (const command of planPrune(state, manifest, presence)) {
      // A network that stays leaves its cluster when it is put, and not before.
      const isLate = command.type === 'delete-cluster' && left.has(command.id)
      if (isLate) lateDeletes.push(command)
      else deletes.push(command)
    }
  }
  return [...deletes, ...puts, ...endpointPuts, ...lateDeletes]
}

/** Says which commands put an app; a given list of endpoints replaces the one that it has. */
export function planApp(
  state: RegistryState,
  app: App,
  endpoints: readonly Endpoint[] | undefined,
  precondition: Precondition | undefined,
): readonly Command[] {
  const put: Command = {
    type: 'put-app',
    app,
    ...(precondition === undefined ? {} : { if: precondition }),
  }
  if (endpoints === undefined) return [put]
  const deletes = planEndpointDeletes(state, app.name, endpoints)
  return [put, ...deletes, ...endpoints.map((endpoint) => putEndpoint(app.name, endpoint))]
}

function planEndpointDeletes(
  state: RegistryState,
  app: string,
  endpoints: readonly Endpoint[],
): readonly Command[] {
  const kept = new Set(endpoints.map((endpoint) => endpoint.cluster))
  const present = [...(state.apps.get(app)?.endpoints.values() ?? [])]
  return (
    present
      // Those that machines have made are theirs, and are in no list.
      .filter(({ value, isForMachines }) => isForMachines !== true && !kept.has(value.cluster))
      .map(({ value }) => ({ type: 'delete-endpoint', app, cluster: value.cluster }))
  )
}

function planPrune(
  state: RegistryState,
  manifest: Manifest,
  presence: Presence,
): readonly Command[] {
  const commands: Command[] = []
  if (presence.apps) {
    const kept = new Set(manifest.apps.map((app) => app.name))
    for (const name of state.apps.keys()) {
      if (!kept.has(name)) commands.push({ type: 'delete-app', name })
    }
  }
  if (presence.records) {
    const kept = new Set(manifest.records.map(({ name, type }) => `${name} ${type}`))
    for (const rrsets of state.records.values()) {
      for (const { value } of rrsets) {
        const { name, type } = value
        if (!kept.has(`${name} ${type}`))
          commands.push({ type: 'delete-rrset', name, rrtype: type })
      }
    }
  }
  if (presence.zones) {
    const kept = new Set(manifest.zones.map((zone) => zone.apex))
    for (const apex of state.zones.keys()) {
      if (!kept.has(apex)) commands.push({ type: 'delete-zone', apex })
    }
  }
  if (presence.networks) {
    const kept = new Set(manifest.networks.map((network) => network.id))
    for (const id of state.networks.keys()) {
      if (!kept.has(id)) commands.push({ type: 'delete-network', id })
    }
  }
  if (presence.clusters) {
    const kept = new Set(manifest.clusters.map((cluster) => cluster.id))
    for (const id of state.clusters.keys()) {
      if (!kept.has(id)) commands.push({ type: 'delete-cluster', id })
    }
  }
  return commands
}

function putEndpoint(app: string, endpoint: Endpoint): Command {
  return { type: 'put-endpoint', app, endpoint }
}

function listOf(value: unknown, key: string): readonly unknown[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const list: unknown = Reflect.get(value, key)
  return Array.isArray(list) ? list : undefined
}
