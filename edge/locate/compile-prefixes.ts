/**
 * Prefixes become ranges by one sweep over them, ascending and the shorter first: a stack has the
 * prefixes that the sweep is in, the longest on top, whose number the addresses have. A prefix begins a
 * range at its first address, and another, of the prefix around it, behind its last one.
 */
import type { Prefix } from '../../shared/geo/prefix.ts'
import { FLIPPED_BIT, RangeList, compareAddresses, emptyFamily } from './ranges.ts'
import type { AddressWords, FamilyRanges, NumberedPrefix, Ranges } from './ranges.ts'

/** What is done between two yields: some 50 µs. */
const STEP = 256
/** Prefixes that are taken between two yields: they may have to be parsed first. */
const ADD_STEP = 32

/**
 * Makes ranges of prefixes: of those that an address lies in, the longest gives its number; of two that
 * are equal, the first. A generator that yields each few dozen microseconds.
 */
export function* compilePrefixes(
  entries: Iterable<NumberedPrefix>,
): Generator<undefined, Ranges, undefined> {
  const v4 = new PrefixList(1)
  const v6 = new PrefixList(4)
  let count = 0
  for (const { prefix, number } of entries) {
    if (prefix.family === 4) v4.add(prefix, number)
    else v6.add(prefix, number)
    if (++count % ADD_STEP === 0) yield
  }
  return { v4: yield* v4.compile(), v6: yield* v6.compile() }
}

/** The prefixes of one family. */
class PrefixList {
  readonly #width: AddressWords
  readonly #starts: number[] = []
  readonly #bits: number[] = []
  readonly #numbers: number[] = []

  constructor(width: AddressWords) {
    this.#width = width
  }

  add({ words, bits }: Prefix, number: number): void {
    for (let i = 0; i < this.#width; i++) this.#starts.push((words[i] ?? 0) ^ FLIPPED_BIT)
    this.#bits.push(bits)
    this.#numbers.push(number)
  }

  *compile(): Generator<undefined, FamilyRanges, undefined> {
    const width = this.#width
    const starts = new Int32Array(this.#starts)
    const bits = new Uint8Array(this.#bits)
    const numbers = new Int32Array(this.#numbers)
    const order = yield* sort(numbers.length, (a, b) => {
      const byStart = compareAddresses(starts, a * width, starts, b * width, width)
      return byStart === 0 ? (bits[a] ?? 0) - (bits[b] ?? 0) || a - b : byStart
    })
    const sweep = new Sweep(width, 2 * numbers.length + 1)
    for (let i = 0; i < order.length; i++) {
      const at = order[i] ?? 0
      sweep.enter(starts, at * width, bits[at] ?? 0, numbers[at] ?? 0)
      if (i % STEP === STEP - 1) yield
    }
    return sweep.end()
  }
}

/** The state of a sweep. */
class Sweep {
  readonly #list: RangeList
  /** First address behind each prefix that the sweep is in; all of 0 bits: there is none behind. */
  readonly #behind: Int32Array
  readonly #isLast: boolean[] = []
  readonly #bits: number[] = []
  readonly #numbers: number[] = []

  constructor(width: AddressWords, capacity: number) {
    this.#list = new RangeList(width, capacity)
    this.#behind = new Int32Array(width * (32 * width + 1))
    const { starts } = emptyFamily(width)
    this.#list.begin(starts, 0, 0)
  }

  enter(starts: Int32Array, at: number, bits: number, number: number): void {
    const { width } = this.#list
    for (let depth = this.#numbers.length; depth > 0; depth--) {
      const top = (depth - 1) * width
      if (this.#isLast[depth - 1] === true) break
      if (compareAddresses(this.#behind, top, starts, at, width) > 0) break
      this.#leave()
    }
    const depth = this.#numbers.length
    // The same prefix again: the first one counts. All that the sweep is in hold this one.
    if (depth > 0 && this.#bits[depth - 1] === bits) return
    const top = depth * width
    for (let i = 0; i < width; i++) this.#behind[top + i] = starts[at + i] ?? 0
    this.#isLast.push(!moveBehind(this.#behind, top, bits, width))
    this.#bits.push(bits)
    this.#numbers.push(number)
    this.#list.begin(starts, at, number)
  }

  end(): FamilyRanges {
    while (this.#numbers.length > 0) this.#leave()
    return this.#list.end()
  }

  #leave(): void {
    const top = (this.#numbers.length - 1) * this.#list.width
    this.#bits.pop()
    this.#numbers.pop()
    if (this.#isLast.pop() === true) return
    this.#list.begin(this.#behind, top, this.#numbers.at(-1) ?? 0)
  }
}

/**
 * Moves an address (flipped words) to the first one behind its block of `bits` bits. False when there
 * is none.
 */
export function moveBehind(
  words: Int32Array,
  at: number,
  bits: number,
  width: AddressWords,
): boolean {
  for (let i = width - 1; i >= 0; i--) {
    const kept = bits - 32 * i
    if (kept <= 0) {
      words[at + i] = FLIPPED_BIT
      continue
    }
    const step = kept >= 32 ? 1 : 1 << (32 - kept)
    // Unflipped, without what is within the block.
    const word = ((words[at + i] ?? 0) ^ FLIPPED_BIT) & -step
    const next = (word + step) | 0
    words[at + i] = next ^ FLIPPED_BIT
    // What was more than 0 and has become 0 is carried.
    if (next !== 0) return true
  }
  return false
}

/** Sorts the numbers below `count`: runs, and then merging them, as no step may be long. */
function* sort(
  count: number,
  compare: (a: number, b: number) => number,
): Generator<undefined, Uint32Array, undefined> {
  let from = new Uint32Array(count)
  let to = new Uint32Array(count)
  for (let i = 0; i < count; i++) from[i] = i
  for (let i = 0; i < count; i += STEP) {
    from.subarray(i, i + STEP).sort(compare)
    yield
  }
  for (let size = STEP; size < count; size *= 2) {
    for (let low = 0; low < count; low += 2 * size) {
      const middle = Math.min(low + size, count)
      const high = Math.min(low + 2 * size, count)
      let a = low
      let b = middle
      for (let i = low; i < high; i++) {
        const isFirst = b >= high || (a < middle && compare(from[a] ?? 0, from[b] ?? 0) <= 0)
        to[i] = (isFirst ? from[a++] : from[b++]) ?? 0
        if (i % (2 * STEP) === 0) yield
      }
    }
    ;[from, to] = [to, from]
  }
  return from
}
