import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { LoadStats } from './keeper.ts'

/** Registers what is told of loads, and what becomes of it. */
export function registerLoadMetrics(
  register: MetricRegistry,
  keeper: { readonly stats: LoadStats },
): void {
  registerGauge(register, {
    name: 'meridian_central_load_reports',
    help: 'Reports of load that count now, of endpoints and of machines.',
    collect: (add) => add({}, keeper.stats.held),
  })
  registerCounter(register, {
    name: 'meridian_central_load_reports_total',
    help: 'Reports of load that were taken.',
    collect: (add) => add({}, keeper.stats.reports),
  })
  registerCounter(register, {
    name: 'meridian_central_load_reports_ignored_total',
    help: 'Reports of load that were left out: of unknown endpoints, or too many.',
    labelNames: ['reason'],
    collect: (add) => {
      for (const [reason, count] of Object.entries(keeper.stats.ignored)) add({ reason }, count)
    },
  })
  registerCounter(register, {
    name: 'meridian_central_load_changes_total',
    help: 'Loads of endpoints that edges were told anew.',
    collect: (add) => add({}, keeper.stats.changes),
  })
}
