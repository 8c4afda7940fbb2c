import type { Startable } from '../../shared/startable.ts'

export type Transport = 'udp' | 'tcp'

/** Who sent a message. */
export interface Client {
  readonly transport: Transport
  readonly family: 4 | 6
  /** In the kernel's text form, without a zone. */
  readonly address: string
  readonly port: number
}

/**
 * Called exactly once for each message handed to a `QueryHandler`, at once or later; undefined = no
 * answer. The listener owns `answer` from then on. It never throws, and a second call does nothing.
 */
export type Reply = (answer: Buffer | undefined) => void

/**
 * Must not throw. `wire` is one whole message, of any content (it may be empty over UDP); it belongs
 * to the handler, which may keep it until it has replied.
 */
export type QueryHandler = (wire: Buffer, client: Client, reply: Reply) => void

/**
 * Answers a datagram from an address at once, where it can: octets that the listener owns from then on, null for no
 * answer. Undefined leaves the message, as it was, to the handler. Must not throw.
 */
export type AtOnce = (wire: Buffer, family: 4 | 6, address: string) => Buffer | null | undefined

/** What a listener counts; all but `inFlight` and `connections` only grow. */
export interface ListenerStats {
  /** Messages handed to the handler, or answered at once. */
  received: number
  /** Answers that the kernel took, or that were given to it and not heard of. */
  answered: number
  /**
   * Messages that arrived and were not handed over: above the bound on messages in flight, while
   * draining, or from port 0, where no answer can be sent. UDP only: a stream waits instead.
   */
  dropped: number
  /** Answers that were not sent: refused by the kernel, too long, or the connection was gone. */
  sendErrors: number
  /** Errors of the listening socket itself: receiving a datagram, accepting a connection. */
  socketErrors: number
  /** Messages handed over and not yet replied to, now; over UDP also those not yet sent. */
  inFlight: number
  /** Connections open now. */
  connections: number
  /** Connections accepted. */
  connectionsAccepted: number
  /** Connections closed at once, above the bound on all or on those of one client. */
  connectionsRefused: number
  /** Connections closed because they were idle, or took too long over one message. */
  connectionsTimedOut: number
  /** Connections closed because the client did not read its answers. */
  connectionsStalled: number
  /** Connections that ended in an error (such as a reset), or broke the framing. */
  connectionErrors: number
}

/**
 * One address on one transport. `start` throws MeridianError MERIDIAN_LISTEN_FAILED when the address
 * cannot be had. `stop` hands nothing over from the moment it is called, waits for the answers of
 * what is in flight, at most for the drain time, then closes.
 */
export interface Listener extends Startable {
  readonly transport: Transport
  readonly stats: Readonly<ListenerStats>
  /** The bound address once started; before that the one that was asked for. */
  address(): { readonly address: string; readonly port: number }
  /**
   * Closes at once, whatever is in flight; a `stop` that waits then resolves. May be called at any
   * time and again. It is not a replacement for `stop`, which tells when all is closed.
   */
  abort(): void
}
