import { type RemoteInfo, type Socket, type SocketOptions, createSocket } from 'node:dgram'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { withoutZone } from './client-address.ts'
import { Drain } from './drain.ts'
import { listenFailed } from './listen-failed.ts'
import type { AtOnce, Client, Listener, ListenerStats, QueryHandler } from './listener.ts'
import { createListenerStats } from './stats.ts'

export interface UdpListenerOptions {
  readonly listen: SocketAddress
  /** Messages handed over and not yet answered; above it new ones are dropped. */
  readonly inFlightMax: number
  readonly drainMs: number
}

/**
 * Asked of the kernel in both directions, so that a burst waits in the socket while JavaScript is
 * busy: 4 MiB hold about 5,000 queries in the kernel's accounting. It gives what it allows
 * (`net.core.rmem_max`).
 */
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024

/** Of answers given at once so many are sent for each that is heard of. */
const HEARD_EVERY = 64
/** After one that failed all are heard of until so many were good. */
const HEARD_AFTER_ERROR = 1000

/** Addresses of datagrams are no names: taking them as they are saves a trip through getaddrinfo. */
const asItIs: NonNullable<SocketOptions['lookup']> = (address, _options, callback) => {
  callback(null, address, address.includes(':') ? 6 : 4)
}

type State = 'new' | 'listening' | 'draining' | 'closed'

/** A listener over `node:dgram`: one socket, one address. */
export class UdpListener implements Listener {
  readonly transport = 'udp'
  readonly stats: ListenerStats = createListenerStats()
  readonly #options: UdpListenerOptions
  readonly #handler: QueryHandler
  readonly #atOnce: AtOnce | undefined
  readonly #family: 4 | 6
  /** Answers until one is heard of. */
  #unheard = 0
  /** Good answers to go until not each is heard of any more. */
  #heardFor = 0
  readonly #drain = new Drain()
  #socket: Socket | undefined
  #bound: SocketAddress
  #state: State = 'new'

  /** `atOnce` is asked before the handler is. */
  constructor(options: UdpListenerOptions, handler: QueryHandler, atOnce?: AtOnce) {
    this.#options = options
    this.#handler = handler
    this.#atOnce = atOnce
    this.#family = options.listen.address.includes(':') ? 6 : 4
    this.#bound = options.listen
  }

  address(): SocketAddress {
    return this.#bound
  }

  async start(): Promise<void> {
    const { address, port } = this.#options.listen
    const ipv6 = this.#family === 6
    // ipv6Only: so that 0.0.0.0 and :: can both be bound to one port, each family by its own socket.
    const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6, lookup: asItIs })
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject)
        socket.bind({ address, port }, () => {
          socket.off('error', reject)
          resolve()
        })
      })
    } catch (err) {
      socket.close()
      throw listenFailed(this.transport, this.#options.listen, err)
    }
    if (this.#state === 'closed') {
      socket.close()
      return
    }
    askForBuffers(socket)
    // An error here is one of receiving (ICMP of an earlier answer, on systems that tell): the
    // socket goes on.
    socket.on('error', () => this.stats.socketErrors++)
    socket.on('message', (wire, from) => this.#receive(socket, wire, from))
    this.#bound = { address, port: socket.address().port }
    this.#socket = socket
    this.#state = 'listening'
  }

  async stop(): Promise<void> {
    if (this.#state === 'listening') {
      // The socket stays open to send what is in flight; what arrives meanwhile is dropped.
      this.#state = 'draining'
      if (this.stats.inFlight > 0) await this.#drain.wait(this.#options.drainMs)
    }
    this.abort()
  }

  abort(): void {
    this.#state = 'closed'
    // Closes the file descriptor within the call; the event that says so carries nothing more.
    this.#socket?.close()
    this.#socket = undefined
    this.#drain.end()
  }

  #receive(socket: Socket, wire: Buffer, from: RemoteInfo): void {
    const { stats } = this
    const hasRoom = stats.inFlight < this.#options.inFlightMax
    if (this.#state !== 'listening' || !hasRoom || from.port === 0) {
      stats.dropped++
      return
    }
    stats.received++
    const answer = this.#atOnce?.(wire, this.#family, from.address)
    if (answer !== undefined) {
      if (answer !== null) this.#sendAtOnce(socket, answer, from)
      return
    }
    stats.inFlight++
    let replied = false
    this.#handler(wire, clientOf(from), (answer) => {
      if (replied) return
      replied = true
      if (answer === undefined) this.#finish()
      else this.#send(socket, answer, from)
    })
  }

  #send(socket: Socket, answer: Buffer, to: RemoteInfo): void {
    if (this.#state === 'closed') {
      this.stats.sendErrors++
      this.#finish()
      return
    }
    socket.send(answer, to.port, to.address, this.#sent)
  }

  /**
   * To hear of each answer costs node:dgram a tenth of the whole (`npm run bench -- peers`): so one of
   * many is heard of, and all of them for a while after one that failed.
   */
  #sendAtOnce(socket: Socket, answer: Buffer, to: RemoteInfo): void {
    if (--this.#unheard > 0) {
      socket.send(answer, to.port, to.address)
      this.stats.answered++
      return
    }
    this.#unheard = this.#heardFor > 0 ? 0 : HEARD_EVERY
    this.stats.inFlight++
    socket.send(answer, to.port, to.address, this.#sent)
  }

  /** One function for all answers: one for each would cost as much as looking the answer up. */
  readonly #sent = (err: Error | null): void => {
    if (err === null) {
      this.stats.answered++
      this.#heardFor--
    } else {
      this.stats.sendErrors++
      this.#heardFor = HEARD_AFTER_ERROR
      this.#unheard = 0
    }
    this.#finish()
  }

  #finish(): void {
    this.stats.inFlight--
    if (this.stats.inFlight === 0 && this.#state === 'draining') this.#drain.end()
  }
}

function clientOf(from: RemoteInfo): Client {
  return {
    transport: 'udp',
    family: from.family === 'IPv6' ? 6 : 4,
    address: withoutZone(from.address),
    port: from.port,
  }
}

function askForBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(SOCKET_BUFFER_BYTES)
    socket.setSendBufferSize(SOCKET_BUFFER_BYTES)
  } catch {
    // Linux gives what it allows; other systems refuse what is too much, and the default serves.
  }
}
