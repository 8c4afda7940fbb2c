import { MAINTENANCE_MAX } from '../../shared/registry/limits.ts'
import type { Decision } from './decision.ts'
import { accept, reject } from './decision.ts'
import type { MaintenanceWindow, RegistryEvent } from './events.ts'
import { isSamePlace } from './maintenance.ts'
import type { RegistryState } from './state.ts'

/** What can be wanted of a window of maintenance; `nowEpoch` is the wall clock of whoever asks. */
export type MaintenanceCommand =
  /** One that is to be in force already begins at once. */
  | {
      readonly type: 'put-maintenance'
      readonly window: MaintenanceWindow
      readonly nowEpoch: number
    }
  | { readonly type: 'delete-maintenance'; readonly id: string }
  /** Changes nothing when it is not time, or no more. */
  | { readonly type: 'begin-maintenance'; readonly id: string; readonly nowEpoch: number }
  | { readonly type: 'end-maintenance'; readonly id: string; readonly nowEpoch: number }

/** As `decide`, of the commands about maintenance. */
export function decideMaintenance(state: RegistryState, command: MaintenanceCommand): Decision {
  if (command.type === 'put-maintenance') return decidePut(state, command)
  const stored = state.maintenance.get(command.id)
  if (command.type === 'delete-maintenance') {
    if (stored === undefined) {
      return reject('not-found', `maintenance ${command.id} is not registered`)
    }
    return accept({ type: 'maintenance-ended', ...stored.value, why: 'operator' })
  }
  if (stored === undefined) return accept()
  const { value, isInForce } = stored
  const { nowEpoch } = command
  if (command.type === 'end-maintenance') {
    if (value.untilEpoch > nowEpoch) return accept()
    return accept({ type: 'maintenance-ended', ...value, why: 'over' })
  }
  return isInForce || !isDue(value, nowEpoch)
    ? accept()
    : accept({ type: 'maintenance-begun', ...value })
}

function decidePut(
  state: RegistryState,
  { window, nowEpoch }: Extract<MaintenanceCommand, { type: 'put-maintenance' }>,
): Decision {
  const { id, cluster, app } = window
  if (!state.clusters.has(cluster)) {
    return reject('cluster-missing', `cluster ${cluster} is not registered, put it first`)
  }
  if (app !== undefined && !state.apps.has(app)) {
    return reject('app-missing', `app ${app} is not registered, put it first`)
  }
  const before = state.maintenance.get(id)
  if (before === undefined && state.maintenance.size >= MAINTENANCE_MAX) {
    const detail = `there are ${MAINTENANCE_MAX} windows of maintenance, no more are possible`
    return reject('too-many', detail)
  }
  const events: RegistryEvent[] = []
  const willBe = isDue(window, nowEpoch)
  if (before === undefined || !isSame(before.value, window)) {
    const staysInForce = willBe && before !== undefined && isSamePlace(before.value, window)
    // What is in force is told to end, unless the same place goes on to be maintained.
    if (before?.isInForce === true && !staysInForce) {
      events.push({ type: 'maintenance-ended', ...before.value, why: 'operator' })
    }
    events.push({ type: 'maintenance-put', ...window })
    if (willBe && !(before?.isInForce === true && staysInForce)) {
      events.push({ type: 'maintenance-begun', ...window })
    }
  }
  return accept(...events)
}

/** Whether a window is to be in force. */
function isDue({ fromEpoch, untilEpoch }: MaintenanceWindow, nowEpoch: number): boolean {
  return fromEpoch <= nowEpoch && nowEpoch < untilEpoch
}

/** Who asks for what is so already does not take it over. */
function isSame(before: MaintenanceWindow, after: MaintenanceWindow): boolean {
  return (
    isSamePlace(before, after) &&
    before.fromEpoch === after.fromEpoch &&
    before.untilEpoch === after.untilEpoch &&
    before.state === after.state &&
    before.reason === after.reason
  )
}
