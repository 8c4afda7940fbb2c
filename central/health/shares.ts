import type { Name } from '../../shared/dns/name.ts'
import { REGION_WITHHELD_MAX_PERCENT } from '../../shared/registry/check-schema.ts'
import { SLOW_START_WITHHELD_PERCENT } from '../model/decide-share.ts'
import { maintainedState } from '../model/maintenance.ts'
import type { RegistryState } from '../model/state.ts'

/*
 * What is withheld of endpoints, as functions of the state and of time.
 *
 * Slow start: 80 % at first, and 20 % less after each quarter of the time, so that nothing is withheld at
 * its end. Region: a step more for as long as too many of its endpoints are down, a step less for as long as
 * they are not, to 0 or 80 %; while all are down nobody is there to be relieved, and it stays as it is.
 */

/** How much less is withheld with each step of a slow start, in percent. */
const SLOW_START_STEP_PERCENT = 20
const SLOW_START_STEPS = SLOW_START_WITHHELD_PERCENT / SLOW_START_STEP_PERCENT

/** What is withheld of an endpoint so long after it has come up, in percent. */
export function slowStartPercent(elapsedMs: number, slowStartSeconds: number): number {
  const steps = Math.floor((elapsedMs * SLOW_START_STEPS) / (slowStartSeconds * 1000))
  return Math.max(0, SLOW_START_WITHHELD_PERCENT - SLOW_START_STEP_PERCENT * Math.max(0, steps))
}

/** Which way what is withheld of a region goes. */
export type RegionTrend = 'more' | 'less' | 'stay'

/** The step after `percent`; the same where there is none. */
export function nextRegionPercent(percent: number, trend: RegionTrend, step: number): number {
  if (trend === 'stay') return percent
  return trend === 'more'
    ? Math.min(REGION_WITHHELD_MAX_PERCENT, percent + step)
    : Math.max(0, percent - step)
}

/** The parts of the state that say what is down. */
type HealthPart = Pick<
  RegistryState,
  'apps' | 'clusters' | 'health' | 'forced' | 'maintenance' | 'maintenanceAt'
>

/** The regions of an app that are not to go down to 0: what is down of their endpoints says which way. */
export function regionTrends(
  state: HealthPart,
  name: Name,
): ReadonlyMap<string, Exclude<RegionTrend, 'less'>> {
  const trends = new Map<string, Exclude<RegionTrend, 'less'>>()
  const app = state.apps.get(name)
  const share = app?.value.health?.regional?.share
  if (app === undefined || share === undefined) return trends
  const fallback = new Set(app.value.health?.fallback)
  const verdicts = state.health.get(name)
  const forces = state.forced.get(name)
  const counts = new Map<string, { all: number; down: number }>()
  for (const [id, { value }] of app.endpoints) {
    const cluster = state.clusters.get(id)?.value
    if (cluster?.region === undefined || fallback.has(id)) continue
    // What is never answered is no part of what the region can bear.
    const states = [
      maintainedState(state, cluster.state, id),
      maintainedState(state, value.state ?? 'active', id, name),
    ]
    if (states.includes('disabled')) continue
    const count = counts.get(cluster.region) ?? { all: 0, down: 0 }
    counts.set(cluster.region, count)
    count.all++
    if ((forces?.get(id) ?? verdicts?.get(id))?.state === 'down') count.down++
  }
  for (const [region, { all, down }] of counts) {
    if (down * 100 > share * all) trends.set(region, down < all ? 'more' : 'stay')
  }
  return trends
}
