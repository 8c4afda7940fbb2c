/** Cluster ids as small numbers, so that an endpoint in packed form names its cluster in 20 bits. */
export class ClusterIds {
  readonly #ids: string[] = []
  readonly #numbers = new Map<string, number>()

  /** The number of an id; a new one for an id that has none yet. */
  numberOf(id: string): number {
    let number = this.#numbers.get(id)
    if (number === undefined) {
      number = this.#ids.length
      this.#numbers.set(id, number)
      this.#ids.push(id)
    }
    return number
  }

  /** The id of a number that `numberOf` gave. */
  idOf(number: number): string {
    const id = this.#ids[number]
    if (id === undefined) throw new RangeError(`cluster number ${number} was never given`)
    return id
  }
}
