import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter } from '../../shared/metrics.ts'
import type { DecisionLog } from './decision-log.ts'

/** Registers the metrics of the log of decisions; 0 where there is none. */
export function registerDecisionMetrics(
  register: MetricRegistry,
  log: Pick<DecisionLog, 'logged' | 'dropped'> | undefined,
): void {
  registerCounter(register, {
    name: 'meridian_edge_decisions_logged_total',
    help: 'Answers that were written to the log of decisions.',
    collect: (add) => add({}, log?.logged ?? 0),
  })
  registerCounter(register, {
    name: 'meridian_edge_decisions_dropped_total',
    help: 'Sampled answers that the log of decisions could not take.',
    collect: (add) => add({}, log?.dropped ?? 0),
  })
}
