import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { KafkaSource } from './kafka-source.ts'
import { messageResults } from './plan-batch.ts'

/** Registers how the sources of records are, and what became of their messages. */
export function registerSourceMetrics(
  register: MetricRegistry,
  sources: readonly KafkaSource[],
): void {
  registerGauge(register, {
    name: 'meridian_central_source_following',
    help: '1 while the topic is followed, 0 while it is waited for, out of reach, or followed by another central.',
    labelNames: ['source'],
    collect: (add) => {
      for (const { options, state } of sources) {
        add({ source: options.name }, state.kind === 'following' ? 1 : 0)
      }
    },
  })
  registerGauge(register, {
    name: 'meridian_central_source_lag_messages',
    help: 'Messages of a partition that are not read yet, as far as is known.',
    labelNames: ['source', 'partition'],
    collect: (add) => {
      for (const { options, partitions } of sources) {
        for (const { partition, position, end } of partitions) {
          const lag = Math.max(0, end - position)
          add({ source: options.name, partition: String(partition) }, lag)
        }
      }
    },
  })
  registerCounter(register, {
    name: 'meridian_central_source_messages_total',
    help: 'Messages that were read, by what became of them.',
    labelNames: ['source', 'result'],
    collect: (add) => {
      for (const { options, results } of sources) {
        for (const result of messageResults) {
          add({ source: options.name, result }, results[result])
        }
      }
    },
  })
  registerCounter(register, {
    name: 'meridian_central_source_dead_letters_total',
    help: 'Messages that were refused, by what the form wants or the rule that they would break.',
    labelNames: ['source', 'reason'],
    collect: (add) => {
      for (const { options, reasons } of sources) {
        for (const [reason, count] of reasons) add({ source: options.name, reason }, count)
      }
    },
  })
  registerCounter(register, {
    name: 'meridian_central_source_losses_total',
    help: 'Times that a topic could not be followed any more for a while.',
    labelNames: ['source'],
    collect: (add) => {
      for (const { options, losses } of sources) add({ source: options.name }, losses)
    },
  })
}
