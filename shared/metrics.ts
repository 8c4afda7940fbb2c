import type { Registry as MetricRegistry } from 'prom-client'
import { Counter, Gauge, collectDefaultMetrics } from 'prom-client'

/** Registers what prom-client tells of any process of Node; names begin with `prefix`. */
export function registerProcessMetrics(register: MetricRegistry, prefix: string): void {
  // In ms. Its own 10 ms wake a process that has nothing to do a hundred times a second.
  collectDefaultMetrics({ register, prefix, eventLoopMonitoringPrecision: 100 })
}

/** Adds a sample: the labels, and the value now. */
export type AddSample<L extends string> = (
  labels: Readonly<Record<L, string>>,
  value: number,
) => void

export interface ScrapedMetric<L extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly L[]
  /** Called at each scrape; what it adds is all that the metric then has. */
  readonly collect: (add: AddSample<L>) => void
}

/** Registers a counter whose value is counted elsewhere and read when it is scraped. */
export function registerCounter<L extends string>(
  register: MetricRegistry,
  metric: ScrapedMetric<L>,
): void {
  const { name, help, labelNames = [], collect } = metric
  const counter = new Counter({
    name,
    help,
    labelNames,
    registers: [],
    collect: () => {
      counter.reset()
      collect((labels, value) => counter.inc(labels, value))
    },
  })
  register.registerMetric(counter)
}

/** Registers a gauge whose value is read when it is scraped. */
export function registerGauge<L extends string>(
  register: MetricRegistry,
  metric: ScrapedMetric<L>,
): void {
  const { name, help, labelNames = [], collect } = metric
  const gauge: Gauge<L> = new Gauge({
    name,
    help,
    labelNames,
    registers: [],
    collect: () => {
      gauge.reset()
      collect((labels, value) => gauge.set(labels, value))
    },
  })
  register.registerMetric(gauge)
}
