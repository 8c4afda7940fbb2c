import type { Name } from '../../shared/dns/name.ts'
import { clusterStates } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { MaintenanceWindow } from './events.ts'
import { endpointKey } from './machines.ts'
import type { RegistryState, StoredWindow } from './state.ts'

/** The part of the state that windows of maintenance are in. */
export type MaintenanceState = Pick<RegistryState, 'maintenance' | 'maintenanceAt'>

/**
 * The state that a cluster, or an endpoint where an app is given, counts as: its own, or that of a window in
 * force, the worse of them. Of an endpoint, the state of its cluster is left to whoever asks.
 */
export function maintainedState(
  state: MaintenanceState,
  own: Cluster['state'],
  cluster: string,
  app?: Name,
): Cluster['state'] {
  // Most meshes have no windows: nothing is looked up then.
  if (state.maintenance.size === 0) return own
  let worst = own
  for (const { value, isInForce } of windowsAt(state, cluster, app)) {
    if (!isInForce) continue
    if (clusterStates.indexOf(value.state) > clusterStates.indexOf(worst)) worst = value.state
  }
  return worst
}

/** Whether a window on a cluster, or on an endpoint where an app is given, is in force. */
export function isMaintained(state: MaintenanceState, cluster: string, app?: Name): boolean {
  return windowsAt(state, cluster, app).some(({ isInForce }) => isInForce)
}

/** The windows on a cluster that are in force, by id; without those on its endpoints. */
export function windowsInForce(
  state: MaintenanceState,
  cluster: string,
): readonly MaintenanceWindow[] {
  return windowsAt(state, cluster)
    .flatMap(({ value, isInForce }) => (isInForce ? [value] : []))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}

/**
 * When the next window on a cluster, or on an endpoint where an app is given, begins, ms since 1970; 0 when none
 * is planned.
 */
export function nextBeginOf(state: MaintenanceState, cluster: string, app?: Name): number {
  let next = 0
  for (const { value, isInForce } of windowsAt(state, cluster, app)) {
    if (!isInForce && (next === 0 || value.fromEpoch < next)) next = value.fromEpoch
  }
  return next
}

/** Whether two windows are about the same place. */
export function isSamePlace(a: MaintenanceWindow, b: MaintenanceWindow): boolean {
  return a.cluster === b.cluster && a.app === b.app
}

/** Keeps a window in place of the one with its id; one that is in force stays so. For `evolve` only. */
export function putWindow(state: RegistryState, window: MaintenanceWindow, version: number): void {
  const isInForce = state.maintenance.get(window.id)?.isInForce === true
  restoreWindow(state, { value: window, isInForce })
  if (isInForce) touchCluster(state, window, version)
}

/** A window is in force from now on. For `evolve` only. */
export function beginWindow(state: RegistryState, id: string, version: number): void {
  const stored = state.maintenance.get(id)
  if (stored === undefined || stored.isInForce) return
  state.maintenance.set(id, { ...stored, isInForce: true })
  touchCluster(state, stored.value, version)
}

/** Forgets a window. For `evolve` only. */
export function endWindow(state: RegistryState, id: string, version: number): void {
  const stored = state.maintenance.get(id)
  if (stored === undefined) return
  dropWindow(state, stored)
  if (stored.isInForce) touchCluster(state, stored.value, version)
}

/** Keeps a window as it was stored. For `evolve` only. */
export function restoreWindow(state: RegistryState, stored: StoredWindow): void {
  const { id, cluster, app } = stored.value
  const before = state.maintenance.get(id)
  if (before !== undefined) dropWindow(state, before)
  state.maintenance.set(id, stored)
  const key = placeKey(cluster, app)
  // The set before it may be shared with a draft or a reader.
  state.maintenanceAt.set(key, new Set(state.maintenanceAt.get(key)).add(id))
}

function dropWindow(state: RegistryState, { value }: StoredWindow): void {
  state.maintenance.delete(value.id)
  const key = placeKey(value.cluster, value.app)
  const ids = new Set(state.maintenanceAt.get(key))
  ids.delete(value.id)
  if (ids.size === 0) state.maintenanceAt.delete(key)
  else state.maintenanceAt.set(key, ids)
}

/** A cluster is shown with what is in force, so that this is another version of it. */
function touchCluster(
  state: RegistryState,
  { cluster, app }: MaintenanceWindow,
  version: number,
): void {
  const stored = app === undefined ? state.clusters.get(cluster) : undefined
  if (stored !== undefined) state.clusters.set(cluster, { ...stored, version })
}

function windowsAt(state: MaintenanceState, cluster: string, app?: Name): readonly StoredWindow[] {
  if (state.maintenance.size === 0) return []
  return Array.from(state.maintenanceAt.get(placeKey(cluster, app)) ?? []).flatMap(
    (id) => state.maintenance.get(id) ?? [],
  )
}

/** A window on a cluster stands by its id, one on an endpoint by its key: an id has no blank. */
function placeKey(cluster: string, app: Name | undefined): string {
  return app === undefined ? cluster : endpointKey(app, cluster)
}
