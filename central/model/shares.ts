import type { Name } from '../../shared/dns/name.ts'
import type { App } from '../../shared/registry/schema.ts'
import type { RegistryEvent } from './events.ts'
import type { RegistryState, Table } from './state.ts'

/*
 * What of an endpoint says how much of the queries it gets: its load, and what is withheld of it and of its
 * region. Kept by app, and there by cluster or region; a map that is in the state is never written, for it
 * may be shared with a draft or a reader.
 */

/** The events of loads and of what is withheld; a snapshot holds them as they would be written now. */
export type ShareEvent = Extract<
  RegistryEvent,
  { readonly type: 'endpoint-load' | 'endpoint-withheld' | 'region-withheld' }
>

/** The parts of the state that shares are in. */
export type ShareState = Pick<RegistryState, 'clusters' | 'loads' | 'withheld' | 'regions'>

/** Percent of the queries that an endpoint would get which others get: the largest where several apply. */
export function withheldPercentOf(state: ShareState, app: Name, cluster: string): number {
  // Most meshes have none: nothing is looked up then.
  const own = state.withheld.size === 0 ? undefined : state.withheld.get(app)?.get(cluster)
  const regions = state.regions.size === 0 ? undefined : state.regions.get(app)
  const region = regions && state.clusters.get(cluster)?.value.region
  const ofRegion = region === undefined ? undefined : regions?.get(region)
  return Math.max(own?.percent ?? 0, ofRegion?.percent ?? 0)
}

/** How busy an endpoint is, in percent; undefined where nobody tells. */
export function loadOf(state: ShareState, app: Name, cluster: string): number | undefined {
  return state.loads.size === 0 ? undefined : state.loads.get(app)?.get(cluster)?.load
}

/** Folds an event into the state; of what is not there it says nothing. For `evolve` only. */
export function evolveShare(state: RegistryState, event: ShareEvent): void {
  switch (event.type) {
    case 'endpoint-load': {
      const { app, cluster, load } = event
      if (load === undefined) drop(state.loads, app, cluster)
      else if (hasEndpoint(state, event)) put(state.loads, app, cluster, { app, cluster, load })
      return
    }
    case 'endpoint-withheld': {
      const { type: _, ...withheld } = event
      const { app, cluster, percent } = withheld
      if (percent === 0) drop(state.withheld, app, cluster)
      else if (hasEndpoint(state, event)) put(state.withheld, app, cluster, withheld)
      return
    }
    case 'region-withheld': {
      const { type: _, ...withheld } = event
      const { app, region, percent } = withheld
      if (percent === 0) drop(state.regions, app, region)
      else if (state.apps.has(app)) put(state.regions, app, region, withheld)
    }
  }
}

/** The events that lead to what the state holds now. */
export function shareEventsOf(state: ShareState): readonly ShareEvent[] {
  const events: ShareEvent[] = []
  for (const all of state.loads.values()) {
    for (const load of all.values()) events.push({ type: 'endpoint-load', ...load })
  }
  for (const all of state.withheld.values()) {
    for (const withheld of all.values()) events.push({ type: 'endpoint-withheld', ...withheld })
  }
  for (const all of state.regions.values()) {
    for (const withheld of all.values()) events.push({ type: 'region-withheld', ...withheld })
  }
  return events
}

/** Forgets what nobody would bring back, now that an app is put. For `evolve` only. */
export function trimShares(state: RegistryState, { name, health }: App): void {
  if ((health?.slowStartSeconds ?? 0) === 0) state.withheld.delete(name)
  if (health?.regional === undefined) state.regions.delete(name)
}

/** Forgets what is withheld of an endpoint: it begins anew when it comes back. For `evolve` only. */
export function dropWithheld(state: RegistryState, app: Name, cluster: string): void {
  drop(state.withheld, app, cluster)
}

/** Forgets all of an endpoint. For `evolve` only. */
export function dropShare(state: RegistryState, app: Name, cluster: string): void {
  drop(state.loads, app, cluster)
  drop(state.withheld, app, cluster)
}

/** Forgets all of an app. For `evolve` only. */
export function dropShares(state: RegistryState, app: Name): void {
  state.loads.delete(app)
  state.withheld.delete(app)
  state.regions.delete(app)
}

function hasEndpoint(
  state: Pick<RegistryState, 'apps'>,
  { app, cluster }: { readonly app: Name; readonly cluster: string },
): boolean {
  return state.apps.get(app)?.endpoints.has(cluster) === true
}

function put<T>(
  table: Table<Name, ReadonlyMap<string, T>>,
  app: Name,
  key: string,
  value: T,
): void {
  table.set(app, new Map(table.get(app)).set(key, value))
}

function drop<T>(table: Table<Name, ReadonlyMap<string, T>>, app: Name, key: string): void {
  const before = table.get(app)
  if (before?.has(key) !== true) return
  const rest = new Map(before)
  rest.delete(key)
  if (rest.size === 0) table.delete(app)
  else table.set(app, rest)
}
