import type { Name } from '../dns/name.ts'
import type { Fault, Word } from './words.ts'

/** Hands out the words of an rdata one after the other. */
export class WordReader {
  readonly #words: readonly Word[]
  #next: number
  /** What the rdata belongs to, for faults: `MX`. */
  readonly subject: string
  /** What relative names end with; undefined where there is none. */
  readonly origin: Name | undefined

  constructor(
    words: readonly Word[],
    { from, subject, origin }: { from: number; subject: string; origin: Name | undefined },
  ) {
    this.#words = words
    this.#next = from
    this.subject = subject
    this.origin = origin
  }

  /** The next word, which is then taken; undefined at the end. */
  take(): Word | undefined {
    return this.#words[this.#next++]
  }

  /** The next word, which stays. */
  peek(): Word | undefined {
    return this.#words[this.#next]
  }

  /** The fault of a word that is not there. */
  missing(what: string): Fault {
    const last = this.#words.at(-1)
    return {
      line: last?.line ?? 1,
      column: last === undefined ? 1 : last.column + last.text.length + (last.isQuoted ? 2 : 0),
      found: this.subject,
      wanted: `ends where ${what} is wanted`,
    }
  }
}
