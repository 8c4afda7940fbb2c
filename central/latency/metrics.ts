import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { LatencyTable } from './latency-table.ts'

/** Registers what is held of the round trips that edges tell. */
export function registerLatencyMetrics(register: MetricRegistry, latencies: LatencyTable): void {
  registerGauge(register, {
    name: 'meridian_central_latency_round_trips',
    help: 'Round trips that are held, of all connected edges to all clusters.',
    collect: (add) => add({}, latencies.size),
  })
  registerCounter(register, {
    name: 'meridian_central_latency_ignored_total',
    help: 'Round trips of edges that were left out: to unknown clusters, too long, or too many.',
    labelNames: ['reason'],
    collect: (add) => {
      for (const [reason, count] of Object.entries(latencies.ignored)) add({ reason }, count)
    },
  })
}
