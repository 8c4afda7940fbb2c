/**
 * The seeded hash of a key, and the key in the form in which records hold it.
 *
 * Two lanes of multilinear hashing: each 16-bit character c(i) of the key is multiplied by a secret
 * random 32-bit number m(i) of the lane, h = m + sum of m(i) * c(i) mod 2^32. Its upper 17 bits are
 * strongly universal (Lemire and Kaser, "Strongly universal string hashing is fast", 2014, theorem
 * 3.1 with K = 32, L = 16): two different keys take any two given values with probability 2^-34.
 * 17 bits of one lane and 15 of the other make the hash, so any two keys collide in all 32 bits with
 * 2^-32, and in the n bits that choose a slot with 2^-n. Names are prefix-free (they end in their only
 * zero length octet), so padding the last word with zeros makes no two of them equal.
 * The last step is murmur3's finalizer, a bijection: it changes no probability and scatters keys
 * that are alike, which linear probing would else pack into runs.
 *
 * The multipliers are drawn anew by each process from the system's generator. So the bound holds
 * for any set of keys that was chosen without knowing them: an attacker who sees neither seed nor
 * table gets no more collisions than chance gives. He could learn only from times, and a collision
 * costs some nanoseconds within microseconds of the network stack's noise; queries alone insert
 * nothing that he could time, the control thread does. And if luck or a leak helped: a key that
 * would lie PROBES_MAX slots from its place is refused and counted, which answers it from the
 * control thread, so no look-up ever costs more than PROBES_MAX probes (about 0.3 us, 32 lines in
 * a row).
 *
 * Cheaper than a cipher-like hash because the products do not depend on each other: 4 octets cost 4
 * multiplications in parallel. SipHash would need 64-bit arithmetic, which JavaScript has only as
 * BigInt. `bench/micro/table.ts` times it.
 */
import { CLASS_RCODE, MULTIPLIERS, NAME, NAME_WORDS_MAX, SHAPE } from './layout.ts'

/** One key, reused for all look-ups of its owner; allocates nothing after it was made. */
export class KeyHash {
  /** The lower case qname, 4 octets a word, the first octet lowest, zero padded. */
  readonly name = new Int32Array(NAME_WORDS_MAX)
  /** Words of `name` that are set. */
  nameWords = 0
  nameBytes = 0
  /** Record word SHAPE. */
  shape = 0
  qclass = 0
  /** The hash, which is the tag of the slot; never 0. */
  hash = 0
  /** Set by `findRecord`: the slot that the record was found in. */
  slot = 0

  readonly #multipliers: Int32Array
  #laneA = 0
  #laneB = 0

  /** Copies `multipliers`, all MULTIPLIERS of them. */
  constructor(multipliers: Int32Array) {
    this.#multipliers = new Int32Array(multipliers)
  }

  /**
   * Takes the name at `start` to `end` of `wire`: a whole name without pointers, its zero octet
   * included, so 1 to 255 octets. Any case.
   */
  setName(wire: Uint8Array, start: number, end: number): void {
    const m = this.#multipliers
    const name = this.name
    // In bounds here and below: the multipliers are as many as the words of the longest name.
    let a = m[0]!
    let b = m[1]!
    let k = 4
    let n = 0
    let off = start
    for (const wholeEnd = end - 3; off < wholeEnd; off += 4) {
      const word = lowerCase(
        wire[off]! | (wire[off + 1]! << 8) | (wire[off + 2]! << 16) | (wire[off + 3]! << 24),
      )
      name[n++] = word
      const low = word & 0xffff
      const high = word >>> 16
      a = (a + Math.imul(m[k]!, low) + Math.imul(m[k + 1]!, high)) | 0
      b = (b + Math.imul(m[k + 2]!, low) + Math.imul(m[k + 3]!, high)) | 0
      k += 4
    }
    if (off < end) {
      let word = wire[off]!
      if (off + 1 < end) word |= wire[off + 1]! << 8
      if (off + 2 < end) word |= wire[off + 2]! << 16
      word = lowerCase(word)
      name[n++] = word
      const low = word & 0xffff
      const high = word >>> 16
      a = (a + Math.imul(m[k]!, low) + Math.imul(m[k + 1]!, high)) | 0
      b = (b + Math.imul(m[k + 2]!, low) + Math.imul(m[k + 3]!, high)) | 0
    }
    this.nameWords = n
    this.nameBytes = end - start
    this.#laneA = a
    this.#laneB = b
  }

  /** Completes the key of the name that was set last. May be called again for another question. */
  setQuestion(qtype: number, qclass: number, variant: number): void {
    const m = this.#multipliers
    const low = (variant << 8) | this.nameBytes
    this.shape = (qtype << 16) | low
    this.qclass = qclass
    const a =
      this.#laneA +
      Math.imul(m[QUESTION_AT]!, low) +
      Math.imul(m[QUESTION_AT + 1]!, qtype) +
      Math.imul(m[QUESTION_AT + 4]!, qclass)
    const b =
      this.#laneB +
      Math.imul(m[QUESTION_AT + 2]!, low) +
      Math.imul(m[QUESTION_AT + 3]!, qtype) +
      Math.imul(m[QUESTION_AT + 6]!, qclass)
    let h = (a & 0xffff_8000) | ((b | 0) >>> 17)
    h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
    h ^= h >>> 16
    this.hash = h === 0 ? 1 : h
  }

  /** Whether the record at `ref` is of this key. */
  isAt(words: Int32Array, ref: number): boolean {
    // In bounds: a ref points to a whole record.
    if (words[ref + SHAPE]! !== this.shape) return false
    if (words[ref + CLASS_RCODE]! >>> 16 !== this.qclass) return false
    const name = this.name
    const at = ref + NAME
    for (let i = 0; i < this.nameWords; i++) {
      if (words[at + i]! !== name[i]!) return false
    }
    return true
  }
}

/** Where the multipliers of the question begin: behind the constant terms and the longest name. */
const QUESTION_AT = MULTIPLIERS - 8

/**
 * RFC 4343 §3: A to Z equal a to z, in four octets at once. A length octet is at most 63, so it is
 * never taken for a letter. The sums carry nothing from octet to octet: 0x7f + 0x3f < 0x100.
 */
function lowerCase(word: number): number {
  const seven = word & 0x7f7f_7f7f
  const isAboveZ = (seven + 0x2525_2525) | 0
  const isFromA = (seven + 0x3f3f_3f3f) | 0
  const isUpper = ~word & (isFromA ^ isAboveZ) & 0x8080_8080
  return word | (isUpper >>> 2)
}
