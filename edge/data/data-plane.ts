import { availableParallelism } from 'node:os'
import type { Registry as MetricRegistry } from 'prom-client'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import type { Logger } from '../../shared/log.ts'
import { registerCounter, registerGauge } from '../../shared/metrics.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Listener, QueryHandler } from '../listen/listener.ts'
import { readCounters } from '../listen/native/batch-memory.ts'
import type { BatchSockets } from '../listen/native/batch-socket.ts'
import { loadBatchSockets } from '../listen/native/batch-socket.ts'
import type { ListenOptions } from '../listen/options.ts'
import type { DataCounts } from '../metrics.ts'
import type { TableOptions } from '../table/options.ts'
import { TableWriter } from '../table/writer.ts'
import { DataListener } from './data-listener.ts'

/** How UDP is served: by data threads, or why not. */
export type UdpMode =
  | { readonly udp: 'data-threads'; readonly threads: number }
  | { readonly udp: 'dgram'; readonly reason: string }

export interface DataPlaneOptions {
  readonly listen: ListenOptions
  readonly table: TableOptions
  readonly nsid: Buffer
  readonly logger: Logger
}

/** The answer table and the data threads of all addresses, where the machine has what they need. */
export class DataPlane implements Startable {
  readonly mode: UdpMode
  /** Undefined without data threads. */
  readonly table: TableWriter | undefined
  readonly #options: DataPlaneOptions
  readonly #sockets: BatchSockets | undefined
  readonly #listeners: DataListener[] = []

  constructor(options: DataPlaneOptions) {
    this.#options = options
    const threads = options.listen.threads ?? availableParallelism()
    const loaded = loadBatchSockets()
    if (threads === 0) this.mode = { udp: 'dgram', reason: 'listen.threads is 0' }
    else if (!loaded.ok) this.mode = { udp: 'dgram', reason: loaded.reason }
    else {
      this.mode = { udp: 'data-threads', threads }
      this.#sockets = loaded.api
      this.table = new TableWriter(options.table)
    }
  }

  /** Creates the UDP listener of an address; undefined where node:dgram is to serve it. */
  get createUdp(): ((listen: SocketAddress, handler: QueryHandler) => Listener) | undefined {
    const { mode, table } = this
    const sockets = this.#sockets
    if (mode.udp !== 'data-threads' || sockets === undefined || table === undefined)
      return undefined
    const { listen: options, nsid, logger } = this.#options
    return (listen, handler) => {
      const { udpInFlightMax: inFlightMax, drainMs } = options
      const { threads } = mode
      const shared = { sockets, table, nsid, logger, inFlightMax, drainMs, threads }
      const listener = new DataListener({ listen, ...shared }, handler)
      this.#listeners.push(listener)
      return listener
    }
  }

  /** Loads the data threads; they get their sockets when the listeners start. */
  start(): Promise<void> {
    for (const listener of this.#listeners) listener.prepare()
    return Promise.resolve()
  }

  /** Ends the threads of listeners that were never started. */
  async stop(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.stop()))
  }

  tick(nowSeconds: number): void {
    for (const listener of this.#listeners) listener.tick(nowSeconds)
  }

  /** What all data threads count. */
  counts(): readonly DataCounts[] {
    return this.#listeners.flatMap((listener) =>
      listener.threads.map(({ counts }) => ({ counts, family: listener.family })),
    )
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
    registerCounter(register, {
      name: 'meridian_edge_data_answers_total',
      help: 'Answers that the data threads gave from the answer table.',
      collect: (add) =>
        add(
          {},
          this.counts().reduce((sum, { counts }) => sum + counts.answered, 0),
        ),
    })
    registerCounter(register, {
      name: 'meridian_edge_data_kernel_drops_total',
      help: 'Datagrams that the kernel had no room for in the sockets of the data threads.',
      collect: (add) => {
        let drops = 0
        for (const listener of this.#listeners) {
          for (const { memory } of listener.threads) drops += readCounters(memory).kernelDrops
        }
        add({}, drops)
      },
    })
    const { table } = this
    registerGauge(register, {
      name: 'meridian_edge_table_entries',
      help: 'Entries of the answer table: answers, names and zones.',
      collect: (add) => add({}, table?.stats().entries ?? 0),
    })
    registerGauge(register, {
      name: 'meridian_edge_table_bytes',
      help: 'Memory that the answer table has taken of table.maxBytes.',
      collect: (add) => add({}, table?.stats().heldBytes ?? 0),
    })
    registerCounter(register, {
      name: 'meridian_edge_table_refused_total',
      help: 'Entries that did not fit into the answer table; the control thread answers for them.',
      collect: (add) => add({}, table?.stats().refused ?? 0),
    })
  }
}
