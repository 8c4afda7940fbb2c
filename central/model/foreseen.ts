import type { Name } from '../../shared/dns/name.ts'
import { nextBeginOf } from './maintenance.ts'
import type { MaintenanceState } from './maintenance.ts'
import type { RegistryState } from './state.ts'

/**
 * When the next change of an endpoint of an app is to come that is foreseen, ms since 1970; 0 when none is: a
 * window of maintenance on it begins, or what an operator has forced it to be ends. Changes of its cluster are
 * left to whoever asks.
 */
export function nextChangeOf(
  state: MaintenanceState & Pick<RegistryState, 'forced'>,
  app: Name,
  clusters: Iterable<string>,
): number {
  const forces = state.forced.get(app)
  // Most apps have neither: nothing is looked up then.
  if (forces === undefined && state.maintenance.size === 0) return 0
  let next = Infinity
  for (const cluster of clusters) {
    const beginEpoch = nextBeginOf(state, cluster, app)
    if (beginEpoch !== 0) next = Math.min(next, beginEpoch)
    next = Math.min(next, forces?.get(cluster)?.untilEpoch ?? Infinity)
  }
  return next === Infinity ? 0 : next
}
