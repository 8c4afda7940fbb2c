import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter } from '../../shared/metrics.ts'
import type { AuditStore } from './audit-store.ts'

/** Registers what the audit counts. */
export function registerAuditMetrics(
  register: MetricRegistry,
  audit: Pick<AuditStore, 'stats'>,
): void {
  registerCounter(register, {
    name: 'meridian_central_audit_attempts_total',
    help: 'Attempts to change something that the audit has, or lost: too many at once, or its file takes none.',
    labelNames: ['result'],
    collect: (add) => {
      add({ result: 'kept' }, audit.stats.written)
      add({ result: 'lost' }, audit.stats.lost)
    },
  })
}
