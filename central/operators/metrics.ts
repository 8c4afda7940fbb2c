import type { Registry as MetricRegistry } from 'prom-client'
import { registerGauge } from '../../shared/metrics.ts'
import { forcedStates } from '../../shared/registry/force-schema.ts'
import type { RegistryState } from '../model/state.ts'

/** Registers what operators have forced, and where they work. */
export function registerOperatorMetrics(
  register: MetricRegistry,
  state: Pick<RegistryState, 'forced' | 'maintenance'>,
): void {
  registerGauge(register, {
    name: 'meridian_central_operators_forced_endpoints',
    help: 'Endpoints that operators have forced, by what they are forced to be.',
    labelNames: ['state'],
    collect: (add) => {
      const counts = { up: 0, down: 0 }
      for (const byCluster of state.forced.values()) {
        for (const force of byCluster.values()) counts[force.state]++
      }
      for (const forced of forcedStates) add({ state: forced }, counts[forced])
    },
  })
  registerGauge(register, {
    name: 'meridian_central_operators_maintenance_windows',
    help: 'Windows of maintenance, by whether they are planned or in force.',
    labelNames: ['state'],
    collect: (add) => {
      let inForce = 0
      for (const { isInForce } of state.maintenance.values()) if (isInForce) inForce++
      add({ state: 'planned' }, state.maintenance.size - inForce)
      add({ state: 'in-force' }, inForce)
    },
  })
}
