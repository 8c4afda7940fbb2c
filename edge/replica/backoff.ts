/** The wait before the first new attempt; doubles up to the longest, and half of it is random. */
const BACKOFF_FIRST_MS = 50
/** The longest wait between two attempts. */
const BACKOFF_MAX_MS = 2_000

/** Growing pauses between attempts that fail. */
export class Backoff {
  readonly #random: () => number
  #failures = 0

  /** `random`: at least 0 and below 1. */
  constructor(random: () => number) {
    this.#random = random
  }

  /** Whether no attempt has failed since the last one that did not. */
  get isFresh(): boolean {
    return this.#failures === 0
  }

  /** An attempt has worked. */
  reset(): void {
    this.#failures = 0
  }

  /** An attempt has failed: how long to wait before the next. */
  nextMs(): number {
    const ceilingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures, 10))
    this.#failures++
    return ceilingMs * (0.5 + this.#random() / 2)
  }
}
