import type { Registry as MetricRegistry } from 'prom-client'
import { Counter } from 'prom-client'
import { registerCounter, registerGauge } from '../shared/metrics.ts'
import type { SqliteLog } from './log/sqlite-log.ts'
import type { Registry } from './registry/registry.ts'

/** Registers what the registry is and does. */
export function registerRegistryMetrics(register: MetricRegistry, registry: Registry): void {
  const { state } = registry
  registerGauge(register, {
    name: 'meridian_central_registry_version',
    help: 'Version of the state: the number of changes that led to it.',
    collect: (add) => add({}, registry.version),
  })
  registerGauge(register, {
    name: 'meridian_central_registry_objects',
    help: 'Registered objects, by kind.',
    labelNames: ['kind'],
    collect: (add) => {
      add({ kind: 'cluster' }, state.clusters.size)
      add({ kind: 'zone' }, state.zones.size)
      add({ kind: 'network' }, state.networks.size)
      add({ kind: 'app' }, state.apps.size)
    },
  })
  const changes = new Counter({
    name: 'meridian_central_registry_changes_total',
    help: 'Changes that were accepted since the start.',
    registers: [register],
  })
  registry.onChange(() => changes.inc())
}

/** Registers what the SQLite log counts. */
export function registerLogMetrics(register: MetricRegistry, log: SqliteLog): void {
  registerCounter(register, {
    name: 'meridian_central_log_transactions_total',
    help: 'Transactions that made changes durable; those that waited at once share one.',
    collect: (add) => add({}, log.transactions),
  })
  registerCounter(register, {
    name: 'meridian_central_log_failed_transactions_total',
    help: 'Transactions that could not be made durable; their writes were refused.',
    collect: (add) => add({}, log.failedTransactions),
  })
  registerCounter(register, {
    name: 'meridian_central_log_refused_appends_total',
    help: 'Appends that were refused because too much waited already.',
    collect: (add) => add({}, log.refusedAppends),
  })
}
