import { createSocket } from 'node:dgram'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { AnswerSamples } from '../decisions/answer-samples.ts'
import { Drain } from '../listen/drain.ts'
import { ThreadCounts } from '../counts.ts'
import { listenFailed } from '../listen/listen-failed.ts'
import type { Listener, ListenerStats, QueryHandler } from '../listen/listener.ts'
import type { CounterName } from '../../shared/native/batch-memory.ts'
import { counterNames, readCounters, readSender } from '../../shared/native/batch-memory.ts'
import type { BatchSockets } from '../../shared/native/batch-socket.ts'
import { createListenerStats } from '../listen/stats.ts'
import type { ClientHandles } from '../locate/client-locator.ts'
import type { TableWriter } from '../table/writer.ts'
import { DataThread } from './data-thread.ts'
import type { Miss } from './messages.ts'

/** A thread that died is replaced after this time, so that one that cannot live costs little. */
export const REPLACE_MS = 100

export interface DataListenerOptions {
  readonly listen: SocketAddress
  readonly threads: number
  /** Misses of all threads that the control thread has not replied to; above it new ones are dropped. */
  readonly inFlightMax: number
  readonly drainMs: number
  readonly sockets: BatchSockets
  readonly table: TableWriter
  readonly nsid: Buffer
  readonly clients: ClientHandles | undefined
  /** Who takes a sample of the answers that threads give, where somebody does. */
  readonly samples?: AnswerSamples | undefined
  readonly logger: Logger
}

type Counters = Readonly<Record<CounterName, number>>

const noCounters: Counters = {
  received: 0,
  sent: 0,
  sendDropped: 0,
  sendErrors: 0,
  truncated: 0,
  kernelDrops: 0,
  batches: 0,
  polls: 0,
  receiveErrors: 0,
}

type State = 'new' | 'listening' | 'draining' | 'closed'

/**
 * A UDP listener over data threads: each has a socket of its own on the one address (SO_REUSEPORT) and
 * answers from the table; only what is not there comes to the handler.
 */
export class DataListener implements Listener {
  readonly transport = 'udp'
  readonly #options: DataListenerOptions
  readonly #handler: QueryHandler
  readonly #threads = new Set<DataThread>()
  /** What threads that are gone have counted. */
  readonly #pastCounts = new ThreadCounts()
  #pastCounters: Counters = noCounters
  readonly #drain = new Drain()
  readonly #family: 4 | 6
  #bound: SocketAddress
  #state: State = 'new'
  #inFlight = 0
  #sent = 0
  #unsent = 0
  #replaced = 0
  #refused = 0
  /** Entries of the table that expire do so from this second on. */
  #nowSeconds = 1

  constructor(options: DataListenerOptions, handler: QueryHandler) {
    this.#options = options
    this.#handler = handler
    this.#bound = options.listen
    this.#family = options.listen.address.includes(':') ? 6 : 4
  }

  address(): SocketAddress {
    return this.#bound
  }

  get family(): 4 | 6 {
    return this.#family
  }

  get threads(): readonly DataThread[] {
    return [...this.#threads]
  }

  /** What all threads counted, those too that are gone. */
  get counts(): readonly ThreadCounts[] {
    return [this.#pastCounts, ...this.threads.map(({ counts }) => counts)]
  }

  /** What the addon counted for all threads, those too that are gone. */
  get counters(): Counters {
    return this.threads.reduce(
      (sum, { memory }) => sumOf(sum, readCounters(memory)),
      this.#pastCounters,
    )
  }

  /** Threads that serve now. */
  get living(): number {
    return this.#state === 'listening' ? this.#threads.size : 0
  }

  /** Threads that died and were replaced. */
  get replaced(): number {
    return this.#replaced
  }

  get stats(): ListenerStats {
    const stats = createListenerStats()
    stats.inFlight = this.#inFlight
    stats.answered = this.#sent
    stats.sendErrors = this.#unsent
    stats.dropped = this.#refused
    const { counters } = this
    const dropped = this.counts.reduce((sum, counts) => sum + counts.dropped, 0)
    stats.received = counters.received - counters.truncated - dropped - this.#refused
    stats.dropped += dropped + counters.truncated
    stats.answered += counters.sent
    stats.sendErrors += counters.sendErrors + counters.sendDropped
    stats.socketErrors = counters.receiveErrors
    return stats
  }

  /** Starts the threads, so that they are loaded when the listener is to start. */
  prepare(): void {
    while (this.#threads.size < this.#options.threads) this.#prepareThread()
  }

  async start(): Promise<void> {
    const { listen } = this.#options
    try {
      // SO_REUSEPORT lets a second edge share the port unnoticed: ask first without it.
      if (listen.port !== 0) await probe(listen, this.#family)
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
    else this.#state = 'listening'
  }

  async stop(): Promise<void> {
    if (this.#state === 'listening') {
      this.#state = 'draining'
      for (const thread of this.#threads) thread.drain()
      if (this.#inFlight > 0) await this.#drain.wait(this.#options.drainMs)
    }
    await this.#close()
  }

  abort(): void {
    void this.#close()
  }

  async #close(): Promise<void> {
    this.#state = 'closed'
    this.#drain.end()
    await Promise.all([...this.#threads].map((thread) => thread.close()))
  }

  #prepareThread(): DataThread {
    const { listen, sockets, table, nsid, clients, inFlightMax, threads, samples } = this.#options
    const thread = new DataThread({
      address: listen.address,
      sockets,
      table,
      nsid,
      clients,
      inFlightMax: Math.max(1, Math.floor(inFlightMax / threads)),
      onMisses: (from, misses) => this.#handOver(from, misses),
      sampleEveryMs: samples?.everyMs ?? 0,
      onSample: (answer, peer) => samples?.take(answer, readSender(peer, 0, this.#family).address),
      onDeath: (dead, err) => this.#replace(dead, err),
    })
    thread.control.nowSeconds = this.#nowSeconds
    thread.prepare()
    this.#threads.add(thread)
    return thread
  }

  async #open(thread: DataThread | undefined): Promise<void> {
    const port = await thread?.start(this.#bound.port)
    if (port !== undefined) this.#bound = { address: this.#bound.address, port }
  }

  /** Tells the threads the time, by which entries of the table expire. */
  tick(nowSeconds: number): void {
    this.#nowSeconds = nowSeconds
    for (const thread of this.#threads) thread.control.nowSeconds = nowSeconds
  }

  #handOver(thread: DataThread, misses: readonly Miss[]): void {
    if (this.#state !== 'listening') {
      // Posted before the thread heard that it is to drain.
      this.#refused += misses.length
      thread.control.addInFlight(-misses.length)
      return
    }
    this.#inFlight += misses.length
    for (const { wire, peer } of misses) {
      const sender = readSender(peer, 0, this.#family)
      const bytes = Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength)
      let replied = false
      this.#handler(bytes, { transport: 'udp', ...sender }, (answer) => {
        if (replied) return
        replied = true
        if (answer !== undefined) {
          if (thread.send(answer, peer)) this.#sent++
          else this.#unsent++
        }
        thread.control.addInFlight(-1)
        this.#inFlight--
        if (this.#inFlight === 0 && this.#state === 'draining') this.#drain.end()
      })
    }
  }

  #replace(dead: DataThread, err: Error | undefined): void {
    this.#threads.delete(dead)
    this.#pastCounts.absorb(dead.counts)
    this.#pastCounters = sumOf(this.#pastCounters, readCounters(dead.memory))
    if (this.#state !== 'listening') return
    this.#replaced++
    const detail = err === undefined ? 'it ended' : messageOf(err)
    this.#options.logger.error({ detail }, 'a data thread died, it is replaced')
    this.#addLater()
  }

  #addLater(): void {
    setTimeout(() => {
      if (this.#state === 'listening') void this.#add()
    }, REPLACE_MS)
  }

  async #add(): Promise<void> {
    let thread: DataThread | undefined
    try {
      thread = this.#prepareThread()
      await this.#open(thread)
    } catch (err) {
      if (thread !== undefined) this.#threads.delete(thread)
      if (this.#state !== 'listening') return
      this.#options.logger.error({ detail: messageOf(err) }, 'no new data thread')
      this.#addLater()
    }
  }
}

function sumOf(a: Counters, b: Counters): Counters {
  const sum = { ...a }
  for (const name of counterNames) sum[name] += b[name]
  return sum
}

/** Binds the address alone and lets it go. Rejects when it is taken. */
async function probe({ address, port }: SocketAddress, family: 4 | 6): Promise<void> {
  const socket = createSocket({ type: `udp${family}`, ipv6Only: family === 6 })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind({ address, port, exclusive: true }, resolve)
    })
  } finally {
    socket.close()
  }
}
