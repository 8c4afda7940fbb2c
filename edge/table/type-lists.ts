import type { Answer } from '../query/encode.ts'
import { noAnswer } from './entry.ts'

/** Lists of types as the entries of names hold them: 2 octets each, the lower first. */
export class TypeLists {
  #types: readonly number[] = []
  #list = encode([])

  /** The list of some types. The last one is kept, as most names have the same. */
  listOf(types: readonly number[]): Answer {
    if (this.#types !== types) {
      this.#types = types
      this.#list = encode(types)
    }
    return this.#list
  }
}

function encode(types: readonly number[]): Answer {
  const bytes = Buffer.alloc(2 * types.length)
  types.forEach((type, i) => bytes.writeUInt16LE(type, 2 * i))
  return { ...noAnswer, answer: { bytes, count: 0, apexPointers: [] } }
}
