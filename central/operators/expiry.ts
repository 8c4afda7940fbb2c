import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Command } from '../model/decide.ts'
import type { RegistryState } from '../model/state.ts'
import type { Registry } from '../registry/registry.ts'
import type { Touched } from '../registry/touched.ts'

/** What was forced is looked at again after so long at most, as the wall clock may have been set. */
const LOOK_MAX_MS = 60_000
/** Between two tries while the log takes no writes. */
const RETRY_MS = 1_000

export interface ForceExpiryOptions {
  readonly registry: Pick<Registry, 'state' | 'onChange' | 'submit'>
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Ends what operators have forced when its time is over, as a change like any other; at once, at the
 * start, what has expired while no central ran. One timer, for the one that expires first.
 */
export class ForceExpiry implements Startable {
  readonly #registry: ForceExpiryOptions['registry']
  readonly #clock: Clock
  readonly #logger: Logger
  #unsubscribe: () => void = () => undefined
  #timer: NodeJS.Timeout | undefined
  /** What the timer was set for, wall clock; infinite while nothing is forced. */
  #dueEpoch = Infinity
  #working: Promise<void> | undefined
  #isRefused = false
  #isStopped = false

  constructor({ registry, clock, logger }: ForceExpiryOptions) {
    this.#registry = registry
    this.#clock = clock
    this.#logger = logger
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#registry.onChange((touched) => this.#follow(touched))
    this.look()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe()
    clearTimeout(this.#timer)
    await this.#working
  }

  /** Ends what is over by now, and waits for what is next. */
  look(): void {
    if (this.#isStopped || this.#working !== undefined) return
    clearTimeout(this.#timer)
    const nowEpoch = this.#clock.epochMs()
    this.#dueEpoch = firstUntil(this.#registry.state)
    if (this.#dueEpoch <= nowEpoch) {
      this.#working = this.#end(nowEpoch)
    } else if (this.#dueEpoch < Infinity) {
      this.#wait(Math.min(LOOK_MAX_MS, this.#dueEpoch - nowEpoch))
    }
  }

  #wait(ms: number): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => this.look(), ms)
  }

  /** Only what is to end sooner than all before it asks for another look. */
  #follow({ names }: Touched): void {
    const { forced } = this.#registry.state
    if (forced.size === 0) return
    for (const name of names) {
      for (const { untilEpoch } of forced.get(name)?.values() ?? []) {
        if (untilEpoch < this.#dueEpoch) return this.look()
      }
    }
  }

  async #end(nowEpoch: number): Promise<void> {
    const refusal = await this.#submit(nowEpoch)
    this.#working = undefined
    if (refusal === undefined) {
      this.#isRefused = false
      this.look()
      return
    }
    if (!this.#isRefused) {
      this.#logger.warn({ detail: refusal }, 'what is forced cannot be ended')
    }
    this.#isRefused = true
    this.#wait(RETRY_MS)
  }

  /** Says why it cannot. */
  async #submit(nowEpoch: number): Promise<string | undefined> {
    try {
      const result = await this.#registry.submit({
        // What is over is found out on the state that is decided on: it may have been prolonged.
        plan: (state) => commandsOf(state, nowEpoch),
        actor: 'system',
        cause: 'expiry',
      })
      return result.ok ? undefined : result.rejection.detail
    } catch (err) {
      return messageOf(err)
    }
  }
}

function firstUntil(state: Pick<RegistryState, 'forced'>): number {
  let first = Infinity
  for (const forces of state.forced.values()) {
    for (const { untilEpoch } of forces.values()) first = Math.min(first, untilEpoch)
  }
  return first
}

/** At most `FORCED_MAX`. */
function commandsOf(state: Pick<RegistryState, 'forced'>, nowEpoch: number): readonly Command[] {
  const commands: Command[] = []
  for (const forces of state.forced.values()) {
    for (const { app, cluster, untilEpoch } of forces.values()) {
      if (untilEpoch > nowEpoch) continue
      commands.push({ type: 'unforce-endpoint', app, cluster, why: 'expired' })
    }
  }
  return commands
}
