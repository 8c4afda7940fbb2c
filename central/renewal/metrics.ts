import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { RenewalCounts } from './answer-renewal.ts'
import { renewalOutcomes } from './answer-renewal.ts'
import type { RenewalKeys } from './keys.ts'
import type { RenewalServer } from './server.ts'

/** Registers what becomes of the datagrams of machines. */
export function registerRenewalMetrics(
  register: MetricRegistry,
  parts: {
    readonly counts: Readonly<RenewalCounts>
    readonly keys: Pick<RenewalKeys, 'size'>
    readonly server: Pick<RenewalServer, 'kernelDrops'>
  },
): void {
  const { counts, keys, server } = parts
  registerCounter(register, {
    name: 'meridian_central_renewal_datagrams_total',
    help: 'Datagrams of machines: answered (renewed, register), or dropped, by why.',
    labelNames: ['result'],
    collect: (add) => renewalOutcomes.forEach((result) => add({ result }, counts[result])),
  })
  registerGauge(register, {
    name: 'meridian_central_renewal_keys',
    help: 'Keys by which machines may renew by datagrams.',
    collect: (add) => add({}, keys.size),
  })
  registerCounter(register, {
    name: 'meridian_central_renewal_kernel_drops_total',
    help: 'Datagrams that the kernel had no room for; none are told by node:dgram.',
    collect: (add) => add({}, server.kernelDrops),
  })
}
