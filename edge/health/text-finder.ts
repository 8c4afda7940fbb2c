/** Octets of a body that are looked through. */
export const BODY_MAX_BYTES = 64 * 1024

/**
 * Looks for octets in the first 64 KiB of what comes in pieces. Between two pieces it keeps less than it
 * looks for, so that a body that comes octet by octet costs little.
 */
export class TextFinder {
  readonly #text: Buffer
  #kept = Buffer.alloc(0)
  #leftBytes = BODY_MAX_BYTES

  constructor(text: string) {
    this.#text = Buffer.from(text)
  }

  /** Whether all that is looked through has been. */
  get isDone(): boolean {
    return this.#leftBytes === 0
  }

  /** Takes the next piece. Returns whether the text ends in it. */
  push(piece: Buffer): boolean {
    const taken = piece.subarray(0, this.#leftBytes)
    this.#leftBytes -= taken.length
    const seen = Buffer.concat([this.#kept, taken])
    const kept = Math.min(seen.length, this.#text.length - 1)
    this.#kept = seen.subarray(seen.length - kept)
    return seen.includes(this.#text)
  }
}
