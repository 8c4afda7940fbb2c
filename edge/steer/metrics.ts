import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter } from '../../shared/metrics.ts'
import { ExcludedCounts } from './excluded.ts'
import type { Place, Topology } from './topology.ts'

const steerOutcomes = ['own', 'nearest', 'none'] as const

/** Counts decisions, which are made when data changes, not queries: a million in a second or two. */
export class SteerCounts {
  readonly #counts = { own: 0, nearest: 0, none: 0 }
  readonly excluded = new ExcludedCounts()

  /** `chosen` is the place of the endpoint that was chosen. */
  decided(chosen: Place | undefined, topology: Topology): void {
    if (chosen === undefined) this.#counts.none++
    else if (chosen.cluster.id === topology.own.id) this.#counts.own++
    else this.#counts.nearest++
  }

  register(register: MetricRegistry): void {
    registerCounter(register, {
      name: 'meridian_edge_steer_decisions_total',
      help: 'Steering decisions that were made and kept, by whether the own cluster, the nearest other, or none was chosen.',
      labelNames: ['outcome'],
      collect: (add) => {
        for (const outcome of steerOutcomes) add({ outcome }, this.#counts[outcome])
      },
    })
    this.excluded.register(register)
  }
}
