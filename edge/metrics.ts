import type { Registry as MetricRegistry } from 'prom-client'
import { Histogram } from 'prom-client'
import {
  rcodeName,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
  typeName,
} from '../shared/dns/codes.ts'
import { registerCounter } from '../shared/metrics.ts'
import type { Client } from './listen/listener.ts'
import type { StageName } from './stage.ts'

/** Types that are counted by name; all others count as `other`, so that the label stays bounded. */
const countedTypes = new Set([
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
])

/** Upper bounds in seconds: CoreDNS's, from 0.25 ms doubling, with finer ones below. */
const durationBuckets = [
  0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064,
  0.128, 0.256, 0.512, 1.024, 2.048,
]

/**
 * Counts queries and answers with the label set of CoreDNS (`server`, `zone`, `view`, `proto`,
 * `family`, `type`, `rcode`, `plugin`), so that dashboards carry over. Counting is an increment; the
 * metrics are made of the counts when they are scraped.
 */
export class QueryCounters {
  /** Messages that were never answered: answers to answers, less than a header. */
  ignored = 0
  /** Faults of our own, answered SERVFAIL. */
  faults = 0
  readonly #requests = new Map<number, number>()
  readonly #responses = new Map<number, number>()
  readonly #durations = new Float64Array(durationBuckets.length + 1)
  #durationSum = 0

  countRequest(client: Client, qtype: number): void {
    const type = countedTypes.has(qtype) ? qtype : 0
    const key = (type << 2) | (client.transport === 'tcp' ? 2 : 0) | (client.family === 6 ? 1 : 0)
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1)
  }

  countResponse(rcode: number, plugin: StageName | 'pipeline', seconds: number): void {
    const key = (rcode << 2) | plugins.indexOf(plugin)
    this.#responses.set(key, (this.#responses.get(key) ?? 0) + 1)
    let bucket = 0
    while (bucket < durationBuckets.length && seconds > (durationBuckets[bucket] ?? 0)) bucket++
    this.#durations[bucket] = (this.#durations[bucket] ?? 0) + 1
    this.#durationSum += seconds
  }

  /** Makes the metrics of the counts, at each scrape. */
  register(register: MetricRegistry): void {
    const common = { server: 'dns://', zone: '', view: '' }
    registerCounter(register, {
      name: 'meridian_edge_dns_requests_total',
      help: 'Queries, by transport, address family and type.',
      labelNames: ['server', 'zone', 'view', 'proto', 'family', 'type'],
      collect: (add) => {
        for (const [key, count] of this.#requests) {
          const proto = (key & 2) === 0 ? 'udp' : 'tcp'
          const family = (key & 1) === 0 ? '1' : '2'
          const type = key >> 2 === 0 ? 'other' : typeName(key >> 2)
          add({ ...common, proto, family, type }, count)
        }
      },
    })
    registerCounter(register, {
      name: 'meridian_edge_dns_responses_total',
      help: 'Answers, by rcode and the stage that gave them.',
      labelNames: ['server', 'zone', 'view', 'rcode', 'plugin'],
      collect: (add) => {
        for (const [key, count] of this.#responses) {
          const plugin = plugins[key & 3] ?? 'pipeline'
          add({ ...common, rcode: rcodeName(key >> 2), plugin }, count)
        }
      },
    })
    registerCounter(register, {
      name: 'meridian_edge_dns_ignored_total',
      help: 'Messages that deserve no answer: answers, and less than a header.',
      collect: (add) => add({}, this.ignored),
    })
    registerCounter(register, {
      name: 'meridian_edge_dns_faults_total',
      help: 'Queries that were answered SERVFAIL because of a fault in this software.',
      collect: (add) => add({}, this.faults),
    })
    this.#registerDurations(register)
  }

  /** prom-client's histogram has no way in for counts that were made elsewhere. */
  #registerDurations(register: MetricRegistry): void {
    const durations = this.#durations
    const readSum = (): number => this.#durationSum
    class DurationHistogram extends Histogram<'server' | 'zone' | 'view'> {
      override async get(): ReturnType<Histogram['get']> {
        const labels = { server: 'dns://', zone: '', view: '' }
        const values = []
        let count = 0
        for (let i = 0; i < durations.length; i++) {
          count += durations[i] ?? 0
          const le = durationBuckets[i] ?? '+Inf'
          values.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: count })
        }
        values.push({ metricName: `${name}_sum`, labels, value: readSum() })
        values.push({ metricName: `${name}_count`, labels, value: count })
        return { ...(await super.get()), values }
      }
    }
    const name = 'meridian_edge_dns_request_duration_seconds'
    register.registerMetric(
      new DurationHistogram({
        name,
        help: 'Time from a query being read to its answer being handed over for sending.',
        labelNames: ['server', 'zone', 'view'],
        buckets: durationBuckets,
        registers: [],
      }),
    )
  }
}

const plugins = ['admit', 'steer', 'pipeline'] as const
