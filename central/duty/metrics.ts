import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { Bulletin } from './bulletin.ts'
import type { Duties } from './duties.ts'

/** Registers who has the duty, of a central that may have others beside it. */
export function registerDutyMetrics(
  register: MetricRegistry,
  duties: Pick<Duties, 'isOn' | 'centrals'>,
  bulletin: Pick<Bulletin, 'dropped'>,
): void {
  registerGauge(register, {
    name: 'meridian_central_duty_on',
    help: '1 on the central that writes what time and reports bring about.',
    collect: (add) => add({}, duties.isOn() ? 1 : 0),
  })
  registerGauge(register, {
    name: 'meridian_central_duty_centrals',
    help: 'Centrals that this one hears, itself too.',
    collect: (add) => add({}, duties.centrals()),
  })
  registerCounter(register, {
    name: 'meridian_central_duty_notes_dropped_total',
    help: 'Notes to other centrals that were lost because Kafka was out of reach, or too many waited.',
    collect: (add) => add({}, bulletin.dropped),
  })
}
