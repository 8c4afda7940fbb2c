import type { Registry as MetricRegistry } from 'prom-client'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { RoundTrips } from './round-trips.ts'

/** Registers the metrics of the measuring of round trips; all are read when they are scraped. */
export function registerLatencyMetrics(register: MetricRegistry, roundTrips: RoundTrips): void {
  registerGauge(register, {
    name: 'meridian_edge_latency_clusters',
    help: 'Clusters by what is known of the round trip to them; distances stand in for all but known.',
    labelNames: ['state'],
    collect: (add) => {
      const { known, unknown, withoutAddress, tooMany } = roundTrips.counts
      add({ state: 'known' }, known)
      add({ state: 'unknown' }, unknown)
      add({ state: 'without-address' }, withoutAddress)
      add({ state: 'too-many' }, tooMany)
    },
  })
  registerCounter(register, {
    name: 'meridian_edge_latency_handshakes_total',
    help: 'Handshakes that have ended, by result; unknown: this edge could not find out.',
    labelNames: ['result'],
    collect: (add) => {
      for (const [result, count] of Object.entries(roundTrips.handshakes)) add({ result }, count)
    },
  })
  registerGauge(register, {
    name: 'meridian_edge_latency_running',
    help: 'Clusters that are being measured, at most latency.parallelMax.',
    collect: (add) => add({}, roundTrips.running),
  })
  registerGauge(register, {
    name: 'meridian_edge_latency_waiting',
    help: 'Clusters that are due and wait until one of those being measured is done.',
    collect: (add) => add({}, roundTrips.waiting),
  })
  registerCounter(register, {
    name: 'meridian_edge_latency_publications_total',
    help: 'Times that published round trips have changed, for one cluster or more.',
    collect: (add) => add({}, roundTrips.publications),
  })
}
