/**
 * The writing side of the table of locations. Ranges are written into the half that nobody reads, and
 * one atomic store makes it the current one.
 *
 * Why a reader never sees a half that is being written: it loads the root within a batch of the answer
 * table. The epoch that was ended after the root had been changed has passed when every batch that
 * could have loaded the old root is over (`edge/table/reclaim.ts` has the proof); only then is the old
 * half written again. Until then, what is to be published waits.
 */
import {
  COUNT4,
  COUNT6,
  HALVES_START,
  INDEX4,
  INDEX6,
  INDEX_WORDS,
  ROOT_WORD,
  halfWordsFor,
  partsOf,
} from './location-layout.ts'
import type { LocationHandle } from './location-layout.ts'
import type { Quiescence } from './quiescence.ts'
import { FLIPPED_BIT, emptyRanges, rangesBytes } from './ranges.ts'
import type { AddressWords, FamilyRanges, Ranges } from './ranges.ts'

/** What is copied between two yields: some 100 µs, and as much again where pages are touched first. */
const SLICE_WORDS = 65_536

/** Ranges that are indexed between two yields: some 100 µs. */
const INDEX_STEP = 32_768

/** The one writer of a table of locations. */
export class LocationWriter {
  readonly handle: LocationHandle
  readonly #words: Int32Array
  readonly #halfWords: number
  readonly #halfBytes: number
  readonly #quiescence: Quiescence
  #half = HALVES_START
  /** The epoch that must pass before the other half may be written. */
  #epoch: number | undefined
  /** The ranges on their way into the other half. */
  #copying: Iterator<undefined> | undefined

  /**
   * Makes a table that knows nothing, with room for `halfBytes` of ranges twice. Throws a RangeError when
   * the system does not give the address space.
   */
  constructor(halfBytes: number, quiescence: Quiescence) {
    this.#halfBytes = halfBytes
    this.#halfWords = halfWordsFor(halfBytes)
    this.#quiescence = quiescence
    const bytes = 4 * (HALVES_START + 2 * this.#halfWords)
    this.handle = { buffer: reserve(bytes) }
    this.#words = new Int32Array(this.handle.buffer)
    const copying = copyRanges(this.#words, emptyRanges(), this.#half)
    while (copying.next().done !== true);
    Atomics.store(this.#words, ROOT_WORD, this.#half)
  }

  /** Whether the ranges find room. */
  fits(ranges: Ranges): boolean {
    return rangesBytes(ranges) <= this.#halfBytes
  }

  /**
   * Begins to publish ranges in place of those that are there, and of those that still wait; `maintain`
   * goes on with it. Throws a RangeError for ranges that do not fit.
   */
  publish(ranges: Ranges): void {
    if (!this.fits(ranges)) {
      throw new RangeError(`${rangesBytes(ranges)} bytes of ranges, ${this.#halfBytes} have room`)
    }
    this.#copying = copyRanges(this.#words, ranges, this.#otherHalf)
  }

  /** Goes on with what was to be published: one slice, if no reader is in the way. */
  maintain(): void {
    if (this.#copying === undefined || !this.isSettled) return
    if (this.#copying.next().done !== true) return
    this.#copying = undefined
    this.#half = this.#otherHalf
    Atomics.store(this.#words, ROOT_WORD, this.#half)
    this.#epoch = this.#quiescence.endEpoch()
  }

  /** Whether `maintain` has work, unless readers hold it up. */
  get hasWork(): boolean {
    return this.#copying !== undefined
  }

  /** Whether no reader can be in the half that was current before. */
  get isSettled(): boolean {
    if (this.#epoch !== undefined && this.#quiescence.hasPassed(this.#epoch)) {
      this.#epoch = undefined
    }
    return this.#epoch === undefined
  }

  get #otherHalf(): number {
    return this.#half === HALVES_START ? HALVES_START + this.#halfWords : HALVES_START
  }
}

/** Copies ranges into a half that nobody reads. Yields after each slice. */
function* copyRanges(
  words: Int32Array,
  ranges: Ranges,
  half: number,
): Generator<undefined, void, undefined> {
  const { v4, v6 } = ranges
  const at = partsOf(half, v4.numbers.length, v6.numbers.length)
  words[half + COUNT4] = v4.numbers.length
  words[half + COUNT6] = v6.numbers.length
  yield* copyWords(v4.starts, words, at.starts4)
  yield* copyWords(v4.numbers, words, at.numbers4)
  yield* copyWords(v6.starts, words, at.starts6)
  yield* copyWords(v6.numbers, words, at.numbers6)
  yield* writeIndex(v4, 1, words, half + INDEX4)
  yield* writeIndex(v6, 4, words, half + INDEX6)
}

function* copyWords(
  from: Int32Array,
  to: Int32Array,
  at: number,
): Generator<undefined, void, undefined> {
  for (let i = 0; i < from.length; i += SLICE_WORDS) {
    to.set(from.subarray(i, i + SLICE_WORDS), at + i)
    yield
  }
}

/** Writes for each value of the first 16 bits the last range that begins with a lower one. */
function* writeIndex(
  { starts, numbers }: FamilyRanges,
  width: AddressWords,
  words: Int32Array,
  index: number,
): Generator<undefined, void, undefined> {
  const count = numbers.length
  words[index] = 0
  let next = 1
  for (let i = 1; i < count; i++) {
    const first = ((starts[i * width] ?? 0) ^ FLIPPED_BIT) >>> 16
    if (next <= first) {
      words.fill(i - 1, index + next, index + first + 1)
      next = first + 1
    }
    if (i % INDEX_STEP === 0) yield
  }
  words.fill(count - 1, index + next, index + INDEX_WORDS)
}

function reserve(bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes)
  } catch (err) {
    throw new RangeError(
      `clients.maxBytes: ${bytes} bytes of address space are wanted, which the system refuses`,
      { cause: err },
    )
  }
}
