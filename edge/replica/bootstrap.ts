import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Clock } from '../../shared/clock.ts'
import { formatSocketAddress } from '../../shared/config/socket-address.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import {
  BOOTSTRAP_TARGETS_MAX,
  findCentrals,
  formatCentralTarget,
} from '../../shared/rpc/bootstrap.ts'
import type { CentralTarget } from '../../shared/rpc/bootstrap.ts'
import type { Central, Centrals } from './centrals.ts'
import { centralAt } from './centrals.ts'
import type { BootstrapOptions } from './options.ts'

/** Of one attempt to ask one DNS server; there are two. */
const DNS_TIMEOUT_MS = 1_000
/** A look-up that takes so long is given up. */
const LOOKUP_MAX_MS = 5_000
/** From one look-up to the next, give or take a quarter of it. */
const LOOKUP_PAUSE_MS = 1_000

export interface BootstrapParts {
  readonly options: BootstrapOptions
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** For tests. */
  readonly lookupMaxMs?: number
}

/**
 * Centrals by what DNS says of one name. It is asked when a central is wanted, and again when one has failed;
 * where it says nothing the fallbacks are taken, then those that it named the last time. They are tried in
 * order: one that has failed comes again when all have, or when one was reached in between.
 */
export class BootstrapCentrals implements Centrals {
  readonly #options: BootstrapOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #logger: Logger
  readonly #lookupMaxMs: number
  readonly #resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: 2 })
  /** What DNS named the last time that it did. */
  #known: readonly CentralTarget[] = []
  #targets: readonly CentralTarget[] = []
  readonly #failed = new Set<string>()
  #current: Central | undefined
  /** Others may be named by now. */
  #isStale = true
  #lookAt = -Infinity
  #locating: Promise<void> | undefined
  #isSilent = false

  constructor({ options, clock, random, logger, lookupMaxMs }: BootstrapParts) {
    this.#lookupMaxMs = lookupMaxMs ?? LOOKUP_MAX_MS
    this.#options = options
    this.#clock = clock
    this.#random = random
    this.#logger = logger
    if (options.resolver !== undefined) {
      this.#resolver.setServers([formatSocketAddress(options.resolver)])
    }
  }

  get current(): Central | undefined {
    return this.#current
  }

  locate(): Promise<void> {
    this.#locating ??= this.#locate().finally(() => {
      this.#locating = undefined
    })
    return this.#locating
  }

  reached(): void {
    this.#failed.clear()
  }

  failed(): void {
    if (this.#current !== undefined) this.#failed.add(this.#current.name)
    this.#current = undefined
    this.#isStale = true
  }

  stop(): void {
    this.#resolver.cancel()
  }

  async #locate(): Promise<void> {
    if (this.#current !== undefined) return
    if (this.#isStale && this.#clock.nowMs() >= this.#lookAt) await this.#look()
    const target = this.#next()
    this.#current = target && (await this.#addressesOf(target))
  }

  /** The first that has not failed; when all have, the first but the last that did. */
  #next(): CentralTarget | undefined {
    const isUntried = (target: CentralTarget): boolean =>
      !this.#failed.has(formatCentralTarget(target))
    const untried = this.#targets.find(isUntried)
    if (untried !== undefined) return untried
    const last = [...this.#failed].at(-1)
    this.#failed.clear()
    if (last !== undefined) this.#failed.add(last)
    return this.#targets.find(isUntried) ?? this.#targets[0]
  }

  async #look(): Promise<void> {
    const { name, fallback } = this.#options
    try {
      const found = await this.#inTime(findCentrals(name, this.#resolver, this.#random))
      this.#known = found
      this.#targets = found
      this.#isStale = false
      if (this.#isSilent) this.#logger.info({ name }, 'centrals are found by DNS again')
      this.#isSilent = false
    } catch (err) {
      this.#targets = [...fallback, ...this.#known.filter((known) => !isIn(fallback, known))]
      if (!this.#isSilent) {
        const others = this.#targets.length
        this.#logger.warn({ name, detail: messageOf(err), others }, 'DNS names no central')
      }
      this.#isSilent = true
    }
    // Many edges may have lost the same central: they do not ask in step.
    const pauseMs = LOOKUP_PAUSE_MS * (0.75 + this.#random() / 2)
    this.#lookAt = this.#clock.nowMs() + pauseMs
  }

  /** By the server that was given, which may know names that the system does not. */
  async #addressesOf(target: CentralTarget): Promise<Central> {
    const none = { ipv4: [], ipv6: [] }
    if (this.#options.resolver === undefined || isIP(target.host) !== 0) {
      return centralAt(target, none)
    }
    const { host } = target
    const ask = (query: Promise<string[]>): Promise<readonly string[]> =>
      this.#inTime(query).then(
        (addresses) => addresses.slice(0, BOOTSTRAP_TARGETS_MAX),
        () => [],
      )
    const [ipv4, ipv6] = await Promise.all([
      ask(this.#resolver.resolve4(host)),
      ask(this.#resolver.resolve6(host)),
    ])
    return centralAt(target, { ipv4, ipv6 })
  }

  async #inTime<T>(query: Promise<T>): Promise<T> {
    // The queries end by themselves: the servers of the system may be many, so that this takes longer.
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      const message = `no answer within ${this.#lookupMaxMs} ms`
      timer = setTimeout(() => reject(new Error(message)), this.#lookupMaxMs)
    })
    try {
      return await Promise.race([query, late])
    } finally {
      clearTimeout(timer)
    }
  }
}

function isIn(targets: readonly CentralTarget[], { host, port }: CentralTarget): boolean {
  return targets.some((target) => target.host === host && target.port === port)
}
