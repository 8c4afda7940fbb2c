/**
 * Numbers of places: what stands in the table of locations, and by which answers are found.
 *
 * A place keeps its number as long as each compilation has it. When a compilation lacks it, its number
 * rests until the next one: while the ranges change, readers of the old ones still find the answers
 * that were made for it. So the numbers of two compilations can be in use at once, and one compilation
 * may have half of them: then another always finds room, whatever the one before had.
 */
import { placeKey } from './place.ts'
import type { ClientPlace } from './place.ts'

/** The highest number of a place. */
export const LOCATIONS_MAX = 262_143
/** Places of one compilation: two of them share the numbers while one follows the other. */
export const PLACES_MAX = 131_071

const FREE = 0
/** Readers may find it in the ranges that are published. */
const PUBLISHED = 1
/** The present compilation has it. */
const COMPILED = 2
/** Was published, and is not any more; its number is given again by a later compilation. */
const RESTING = 4

/** Numbers that are looked at between two yields: some 50 µs when all are freed. */
const STEP = 512

/** Which place has which number. */
export class PlaceNumbers {
  readonly #numbers = new Map<string, number>()
  readonly #places: (ClientPlace | undefined)[] = []
  readonly #states = new Uint8Array(LOCATIONS_MAX + 1)
  /** No number below is free. */
  #lowest = 1
  #count = 0
  #addedCount = 0

  /** Places that the present compilation has. */
  get count(): number {
    return this.#count
  }

  /**
   * Begins a compilation; one that was begun before and is not published is given up. No reader may be
   * in the ranges before those that are published.
   */
  *begin(): Generator<undefined, void, undefined> {
    this.#count = 0
    this.#addedCount = 0
    for (let number = 1; number < this.#places.length; number++) {
      const state = this.#states[number] ?? FREE
      if ((state & PUBLISHED) !== 0) this.#states[number] = PUBLISHED
      else if (state !== FREE) this.#free(number)
      if (number % STEP === 0) yield
    }
  }

  /**
   * Gives the number of a place in the present compilation. 0, nothing is known, when the compilation
   * has PLACES_MAX of them.
   */
  numberOf(place: ClientPlace): number {
    const key = placeKey(place)
    let number = this.#numbers.get(key)
    if (number !== undefined && ((this.#states[number] ?? 0) & COMPILED) !== 0) return number
    if (this.#count === PLACES_MAX) return 0
    this.#count++
    if (number === undefined) {
      // There is one: two compilations have fewer places than there are numbers.
      number = this.#states.indexOf(FREE, this.#lowest)
      this.#lowest = number + 1
      this.#numbers.set(key, number)
      this.#places[number] = place
      this.#addedCount++
    }
    this.#states[number] = (this.#states[number] ?? 0) | COMPILED
    return number
  }

  /** Takes a place over into the present compilation, by the number that it has in the published ranges. */
  keep(number: number): void {
    const state = this.#states[number] ?? FREE
    if (state !== PUBLISHED) return
    this.#count++
    this.#states[number] = PUBLISHED | COMPILED
  }

  /** All numbers that have a place are below. */
  get end(): number {
    return Math.max(1, this.#places.length)
  }

  /** Places that the present compilation has, and the published ranges do not. */
  *added(): Iterable<readonly [number, ClientPlace]> {
    for (let number = 1; number < this.#places.length; number++) {
      const place = this.#places[number]
      if (place !== undefined && this.#states[number] === COMPILED) yield [number, place]
    }
  }

  /** How many places `added` has. */
  get addedCount(): number {
    return this.#addedCount
  }

  /** Numbers that the published ranges have, and the present compilation does not. */
  removed(): readonly number[] {
    const removed: number[] = []
    for (let number = 1; number < this.#places.length; number++) {
      if (this.#states[number] === PUBLISHED) removed.push(number)
    }
    return removed
  }

  /** The ranges of the present compilation have been published. */
  publish(): void {
    const states = this.#states
    for (let number = 1; number < this.#places.length; number++) {
      const state = states[number]
      if (state === PUBLISHED) states[number] = RESTING
      else if (state !== FREE) states[number] = PUBLISHED
    }
    this.#addedCount = 0
  }

  /** The place of a number, as long as readers may have it; undefined when it has none. */
  placeOf(number: number): ClientPlace | undefined {
    return this.#places[number]
  }

  /** Numbers and places that the published ranges or the present compilation have. */
  *places(): Iterable<readonly [number, ClientPlace]> {
    for (let number = 1; number < this.#places.length; number++) {
      const place = this.#places[number]
      if (place !== undefined && this.#states[number] !== RESTING) yield [number, place]
    }
  }

  #free(number: number): void {
    this.#numbers.delete(placeKey(this.#places[number] ?? {}))
    this.#places[number] = undefined
    this.#states[number] = FREE
    this.#lowest = Math.min(this.#lowest, number)
  }
}
