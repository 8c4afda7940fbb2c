import type { TableWriter } from '../table/writer.ts'

/** Maps at once: their numbers have 16 bits. */
const MAPS_MAX = 65_535

interface HeldMap {
  readonly map: Uint16Array
  readonly number: number
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
  take(map: Uint16Array): number | undefined {
    let held = this.#byMap.get(map)
    if (held === undefined) {
      const number = this.#freeNumber()
      if (number === undefined || !this.#table.putMap(number, map)) return undefined
      held = { map, number, uses: 0 }
      this.#byMap.set(map, held)
      this.#byNumber.set(number, held)
    }
    held.uses++
    return held.number
  }

  /** The opposite of `take`. After the last one the map is gone: to whoever still goes by it, a miss. */
  release(number: number): void {
    const held = this.#byNumber.get(number)
    if (held === undefined || --held.uses > 0) return
    this.#table.deleteMap(number)
    this.#byMap.delete(held.map)
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
