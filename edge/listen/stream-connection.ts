import type { Socket } from 'node:net'
import type { Clock } from '../../shared/clock.ts'
import { FrameReader, MESSAGE_MAX_BYTES, frameMessage } from '../../shared/dns/framing.ts'
import type { Client, ListenerStats, QueryHandler } from './listener.ts'

/**
 * Told around each run of messages that are handed over with nothing else happening between: what the
 * handler does for a run it may do once. Runs do not overlap; one may hand over nothing.
 */
export interface HandlerBatch {
  begin(): void
  end(): void
}

/** What the connections of one listener have in common. */
export interface StreamContext {
  readonly handler: QueryHandler
  readonly batch: HandlerBatch
  readonly stats: ListenerStats
  readonly clock: Clock
  /** A connection may be idle for so long, and one message may take so long to arrive. */
  readonly idleTimeoutMs: number
  /** Messages handed over and not yet answered; above it the connection is not read. */
  readonly inFlightMax: number
  /** The socket is closed; handlers may still work on messages that came by it. */
  readonly onClosed: (connection: StreamConnection) => void
  /** The socket is closed and no handler works for it any more. Comes after `onClosed`. */
  readonly onReleased: (connection: StreamConnection) => void
}

/** Answers that wait for a client which does not read: beyond it the connection is closed. */
const UNSENT_MAX_BYTES = 1024 * 1024

/**
 * How long a client has to close its side after all answers and our FIN were sent. Closing at once
 * could send a reset, when something unread lies in our socket, and a reset can overtake answers.
 */
const LINGER_MS = 500

/**
 * One connection of DNS messages on a stream (RFC 7766), pipelined: each message goes to the handler
 * as soon as it is whole, each answer to the client as soon as it is there, in any order.
 *
 * It holds no timer: the listener asks `hasExpired` now and then. Its memory is bounded: one message
 * begun, two chunks of reading, `inFlightMax` messages, `UNSENT_MAX_BYTES` and one answer.
 */
export class StreamConnection {
  readonly client: Client
  readonly #socket: Socket
  readonly #context: StreamContext
  readonly #frames = new FrameReader()
  #inFlight = 0
  /** Last time that a message became whole or an answer was sent. */
  #activeAt: number
  /** When the message that is not yet whole began; undefined when there is none, or while paused. */
  #messageAt: number | undefined
  /** The client has sent its FIN: it asks no more, it still wants its answers. */
  #clientDone = false
  /** Nothing more is read; the socket ends after the last answer. */
  #finishing = false
  /** Our FIN is sent, or waits behind the last answers. */
  #ended = false
  /** The socket has said that it is closed. */
  #closed = false
  #taking = false

  constructor(socket: Socket, client: Client, context: StreamContext) {
    this.#socket = socket
    this.client = client
    this.#context = context
    this.#activeAt = context.clock.nowMs()
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('drain', () => this.#take())
    socket.on('end', () => {
      this.#clientDone = true
      this.#take()
    })
    socket.on('error', () => context.stats.connectionErrors++)
    socket.on('close', () => {
      this.#closed = true
      context.onClosed(this)
      if (this.#inFlight === 0) context.onReleased(this)
    })
  }

  /** Reads no more, sends the answers of what is in flight, then ends the connection. */
  finish(): void {
    this.#finishing = true
    this.#take()
  }

  /** Closes at once. Again does nothing. */
  abort(): void {
    this.#socket.destroy()
  }

  /** Tells whether the connection has used up its time and is to be closed by `expire`. */
  hasExpired(nowMs: number): boolean {
    const { idleTimeoutMs } = this.#context
    // The clock of a message starts at its first octet and no further octet winds it back, so a
    // client cannot hold a connection by sending one octet now and then.
    if (this.#messageAt !== undefined) return nowMs - this.#messageAt >= idleTimeoutMs
    // RFC 7766 §6.2.3: a session is idle when no query of it is outstanding.
    if (this.#inFlight > 0) return false
    const lingers = this.#ended && this.#socket.writableLength === 0
    return nowMs - this.#activeAt >= (lingers ? LINGER_MS : idleTimeoutMs)
  }

  /** Closes a connection that has expired. */
  expire(): void {
    if (!this.#ended) this.#context.stats.connectionsTimedOut++
    this.abort()
  }

  #read(chunk: Buffer): void {
    // Read and thrown away, so that the client's FIN behind it is seen.
    if (this.#finishing) return
    this.#frames.push(chunk)
    this.#take()
  }

  /** Hands over what is whole and may be in flight; then sets what follows from what is left. */
  #take(): void {
    // A handler that replies at once comes back here from within the loop, which goes on anyway.
    if (this.#taking || this.#socket.destroyed) return
    this.#taking = true
    // Answers given at once leave together: one system call for all of them.
    this.#socket.cork()
    this.#context.batch.begin()
    let exhausted = false
    let took = false
    while (!exhausted && this.#mayTake()) {
      const wire = this.#frames.next()
      exhausted = wire === undefined
      took ||= !exhausted
      if (wire !== undefined) this.#handOver(wire)
    }
    this.#context.batch.end()
    this.#socket.uncork()
    this.#taking = false
    if (this.#socket.destroyed) return
    this.#settle(exhausted, took)
  }

  /**
   * RFC 7766 §6.2.1.1 lets a client pipeline as it likes; RFC 7766 §10 lets us bound it. Not reading
   * fills the client's window: it waits, nothing is lost.
   */
  #mayTake(): boolean {
    return (
      !this.#finishing &&
      this.#inFlight < this.#context.inFlightMax &&
      !this.#socket.writableNeedDrain &&
      !this.#socket.destroyed
    )
  }

  /** `exhausted`: no whole message is left. `took`: at least one was handed over. */
  #settle(exhausted: boolean, took: boolean): void {
    const now = this.#context.clock.nowMs()
    if (took) this.#activeAt = now
    if (this.#finishing || exhausted) this.#socket.resume()
    else this.#socket.pause()
    const begun = exhausted && this.#frames.pendingBytes > 0 && !this.#clientDone
    // While we do not read, the client cannot finish its message: it gets its full time afterwards.
    if (!begun) this.#messageAt = undefined
    else if (took) this.#messageAt = now
    else this.#messageAt ??= now
    const lastTaken = this.#finishing || (this.#clientDone && exhausted)
    if (lastTaken && this.#inFlight === 0 && !this.#ended) this.#end(now)
  }

  #end(now: number): void {
    this.#finishing = true
    this.#ended = true
    this.#activeAt = now
    this.#socket.end()
  }

  #handOver(wire: Buffer): void {
    const { stats, handler } = this.#context
    if (wire.length === 0) {
      // No header can follow: whoever sends this has lost count of the framing, or never had it.
      stats.connectionErrors++
      this.abort()
      return
    }
    stats.received++
    stats.inFlight++
    this.#inFlight++
    let replied = false
    handler(wire, this.client, (answer) => {
      if (replied) return
      replied = true
      this.#reply(answer)
    })
  }

  /** RFC 7766 §7 recommends to prepare answers in parallel and to send them out of order. */
  #reply(answer: Buffer | undefined): void {
    this.#context.stats.inFlight--
    this.#inFlight--
    if (answer !== undefined) this.#write(answer)
    if (this.#closed && this.#inFlight === 0) this.#context.onReleased(this)
    else this.#take()
  }

  #write(answer: Buffer): void {
    const { stats, clock } = this.#context
    if (!this.#socket.writable || answer.length > MESSAGE_MAX_BYTES) {
      stats.sendErrors++
      return
    }
    this.#socket.write(frameMessage(answer), (err) => {
      if (err) {
        stats.sendErrors++
        return
      }
      stats.answered++
      this.#activeAt = clock.nowMs()
    })
    if (this.#socket.writableLength > UNSENT_MAX_BYTES) {
      stats.connectionsStalled++
      this.abort()
    }
  }
}
