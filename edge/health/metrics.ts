import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { Prober } from './prober.ts'

/** What is counted beside the prober. */
export interface AssignmentState {
  /** Tasks of central that were not taken on, by why. */
  readonly refused: Readonly<Record<'invalid' | 'too-many', number>>
  /** Whether this edge goes by its own findings. */
  readonly isCutOff: () => boolean
}

/** Registers the metrics of the health checks of an edge; all are read when they are scraped. */
export function registerHealthMetrics(
  register: MetricRegistry,
  prober: Prober,
  { refused, isCutOff }: AssignmentState,
): void {
  registerGauge(register, {
    name: 'meridian_edge_health_tasks',
    help: 'Endpoints that this edge checks.',
    collect: (add) => add({}, prober.size),
  })
  registerCounter(register, {
    name: 'meridian_edge_health_tasks_refused_total',
    help: 'Endpoints that central asked to check and this edge does not: what it was sent is invalid, or too many.',
    labelNames: ['reason'],
    collect: (add) => {
      for (const [reason, count] of Object.entries(refused)) add({ reason }, count)
    },
  })
  registerCounter(register, {
    name: 'meridian_edge_health_probes_total',
    help: 'Probes that have ended, by type of check and by result; unknown: this edge could not find out.',
    labelNames: ['type', 'result'],
    collect: (add) => {
      for (const [type, counts] of Object.entries(prober.stats.probes)) {
        for (const [result, count] of Object.entries(counts)) add({ type, result }, count)
      }
    },
  })
  registerGauge(register, {
    name: 'meridian_edge_health_probes_running',
    help: 'Probes under way, at most health.probesMax.',
    collect: (add) => add({}, prober.running),
  })
  registerGauge(register, {
    name: 'meridian_edge_health_probes_waiting',
    help: 'Probes that are due and wait until one of those under way has ended.',
    collect: (add) => add({}, prober.waiting),
  })
  registerCounter(register, {
    name: 'meridian_edge_health_probe_delay_seconds_total',
    help: 'How much later than they were due probes have begun for want of room, added up.',
    collect: (add) => add({}, prober.stats.delayedMs / 1_000),
  })
  registerGauge(register, {
    name: 'meridian_edge_health_cut_off',
    help: '1 while central is out of reach and this edge goes by its own findings.',
    collect: (add) => add({}, isCutOff() ? 1 : 0),
  })
}
