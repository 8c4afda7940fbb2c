import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/log.ts'
import { MACHINES_MAX } from '../../shared/registry/limits.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Machine, MachineKey, Termination } from '../model/events.ts'
import { machineOf } from '../model/machines.ts'
import type { StoredMachine } from '../model/state.ts'
import type { Registry } from '../registry/registry.ts'
import { isAllowedUrl } from './allowed-urls.ts'
import { Endings, withdrawal } from './endings.ts'
import { FailedHealth } from './failed-health.ts'
import type { FoundDown } from './failed-health.ts'
import { Leases } from './leases.ts'
import { keyOf, partsOf } from './machine-key.ts'
import type { MachineOptions } from './options.ts'
import type { By, Leased, MachineResult, MachineStats, Renewed } from './lease-results.ts'
import { isAsThought } from './renewal.ts'
import type { AsRegistered, Renewal } from './renewal.ts'
import { Terminator } from './terminator.ts'
import type { TerminationTask } from './terminator.ts'

/** How often the ends of leases are looked at. */
const TICK_MS = 250
/** How often it is looked at which machines are down. */
const HEALTH_MS = 1_000
/** A tick that comes so late: central was stopped or busy, and renewals may have been lost. */
const PAUSE_MS = 2_000
/** Leases, with those of machines that are gone; these are dropped when it is reached. */
const LEASES_MAX = 2 * MACHINES_MAX

export interface MachineKeeperOptions {
  readonly registry: Pick<Registry, 'state' | 'submit'>
  readonly options: MachineOptions
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  /** The endpoints that edges find to be down now. */
  readonly foundDown: () => Iterable<FoundDown>
  /** Whether it is this central that ends leases; default it is, always. */
  readonly isOnDuty?: () => boolean
  /** Hears of the leases that are given or renewed here. */
  readonly onRenewed?: (at: MachineKey) => void
  /** For tests. */
  readonly leasesMax?: number
}

/**
 * Keeps the leases of machines. They live in memory only, so that a renewal costs no event; after a start
 * or a pause each is given anew with a grace time. A machine whose lease ends, or that is down for as long
 * as it says, is withdrawn, ended by its URL, and unregistered, each an event; what the log does not take
 * is tried again.
 */
export class MachineKeeper implements Startable {
  readonly #registry: MachineKeeperOptions['registry']
  readonly #options: MachineOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #terminator: Terminator
  readonly #leasesMax: number
  readonly #leases = new Leases()
  readonly #endings: Endings
  readonly #foundDown: MachineKeeperOptions['foundDown']
  readonly #isOnDuty: () => boolean
  readonly #onRenewed: MachineKeeperOptions['onRenewed']
  readonly #failedHealth = new FailedHealth()
  #lookedAt = -Infinity
  #hasDuty: boolean
  #timer: NodeJS.Timeout | undefined
  #tickedAt = 0
  #renewals = 0
  readonly #terminations = { ok: 0, failed: 0 }

  constructor(parts: MachineKeeperOptions) {
    const { registry, options, clock, random, logger } = parts
    this.#leasesMax = parts.leasesMax ?? LEASES_MAX
    this.#foundDown = parts.foundDown
    this.#isOnDuty = parts.isOnDuty ?? (() => true)
    this.#onRenewed = parts.onRenewed
    this.#hasDuty = parts.isOnDuty === undefined
    this.#registry = registry
    this.#options = options
    this.#clock = clock
    this.#logger = logger
    this.#endings = new Endings({
      registry,
      logger,
      onWithdrawn: (at, version) => this.#terminateIfOut(at, version),
    })
    this.#terminator = new Terminator({
      allow: options.terminate.allow,
      random,
      isWanted: ({ machine, version }) => machineOf(registry.state, machine)?.version === version,
      onEnd: (task, termination) => this.#onTerminated(task, termination),
    })
  }

  get stats(): MachineStats {
    const { expired, failures: failed } = this.#endings
    return { renewals: this.#renewals, expired, failed, terminations: { ...this.#terminations } }
  }

  /** Gives every machine that the log knows a lease, and goes on ending those that are out. */
  async start(): Promise<void> {
    this.#tickedAt = this.#clock.nowMs()
    if (this.#isOnDuty()) this.#takeDuty()
    this.#timer = setInterval(() => this.tick(), TICK_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#terminator.stop()
    await this.#endings.settle()
  }

  /** Says why a machine may not be ended by the URL that it names; undefined when it may. */
  refusalOf(url: string): string | undefined {
    const isAllowed = isAllowedUrl(url, this.#options.terminate.allow)
    return isAllowed ? undefined : 'is not allowed by machines.terminate.allow of central'
  }

  /** Registers a machine, or renews its lease, which costs no event when it says nothing new. */
  async register(machine: Machine, by: By): Promise<MachineResult<Leased>> {
    const renewed = this.#renew(machine)
    if (renewed !== undefined) return renewed
    let before: StoredMachine | undefined
    const result = await this.#registry.submit({
      plan: (state) => {
        before = machineOf(state, machine)
        return [{ type: 'register-machine', machine, atEpoch: this.#clock.epochMs() }]
      },
      ...by,
    })
    if (!result.ok) return result
    const version = result.diff.length === 0 ? (before?.version ?? 0) : result.version
    if (this.#leases.size >= this.#leasesMax) this.#dropStale()
    this.#endings.dropLease(keyOf(machine))
    this.#leases.grant(keyOf(machine), version, this.#clock.nowMs() + machine.leaseSeconds * 1000)
    this.#onRenewed?.(machine)
    const change = { version: result.version, isNew: before === undefined }
    return this.#leased({ value: machine, version }, change)
  }

  /** Renews the lease of a machine as it is registered, unless it is not as the sender thinks it is. */
  renew(at: MachineKey, as: AsRegistered = {}): Renewal {
    const stored = machineOf(this.#registry.state, at)
    if (stored === undefined) return 'unknown'
    if (!isAsThought(stored, as)) return 'changed'
    return this.#renewStored(stored) ? 'renewed' : 'unknown'
  }

  /** Unregisters a machine that leaves; one that is unhealthy is ended before. */
  async unregister(
    at: MachineKey,
    why: 'left' | 'unhealthy',
    by: By,
  ): Promise<MachineResult<unknown>> {
    const result = await this.#registry.submit({
      plan: (state) => {
        const stored = machineOf(state, at)
        if (why === 'left' || stored === undefined) return [{ type: 'unregister-machine', ...at }]
        return [withdrawal(at, why, stored.version)]
      },
      ...by,
    })
    if (!result.ok) return result
    this.#leases.delete(keyOf(at))
    this.#endings.dropLease(keyOf(at))
    this.#terminateIfOut(at, result.version)
    return result
  }

  /** When the lease of a machine ends, ms since 1970. */
  leaseEndsEpoch(at: MachineKey): number | undefined {
    const endsAt = this.#leases.endOf(keyOf(at))
    return endsAt === undefined ? undefined : this.#epochOf(endsAt)
  }

  /** Does what time brings about, and writes again what could not be written. */
  tick(): void {
    const now = this.#clock.nowMs()
    const pausedMs = now - this.#tickedAt
    this.#tickedAt = now
    if (!this.#isOnDuty()) {
      // What was asked for here is brought to its end here.
      if (this.#hasDuty) this.#endings.forget()
      this.#hasDuty = false
      this.#endings.write()
      return
    }
    if (!this.#hasDuty) this.#takeDuty()
    if (pausedMs > PAUSE_MS) {
      this.#giveAllAnew()
      this.#failedHealth.reset()
      this.#logger.warn({ pausedMs: Math.round(pausedMs) }, 'leases are given anew after a pause')
    }
    for (const { key, version } of this.#leases.takeEnded(now)) this.#endings.addLease(key, version)
    if (now - this.#lookedAt >= HEALTH_MS) {
      this.#lookedAt = now
      this.#endings.setFailed(this.#failedHealth.look(this.#registry.state, this.#foundDown(), now))
    }
    this.#endings.write()
  }

  /** The lease of a machine was given or renewed by another central. */
  heard(at: MachineKey): void {
    const stored = machineOf(this.#registry.state, at)
    if (stored === undefined || stored.out !== undefined) return
    const key = keyOf(at)
    this.#endings.dropLease(key)
    this.#leases.grant(key, stored.version, this.#clock.nowMs() + stored.value.leaseSeconds * 1000)
  }

  /** From now on it is this central that ends leases: all have a whole one, with the grace time. */
  #takeDuty(): void {
    this.#hasDuty = true
    this.#giveAllAnew()
    this.#failedHealth.reset()
    for (const machines of this.#registry.state.machines.values()) {
      for (const stored of machines.values()) if (stored.out !== undefined) this.#terminate(stored)
    }
  }

  /** Renews the lease of a machine that is as the registry has it; undefined when it is not. */
  #renew(machine: Machine): Renewed | undefined {
    const stored = machineOf(this.#registry.state, machine)
    if (stored === undefined || !isDeepStrictEqual(stored.value, machine)) return undefined
    if (!this.#renewStored(stored)) return undefined
    return this.#leased(stored, { version: stored.version, isNew: false })
  }

  #renewStored({ value, version, out }: StoredMachine): boolean {
    if (out !== undefined) return false
    const key = keyOf(value)
    const endsAt = this.#clock.nowMs() + value.leaseSeconds * 1000
    if (!this.#leases.renew(key, endsAt)) {
      // A little late, but nobody has been told of its end yet; and who has no duty ends none.
      if (this.#hasDuty && !this.#endings.hasLease(key, version)) return false
      this.#endings.dropLease(key)
      this.#leases.grant(key, version, endsAt)
    }
    this.#renewals++
    this.#onRenewed?.(value)
    return true
  }

  #leased(
    stored: StoredMachine,
    { version, isNew }: { readonly version: number; readonly isNew: boolean },
  ): Renewed {
    const endsAt = this.#clock.nowMs() + stored.value.leaseSeconds * 1000
    return { ok: true, version, isNew, stored, renewBeforeEpoch: this.#epochOf(endsAt) }
  }

  #epochOf(at: number): number {
    return Math.round(this.#clock.epochMs() + at - this.#clock.nowMs())
  }

  #giveAllAnew(): void {
    const now = this.#clock.nowMs()
    for (const machines of this.#registry.state.machines.values()) {
      for (const { value, version, out } of machines.values()) {
        if (out !== undefined) continue
        const key = keyOf(value)
        this.#endings.dropLease(key)
        const lengthMs = (value.leaseSeconds + this.#options.graceSeconds) * 1000
        this.#leases.grant(key, version, now + lengthMs)
      }
    }
  }

  /** Drops the leases of machines that the registry has no more. */
  #dropStale(): void {
    // A Map may lose the key that it is at.
    for (const key of this.#leases.keys()) {
      if (machineOf(this.#registry.state, partsOf(key)) === undefined) this.#leases.delete(key)
    }
  }

  /** Ends a machine if it is out since the change `version`. */
  #terminateIfOut(at: MachineKey, version: number): void {
    const stored = machineOf(this.#registry.state, at)
    if (stored?.out !== undefined && stored.version === version) this.#terminate(stored)
  }

  #terminate({ value, version, out }: StoredMachine): void {
    const { terminateUrl } = value
    if (terminateUrl === undefined || out === undefined) return
    this.#terminator.add({ machine: { ...value, terminateUrl }, why: out, version })
  }

  #onTerminated(task: TerminationTask, termination: Termination): void {
    const { app, cluster, machine } = task.machine
    this.#terminations[termination.ok ? 'ok' : 'failed']++
    if (!termination.ok) {
      this.#logger.warn({ app, cluster, machine, ...termination }, 'machine could not be ended')
    }
    this.#endings.addTermination(task, termination)
  }
}
