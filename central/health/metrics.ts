import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import { healthStates } from '../../shared/registry/health.ts'
import type { HealthState } from '../../shared/registry/health.ts'

/** What the metrics show. */
export interface HealthStats {
  /** Endpoints by what is held of them. */
  readonly endpoints: Readonly<Record<HealthState, number>>
  /** Verdicts since the start. */
  readonly verdicts: Readonly<Record<HealthState, number>>
  readonly reports: number
  /** Findings of states that are none, and of endpoints that the session was not to check. */
  readonly reportsIgnored: number
  /** Edges that are taken to be cut off. */
  readonly suspects: number
}

/** Registers what is held of the endpoints, and what it goes by. */
export function registerHealthMetrics(
  register: MetricRegistry,
  keeper: { readonly stats: HealthStats },
): void {
  registerGauge(register, {
    name: 'meridian_central_health_endpoints',
    help: 'Endpoints that are checked, by what is held of them.',
    labelNames: ['state'],
    collect: (add) => {
      for (const state of healthStates) add({ state }, keeper.stats.endpoints[state])
    },
  })
  registerCounter(register, {
    name: 'meridian_central_health_verdicts_total',
    help: 'Changes of what is held of an endpoint, by what it became.',
    labelNames: ['state'],
    collect: (add) => {
      for (const state of healthStates) add({ state }, keeper.stats.verdicts[state])
    },
  })
  registerCounter(register, {
    name: 'meridian_central_health_reports_total',
    help: 'Findings of edges that were taken.',
    collect: (add) => add({}, keeper.stats.reports),
  })
  registerCounter(register, {
    name: 'meridian_central_health_reports_ignored_total',
    help: 'Findings of states that are none, and of endpoints that the edge was not to check.',
    collect: (add) => add({}, keeper.stats.reportsIgnored),
  })
  registerGauge(register, {
    name: 'meridian_central_health_suspects',
    help: 'Edges that are taken to be cut off: what they say to be down far away is left out.',
    collect: (add) => add({}, keeper.stats.suspects),
  })
}

/** What the metrics show of shares. */
export interface ShareStats {
  /** Endpoints that come back. */
  readonly endpoints: number
  /** Regions of apps that are relieved. */
  readonly regions: number
  /** Steps since the start. */
  readonly steps: Readonly<Record<'slow-start' | 'region', number>>
}

/** Registers what is withheld of endpoints and regions. */
export function registerShareMetrics(
  register: MetricRegistry,
  keeper: { readonly stats: ShareStats },
): void {
  registerGauge(register, {
    name: 'meridian_central_health_withheld_endpoints',
    help: 'Endpoints that come back slowly: some of their queries go to others.',
    collect: (add) => add({}, keeper.stats.endpoints),
  })
  registerGauge(register, {
    name: 'meridian_central_health_withheld_regions',
    help: 'Regions of apps that are relieved, as too many of their endpoints are down or were.',
    collect: (add) => add({}, keeper.stats.regions),
  })
  registerCounter(register, {
    name: 'meridian_central_health_share_steps_total',
    help: 'Steps by which more or less of the queries was withheld, by why.',
    labelNames: ['why'],
    collect: (add) => {
      const { steps } = keeper.stats
      add({ why: 'slow-start' }, steps['slow-start'])
      add({ why: 'region' }, steps.region)
    },
  })
}
