import type { Answer } from '../query/encode.ts'
import { noAnswer } from './entry.ts'
import {
  CHOICES_FIRST_OTHER,
  CHOICES_MAX,
  CLASS_RCODE,
  FLAG_BY_CLIENT,
  FLAG_DRAWN,
  STICKY_BUCKETS,
  VARIANT_CHOICE,
} from './layout.ts'
import type { EntryTimes } from './record.ts'
import { choiceCountOf, choicesFirstOf } from './record-read.ts'
import type { RecordStore } from './store.ts'

/** One of several answers to a question, and how likely it is to be drawn. */
export interface DrawnAnswer {
  readonly answer: Answer
  /** The number of 0 to 65,535 up to which (inclusive) it is drawn; ascending. */
  readonly upTo: number
}

/** Answers that one of is drawn for each query: the most. */
export const DRAWN_MAX = 254

/** Answers of which a client always gets the same one. */
export interface StickyAnswers {
  /** At most DRAWN_MAX. */
  readonly answers: readonly Answer[]
  /** For each of STICKY_BUCKETS buckets of clients the index of its answer. */
  readonly buckets: Uint8Array
}

/** What a question is answered with, wherever the client is. */
export type AnswerChoice = Answer | readonly DrawnAnswer[] | StickyAnswers

/** Answers by where the client is. */
export interface LocatedAnswers {
  /** Number of the map from locations to choices (`TableWriter.putMap`). */
  readonly mapNumber: number
  /** Choice 1 of the map is the first. */
  readonly choices: readonly AnswerChoice[]
}

/** Whether an answer is drawn for each query. */
export function isDrawn(choice: AnswerChoice | LocatedAnswers): choice is readonly DrawnAnswer[] {
  return Array.isArray(choice)
}

/** Whether each client has an answer of its own. */
export function isSticky(choice: AnswerChoice | LocatedAnswers): choice is StickyAnswers {
  return 'buckets' in choice
}

/** Whether the place of the client matters. */
export function isLocated(choice: AnswerChoice | LocatedAnswers): choice is LocatedAnswers {
  return 'mapNumber' in choice
}

/**
 * The entries of a question that has several answers: at variant 0 what chooses, and the answers by
 * numbers of their own. New answers get numbers that the old ones do not have, so that no reader takes
 * one set for the other; what it does not find any more is a miss.
 */
export class ChoiceEntries {
  readonly #store: RecordStore
  /** Questions of all names that have several answers: none, and nothing has to be looked up. */
  #heads = 0
  #next = 0
  #end = 0

  constructor(store: RecordStore) {
    this.#store = store
  }

  /** Puts what chooses, and the answers; false when they do not fit, and then nothing is there. */
  put(
    qtype: number,
    qclass: number,
    choice: Exclude<AnswerChoice, Answer> | LocatedAnswers,
    times: EntryTimes,
  ): boolean {
    const before = this.#numbersOf(qtype, qclass)
    if (before !== undefined && isLocated(choice) && this.#isKept(qtype, before, choice, times)) {
      return this.#extend(qtype, qclass, before, choice, times)
    }
    const first = before?.first === 1 ? CHOICES_FIRST_OTHER : 1
    this.#next = first
    this.#end = first + CHOICES_MAX
    const isPut = isLocated(choice)
      ? this.#putLocated(qtype, qclass, choice, times)
      : this.#putChooser(qtype, qclass, 0, choice, times)
    if (!isPut) {
      this.#store.refused++
      this.#store.selectQuestion(qtype, qclass, 0)
      this.#store.remove()
      this.#remove(qtype, first, this.#next)
    }
    if (before !== undefined) this.#remove(qtype, before.first, before.first + before.count)
    this.#heads += (isPut ? 1 : 0) - (before === undefined ? 0 : 1)
    return isPut
  }

  /**
   * Whether the answers that are there are the first of the new ones: then they keep their numbers, for
   * these say the same in the map of before.
   */
  #isKept(
    qtype: number,
    { first, count }: Numbers,
    { choices }: LocatedAnswers,
    times: EntryTimes,
  ): boolean {
    if (choices.length < count || choices.length > CHOICES_MAX) return false
    return choices.every((choice, i) => {
      if (isDrawn(choice) || isSticky(choice)) return false
      if (i >= count) return true
      this.#store.selectQuestion(qtype, first + i, VARIANT_CHOICE)
      return this.#store.holds(choice, times, 0)
    })
  }

  /** Puts the answers behind those that are there, and then what chooses among all. */
  #extend(
    qtype: number,
    qclass: number,
    { first, count }: Numbers,
    { mapNumber, choices }: LocatedAnswers,
    times: EntryTimes,
  ): boolean {
    this.#end = first + CHOICES_MAX
    this.#next = first + choices.length
    const isPut = choices.every((choice, i) => {
      if (i < count || isDrawn(choice) || isSticky(choice)) return true
      return this.#putAnswer(qtype, first + i, choice, times)
    })
    const head = [first, choices.length, mapNumber]
    if (isPut && this.#putNumbers(qtype, qclass, 0, head, times, FLAG_BY_CLIENT)) return true
    this.#store.refused++
    this.#store.selectQuestion(qtype, qclass, 0)
    this.#store.remove()
    this.#remove(qtype, first, first + choices.length)
    this.#heads--
    return false
  }

  /** Removes what chooses and the answers, where there are several. */
  drop(qtype: number, qclass: number): void {
    if (this.#heads === 0) return
    const before = this.#numbersOf(qtype, qclass)
    if (before === undefined) return
    this.#heads--
    this.#store.selectQuestion(qtype, qclass, 0)
    this.#store.remove()
    this.#remove(qtype, before.first, before.first + before.count)
  }

  #putLocated(
    qtype: number,
    qclass: number,
    { mapNumber, choices }: LocatedAnswers,
    times: EntryTimes,
  ): boolean {
    const first = this.#take(choices.length)
    const isPut = choices.every((choice, i) =>
      isDrawn(choice) || isSticky(choice)
        ? this.#putChooser(qtype, first + i, VARIANT_CHOICE, choice, times)
        : this.#putAnswer(qtype, first + i, choice, times),
    )
    const count = this.#next - first
    return (
      isPut && this.#putNumbers(qtype, qclass, 0, [first, count, mapNumber], times, FLAG_BY_CLIENT)
    )
  }

  /** The answers before what chooses among them: whoever chooses finds one. */
  #putChooser(
    qtype: number,
    qclass: number,
    variant: number,
    choice: readonly DrawnAnswer[] | StickyAnswers,
    times: EntryTimes,
  ): boolean {
    const isByBucket = isSticky(choice)
    const answers = isByBucket ? choice.answers : choice.map(({ answer }) => answer)
    if (answers.length > DRAWN_MAX) return false
    const first = this.#take(answers.length)
    const isPut = answers.every((answer, i) => this.#putAnswer(qtype, first + i, answer, times))
    const numbers = isByBucket ? pairsOf(choice.buckets) : choice.map(({ upTo }) => upTo)
    const flags = isByBucket ? FLAG_DRAWN | FLAG_BY_CLIENT : FLAG_DRAWN
    const head = [first, answers.length, ...numbers]
    return isPut && this.#putNumbers(qtype, qclass, variant, head, times, flags)
  }

  #putAnswer(qtype: number, number: number, answer: Answer, times: EntryTimes): boolean {
    if (number >= this.#end) return false
    this.#store.selectQuestion(qtype, number, VARIANT_CHOICE)
    return this.#store.put(answer, times, 0)
  }

  #putNumbers(
    qtype: number,
    qclass: number,
    variant: number,
    numbers: readonly number[],
    times: EntryTimes,
    flags: number,
  ): boolean {
    if (this.#next > this.#end) return false
    const bytes = Buffer.alloc(2 * numbers.length)
    numbers.forEach((number, i) => bytes.writeUInt16LE(number, 2 * i))
    const body = { ...noAnswer, answer: { bytes, count: 0, apexPointers: [] } }
    this.#store.selectQuestion(qtype, qclass, variant)
    return this.#store.put(body, times, flags)
  }

  /** The first of so many numbers. */
  #take(count: number): number {
    const first = this.#next
    this.#next += count
    return first
  }

  /** Those of the answers that are there; undefined where one answer is, or none. */
  #numbersOf(qtype: number, qclass: number): Numbers | undefined {
    if (this.#heads === 0) return undefined
    const { words } = this.#store
    this.#store.selectQuestion(qtype, qclass, 0)
    const ref = this.#store.find()
    // In bounds: a ref points to a whole record.
    if (ref === 0 || (words[ref + CLASS_RCODE]! & (FLAG_DRAWN | FLAG_BY_CLIENT)) === 0) {
      return undefined
    }
    return { first: choicesFirstOf(words, ref), count: choiceCountOf(words, ref) }
  }

  #remove(qtype: number, from: number, to: number): void {
    for (let number = from; number < Math.min(to, from + CHOICES_MAX); number++) {
      this.#store.selectQuestion(qtype, number, VARIANT_CHOICE)
      this.#store.remove()
    }
  }
}

/** Those of the answers to a question. */
interface Numbers {
  readonly first: number
  readonly count: number
}

/** The octets of all buckets, two in a number. */
function pairsOf(buckets: Uint8Array): readonly number[] {
  return Array.from(
    { length: STICKY_BUCKETS / 2 },
    (_, i) => (buckets[2 * i] ?? 0) | ((buckets[2 * i + 1] ?? 0) << 8),
  )
}
