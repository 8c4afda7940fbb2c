import { vi } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'

/** Turns of the event loop in which what a step has set off comes to rest: a report becomes a change. */
const TURNS = 6

interface Timer {
  readonly run: () => void
  isCancelled: boolean
}

/**
 * The time of a simulated world, in steps: all that happens, happens at the end of one, as on machines with
 * coarse timers. What takes its timers as an option gets `setTimer`; what calls
 * `setTimeout` gets those of vitest, which go by the same steps: `vi.useFakeTimers` must be on for them,
 * but not for `setImmediate`, by which the product gathers what happens at once.
 */
export class SimTime {
  readonly clock = new ManualClock()
  readonly stepMs: number
  readonly #steps = new Map<number, Timer[]>()
  #step = 0

  constructor(stepMs: number) {
    this.stepMs = stepMs
  }

  get nowMs(): number {
    return this.clock.nowMs()
  }

  /** Calls `run` once after `ms`, in the next step at the earliest; what it returns cancels that. */
  readonly setTimer = (run: () => void, ms: number): (() => void) => {
    const step = Math.max(this.#step + 1, Math.ceil((this.nowMs + ms) / this.stepMs))
    const timer = { run, isCancelled: false }
    const timers = this.#steps.get(step)
    if (timers === undefined) this.#steps.set(step, [timer])
    else timers.push(timer)
    return () => {
      timer.isCancelled = true
    }
  }

  /** Lets steps go by, by default one; what follows from them, all at the end of the last. */
  async step(steps = 1): Promise<void> {
    for (let i = 0; i < steps; i++) {
      const timers = this.#steps.get(++this.#step) ?? []
      this.#steps.delete(this.#step)
      this.clock.advance(this.stepMs)
      vi.advanceTimersByTime(this.stepMs)
      for (const timer of timers) if (!timer.isCancelled) timer.run()
    }
    for (let i = 0; i < TURNS; i++) await turn()
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
