import { ZONE_DEPTHS_WORD } from './layout.ts'

/** Labels of an apex that are told apart; the last number stands for all above. */
const DEPTH_MAX = 31

/** Tells readers at how many labels there are apexes, so that they look for a zone only there. */
export class ZoneDepths {
  readonly #words: Int32Array
  /** How many zones have an apex of so many labels; the last stands for all above. */
  readonly #zones = new Int32Array(DEPTH_MAX + 1)

  constructor(words: Int32Array) {
    this.#words = words
  }

  /** `apex`: in wire form. */
  count(apex: Uint8Array, by: 1 | -1): void {
    let labels = 0
    // In bounds: a name in wire form ends in a zero octet, and what is not there is not above 0.
    for (let off = 0; apex[off]! > 0; off += 1 + apex[off]!) labels++
    const depth = Math.min(labels, DEPTH_MAX)
    const zones = this.#zones[depth]! + by
    this.#zones[depth] = zones
    const bit = 1 << depth
    const mask = this.#words[ZONE_DEPTHS_WORD]!
    this.#words[ZONE_DEPTHS_WORD] = zones > 0 ? mask | bit : mask & ~bit
  }
}
