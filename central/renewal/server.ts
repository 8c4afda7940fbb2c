import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { formatSocketAddress } from '../../shared/config/socket-address.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { BatchSocketsLoaded } from '../../shared/native/batch-socket.ts'
import { loadBatchSockets } from '../../shared/native/batch-socket.ts'
import type { Startable } from '../../shared/startable.ts'
import type { AsRegistered } from '../machines/renewal.ts'
import type { MachineKey } from '../model/events.ts'
import type { AnswerRenewal } from './answer-renewal.ts'
import type { EventSocket } from './event-socket.ts'
import { openEventSocket } from './event-socket.ts'
import type { IssuedKey, RenewalKeys } from './keys.ts'
import { PolledSocket } from './polled-socket.ts'

/** Between two polls while many come: 5,000 a second wake central a hundred times. */
const POLL_MS = 10
/** Between two polls while few come, which then wait so long: an agent waits for longer. */
const POLL_QUIET_MS = 50
/** So few are few: those of a poll. */
const QUIET_MAX = 16
/** Between two looks for keys that are too old. */
const PURGE_MS = 600_000

export interface RenewalServerOptions {
  readonly listen: SocketAddress
  readonly keys: RenewalKeys
  readonly answer: AnswerRenewal
  readonly logger: Logger
  /** The addon, or that there is none: then node:dgram is used; default: as it is found. */
  readonly sockets?: BatchSocketsLoaded
}

/** Takes the datagrams by which machines renew, and gives the keys for them. */
export class RenewalServer implements Startable {
  readonly #options: RenewalServerOptions
  #bound: SocketAddress | undefined
  #polled: readonly PolledSocket[] = []
  #event: EventSocket | undefined
  #pollTimer: NodeJS.Timeout | undefined
  #purgeTimer: NodeJS.Timeout | undefined
  #pastDrops = 0

  constructor(options: RenewalServerOptions) {
    this.#options = options
  }

  /** Where it listens. Throws before `start` has resolved. */
  address(): SocketAddress {
    if (this.#bound === undefined) throw new TypeError('renewals are not listened for')
    return this.#bound
  }

  /** Datagrams that the kernel had no room for; node:dgram does not tell. */
  get kernelDrops(): number {
    return this.#polled.reduce((sum, { kernelDrops }) => sum + kernelDrops, this.#pastDrops)
  }

  /** Throws MERIDIAN_LISTEN_FAILED. */
  async start(): Promise<void> {
    const { listen, answer, keys, logger } = this.#options
    const sockets = this.#options.sockets ?? loadBatchSockets()
    try {
      if (sockets.ok) {
        this.#polled = openPolled(listen, (at) => new PolledSocket(sockets.api, at, answer))
      } else {
        logger.info({ reason: sockets.reason }, 'renewals are taken by node:dgram')
        this.#event = await openEventSocket(listen, answer)
      }
    } catch (err) {
      const message = `machines.datagrams.listen: UDP ${formatSocketAddress(listen)} cannot be listened on: ${messageOf(err)}`
      throw new MeridianError('MERIDIAN_LISTEN_FAILED', message, { cause: err })
    }
    const port = this.#polled[0]?.port ?? this.#event?.port ?? listen.port
    this.#bound = { address: listen.address, port }
    this.#purgeTimer = setInterval(() => keys.purge(), PURGE_MS)
    if (keys.size > 0) this.#beginPolling()
  }

  async stop(): Promise<void> {
    this.#close()
  }

  /** Makes a key, and says where its datagrams go; undefined when none are taken. */
  issue(at: MachineKey, as: AsRegistered): (IssuedKey & { readonly port: number }) | undefined {
    if (this.#bound === undefined) return undefined
    const key = this.#options.keys.issue(at, as)
    this.#beginPolling()
    return { ...key, port: this.#bound.port }
  }

  #beginPolling(): void {
    if (this.#polled.length === 0) return
    this.#pollTimer ??= setTimeout(() => this.#poll(), POLL_QUIET_MS)
  }

  #endPolling(): void {
    clearTimeout(this.#pollTimer)
    this.#pollTimer = undefined
  }

  #poll(): void {
    this.#pollTimer = undefined
    try {
      const taken = this.#polled.reduce((sum, socket) => sum + socket.poll(), 0)
      // Without a key nothing can be genuine, so nobody has to be woken; but the last answers have to leave.
      if (taken === 0 && this.#options.keys.size === 0) return
      const pauseMs = taken > QUIET_MAX ? POLL_MS : POLL_QUIET_MS
      this.#pollTimer = setTimeout(() => this.#poll(), pauseMs)
    } catch (err) {
      // A socket that will never work again. Closed, so that machines are refused at once, and go over REST.
      this.#options.logger.error({ err }, 'renewals by datagram have ended')
      this.#close()
    }
  }

  #close(): void {
    this.#endPolling()
    clearInterval(this.#purgeTimer)
    this.#pastDrops = this.kernelDrops
    for (const socket of this.#polled) socket.close()
    this.#polled = []
    this.#event?.close()
    this.#event = undefined
    this.#bound = undefined
  }
}

/** Opens a socket; two for `::`, which takes IPv4 too as that of HTTP does, where one of the addon does not. */
function openPolled(
  listen: SocketAddress,
  open: (at: SocketAddress) => PolledSocket,
): readonly PolledSocket[] {
  const first = open(listen)
  if (listen.address !== '::') return [first]
  try {
    return [first, open({ address: '0.0.0.0', port: first.port })]
  } catch (err) {
    first.close()
    throw err
  }
}
