import type { Registry as MetricRegistry } from 'prom-client'
import { Counter } from 'prom-client'
import type { Candidate } from './filters.ts'
import type { Topology } from './topology.ts'

const steerOutcomes = ['own', 'nearest', 'none'] as const

/** Counts decisions, which are made when data changes, not queries. */
export interface SteerMetrics {
  decided(chosen: Candidate | undefined, topology: Topology): void
}

export function createSteerMetrics(register: MetricRegistry): SteerMetrics {
  const decisions = new Counter({
    name: 'meridian_edge_steer_decisions_total',
    help: 'Steering decisions that were made and kept, by whether the own cluster, the nearest other, or none was chosen.',
    labelNames: ['outcome'],
    registers: [register],
  })
  for (const outcome of steerOutcomes) decisions.inc({ outcome }, 0)
  return {
    decided: (chosen, topology) => {
      const isOwn = chosen?.endpoint.cluster === topology.own.id
      decisions.inc({ outcome: chosen === undefined ? 'none' : isOwn ? 'own' : 'nearest' })
    },
  }
}
