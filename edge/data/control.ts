/** A data thread answers. */
export const RUNNING = 0
/** It takes no more queries and keeps its socket open for what the control thread still answers. */
export const DRAINING = 1
/** It closes its socket and ends. */
export const CLOSED = 2

const STATE_WORD = 0
const IN_FLIGHT_WORD = 1
const NOW_WORD = 2

/** The few words that a data thread and the control thread share besides the table. */
export class ThreadControl {
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array

  constructor(buffer = new SharedArrayBuffer(64)) {
    this.buffer = buffer
    this.#words = new Int32Array(buffer)
  }

  get state(): number {
    return Atomics.load(this.#words, STATE_WORD)
  }

  set state(state: number) {
    Atomics.store(this.#words, STATE_WORD, state)
    Atomics.notify(this.#words, STATE_WORD)
  }

  /** Waits, in the data thread, until the state is another than this one. */
  waitWhile(state: number): void {
    Atomics.wait(this.#words, STATE_WORD, state)
  }

  /** Misses that the control thread has not replied to. */
  get inFlight(): number {
    return Atomics.load(this.#words, IN_FLIGHT_WORD)
  }

  addInFlight(by: number): number {
    return Atomics.add(this.#words, IN_FLIGHT_WORD, by) + by
  }

  /** Seconds of the control thread's monotonic clock, by which entries of the table expire. */
  get nowSeconds(): number {
    return Atomics.load(this.#words, NOW_WORD)
  }

  set nowSeconds(seconds: number) {
    Atomics.store(this.#words, NOW_WORD, seconds)
  }
}
