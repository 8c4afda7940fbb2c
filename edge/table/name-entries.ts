import type { Answer } from '../query/encode.ts'
import { ChoiceEntries, isDrawn, isLocated, isSticky } from './choices.ts'
import type { AnswerChoice, LocatedAnswers } from './choices.ts'
import {
  CLASS_RCODE,
  EXPIRES,
  FLAG_ABSENT,
  FLAG_ALIAS,
  FLAG_CHAIN,
  FLAG_CUT,
  FLAG_REDIRECT,
  META_CUT,
  META_NAME,
  VARIANT_META,
} from './layout.ts'
import { untilReplaced } from './record.ts'
import type { EntryTimes } from './record.ts'
import { bodyBytesOf, bodyWordOf, numberAt } from './record-read.ts'
import type { RecordStore } from './store.ts'
import { TypeLists } from './type-lists.ts'

const noTypes: readonly number[] = []
/** What says how a name is declared. */
const KINDS = FLAG_ABSENT | FLAG_ALIAS | FLAG_CHAIN | FLAG_CUT | FLAG_REDIRECT

/** All entries of one name, worked at in one go: the name is hashed once. */
export class NameEntries {
  readonly #store: RecordStore
  readonly #lists = new TypeLists()
  readonly #choices: ChoiceEntries
  #qclass = 0

  constructor(store: RecordStore) {
    this.#store = store
    this.#choices = new ChoiceEntries(store)
  }

  /** Selects the name, in wire form. What follows is about it, until the writer is used for another. */
  select(qname: Uint8Array, qclass: number): this {
    this.#store.selectName(qname)
    this.#qclass = qclass
    return this
  }

  /**
   * Puts the answer to a type, or those that one is chosen from; what does not fit is deleted, as it is
   * out of date.
   */
  put(qtype: number, answer: AnswerChoice | LocatedAnswers, times: EntryTimes): boolean {
    if (isDrawn(answer) || isSticky(answer) || isLocated(answer)) {
      return this.#choices.put(qtype, this.#qclass, answer, times)
    }
    this.#choices.drop(qtype, this.#qclass)
    this.#store.selectQuestion(qtype, this.#qclass, 0)
    if (this.#store.put(answer, times, 0)) return true
    this.#store.refused++
    this.#store.remove()
    return false
  }

  delete(qtype: number): boolean {
    this.#choices.drop(qtype, this.#qclass)
    this.#store.selectQuestion(qtype, this.#qclass, 0)
    return this.#store.remove()
  }

  /**
   * Says that the name exists and which types it has, whether their answers are in the table or not (an
   * empty non-terminal has none); all others are NODATA. Answers to types that were declared before and are
   * no more go. Declare a name before its zone is whole.
   */
  declare(types: readonly number[], times: EntryTimes = untilReplaced): boolean {
    return this.#declare(types, times, 0)
  }

  /** As `declare`; but all other types are answered as CNAME is, or by the control thread. */
  declareAlias(types: readonly number[], times: EntryTimes = untilReplaced): boolean {
    return this.#declare(types, times, FLAG_ALIAS)
  }

  /**
   * As `declareAlias`, where what the alias leads to is in the answers: all other types are answered as type 0
   * is, which is among the types.
   */
  declareChain(types: readonly number[], times: EntryTimes = untilReplaced): boolean {
    return this.#declare(types, times, FLAG_ALIAS | FLAG_CHAIN)
  }

  /**
   * As `declare`, of the owner of a DNAME, which is among the types: what has no entry and is below the
   * name is left to the control thread. Its zone `hasSubtrees`, and no names below it are declared.
   */
  declareRedirect(types: readonly number[], times: EntryTimes = untilReplaced): boolean {
    return this.#declare(types, times, FLAG_REDIRECT)
  }

  /**
   * Says that the name is a cut: it, and all names below it, are answered with `referral`, AA clear, whose
   * pointers are set by the octets of this name. `types`: what the zone itself answers, which is DS or
   * nothing (RFC 4035 §3.1.4.1). Its zone `hasSubtrees`, and no names below it are declared. False when
   * the cut or the referral does not fit; without a referral the cut is left to the control thread.
   */
  declareCut(
    types: readonly number[],
    referral: Answer,
    times: EntryTimes = untilReplaced,
  ): boolean {
    // First, so that whoever finds the cut has it.
    this.#store.selectQuestion(META_CUT, this.#qclass, VARIANT_META)
    const hasReferral = this.#store.put(referral, times, 0)
    if (!hasReferral) {
      this.#store.refused++
      this.#store.remove()
    }
    if (this.#declare(types, times, FLAG_CUT)) return hasReferral
    if (!this.#isCut(this.#declared())) this.#deleteReferral()
    return false
  }

  /** Says that the name does not exist, though its zone is not whole; answers to declared types go. */
  declareAbsent(times: EntryTimes = untilReplaced): boolean {
    return this.#declare(noTypes, times, FLAG_ABSENT)
  }

  /** Says nothing more of the name; answers to declared types go. */
  forget(): boolean {
    const ref = this.#declared()
    const wasCut = this.#isCut(ref)
    this.#deleteBut(ref, noTypes)
    this.#store.selectQuestion(META_NAME, this.#qclass, VARIANT_META)
    const isRemoved = this.#store.remove()
    if (wasCut) this.#deleteReferral()
    return isRemoved
  }

  #declare(types: readonly number[], times: EntryTimes, flags: number): boolean {
    const ref = this.#declared()
    if (times === untilReplaced && this.#isDeclaredAs(ref, types, flags)) return true
    const wasCut = this.#isCut(ref)
    this.#deleteBut(ref, types)
    const isPut = this.#putMeta(this.#lists.listOf(types), times, flags)
    if (wasCut && isPut && (flags & FLAG_CUT) === 0) this.#deleteReferral()
    return isPut
  }

  #isCut(ref: number): boolean {
    // In bounds: a ref points to a whole record.
    return ref !== 0 && (this.#store.words[ref + CLASS_RCODE]! & FLAG_CUT) !== 0
  }

  #deleteReferral(): void {
    this.#store.selectQuestion(META_CUT, this.#qclass, VARIANT_META)
    this.#store.remove()
  }

  /** The record of what is declared; 0 for none. */
  #declared(): number {
    this.#store.selectQuestion(META_NAME, this.#qclass, VARIANT_META)
    return this.#store.find()
  }

  /** Whether the name is declared already, until it is replaced, with these types in this order. */
  #isDeclaredAs(ref: number, types: readonly number[], flags: number): boolean {
    const { words } = this.#store
    // In bounds: a ref points to a whole record.
    if (ref === 0 || words[ref + EXPIRES] !== 0) return false
    if ((words[ref + CLASS_RCODE]! & KINDS) !== flags) return false
    if (bodyBytesOf(words, ref) !== 2 * types.length) return false
    const at = bodyWordOf(words, ref)
    for (let i = 0; i < types.length; i++) if (numberAt(words, at, i) !== types[i]) return false
    return true
  }

  /** Deletes the answers to the types that were declared, but those to some. */
  #deleteBut(ref: number, types: readonly number[]): void {
    if (ref === 0) return
    const { words } = this.#store
    const at = bodyWordOf(words, ref)
    const before = Array.from({ length: bodyBytesOf(words, ref) >> 1 }, (_, i) =>
      numberAt(words, at, i),
    )
    for (const type of before) if (!types.includes(type)) this.delete(type)
  }

  #putMeta(list: Answer, times: EntryTimes, flags: number): boolean {
    this.#store.selectQuestion(META_NAME, this.#qclass, VARIANT_META)
    if (this.#store.put(list, times, flags)) return true
    this.#store.refused++
    this.#store.isComplete = false
    return false
  }
}
