import { FLIPPED_BIT, RangeList, compareAddresses, emptyFamily } from './ranges.ts'
import type { AddressWords, FamilyRanges, Ranges } from './ranges.ts'

/** Borders that are taken between two yields: some 50 µs. */
const STEP = 1024

/** The number of the addresses that have number `a` in one list of ranges, and `b` in another. */
type Join = (a: number, b: number) => number

/**
 * Lays ranges over others: an address has the number of `top`, and that of `bottom` where `top` knows
 * nothing. `numbers` has the number that each one of `bottom` stands for. A generator that yields each
 * few dozen microseconds.
 */
export function overlay(
  top: Ranges,
  bottom: Ranges,
  numbers: Int32Array,
): Generator<undefined, Ranges, undefined> {
  return joinRanges(top, bottom, (a, b) => (a === 0 ? (numbers[b] ?? 0) : a))
}

/** Gives ranges other numbers: those that `numbers` has in the places of theirs. As `overlay`. */
export function renumber(
  ranges: Ranges,
  numbers: Int32Array,
): Generator<undefined, Ranges, undefined> {
  const nothing = { v4: emptyFamily(1), v6: emptyFamily(4) }
  return joinRanges(ranges, nothing, (a) => numbers[a] ?? 0)
}

/** Makes one list of ranges of two, by what `join` makes of their numbers. As `overlay`. */
export function* joinRanges(
  a: Ranges,
  b: Ranges,
  join: Join,
): Generator<undefined, Ranges, undefined> {
  return {
    v4: yield* joinFamily(a.v4, b.v4, 1, join),
    v6: yield* joinFamily(a.v6, b.v6, 4, join),
  }
}

function* joinFamily(
  a: FamilyRanges,
  b: FamilyRanges,
  width: AddressWords,
  join: Join,
): Generator<undefined, FamilyRanges, undefined> {
  const joining = new Joining(a, b, width, join)
  while (joining.step()) yield
  return joining.list.end()
}

/** A walk over the borders of both. */
class Joining {
  readonly list: RangeList
  readonly #a: FamilyRanges
  readonly #b: FamilyRanges
  readonly #join: Join
  /** The ranges that the walk is in. */
  #i = 0
  #j = 0

  constructor(a: FamilyRanges, b: FamilyRanges, width: AddressWords, join: Join) {
    this.#a = a
    this.#b = b
    this.#join = join
    this.list = new RangeList(width, a.numbers.length + b.numbers.length)
    this.list.begin(new Int32Array(width).fill(FLIPPED_BIT), 0, this.#number())
  }

  /** Takes some borders. False when there are no more. */
  step(): boolean {
    const { width } = this.list
    const { starts: startsA, numbers: numbersA } = this.#a
    const { starts: startsB, numbers: numbersB } = this.#b
    for (let taken = 0; taken < STEP; taken++) {
      const i = this.#i + 1
      const j = this.#j + 1
      const hasA = i < numbersA.length
      const hasB = j < numbersB.length
      if (!hasA && !hasB) return false
      let order = hasA ? -1 : 1
      if (hasA && hasB) order = compareAddresses(startsA, i * width, startsB, j * width, width)
      if (order <= 0) this.#i = i
      if (order >= 0) this.#j = j
      if (order <= 0) this.list.begin(startsA, i * width, this.#number())
      else this.list.begin(startsB, j * width, this.#number())
    }
    return true
  }

  #number(): number {
    return this.#join(this.#a.numbers[this.#i] ?? 0, this.#b.numbers[this.#j] ?? 0)
  }
}
