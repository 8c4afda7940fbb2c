/** The only source of time. `nowMs` is monotonic (for `…At` fields), `epochMs` is the wall clock. */
export interface Clock {
  nowMs(): number
  epochMs(): number
}

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  epochMs: () => Date.now(),
}

/** A clock that stands still until `advance` is called. For tests and simulations. */
export class ManualClock implements Clock {
  #nowMs = 0
  #epochMs: number

  constructor(epochMs = 1_700_000_000_000) {
    this.#epochMs = epochMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  epochMs(): number {
    return this.#epochMs
  }

  advance(ms: number): void {
    this.#nowMs += ms
    this.#epochMs += ms
  }
}
