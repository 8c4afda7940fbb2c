/** A data thread has no socket yet: it waits for its port. */
export const PREPARED = 0
/** It answers. */
export const RUNNING = 1
/** It takes no more queries and keeps its socket open for what the control thread still answers. */
export const DRAINING = 2
/** It closes its socket and ends. */
export const CLOSED = 3

const STATE_WORD = 0
const IN_FLIGHT_WORD = 1
const NOW_WORD = 2
const PORT_WORD = 3

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

  /** The port to bind; set before the state is RUNNING. */
  get port(): number {
    return Atomics.load(this.#words, PORT_WORD)
  }

  set port(port: number) {
    Atomics.store(this.#words, PORT_WORD, port)
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
