import { type Server, type Socket, createServer } from 'node:net'
import { type Clock, systemClock } from '../../shared/clock.ts'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { withoutZone } from './client-address.ts'
import type { ConnectionPlaces } from './connection-budget.ts'
import { Drain } from './drain.ts'
import { listenFailed } from './listen-failed.ts'
import type { Listener, ListenerStats, QueryHandler } from './listener.ts'
import { createListenerStats } from './stats.ts'
import { type HandlerBatch, StreamConnection, type StreamContext } from './stream-connection.ts'

export interface TcpListenerOptions {
  readonly listen: SocketAddress
  readonly idleTimeoutMs: number
  /** Messages in flight on one connection. */
  readonly inFlightMax: number
  readonly drainMs: number
  /** Where every connection takes its place; may be shared with other listeners. */
  readonly budget: ConnectionPlaces
  /** Lets other listeners of this process have the same port; the kernel spreads the connections. */
  readonly reusePort?: boolean
  /** Where the listener counts; in memory of its own unless told. */
  readonly stats?: ListenerStats
  /** Told of each run of messages that are handed over. */
  readonly batch?: HandlerBatch
}

/** Connections are looked over ten times in an idle timeout, but not more or less often than so. */
const SWEEP_MIN_MS = 10
const SWEEP_MAX_MS = 250

/** For a handler that does not care. */
const noBatch: HandlerBatch = { begin: () => undefined, end: () => undefined }

/** A listener over `node:net`: one address, many connections (RFC 7766). */
export class TcpListener implements Listener {
  readonly transport = 'tcp'
  readonly stats: ListenerStats
  readonly #options: TcpListenerOptions
  readonly #context: StreamContext
  readonly #drain = new Drain()
  readonly #connections = new Set<StreamConnection>()
  #server: Server | undefined
  #sweep: NodeJS.Timeout | undefined
  #bound: SocketAddress
  #aborted = false
  #wakeWhenEmpty: (() => void) | undefined

  constructor(options: TcpListenerOptions, handler: QueryHandler, clock: Clock = systemClock) {
    this.#options = options
    this.stats = options.stats ?? createListenerStats()
    this.#bound = options.listen
    this.#context = {
      handler,
      stats: this.stats,
      clock,
      idleTimeoutMs: options.idleTimeoutMs,
      inFlightMax: options.inFlightMax,
      batch: options.batch ?? noBatch,
      onClosed: (connection) => this.#forget(connection),
      // A place is held as long as handlers work for it; so clients that ask, close and come back
      // cannot have more in flight than places times `inFlightMax`.
      onReleased: (connection) => options.budget.giveBack(connection.client.address),
    }
  }

  address(): SocketAddress {
    return this.#bound
  }

  async start(): Promise<void> {
    const { address, port } = this.#options.listen
    const { reusePort = false } = this.#options
    // allowHalfOpen: a client may send its FIN right after its query and still wait for the answer.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    )
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host: address, port, ipv6Only: address.includes(':'), reusePort }, () => {
          server.off('error', reject)
          resolve()
        })
      })
    } catch (err) {
      throw listenFailed(this.transport, this.#options.listen, err)
    }
    if (this.#aborted) {
      server.close()
      return
    }
    // An error here is one of accepting (out of file descriptors): the server goes on.
    server.on('error', () => this.stats.socketErrors++)
    const bound = server.address()
    if (bound !== null && typeof bound === 'object') this.#bound = { address, port: bound.port }
    this.#server = server
    const tenth = this.#options.idleTimeoutMs / 10
    const everyMs = Math.min(Math.max(tenth, SWEEP_MIN_MS), SWEEP_MAX_MS)
    this.#sweep = setInterval(() => this.#expireConnections(), everyMs)
  }

  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    for (const connection of this.#connections) connection.finish()
    if (this.#connections.size > 0) await this.#drain.wait(this.#options.drainMs)
    this.abort()
    await closed
    // The server tells that it is closed before its last connections do.
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#wakeWhenEmpty = resolve
      })
    }
  }

  abort(): void {
    this.#aborted = true
    clearInterval(this.#sweep)
    this.#server?.close()
    for (const connection of this.#connections) connection.abort()
    this.#drain.end()
  }

  #accept(socket: Socket): void {
    const { remoteAddress, remotePort, remoteFamily } = socket
    if (remoteAddress === undefined || remotePort === undefined) {
      // Gone again before it was looked at.
      socket.destroy()
      return
    }
    const address = withoutZone(remoteAddress)
    if (!this.#options.budget.take(address)) {
      this.stats.connectionsRefused++
      socket.destroy()
      return
    }
    this.stats.connectionsAccepted++
    this.stats.connections++
    const family = remoteFamily === 'IPv6' ? 6 : 4
    const client = { transport: this.transport, family, address, port: remotePort } as const
    this.#connections.add(new StreamConnection(socket, client, this.#context))
  }

  #forget(connection: StreamConnection): void {
    this.#connections.delete(connection)
    this.stats.connections--
    if (this.#connections.size > 0) return
    if (this.#server?.listening === false) this.#drain.end()
    this.#wakeWhenEmpty?.()
  }

  #expireConnections(): void {
    const nowMs = this.#context.clock.nowMs()
    for (const connection of this.#connections) {
      if (connection.hasExpired(nowMs)) connection.expire()
    }
  }
}
