import { Xorshift } from '../../../edge/table/xorshift.ts'

/** Chances that come out the same for the same seed. */
export class Dice {
  readonly #bits: Xorshift

  constructor(seed: number) {
    this.#bits = new Xorshift(seed)
    // The first numbers of near seeds are near.
    for (let i = 0; i < 8; i++) this.#bits.next()
  }

  /** A whole number in 0..count-1. */
  below(count: number): number {
    return (this.#bits.next() >>> 0) % count
  }

  /** A whole number in min..max. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1)
  }

  /** True in so many of a hundred cases. */
  percent(chance: number): boolean {
    return this.below(100) < chance
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.below(list.length)]
    if (picked === undefined) throw new RangeError('a list with something in it is wanted')
    return picked
  }

  /** A part of a list, in another order. */
  some<T>(list: readonly T[], countMax: number): T[] {
    const rest = [...list]
    const taken: T[] = []
    while (taken.length < countMax && rest.length > 0) {
      taken.push(...rest.splice(this.below(rest.length), 1))
    }
    return taken
  }
}
