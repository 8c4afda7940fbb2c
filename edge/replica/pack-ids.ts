/**
 * What apps in packed form name by number instead of by text: clusters, in 19 bits, and policies, in 8.
 */
export class PackIds {
  readonly clusters = new Numbers('cluster', 1 << 19)
  readonly policies = new Numbers('policy', 1 << 8)
}

/** Texts as small numbers, in the order in which they were first met. */
class Numbers {
  readonly #what: string
  readonly #max: number
  readonly #texts: string[] = []
  readonly #numbers = new Map<string, number>()

  constructor(what: string, max: number) {
    this.#what = what
    this.#max = max
  }

  /** The number of a text, a new one for a text that has none yet; undefined when all are given. */
  numberOf(text: string): number | undefined {
    let number = this.#numbers.get(text)
    if (number === undefined) {
      if (this.#texts.length >= this.#max) return undefined
      number = this.#texts.length
      this.#numbers.set(text, number)
      this.#texts.push(text)
    }
    return number
  }

  /** The text of a number that `numberOf` gave. */
  textOf(number: number): string {
    const text = this.#texts[number]
    if (text === undefined) throw new RangeError(`${this.#what} number ${number} was never given`)
    return text
  }
}
