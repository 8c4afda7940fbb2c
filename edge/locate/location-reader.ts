/**
 * The reading side of the table of locations, on the data threads: no allocation, no strings, no locks.
 *
 * RFC 7871 §7.2.1 wants the prefixes of answers not to overlap: an answer for 10.0.0.0/8 must not be
 * cached where 10.1.0.0/16 has another one. So the scope of an address is the widest block around it in
 * which all addresses have the same number. With ranges this is arithmetic: the block must hold neither
 * the address before the range nor the one behind it, so it has to be one bit longer than what the
 * address shares with either.
 */
import { COUNT4, COUNT6, INDEX4, INDEX6, ROOT_WORD, STARTS4, starts6Of } from './location-layout.ts'
import type { LocationHandle } from './location-layout.ts'
import { FLIPPED_BIT } from './ranges.ts'

/** The least signed word: a flipped word of 0 bits. */
const LEAST = -0x8000_0000

/** One reader of a table of locations. To be used within batches of the answer table only. */
export class LocationReader {
  /** Set by a look-up: the number of the place; 0: nothing is known. */
  number = 0
  /** Set by a look-up: bits of the widest block around the address in which all have that number. */
  scope = 0
  readonly #words: Int32Array

  constructor(handle: LocationHandle) {
    this.#words = new Int32Array(handle.buffer)
  }

  /** Looks up an IPv4 address: 32 bits, signed or not. */
  locate4(address: number): void {
    const words = this.#words
    const half = Atomics.load(words, ROOT_WORD)
    const key = address ^ FLIPPED_BIT
    const starts = half + STARTS4
    const count = words[half + COUNT4] ?? 0
    const index = half + INDEX4 + (address >>> 16)
    // The last range that begins at the address or before; the first one begins at 0.
    let low = starts + (words[index] ?? 0)
    let high = starts + (words[index + 1] ?? 0)
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((words[middle] ?? 0) <= key) low = middle
      else high = middle - 1
    }
    this.number = words[low + count] ?? 0
    let scope = 0
    if (low > starts) scope = Math.clz32(key ^ ((words[low] ?? 0) - 1)) + 1
    if (low < starts + count - 1) {
      const behind = Math.clz32(key ^ (words[low + 1] ?? 0)) + 1
      if (behind > scope) scope = behind
    }
    this.scope = scope
  }

  /** Looks up an IPv6 address: four words of 32 bits, signed or not, the highest first. */
  locate6(w0: number, w1: number, w2: number, w3: number): void {
    const words = this.#words
    const half = Atomics.load(words, ROOT_WORD)
    const k0 = w0 ^ FLIPPED_BIT
    const k1 = w1 ^ FLIPPED_BIT
    const k2 = w2 ^ FLIPPED_BIT
    const k3 = w3 ^ FLIPPED_BIT
    const starts = starts6Of(half, words[half + COUNT4] ?? 0)
    const count = words[half + COUNT6] ?? 0
    const index = half + INDEX6 + (w0 >>> 16)
    let low = words[index] ?? 0
    let high = words[index + 1] ?? 0
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      const at = starts + 4 * middle
      let word = words[at] ?? 0
      let key = k0
      if (word === key) {
        word = words[at + 1] ?? 0
        key = k1
        if (word === key) {
          word = words[at + 2] ?? 0
          key = k2
          if (word === key) {
            word = words[at + 3] ?? 0
            key = k3
          }
        }
      }
      if (word <= key) low = middle
      else high = middle - 1
    }
    this.number = words[starts + 4 * count + low] ?? 0
    const at = starts + 4 * low
    let scope = 0
    if (low > 0) {
      // The address before the range: 1 less, with what is borrowed.
      const s1 = words[at + 1] ?? 0
      const s2 = words[at + 2] ?? 0
      const s3 = words[at + 3] ?? 0
      const borrows2 = s3 === LEAST
      const borrows1 = borrows2 && s2 === LEAST
      const borrows0 = borrows1 && s1 === LEAST
      const b0 = borrows0 ? ((words[at] ?? 0) - 1) | 0 : (words[at] ?? 0)
      const b1 = borrows1 ? (s1 - 1) | 0 : s1
      const b2 = borrows2 ? (s2 - 1) | 0 : s2
      scope = sharedBits(k0 ^ b0, k1 ^ b1, k2 ^ b2, k3 ^ (s3 - 1)) + 1
    }
    if (low < count - 1) {
      const e0 = k0 ^ (words[at + 4] ?? 0)
      const e1 = k1 ^ (words[at + 5] ?? 0)
      const e2 = k2 ^ (words[at + 6] ?? 0)
      const behind = sharedBits(e0, e1, e2, k3 ^ (words[at + 7] ?? 0)) + 1
      if (behind > scope) scope = behind
    }
    this.scope = scope
  }

  /**
   * Looks up an address as it stands in a packet, in network order: 4 octets of family 4, 16 of family
   * 6. The caller sees to it that they are all there.
   */
  locateOctets(bytes: Uint8Array, at: number, family: 4 | 6): void {
    if (family === 4) this.locate4(wordAt(bytes, at))
    else {
      this.locate6(
        wordAt(bytes, at),
        wordAt(bytes, at + 4),
        wordAt(bytes, at + 8),
        wordAt(bytes, at + 12),
      )
    }
  }
}

/** How many bits two addresses share, by the words of their difference; they are not equal. */
function sharedBits(d0: number, d1: number, d2: number, d3: number): number {
  if (d0 !== 0) return Math.clz32(d0)
  if (d1 !== 0) return 32 + Math.clz32(d1)
  if (d2 !== 0) return 64 + Math.clz32(d2)
  return 96 + Math.clz32(d3)
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  )
}
