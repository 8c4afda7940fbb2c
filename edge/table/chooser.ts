import { KeyHash } from './hash.ts'
import { CHOICE_NODATA, FLAG_BY_CLIENT, FLAG_DRAWN, MAP_PIECE, VARIANT_MAP } from './layout.ts'
import { findRecord } from './probe.ts'
import {
  bodyBytesOf,
  bodyWordOf,
  choicesFirstOf,
  drawnChoiceOf,
  mapOf,
  numberAt,
  stickyChoiceOf,
} from './record-read.ts'
import type { Xorshift } from './xorshift.ts'

/** The root in wire form. */
const ROOT = new Uint8Array(1)

/** `numberOf`: nothing to go on with. */
export const CHOSE_NOTHING = 0
/** `numberOf`: no answer of this type for the client. */
export const CHOSE_NODATA = -1

/** Chooses among the answers to a question, for a reader: by chance, or by the client. */
export class Chooser {
  /** Whether the bucket of the client has mattered since this was set to false. */
  isSticky = false
  readonly #words: Int32Array
  /** Of the root, where maps are. */
  readonly #key: KeyHash
  readonly #random: Xorshift
  #indexStart = 0
  #mask = 0

  constructor(words: Int32Array, multipliers: Int32Array, random: Xorshift) {
    this.#words = words
    this.#key = new KeyHash(multipliers)
    this.#key.setName(ROOT, 0, ROOT.length)
    this.#random = random
  }

  /** The index of the batch that begins. */
  beginBatch(indexStart: number, mask: number): void {
    this.#indexStart = indexStart
    this.#mask = mask
  }

  /** The number of the answer that the record at `ref` chooses, or CHOSE_…; it has these flags. */
  numberOf(ref: number, flags: number, location: number, bucket: number): number {
    const words = this.#words
    if ((flags & FLAG_DRAWN) === 0) {
      const choice = this.#choiceAt(mapOf(words, ref), location)
      if (choice === CHOICE_NODATA) return CHOSE_NODATA
      return choice === 0 ? CHOSE_NOTHING : choicesFirstOf(words, ref) + choice - 1
    }
    if ((flags & FLAG_BY_CLIENT) === 0) return drawnChoiceOf(words, ref, this.#random.next() >>> 16)
    this.isSticky = true
    return stickyChoiceOf(words, ref, bucket)
  }

  /** What a map says of a location; 0 where it says nothing, or was replaced a moment ago. */
  #choiceAt(map: number, location: number): number {
    const words = this.#words
    this.#key.setQuestion(Math.floor(location / MAP_PIECE), map, VARIANT_MAP)
    const ref = findRecord(words, this.#indexStart, this.#mask, this.#key)
    const i = location % MAP_PIECE
    if (ref === 0 || 2 * i >= bodyBytesOf(words, ref)) return 0
    return numberAt(words, bodyWordOf(words, ref), i)
  }
}
