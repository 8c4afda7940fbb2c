import type { TableWriter } from '../table/writer.ts'

/** Maps at once: their numbers have 16 bits. */
const MAPS_MAX = 65_535

/** The map of a plan, and the choices that it leads to. */
export interface MapOfPlan {
  readonly map: Uint16Array
  readonly choices: readonly unknown[]
}

interface HeldMap {
  map: Uint16Array
  readonly number: number
  /** How many choices whoever goes by it has. */
  readonly choices: number
  uses: number
}

/** The maps from places to choices that are in the answer table, each as long as a name goes by it. */
export class LocationMaps {
  readonly #table: TableWriter
  readonly #byMap = new Map<Uint16Array, HeldMap>()
  readonly #byNumber = new Map<number, HeldMap>()
  #last = 0

  constructor(table: TableWriter) {
    this.#table = table
  }

  get size(): number {
    return this.#byMap.size
  }

  /** The number of a map, which counts as used once more; undefined when there is no room for it. */
  take({ map, choices }: MapOfPlan): number | undefined {
    let held = this.#byMap.get(map)
    if (held === undefined) {
      const number = this.#freeNumber()
      if (number === undefined || !this.#table.putMap(number, map)) return undefined
      held = { map, number, choices: choices.length, uses: 0 }
      this.#byMap.set(map, held)
      this.#byNumber.set(number, held)
    }
    held.uses++
    return held.number
  }

  /**
   * Brings the maps to other places: `planAfter` says what has taken the place of one. Where that has no choices
   * more, the map gets its numbers, and nothing else changes for whoever goes by it. Yields after each map; gives
   * the numbers of those that did not follow: who goes by them is to take another.
   */
  *follow(
    planAfter: (map: Uint16Array) => MapOfPlan | undefined,
  ): Generator<undefined, ReadonlySet<number>, undefined> {
    const left = new Set<number>()
    for (const held of Array.from(this.#byNumber.values())) {
      const after = planAfter(held.map)
      if (after === undefined || !this.#replace(held, after)) left.add(held.number)
      yield
    }
    return left
  }

  #replace(held: HeldMap, { map, choices }: MapOfPlan): boolean {
    if (map === held.map) return true
    if (choices.length !== held.choices || this.#byMap.has(map)) return false
    this.#byMap.delete(held.map)
    if (!this.#table.putMap(held.number, map)) return false
    held.map = map
    this.#byMap.set(map, held)
    return true
  }

  /** The opposite of `take`. After the last one the map is gone: to whoever still goes by it, a miss. */
  release(number: number): void {
    const held = this.#byNumber.get(number)
    if (held === undefined || --held.uses > 0) return
    this.#table.deleteMap(number)
    if (this.#byMap.get(held.map) === held) this.#byMap.delete(held.map)
    this.#byNumber.delete(number)
  }

  /** Not one that was given back a moment ago: no reader takes a new map for an old one. */
  #freeNumber(): number | undefined {
    if (this.#byNumber.size >= MAPS_MAX) return undefined
    do this.#last = (this.#last % MAPS_MAX) + 1
    while (this.#byNumber.has(this.#last))
    return this.#last
  }
}
