/**
 * Ranges of addresses: what prefixes with numbers become, so that a look-up is one binary search.
 *
 * The ranges of a family are disjoint, ascending, and cover all addresses; two that lie side by side
 * have different numbers. So the borders of a range say all there is to say: which number the addresses
 * within have, and how wide a block around an address shares it (`location-reader.ts`).
 *
 * Words of addresses are stored with the highest bit flipped: compared as signed numbers they then have
 * the order of the addresses, and unlike unsigned ones they are never boxed by V8.
 */
import type { Prefix } from '../../shared/geo/prefix.ts'

/** The highest bit of a word. */
export const FLIPPED_BIT = 0x8000_0000

/** The ranges of one address family. */
export interface FamilyRanges {
  /** First address of each range: 1 word for IPv4, 4 for IPv6, flipped. The first range begins at 0. */
  readonly starts: Int32Array<ArrayBuffer>
  /** Number of each range; 0: nothing is known. */
  readonly numbers: Int32Array<ArrayBuffer>
}

export interface Ranges {
  readonly v4: FamilyRanges
  readonly v6: FamilyRanges
}

/** A prefix, and the number that its addresses are to have. */
export interface NumberedPrefix {
  readonly prefix: Prefix
  readonly number: number
}

/** Words of an address. */
export type AddressWords = 1 | 4

/** Bytes that ranges take in the table. */
export function rangesBytes({ v4, v6 }: Ranges): number {
  return 4 * (v4.starts.length + v4.numbers.length + v6.starts.length + v6.numbers.length)
}

/** Compares two addresses, given as words that are flipped. */
export function compareAddresses(
  a: Int32Array,
  aAt: number,
  b: Int32Array,
  bAt: number,
  width: AddressWords,
): number {
  for (let i = 0; i < width; i++) {
    const x = a[aAt + i] ?? 0
    const y = b[bAt + i] ?? 0
    if (x !== y) return x < y ? -1 : 1
  }
  return 0
}

/** Collects ranges in ascending order, merging those side by side that have the same number. */
export class RangeList {
  readonly width: AddressWords
  #starts: Int32Array<ArrayBuffer>
  #numbers: Int32Array<ArrayBuffer>
  #count = 0

  /** `capacity`: ranges that are expected; it grows beyond. */
  constructor(width: AddressWords, capacity: number) {
    this.width = width
    this.#starts = new Int32Array(width * Math.max(1, capacity))
    this.#numbers = new Int32Array(Math.max(1, capacity))
  }

  get count(): number {
    return this.#count
  }

  /** Begins a range; one that was begun at the same address is replaced. */
  begin(words: Int32Array, at: number, number: number): void {
    const { width } = this
    const last = this.#count - 1
    if (last >= 0 && compareAddresses(this.#starts, last * width, words, at, width) === 0) {
      this.#count--
    }
    if (this.#count > 0 && this.#numbers[this.#count - 1] === number) return
    if (this.#count === this.#numbers.length) this.#grow()
    const start = this.#count * width
    for (let i = 0; i < width; i++) this.#starts[start + i] = words[at + i] ?? 0
    this.#numbers[this.#count++] = number
  }

  /** The ranges. They keep the memory of this list, which is not to be used any more. */
  end(): FamilyRanges {
    return {
      starts: this.#starts.subarray(0, this.#count * this.width),
      numbers: this.#numbers.subarray(0, this.#count),
    }
  }

  #grow(): void {
    const capacity = Math.ceil(this.#numbers.length * 1.5) + 16
    const starts = new Int32Array(this.width * capacity)
    const numbers = new Int32Array(capacity)
    starts.set(this.#starts)
    numbers.set(this.#numbers)
    this.#starts = starts
    this.#numbers = numbers
  }
}

/** Ranges that know nothing. */
export function emptyRanges(): Ranges {
  return { v4: emptyFamily(1), v6: emptyFamily(4) }
}

/** One range of all addresses, with the number 0. */
export function emptyFamily(width: AddressWords): FamilyRanges {
  return { starts: new Int32Array(width).fill(FLIPPED_BIT), numbers: new Int32Array(1) }
}
