import { availableParallelism } from 'node:os'
import type { Registry as MetricRegistry } from 'prom-client'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { MeridianError } from '../../shared/errors.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/log.ts'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { Startable } from '../../shared/startable.ts'
import type { AnswerSamples } from '../decisions/answer-samples.ts'
import type { AtOnce, Listener, QueryHandler } from '../listen/listener.ts'
import type { BatchSockets } from '../../shared/native/batch-socket.ts'
import { loadBatchSockets } from '../../shared/native/batch-socket.ts'
import type { ListenOptions } from '../listen/options.ts'
import { SharedBudgetMembers } from '../listen/shared-budget.ts'
import { ClientLocator } from '../locate/client-locator.ts'
import type { ClientHandles } from '../locate/client-locator.ts'
import type { DataCounts } from '../metrics.ts'
import type { TableOptions } from '../table/options.ts'
import { READERS_MAX } from '../table/layout.ts'
import { TableReader } from '../table/reader.ts'
import { TableWriter } from '../table/writer.ts'
import { ThreadCounts } from '../counts.ts'
import { DataListener } from './data-listener.ts'
import { StreamListener } from './stream-listener.ts'
import { answerTableFirst } from './table-first.ts'

/** How UDP is served, and TCP: by threads of their own at each address, or why not. */
export type UdpMode =
  | { readonly udp: 'data-threads'; readonly threads: number; readonly streamThreads: number }
  | { readonly udp: 'dgram'; readonly reason: string }

export interface DataPlaneOptions {
  readonly listen: ListenOptions
  readonly table: TableOptions
  readonly nsid: Buffer
  /** Where clients are; asked for when listeners are made, as it is made for the table. */
  readonly clients: () => ClientHandles | undefined
  /** Who takes a sample of the answers of data threads, where somebody does. */
  readonly samples?: AnswerSamples | undefined
  readonly clock: Clock
  readonly logger: Logger
}

/** The answer table and the data threads of all addresses, where the machine has what they need. */
export class DataPlane implements Startable {
  readonly mode: UdpMode
  readonly table: TableWriter
  readonly #options: DataPlaneOptions
  readonly #sockets: BatchSockets | undefined
  readonly #listeners: DataListener[] = []
  readonly #streams: StreamListener[] = []
  /** What the control thread answers from the table itself. */
  readonly #ownCounts = { 4: new ThreadCounts(), 6: new ThreadCounts() }
  #nowSeconds = 1
  readonly #budget: SharedBudgetMembers

  /** Throws MeridianError MERIDIAN_CONFIG_INVALID for more threads than there can be. */
  constructor(options: DataPlaneOptions) {
    this.#options = options
    const { addresses, streamThreads, threads = defaultThreads(options.listen) } = options.listen
    const { tcpConnectionsMax: max, tcpConnectionsPerClientMax: perClientMax } = options.listen
    this.#budget = new SharedBudgetMembers(addresses.length * streamThreads, { max, perClientMax })
    const loaded = loadBatchSockets()
    if (threads === 0) this.mode = { udp: 'dgram', reason: 'listen.threads is 0' }
    else if (!loaded.ok) this.mode = { udp: 'dgram', reason: loaded.reason }
    else {
      requireRoom(addresses.length, threads, streamThreads)
      this.mode = { udp: 'data-threads', threads, streamThreads }
      this.#sockets = loaded.api
    }
    this.table = new TableWriter(options.table)
  }

  /** Creates the UDP listener of an address; undefined where node:dgram is to serve it. */
  get createUdp(): ((listen: SocketAddress, handler: QueryHandler) => Listener) | undefined {
    const { mode, table } = this
    const sockets = this.#sockets
    if (mode.udp !== 'data-threads' || sockets === undefined) return undefined
    const { listen: options, nsid, logger, samples } = this.#options
    const clients = this.#options.clients()
    return (listen, handler) => {
      const { udpInFlightMax: inFlightMax, drainMs } = options
      const { threads } = mode
      const bounds = { inFlightMax, drainMs, threads }
      const shared = { sockets, table, nsid, clients, samples, logger, ...bounds }
      const listener = new DataListener({ listen, ...shared }, handler)
      this.#listeners.push(listener)
      return listener
    }
  }

  /** Creates the TCP listener of an address; undefined where the control thread is to serve it. */
  get createTcp(): ((listen: SocketAddress, handler: QueryHandler) => Listener) | undefined {
    const { mode, table } = this
    if (mode.udp !== 'data-threads' || mode.streamThreads === 0) return undefined
    const { listen: options, nsid, logger } = this.#options
    const clients = this.#options.clients()
    return (listen, handler) => {
      const limits = {
        idleTimeoutMs: options.tcpIdleTimeoutMs,
        inFlightMax: options.tcpInFlightMax,
        drainMs: options.drainMs,
      }
      const shared = { limits, budget: this.#budget, table, nsid, clients, logger }
      const listener = new StreamListener(
        { listen, threads: mode.streamThreads, ...shared },
        handler,
      )
      this.#streams.push(listener)
      return listener
    }
  }

  /** Answers datagrams from the table, where no threads do. */
  tableFirst(): AtOnce | undefined {
    const index = this.mode.udp === 'dgram' ? this.table.addReader() : undefined
    if (index === undefined) return undefined
    const clients = this.#options.clients()
    return answerTableFirst({
      reader: new TableReader(this.table.handle, index),
      nsid: this.#options.nsid,
      locator: clients && new ClientLocator(clients),
      counts: this.#ownCounts,
      clock: this.#options.clock,
      nowSeconds: () => this.#nowSeconds,
    })
  }

  /** Loads the threads; they get their sockets when the listeners start. */
  start(): Promise<void> {
    for (const listener of this.#listeners) listener.prepare()
    for (const listener of this.#streams) listener.prepare()
    return Promise.resolve()
  }

  /** Ends the threads of listeners that were never started. */
  async stop(): Promise<void> {
    await Promise.all([...this.#listeners, ...this.#streams].map((listener) => listener.stop()))
  }

  tick(nowSeconds: number): void {
    this.#nowSeconds = nowSeconds
    for (const listener of this.#listeners) listener.tick(nowSeconds)
    for (const listener of this.#streams) listener.tick(nowSeconds)
  }

  /** What all data and stream threads count. */
  counts(): readonly DataCounts[] {
    const threads = [...this.#listeners, ...this.#streams].flatMap(
      ({ counts: all, transport: proto, family }) =>
        all.map((counts): DataCounts => ({ counts, proto, family })),
    )
    for (const family of [4, 6] as const) {
      threads.push({ counts: this.#ownCounts[family], proto: 'udp', family })
    }
    return threads
  }

  registerMetrics(register: MetricRegistry): void {
    registerGauge(register, {
      name: 'meridian_edge_data_threads',
      help: 'Data threads that serve UDP; 0 where the control thread does, over node:dgram.',
      collect: (add) =>
        add(
          {},
          this.#listeners.reduce((sum, listener) => sum + listener.living, 0),
        ),
    })
    registerCounter(register, {
      name: 'meridian_edge_data_threads_replaced_total',
      help: 'Data threads that died and were replaced.',
      collect: (add) =>
        add(
          {},
          this.#listeners.reduce((sum, listener) => sum + listener.replaced, 0),
        ),
    })
    registerGauge(register, {
      name: 'meridian_edge_data_stream_threads',
      help: 'Stream threads that serve TCP; 0 where the control thread does.',
      collect: (add) =>
        add(
          {},
          this.#streams.reduce((sum, listener) => sum + listener.living, 0),
        ),
    })
    registerCounter(register, {
      name: 'meridian_edge_data_stream_threads_replaced_total',
      help: 'Stream threads that died and were replaced.',
      collect: (add) =>
        add(
          {},
          this.#streams.reduce((sum, listener) => sum + listener.replaced, 0),
        ),
    })
    registerCounter(register, {
      name: 'meridian_edge_data_answers_total',
      help: 'Answers that were given from the answer table, by data and stream threads where there are any.',
      collect: (add) =>
        add(
          {},
          this.counts().reduce((sum, { counts }) => sum + counts.answered, 0),
        ),
    })
    registerCounter(register, {
      name: 'meridian_edge_data_kernel_drops_total',
      help: 'Datagrams that the kernel had no room for in the sockets of the data threads.',
      collect: (add) =>
        add(
          {},
          this.#listeners.reduce((sum, { counters }) => sum + counters.kernelDrops, 0),
        ),
    })
    const { table } = this
    registerGauge(register, {
      name: 'meridian_edge_table_entries',
      help: 'Entries of the answer table: answers, names and zones.',
      collect: (add) => add({}, table.stats().entries),
    })
    registerGauge(register, {
      name: 'meridian_edge_table_bytes',
      help: 'Memory that the answer table has taken of table.maxBytes.',
      collect: (add) => add({}, table.stats().heldBytes),
    })
    registerCounter(register, {
      name: 'meridian_edge_table_refused_total',
      help: 'Entries that did not fit into the answer table; the control thread answers for them.',
      collect: (add) => add({}, table.stats().refused),
    })
  }
}

/** One thread for each core, as far as the table has room for readers at all the addresses. */
function defaultThreads({ addresses, streamThreads }: ListenOptions): number {
  const room = Math.floor(READERS_MAX / addresses.length) - streamThreads
  return Math.max(1, Math.min(availableParallelism(), room))
}

function requireRoom(addresses: number, threads: number, streamThreads: number): void {
  const all = addresses * (threads + streamThreads)
  if (all <= READERS_MAX) return
  throw new MeridianError(
    'MERIDIAN_CONFIG_INVALID',
    `listen: ${threads} data and ${streamThreads} stream threads at each of ${addresses} addresses ` +
      `are ${all}, at most ${READERS_MAX} are wanted (listen.threads, listen.streamThreads)`,
  )
}
