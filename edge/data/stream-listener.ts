import { createServer } from 'node:net'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { ThreadCounts } from '../counts.ts'
import { listenFailed } from '../listen/listen-failed.ts'
import type { Listener, ListenerStats, QueryHandler } from '../listen/listener.ts'
import type { SharedBudgetMembers } from '../listen/shared-budget.ts'
import { createListenerStats } from '../listen/stats.ts'
import type { ClientHandles } from '../locate/client-locator.ts'
import type { TableWriter } from '../table/writer.ts'
import { REPLACE_MS } from './data-listener.ts'
import type { StreamLimits, StreamMiss } from './stream-messages.ts'
import { StreamThread } from './stream-thread.ts'

/** What a drain may take beyond its time: a thread that does not end by then is ended. */
const DRAIN_GRACE_MS = 1000

export interface StreamListenerOptions {
  readonly listen: SocketAddress
  readonly threads: number
  readonly limits: StreamLimits
  /** Shared with the threads of other listeners. */
  readonly budget: SharedBudgetMembers
  readonly table: TableWriter
  readonly nsid: Buffer
  readonly clients: ClientHandles | undefined
  readonly logger: Logger
}

type State = 'new' | 'listening' | 'draining' | 'closed'

/**
 * A TCP listener over stream threads: each accepts on a socket of its own on the one address
 * (SO_REUSEPORT) and answers from the table; only what is not there comes to the handler.
 */
export class StreamListener implements Listener {
  readonly transport = 'tcp'
  readonly family: 4 | 6
  readonly #options: StreamListenerOptions
  readonly #handler: QueryHandler
  readonly #threads = new Set<StreamThread>()
  /** What threads that are gone have counted. */
  readonly #pastStats: ListenerStats = createListenerStats()
  readonly #pastCounts = new ThreadCounts()
  #bound: SocketAddress
  #state: State = 'new'
  #replaced = 0
  #replacing: NodeJS.Timeout | undefined
  /** Entries of the table that expire do so from this second on. */
  #nowSeconds = 1

  constructor(options: StreamListenerOptions, handler: QueryHandler) {
    this.#options = options
    this.#handler = handler
    this.#bound = options.listen
    this.family = options.listen.address.includes(':') ? 6 : 4
  }

  address(): SocketAddress {
    return this.#bound
  }

  /** Threads that serve now. */
  get living(): number {
    return this.#state === 'listening' ? this.#threads.size : 0
  }

  /** Threads that died and were replaced. */
  get replaced(): number {
    return this.#replaced
  }

  get threads(): readonly StreamThread[] {
    return [...this.#threads]
  }

  /** What all threads counted, those too that are gone. */
  get counts(): readonly ThreadCounts[] {
    return [this.#pastCounts, ...this.threads.map(({ counts }) => counts)]
  }

  get stats(): ListenerStats {
    const stats = { ...this.#pastStats }
    for (const thread of this.#threads) thread.addTo(stats)
    return stats
  }

  /** Starts the threads, so that they are loaded when the listener is to start. */
  prepare(): void {
    while (this.#threads.size < this.#options.threads) this.#prepareThread()
  }

  async start(): Promise<void> {
    const { listen, threads } = this.#options
    try {
      // SO_REUSEPORT lets a second edge share the port unnoticed: ask first without it.
      if (listen.port !== 0) await probe(listen)
      this.prepare()
      const [first, ...others] = this.#threads
      // The first finds the port, when any will do.
      await this.#open(first)
      await Promise.all(others.map((thread) => this.#open(thread)))
    } catch (err) {
      await this.#close()
      throw listenFailed(this.transport, listen, err)
    }
    if (this.#state === 'closed') await this.#close()
    else {
      this.#state = 'listening'
      // One may have died while others were still starting.
      if (this.#threads.size < threads) this.#replaceLater()
    }
  }

  async stop(): Promise<void> {
    if (this.#state === 'listening') {
      this.#state = 'draining'
      const late = setTimeout(() => this.abort(), this.#options.limits.drainMs + DRAIN_GRACE_MS)
      await Promise.all(this.threads.map((thread) => thread.drain()))
      clearTimeout(late)
    }
    await this.#close()
  }

  abort(): void {
    void this.#close()
  }

  /** Tells the threads the time, by which entries of the table expire. */
  tick(nowSeconds: number): void {
    this.#nowSeconds = nowSeconds
    for (const thread of this.#threads) thread.control.nowSeconds = nowSeconds
  }

  async #close(): Promise<void> {
    this.#state = 'closed'
    clearTimeout(this.#replacing)
    await Promise.all(this.threads.map((thread) => thread.close()))
  }

  #prepareThread(): StreamThread {
    const { listen, limits, budget, table, nsid, clients } = this.#options
    const thread = new StreamThread({
      address: listen.address,
      limits,
      budget,
      table,
      nsid,
      clients,
      onMisses: (from, misses) => this.#handOver(from, misses),
      onEnd: (ended, err) => this.#bury(ended, err),
    })
    thread.control.nowSeconds = this.#nowSeconds
    thread.prepare()
    this.#threads.add(thread)
    return thread
  }

  async #open(thread: StreamThread | undefined): Promise<void> {
    const port = await thread?.start(this.#bound.port)
    if (port !== undefined) this.#bound = { address: this.#bound.address, port }
  }

  #handOver(thread: StreamThread, misses: readonly StreamMiss[]): void {
    // While it drains too: the thread hands over nothing that it read after it was told.
    if (this.#state === 'closed') return
    for (const { id, wire, family, address, port } of misses) {
      thread.outstanding++
      const bytes = Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
      let replied = false
      this.#handler(bytes, { transport: 'tcp', family, address, port }, (answer) => {
        if (replied) return
        replied = true
        // Alone in its memory: a view would be posted with all that it is a view of.
        if (thread.reply({ id, answer: answer && new Uint8Array(answer) })) return
        this.#pastStats.inFlight--
        if (answer !== undefined) this.#pastStats.sendErrors++
      })
    }
  }

  /** Keeps what a thread counted; while the listener serves, another one takes its place. */
  #bury(ended: StreamThread, err: Error | undefined): void {
    this.#threads.delete(ended)
    ended.addTo(this.#pastStats)
    this.#pastCounts.absorb(ended.counts)
    if (this.#state !== 'listening') return
    const detail = err === undefined ? 'it ended' : messageOf(err)
    this.#options.logger.error({ detail }, 'a stream thread died, it is replaced')
    this.#replaceLater()
  }

  /** One timer for all that are missing, so that threads that cannot live cost little. */
  #replaceLater(): void {
    this.#replacing ??= setTimeout(() => {
      this.#replacing = undefined
      if (this.#state === 'listening') this.#replace()
    }, REPLACE_MS)
  }

  #replace(): void {
    try {
      while (this.#threads.size < this.#options.threads) {
        this.#open(this.#prepareThread()).then(
          () => this.#replaced++,
          // It ends then, and is replaced for that.
          () => undefined,
        )
      }
    } catch (err) {
      this.#options.logger.error({ detail: messageOf(err) }, 'no new stream thread')
      this.#replaceLater()
    }
  }
}

/** Binds the address alone and lets it go. Rejects when it is taken. */
async function probe({ address, port }: SocketAddress): Promise<void> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(
      { host: address, port, ipv6Only: address.includes(':'), exclusive: true },
      resolve,
    )
  })
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}
