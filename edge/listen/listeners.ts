import { type Clock, systemClock } from '../../shared/clock.ts'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { MeridianError } from '../../shared/errors.ts'
import type { Startable } from '../../shared/startable.ts'
import { ConnectionBudget } from './connection-budget.ts'
import { errnoOf } from './listen-failed.ts'
import type { AtOnce, Listener, QueryHandler } from './listener.ts'
import type { ListenOptions } from './options.ts'
import { TcpListener } from './tcp.ts'
import { UdpListener } from './udp.ts'

/** How the listeners of one address are made; the two transports can have any implementation. */
export interface ListenerFactory {
  readonly udp: (listen: SocketAddress) => Listener
  readonly tcp: (listen: SocketAddress) => Listener
}

/** How often another port is tried when port 0 gave one that is free for UDP and taken for TCP. */
const PORT_TRIES_MAX = 10

/**
 * Creates the listeners of all addresses of the options: by `create`, and where it has nothing for a
 * transport on this thread, over node:dgram (which asks `atOnce` first) and node:net.
 */
export function createListeners(
  options: ListenOptions,
  handler: QueryHandler,
  clock: Clock = systemClock,
  create: Partial<ListenerFactory> & { readonly atOnce?: AtOnce | undefined } = {},
): Listeners {
  const { drainMs, udpInFlightMax: inFlightMax } = options
  const budget = new ConnectionBudget(options.tcpConnectionsMax, options.tcpConnectionsPerClientMax)
  return new Listeners(options.addresses, {
    udp:
      create.udp ??
      ((listen) => new UdpListener({ listen, inFlightMax, drainMs }, handler, create.atOnce)),
    tcp:
      create.tcp ??
      ((listen) =>
        new TcpListener(
          {
            listen,
            idleTimeoutMs: options.tcpIdleTimeoutMs,
            inFlightMax: options.tcpInFlightMax,
            drainMs,
            budget,
          },
          handler,
          clock,
        )),
  })
}

/** All listeners of an edge as one part: UDP and TCP of each address, on the same port. */
export class Listeners implements Startable {
  readonly #addresses: readonly SocketAddress[]
  readonly #create: ListenerFactory
  /** Made before they start, so that what they are made of can load while something else does. */
  readonly #made: readonly { readonly udp: Listener; readonly tcp: Listener | undefined }[]
  readonly #started: Listener[] = []
  #aborted = false

  constructor(addresses: readonly SocketAddress[], create: ListenerFactory) {
    this.#addresses = addresses
    this.#create = create
    this.#made = addresses.map((listen) => ({
      udp: create.udp(listen),
      // Its port is not known yet where any will do.
      tcp: listen.port === 0 ? undefined : create.tcp(listen),
    }))
  }

  /** The listeners that have started, UDP before TCP, addresses in the order of the options. */
  get all(): readonly Listener[] {
    return this.#started
  }

  /** Starts all or none; throws MeridianError MERIDIAN_LISTEN_FAILED for the first that fails. */
  async start(): Promise<void> {
    try {
      for (const [i, listen] of this.#addresses.entries()) {
        this.#started.push(...(await this.#startPair(listen, this.#made[i])))
      }
    } catch (err) {
      this.abort()
      await this.stop()
      throw err
    }
    if (this.#aborted) this.abort()
  }

  /** Drains all at the same time. */
  async stop(): Promise<void> {
    await Promise.all(this.#started.map((listener) => listener.stop()))
  }

  /** Closes all at once, whatever is in flight; a `stop` that waits then resolves. */
  abort(): void {
    this.#aborted = true
    for (const listener of this.#started) listener.abort()
  }

  /** UDP first: it takes the port that TCP then has to get. */
  async #startPair(
    listen: SocketAddress,
    made: { readonly udp: Listener; readonly tcp: Listener | undefined } | undefined,
  ): Promise<readonly Listener[]> {
    for (let tries = 1; ; tries++) {
      const udp = (tries === 1 ? made?.udp : undefined) ?? this.#create.udp(listen)
      await udp.start()
      const tcp =
        made?.tcp ?? this.#create.tcp({ address: listen.address, port: udp.address().port })
      try {
        await tcp.start()
        return [udp, tcp]
      } catch (err) {
        await udp.stop()
        if (listen.port !== 0 || tries === PORT_TRIES_MAX || !isPortTaken(err)) throw err
      }
    }
  }
}

function isPortTaken(err: unknown): boolean {
  return err instanceof MeridianError && errnoOf(err.cause) === 'EADDRINUSE'
}
