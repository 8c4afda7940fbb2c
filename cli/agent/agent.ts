import type { Logger } from '../../shared/log.ts'
import { RENEWALS_PER_LEASE } from '../../shared/registry/trust.ts'
import type { Startable } from '../../shared/startable.ts'
import type { MeasureLoad } from './load-command.ts'
import type { LocalCheck } from './local-check.ts'
import type { Registrar } from './registrar.ts'

export interface AgentParts {
  readonly registrar: Pick<Registrar, 'register' | 'unregister'>
  /** Without one the service is taken to work. */
  readonly check: LocalCheck | undefined
  readonly checkMs: number
  /** Bad, and good, results in a row that turn what is held of the service. */
  readonly fall: number
  readonly rise: number
  /** Without one nothing is told of the load. */
  readonly measureLoad: MeasureLoad | undefined
  /** From one measurement to the next; one that takes longer is not overtaken. */
  readonly loadMs: number
  readonly leaseMs: number
  /** What a machine whose service does not work says when it goes. */
  readonly whyUnhealthy: 'left' | 'unhealthy'
  readonly random: () => number
  readonly logger: Logger
}

/** From a failed request to the next: doubled each time, to this. */
const BACKOFF_MIN_MS = 250
const BACKOFF_MAX_MS = 15_000

/**
 * Keeps one machine registered for as long as its service works: one loop looks at the service, one measures how
 * busy it is, another brings central to what was found, renews the lease, and tries again what failed.
 */
export class Agent implements Startable {
  readonly #parts: AgentParts
  readonly #stopping = new AbortController()
  #loops: readonly Promise<void>[] = []
  /** Ends the pause of the lease loop; set while there is one. */
  #wake: (() => void) | undefined
  /** Undefined: not looked at yet. */
  #isHealthy: boolean | undefined
  /** Central may think that it is: it is asked to forget it at the end. */
  #isRegistered = false
  #failures = 0
  /** Measured and not told yet. */
  #load: number | undefined

  constructor(parts: AgentParts) {
    this.#parts = parts
    if (parts.check === undefined) this.#isHealthy = true
  }

  async start(): Promise<void> {
    const loops = [this.#keepLease()]
    const { check, measureLoad } = this.#parts
    if (check !== undefined) loops.push(this.#keepLooking(check))
    if (measureLoad !== undefined) loops.push(this.#keepMeasuring(measureLoad))
    this.#loops = loops
  }

  /** Unregisters the machine. Rejects when no central takes it: the end of the lease will do it. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#wake?.()
    await Promise.all(this.#loops)
    if (!this.#isRegistered) return
    const result = await this.#parts.registrar.unregister('left')
    if (!result.ok) throw new Error(`the machine is still registered: ${result.detail}`)
    this.#parts.logger.info({ central: result.url }, 'unregistered')
  }

  async #keepLooking(check: LocalCheck): Promise<void> {
    const { checkMs, fall, rise, logger } = this.#parts
    const { signal } = this.#stopping
    let run = 0
    let wasOk: boolean | undefined
    while (!signal.aborted) {
      const { ok, detail } = await check(signal)
      if (signal.aborted) return
      run = ok === wasOk ? run + 1 : 1
      wasOk = ok
      const isTurned = this.#isHealthy === undefined || run >= (ok ? rise : fall)
      if (isTurned && ok !== this.#isHealthy) {
        this.#isHealthy = ok
        if (ok) logger.info({ detail }, 'the local service works')
        else logger.warn({ detail }, 'the local service does not work')
        this.#wake?.()
      }
      await pause(checkMs, signal)
    }
  }

  async #keepMeasuring(measureLoad: MeasureLoad): Promise<void> {
    const { loadMs, logger } = this.#parts
    const { signal } = this.#stopping
    let trouble: string | undefined
    while (!signal.aborted) {
      const next = pause(loadMs, signal)
      const measured = await measureLoad(signal)
      if (signal.aborted) return
      // One from before that was not told yet is too old to stand for this one.
      this.#load = measured.ok ? measured.load : undefined
      if (!measured.ok) {
        if (measured.detail !== trouble) {
          logger.warn({ detail: measured.detail }, 'the load command gives no load')
        }
        trouble = measured.detail
      } else {
        if (trouble !== undefined) logger.info('the load command gives a load again')
        trouble = undefined
        // What failed is tried again when it is time, with the load that is measured last until then.
        if (this.#failures === 0) this.#wake?.()
      }
      await next
    }
  }

  async #keepLease(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const isWanted = this.#isHealthy === true
      const pauseMs = isWanted
        ? await this.#register()
        : this.#isRegistered
          ? await this.#unregister()
          : Infinity
      // What was found out meanwhile is not waited for.
      const isTurned = isWanted !== (this.#isHealthy === true)
      const isLoadNew = isWanted && this.#load !== undefined && this.#failures === 0
      if (!signal.aborted && !isTurned && !isLoadNew) await this.#rest(pauseMs)
    }
  }

  async #register(): Promise<number> {
    const { registrar, leaseMs, random, logger } = this.#parts
    const wasRegistered = this.#isRegistered
    // Also when the answer is lost: central may have it.
    this.#isRegistered = true
    // Told once: what is lost on the way is too old when it is tried again.
    const load = this.#load
    this.#load = undefined
    const result = await registrar.register(load)
    if (!result.ok) return this.#failed(result.detail)
    const { url: central, isNew, version } = result
    if (isNew || !wasRegistered || this.#failures > 0) {
      logger.info({ central, isNew, version }, 'registered')
    }
    this.#failures = 0
    // A little sooner or later, so that machines that began together do not come together.
    return (leaseMs / RENEWALS_PER_LEASE) * (0.9 + random() * 0.1)
  }

  async #unregister(): Promise<number> {
    const { registrar, whyUnhealthy, logger } = this.#parts
    const result = await registrar.unregister(whyUnhealthy)
    if (!result.ok) return this.#failed(result.detail)
    this.#isRegistered = false
    this.#failures = 0
    logger.info({ central: result.url }, 'unregistered')
    return Infinity
  }

  /** How long to wait before the next try; half of it at random. */
  #failed(detail: string): number {
    const { leaseMs, random, logger } = this.#parts
    // So that it is back in time when central is.
    const maxMs = Math.min(BACKOFF_MAX_MS, leaseMs / RENEWALS_PER_LEASE)
    const backoffMs = Math.min(maxMs, BACKOFF_MIN_MS * 2 ** this.#failures)
    if (this.#failures === 0) logger.warn({ detail }, 'central cannot be told')
    this.#failures++
    return backoffMs * (0.5 + random() / 2)
  }

  /** Waits until it is time, or there is something new to tell. */
  async #rest(ms: number): Promise<void> {
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await pause(ms, AbortSignal.any([woken.signal, this.#stopping.signal]))
    this.#wake = undefined
  }
}

/** Waits so long, or until the signal. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = Number.isFinite(ms) ? setTimeout(end, ms) : undefined
    signal.addEventListener('abort', end)
  })
}
