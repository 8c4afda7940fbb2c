/** xorshift, 32 bits (Marsaglia, 2003): for chances that nobody gains by guessing. */
export class Xorshift {
  #state: number

  /** Any seed; those of near readers give far numbers. */
  constructor(seed: number) {
    // Not 0, which it would stay.
    this.#state = Math.imul(seed + 1, 0x9e37_79b1) | 1
  }

  /** The next number, 32 bits, signed. */
  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return state
  }
}
