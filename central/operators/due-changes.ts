import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Command } from '../model/decide.ts'
import type { RegistryState } from '../model/state.ts'
import type { Registry } from '../registry/registry.ts'
import type { Touched } from '../registry/touched.ts'

/** What is due is looked at again after so long at most, as the wall clock may have been set. */
const LOOK_MAX_MS = 60_000
/** Between two tries while the log takes no writes. */
const RETRY_MS = 1_000

export interface DueChangesOptions {
  readonly registry: Pick<Registry, 'state' | 'onChange' | 'submit'>
  readonly clock: Clock
  readonly logger: Logger
}

/** What time brings about, by the wall clock in ms since 1970. Pure. */
export interface Due {
  /** For the log: what the changes come of. */
  readonly cause: string
  /** When the first is due; infinite when none is. */
  readonly firstAt: (state: RegistryState) => number
  /** What is due by now. */
  readonly commandsOf: (state: RegistryState, nowEpoch: number) => readonly Command[]
  /** Whether, after a change, something may be due sooner than `dueEpoch`. */
  readonly isSooner: (state: RegistryState, touched: Touched, dueEpoch: number) => boolean
  /** What is logged when the changes cannot be written. */
  readonly refused: string
}

/**
 * Makes the changes that operators have asked for a time, when it comes, as the actor `system`; at once, at
 * the start, those that were due while no central ran. One timer, for the one that is due first.
 */
export class DueChanges implements Startable {
  readonly #due: Due
  readonly #registry: DueChangesOptions['registry']
  readonly #clock: Clock
  readonly #logger: Logger
  #unsubscribe: () => void = () => undefined
  #timer: NodeJS.Timeout | undefined
  /** What the timer was set for, wall clock; infinite while nothing is due. */
  #dueEpoch = Infinity
  #working: Promise<void> | undefined
  #isRefused = false
  #isStopped = false

  constructor(due: Due, { registry, clock, logger }: DueChangesOptions) {
    this.#due = due
    this.#registry = registry
    this.#clock = clock
    this.#logger = logger
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#registry.onChange((touched) => {
      if (this.#due.isSooner(this.#registry.state, touched, this.#dueEpoch)) this.look()
    })
    this.look()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe()
    clearTimeout(this.#timer)
    await this.#working
  }

  /** Does what is due by now, and waits for what is next. */
  look(): void {
    if (this.#isStopped || this.#working !== undefined) return
    clearTimeout(this.#timer)
    const nowEpoch = this.#clock.epochMs()
    this.#dueEpoch = this.#due.firstAt(this.#registry.state)
    if (this.#dueEpoch <= nowEpoch) {
      this.#working = this.#change(nowEpoch)
    } else if (this.#dueEpoch < Infinity) {
      this.#wait(Math.min(LOOK_MAX_MS, this.#dueEpoch - nowEpoch))
    }
  }

  #wait(ms: number): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => this.look(), ms)
  }

  async #change(nowEpoch: number): Promise<void> {
    const refusal = await this.#submit(nowEpoch)
    this.#working = undefined
    if (refusal === undefined) {
      this.#isRefused = false
      this.look()
      return
    }
    if (!this.#isRefused) this.#logger.warn({ detail: refusal }, this.#due.refused)
    this.#isRefused = true
    this.#wait(RETRY_MS)
  }

  /** Says why it cannot. */
  async #submit(nowEpoch: number): Promise<string | undefined> {
    try {
      const result = await this.#registry.submit({
        // What is due is found out on the state that is decided on: it may have been put off.
        plan: (state) => this.#due.commandsOf(state, nowEpoch),
        actor: 'system',
        cause: this.#due.cause,
      })
      return result.ok ? undefined : result.rejection.detail
    } catch (err) {
      return messageOf(err)
    }
  }
}
