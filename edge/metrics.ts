import type { Registry as MetricRegistry } from 'prom-client'
import { Histogram } from 'prom-client'
import { rcodeName, typeName } from '../shared/dns/codes.ts'
import { countedRcodes, countedTypeIndex, countedTypes, durationBounds } from './counts.ts'
import type { ThreadCounts } from './counts.ts'
import { registerCounter } from '../shared/metrics.ts'
import type { Client, Transport } from './listen/listener.ts'
import type { StageName } from './stage.ts'

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
  /** What the data and stream threads of each address count. */
  readonly #threads: (() => readonly DataCounts[])[] = []
  readonly #durations = new Float64Array(durationBounds.length + 1)
  #durationSum = 0

  countRequest(client: Client, qtype: number): void {
    const type = countedTypes[countedTypeIndex(qtype)] ?? 0
    const key = (type << 2) | (client.transport === 'tcp' ? 2 : 0) | (client.family === 6 ? 1 : 0)
    this.#requests.set(key, (this.#requests.get(key) ?? 0) + 1)
  }

  countResponse(rcode: number, plugin: StageName | 'pipeline', seconds: number): void {
    const key = (rcode << 2) | plugins.indexOf(plugin)
    this.#responses.set(key, (this.#responses.get(key) ?? 0) + 1)
    let bucket = 0
    while (bucket < durationBounds.length && seconds > (durationBounds[bucket] ?? 0)) bucket++
    this.#durations[bucket] = (this.#durations[bucket] ?? 0) + 1
    this.#durationSum += seconds
  }

  /** Adds what data and stream threads count to the metrics. */
  addThreads(threads: () => readonly DataCounts[]): void {
    this.#threads.push(threads)
  }

  *#dataCounts(): Iterable<DataCounts> {
    for (const threads of this.#threads) yield* threads()
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
        for (const { counts, proto, family: version } of this.#dataCounts()) {
          const family = version === 4 ? '1' : '2'
          countedTypes.forEach((qtype, i) => {
            const type = qtype === 0 ? 'other' : typeName(qtype)
            const count = counts.requestsOf(i)
            if (count > 0) add({ ...common, proto, family, type }, count)
          })
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
        for (const { counts } of this.#dataCounts()) {
          for (let rcode = 0; rcode < countedRcodes; rcode++) {
            const count = counts.responsesOf(rcode)
            if (count > 0) add({ ...common, rcode: rcodeName(rcode), plugin: 'table' }, count)
          }
        }
      },
    })
    registerCounter(register, {
      name: 'meridian_edge_dns_ignored_total',
      help: 'Messages that deserve no answer: answers, and less than a header.',
      collect: (add) => {
        let ignored = this.ignored
        for (const { counts } of this.#dataCounts()) ignored += counts.ignored
        add({}, ignored)
      },
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
    const dataCounts = (): readonly DataCounts[] => [...this.#dataCounts()]
    const readSum = (): number =>
      dataCounts().reduce((sum, { counts }) => sum + counts.durationSum, this.#durationSum)
    class DurationHistogram extends Histogram<'server' | 'zone' | 'view'> {
      override async get(): ReturnType<Histogram['get']> {
        const labels = { server: 'dns://', zone: '', view: '' }
        const values = []
        let count = 0
        for (let i = 0; i < durations.length; i++) {
          count += durations[i] ?? 0
          for (const { counts } of dataCounts()) count += counts.durationsOf(i)
          const le = durationBounds[i] ?? '+Inf'
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
        buckets: [...durationBounds],
        registers: [],
      }),
    )
  }
}

/** The counts of one data or stream thread, and the transport and address family that it serves. */
export interface DataCounts {
  readonly counts: ThreadCounts
  readonly proto: Transport
  readonly family: 4 | 6
}

const plugins = ['admit', 'steer', 'pipeline'] as const
