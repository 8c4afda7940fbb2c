import type { Answer } from '../query/encode.ts'
import { noAnswer } from './entry.ts'
import { CLASS_RCODE, EXPIRES, FLAG_ABSENT, META_NAME, VARIANT_META } from './layout.ts'
import { untilReplaced } from './record.ts'
import type { EntryTimes } from './record.ts'
import { bodyBytesOf, bodyWordOf, numberAt } from './record-read.ts'
import type { RecordStore } from './store.ts'
import { TypeLists } from './type-lists.ts'

/** All entries of one name, worked at in one go: the name is hashed once. Answers are of variant 0. */
export class NameEntries {
  readonly #store: RecordStore
  readonly #lists = new TypeLists()
  #qclass = 0

  constructor(store: RecordStore) {
    this.#store = store
  }

  /** Selects the name, in wire form. What follows is about it, until the writer is used for another. */
  select(qname: Uint8Array, qclass: number): this {
    this.#store.selectName(qname)
    this.#qclass = qclass
    return this
  }

  /** Puts the answer to a type; one that does not fit is deleted, as it is out of date. */
  put(qtype: number, answer: Answer, times: EntryTimes): boolean {
    this.#store.selectQuestion(qtype, this.#qclass, 0)
    if (this.#store.put(answer, times, 0)) return true
    this.#store.refused++
    this.#store.remove()
    return false
  }

  delete(qtype: number): boolean {
    this.#store.selectQuestion(qtype, this.#qclass, 0)
    return this.#store.remove()
  }

  /**
   * Says that the name exists and which types it has, whether their answers are in the table or not (an
   * empty non-terminal has none); all others are NODATA. Declare a name before its zone is whole.
   */
  declare(types: readonly number[], times: EntryTimes = untilReplaced): boolean {
    if (times === untilReplaced && this.#isDeclaredAs(types)) return true
    return this.#putMeta(this.#lists.listOf(types), times, 0)
  }

  /** Says that the name does not exist, though its zone is not whole. */
  declareAbsent(times: EntryTimes = untilReplaced): boolean {
    return this.#putMeta(noAnswer, times, FLAG_ABSENT)
  }

  /** Says nothing more of the name. */
  forget(): boolean {
    this.#store.selectQuestion(META_NAME, this.#qclass, VARIANT_META)
    return this.#store.remove()
  }

  /** Whether the name is declared already, until it is replaced, with these types in this order. */
  #isDeclaredAs(types: readonly number[]): boolean {
    const { words } = this.#store
    this.#store.selectQuestion(META_NAME, this.#qclass, VARIANT_META)
    const ref = this.#store.find()
    // In bounds: a ref points to a whole record.
    if (ref === 0 || words[ref + EXPIRES] !== 0) return false
    if ((words[ref + CLASS_RCODE]! & FLAG_ABSENT) !== 0) return false
    if (bodyBytesOf(words, ref) !== 2 * types.length) return false
    const at = bodyWordOf(words, ref)
    for (let i = 0; i < types.length; i++) if (numberAt(words, at, i) !== types[i]) return false
    return true
  }

  #putMeta(list: Answer, times: EntryTimes, flags: number): boolean {
    this.#store.selectQuestion(META_NAME, this.#qclass, VARIANT_META)
    if (this.#store.put(list, times, flags)) return true
    this.#store.refused++
    this.#store.isComplete = false
    return false
  }
}
