import type { Answer } from '../query/encode.ts'
import { noAnswer } from './entry.ts'
import { CLASS_RCODE, EXPIRES, FLAG_ABSENT, FLAG_DRAWN, META_NAME, VARIANT_META } from './layout.ts'
import { untilReplaced } from './record.ts'
import type { EntryTimes } from './record.ts'
import { bodyBytesOf, bodyWordOf, numberAt } from './record-read.ts'
import type { RecordStore } from './store.ts'
import { TypeLists } from './type-lists.ts'

/** One of several answers to a question, and how likely it is to be drawn. */
export interface DrawnAnswer {
  readonly answer: Answer
  /** The number of 0 to 65,535 up to which (inclusive) it is drawn; ascending. */
  readonly upTo: number
}

/** Answers that one of is drawn for each query: the most. */
export const DRAWN_MAX = 254

/** All entries of one name, worked at in one go: the name is hashed once. Answers are of variant 0. */
export class NameEntries {
  readonly #store: RecordStore
  readonly #lists = new TypeLists()
  #qclass = 0
  /** Questions of all names of which the answer is drawn: none, and nothing has to be looked up. */
  #drawn = 0

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
    if (this.#drawn > 0) this.#dropDrawn(qtype)
    this.#store.selectQuestion(qtype, this.#qclass, 0)
    if (this.#store.put(answer, times, 0)) return true
    this.#store.refused++
    this.#store.remove()
    return false
  }

  /** Puts several answers to a type, of which each query gets one. At most DRAWN_MAX. */
  putDrawn(qtype: number, answers: readonly DrawnAnswer[], times: EntryTimes): boolean {
    const before = this.#drawn > 0 ? this.#countDrawn(qtype) : 0
    // The answers before what draws them: whoever draws finds one.
    const isPut = answers.every(({ answer }, i) => this.#putVariant(qtype, 1 + i, answer, times))
    const bytes = Buffer.alloc(2 * answers.length)
    answers.forEach(({ upTo }, i) => bytes.writeUInt16LE(upTo, 2 * i))
    const draw = { ...noAnswer, answer: { bytes, count: 0, apexPointers: [] } }
    this.#store.selectQuestion(qtype, this.#qclass, 0)
    if (!isPut || !this.#store.put(draw, times, FLAG_DRAWN)) {
      this.#store.refused++
      this.#store.remove()
      this.#removeVariants(qtype, 0, Math.max(before, answers.length))
      if (before > 0) this.#drawn--
      return false
    }
    if (before === 0) this.#drawn++
    this.#removeVariants(qtype, answers.length, before)
    return true
  }

  delete(qtype: number): boolean {
    if (this.#drawn > 0) this.#dropDrawn(qtype)
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

  /** Removes what draws an answer to a type, and the answers, where there are any. */
  #dropDrawn(qtype: number): void {
    const count = this.#countDrawn(qtype)
    if (count === 0) return
    this.#drawn--
    this.#store.selectQuestion(qtype, this.#qclass, 0)
    this.#store.remove()
    this.#removeVariants(qtype, 0, count)
  }

  /** How many answers there are to draw from; 0 where it is not so. */
  #countDrawn(qtype: number): number {
    const { words } = this.#store
    this.#store.selectQuestion(qtype, this.#qclass, 0)
    const ref = this.#store.find()
    // In bounds: a ref points to a whole record.
    if (ref === 0 || (words[ref + CLASS_RCODE]! & FLAG_DRAWN) === 0) return 0
    return bodyBytesOf(words, ref) >> 1
  }

  #putVariant(qtype: number, variant: number, answer: Answer, times: EntryTimes): boolean {
    this.#store.selectQuestion(qtype, this.#qclass, variant)
    return this.#store.put(answer, times, 0)
  }

  /** Those after `from`, up to `to`. */
  #removeVariants(qtype: number, from: number, to: number): void {
    for (let variant = from + 1; variant <= to; variant++) {
      this.#store.selectQuestion(qtype, this.#qclass, variant)
      this.#store.remove()
    }
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
