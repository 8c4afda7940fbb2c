import type { Clock } from '../../shared/clock.ts'
import type { Due } from './due-heap.ts'
import { DueHeap } from './due-heap.ts'

/** What is due is done together, at most so long after: a timer for each would cost more than a probe. */
const TICK_MS = 10

export interface ScheduleOptions<T> {
  readonly clock: Clock
  /** Calls `run` once after `ms`; what it returns cancels that. */
  readonly setTimer: (run: () => void, ms: number) => () => void
  /** Gets each item when it is due; it is out of the schedule then, and may be put in again. */
  readonly onDue: (item: T, nowMs: number) => void
}

/** Hands out items when they are due, by one timer for all of them. */
export class Schedule<T extends Due> {
  readonly #options: ScheduleOptions<T>
  readonly #heap = new DueHeap<T>()
  #isRunning = false
  #isAwake = false
  #timerAt = Infinity
  #cancelTimer: (() => void) | undefined

  constructor(options: ScheduleOptions<T>) {
    this.#options = options
  }

  /** Puts an item in, or moves it after its `dueAt` has changed. */
  put(item: T): void {
    this.#heap.put(item)
    this.#arm()
  }

  /** Takes an item out; one that is not in is left alone. */
  remove(item: T): void {
    this.#heap.remove(item)
  }

  start(): void {
    this.#isRunning = true
    this.#arm()
  }

  stop(): void {
    this.#isRunning = false
    this.#disarm()
  }

  #arm(): void {
    const next = this.#heap.peek()?.dueAt
    if (!this.#isRunning || this.#isAwake || next === undefined || next >= this.#timerAt) return
    this.#disarm()
    this.#timerAt = next
    const ms = Math.max(TICK_MS, Math.ceil(next - this.#options.clock.nowMs()))
    this.#cancelTimer = this.#options.setTimer(this.#wake, ms)
  }

  #disarm(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerAt = Infinity
  }

  readonly #wake = (): void => {
    this.#disarm()
    const nowMs = this.#options.clock.nowMs()
    this.#isAwake = true
    for (let item = this.#heap.peek(); item !== undefined; item = this.#heap.peek()) {
      if (item.dueAt > nowMs) break
      this.#heap.remove(item)
      this.#options.onDue(item, nowMs)
    }
    this.#isAwake = false
    this.#arm()
  }
}

/** Calls `run` once after `ms`; what it returns cancels that. */
export function startTimer(run: () => void, ms: number): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}
