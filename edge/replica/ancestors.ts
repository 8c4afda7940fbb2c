/** How many of some names stand below a name: one that has any is at least an empty non-terminal. */
export class Ancestors {
  readonly #below = new Map<string, number>()

  /** Whether any stand below. Keys are those of `nameKey`. */
  has(key: string): boolean {
    return this.#below.has(key)
  }

  /** Counts a name for all names above it. */
  count(key: string, by: 1 | -1): void {
    for (let off = 1 + key.charCodeAt(0); off < key.length; off += 1 + key.charCodeAt(off)) {
      const above = key.slice(off)
      const sum = (this.#below.get(above) ?? 0) + by
      if (sum === 0) this.#below.delete(above)
      else this.#below.set(above, sum)
    }
  }
}
