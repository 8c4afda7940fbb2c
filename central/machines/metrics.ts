import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { RegistryState } from '../model/state.ts'
import type { MachineKeeper } from './keeper.ts'

/** Registers which machines there are, and what becomes of them. */
export function registerMachineMetrics(
  register: MetricRegistry,
  state: Pick<RegistryState, 'machineCount'>,
  keeper: Pick<MachineKeeper, 'stats'>,
): void {
  registerGauge(register, {
    name: 'meridian_central_machines',
    help: 'Machines that are registered, with those that are being terminated.',
    collect: (add) => add({}, state.machineCount.get('all') ?? 0),
  })
  registerCounter(register, {
    name: 'meridian_central_machines_renewals_total',
    help: 'Renewals of leases that changed nothing else.',
    collect: (add) => add({}, keeper.stats.renewals),
  })
  registerCounter(register, {
    name: 'meridian_central_machines_expired_total',
    help: 'Machines that were withdrawn because their lease had ended.',
    collect: (add) => add({}, keeper.stats.expired),
  })
  registerCounter(register, {
    name: 'meridian_central_machines_failed_total',
    help: 'Machines that were withdrawn because they had failed their checks.',
    collect: (add) => add({}, keeper.stats.failed),
  })
  registerCounter(register, {
    name: 'meridian_central_machines_terminations_total',
    help: 'Machines that were to be ended by their URL: answered with 2xx, or not.',
    labelNames: ['result'],
    collect: (add) => {
      add({ result: 'ok' }, keeper.stats.terminations.ok)
      add({ result: 'failed' }, keeper.stats.terminations.failed)
    },
  })
}
