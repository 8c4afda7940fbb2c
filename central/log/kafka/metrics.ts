import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../../shared/metrics.ts'
import type { KafkaLog } from './kafka-log.ts'

/** Registers how the log in Kafka is. */
export function registerKafkaLogMetrics(
  register: MetricRegistry,
  log: Pick<KafkaLog, 'state' | 'counts' | 'lag' | 'refusedAppends' | 'unansweredAppends'>,
): void {
  registerGauge(register, {
    name: 'meridian_central_log_kafka_following',
    help: '1 while the topic is followed, 0 while central is read-only.',
    collect: (add) => add({}, log.state.kind === 'following' ? 1 : 0),
  })
  registerGauge(register, {
    name: 'meridian_central_log_kafka_lag_records',
    help: 'Records of the topic that are not read yet, as far as is known.',
    collect: (add) => add({}, log.lag),
  })
  registerCounter(register, {
    name: 'meridian_central_log_kafka_losses_total',
    help: 'Times that Kafka went out of reach.',
    collect: (add) => add({}, log.counts.losses),
  })
  registerCounter(register, {
    name: 'meridian_central_log_kafka_foreign_records_total',
    help: 'Records of the topic that are not of the log, and were skipped.',
    collect: (add) => add({}, log.counts.foreign),
  })
  registerCounter(register, {
    name: 'meridian_central_log_kafka_stale_appends_total',
    help: 'Appends of any central that another one was faster than, or that came twice.',
    collect: (add) => add({}, log.counts.stale),
  })
  registerCounter(register, {
    name: 'meridian_central_log_kafka_unanswered_appends_total',
    help: 'Appends of this central of which it was not known in time whether they were written.',
    collect: (add) => add({}, log.unansweredAppends),
  })
  registerCounter(register, {
    name: 'meridian_central_log_refused_appends_total',
    help: 'Appends that were refused because too much waited already.',
    collect: (add) => add({}, log.refusedAppends),
  })
}
