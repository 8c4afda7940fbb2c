import type { Registry as MetricRegistry } from 'prom-client'
import type { AddSample } from '../../shared/metrics.ts'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { Listener, ListenerStats } from './listener.ts'

const counted = [
  ['received', 'received_total', 'Messages handed to the pipeline.'],
  ['answered', 'answered_total', 'Answers that the kernel took.'],
  ['dropped', 'dropped_total', 'Messages not handed over: too many in flight, or draining.'],
  ['sendErrors', 'send_errors_total', 'Answers that could not be sent.'],
  ['socketErrors', 'socket_errors_total', 'Errors of listening sockets.'],
  ['connectionsAccepted', 'connections_accepted_total', 'Connections accepted.'],
  ['connectionsRefused', 'connections_refused_total', 'Connections closed at once, above a bound.'],
  ['connectionsTimedOut', 'connections_timed_out_total', 'Connections closed as idle or too slow.'],
  [
    'connectionsStalled',
    'connections_stalled_total',
    'Connections that did not read their answers.',
  ],
  ['connectionErrors', 'connection_errors_total', 'Connections that ended in an error.'],
] as const satisfies readonly (readonly [keyof ListenerStats, string, string])[]

const current = [
  ['inFlight', 'in_flight', 'Messages that are being answered now.'],
  ['connections', 'connections', 'Connections that are open now.'],
] as const satisfies readonly (readonly [keyof ListenerStats, string, string])[]

/** Makes metrics of the listeners' counts, at each scrape, summed by transport. */
export function registerListenMetrics(
  register: MetricRegistry,
  listeners: () => readonly Listener[],
): void {
  const sumOf = (key: keyof ListenerStats) => (add: AddSample<'proto'>) => {
    for (const proto of ['udp', 'tcp'] as const) {
      let sum = 0
      for (const { transport, stats } of listeners()) if (transport === proto) sum += stats[key]
      add({ proto }, sum)
    }
  }
  for (const [key, name, help] of counted) {
    registerCounter(register, {
      name: `meridian_edge_listen_${name}`,
      help,
      labelNames: ['proto'],
      collect: sumOf(key),
    })
  }
  for (const [key, name, help] of current) {
    registerGauge(register, {
      name: `meridian_edge_listen_${name}`,
      help,
      labelNames: ['proto'],
      collect: sumOf(key),
    })
  }
}
