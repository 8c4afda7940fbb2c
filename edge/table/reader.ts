/**
 * The reading side of the answer table, on the data threads: no allocation, no strings, no locks. Why
 * it is right stands in `probe.ts` (publication) and `reclaim.ts` (reuse of memory).
 *
 * A reader works in batches: `beginBatch`, look-ups, `endBatch`. Refs are good until `endBatch`, and no
 * longer. Three atomic operations begin a batch and one ends it, about 60 ns together, for all its
 * queries; a look-up that finds something takes one atomic load, one that does not takes none.
 *
 * Hits and last use are the only words of a published record that are written, by plain stores of any
 * reader. Two readers that count the same entry at the same moment lose one of the counts, and a
 * replacement loses those of its last moments: the counts only choose what to keep and to refresh,
 * where one in a thousand does not matter, while an atomic addition would cost 20 ns a query. Words do
 * not tear, so a count is never nonsense. From HITS_EXACT_MAX on one hit in eight is counted, as
 * eight: a record that all threads use would else move between their caches with each query.
 */
import {
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_DS,
} from '../../shared/dns/codes.ts'
import { CHOSE_NODATA, CHOSE_NOTHING, Chooser } from './chooser.ts'
import { KeyHash } from './hash.ts'
import {
  ARENA_BYTES_WORD,
  CLASS_RCODE,
  EPOCH_WORD,
  EXPIRES,
  FLAG_ABSENT,
  FLAG_ALIAS,
  FLAG_AUTHORITATIVE,
  FLAG_BY_CLIENT,
  FLAG_CHAIN,
  FLAG_CUT,
  FLAG_DRAWN,
  FLAG_EDE,
  FLAG_REDIRECT,
  FLAG_SUBTREES,
  FLAG_WHOLE,
  FLAG_WILDCARDS,
  HITS,
  INCOMPLETE_WORD,
  LAST_USED,
  META_CUT,
  META_NAME,
  MULTIPLIERS,
  MULTIPLIERS_START,
  RCODE_MASK,
  ROOT_WORD,
  SHAPE,
  VARIANT_CHOICE,
  VARIANT_META,
  regionsOf,
} from './layout.ts'
import type { TableHandle } from './layout.ts'
import { NameWalk } from './name-walk.ts'
import { findRecord } from './probe.ts'
import { readerWord } from './reclaim.ts'
import { bodyBytesOf, edeWordOf, listsType, writeSections } from './record-read.ts'
import { Xorshift } from './xorshift.ts'

/** What `resolve` found: nothing that this thread may answer by. */
export const FOUND_NOTHING = 0
/** The answer to the question, of any rcode. */
export const FOUND_ANSWER = 1
/** The name exists, the type does not; the ref is the zone's negative answer. */
export const FOUND_NODATA = 2
/** The name does not exist; the ref is the zone's negative answer. */
export const FOUND_NXDOMAIN = 3
/** The answer depends on the client: `resolveByClient` goes on. */
export const FOUND_BY_CLIENT = 4
/** The name is of another zone; the ref is the referral to it. */
export const FOUND_REFERRAL = 5

/** Up to here every hit is counted. */
const HITS_EXACT_MAX = 64
const HITS_MAX = 0x7fff_fff0

const CHOOSES = FLAG_DRAWN | FLAG_BY_CLIENT

/** One reader of the table. Belongs to one thread; two readers never share a number. */
export class TableReader {
  /** Set by `resolve`: the record to answer with. */
  ref = 0
  /** Set by `resolve`: the rcode to answer with, 12 bits. */
  rcode = 0

  readonly #words: Int32Array
  readonly #key: KeyHash
  readonly #chooser: Chooser
  readonly #walk: NameWalk
  readonly #word: number
  readonly #indexStarts: readonly [number, number]
  #indexStart = 0
  #mask = 0
  #nowSeconds = 0
  #isComplete = false
  /** The type that the ref of FOUND_BY_CLIENT was found by. */
  #typeFound = 0
  /** Chooses the hits that are counted, and the answers that are drawn. */
  readonly #random: Xorshift

  /** `index` is what `TableWriter.addReader` gave for this reader alone. */
  constructor(handle: TableHandle, index: number) {
    this.#words = new Int32Array(handle.buffer)
    const multipliers = this.#words.subarray(MULTIPLIERS_START, MULTIPLIERS_START + MULTIPLIERS)
    this.#key = new KeyHash(multipliers)
    this.#word = readerWord(index)
    // In bounds: the header is there in every table.
    this.#indexStarts = regionsOf(this.#words[ARENA_BYTES_WORD]!).indexStarts
    this.#random = new Xorshift(index)
    this.#chooser = new Chooser(this.#words, multipliers, this.#random)
    this.#walk = new NameWalk(this.#words, this.#key)
  }

  /** Whether the bucket of the client mattered to what `resolveByClient` found. */
  get isSticky(): boolean {
    return this.#chooser.isSticky
  }

  // ---- batches ----

  /** Begins a batch. `nowSeconds`: of the clock by which entries expire; coarse is enough. */
  beginBatch(nowSeconds: number): void {
    const words = this.#words
    Atomics.store(words, this.#word, Atomics.load(words, EPOCH_WORD))
    const root = Atomics.load(words, ROOT_WORD)
    this.#indexStart = root >> 5 === 0 ? this.#indexStarts[0] : this.#indexStarts[1]
    this.#mask = 2 ** (root & 31) - 1
    // In bounds: the header. Plain: its changes came before the epoch that was loaded.
    this.#isComplete = words[INCOMPLETE_WORD] === 0
    this.#nowSeconds = nowSeconds
    this.#chooser.beginBatch(this.#indexStart, this.#mask)
    this.#walk.beginBatch(this.#indexStart, this.#mask, nowSeconds)
  }

  /** Ends the batch: no ref may be used any more. Also before anything that waits. */
  endBatch(): void {
    Atomics.store(this.#words, this.#word, 0)
  }

  // ---- look-ups: within a batch; qname at `start` to `end`, checked, without pointers ----

  /** Finds the answer to a question, counts its use, and gives its ref; 0 when there is none. */
  find(
    wire: Uint8Array,
    start: number,
    end: number,
    qtype: number,
    qclass: number,
    variant: number,
  ): number {
    this.#key.setName(wire, start, end)
    const ref = this.#locate(qtype, qclass, variant)
    if (ref === 0 || this.#isExpired(ref)) return 0
    this.#countUse(ref)
    return ref
  }

  /** Finds the zone that a name lies in, the longest apex at or above it; 0 when there is none. */
  findZone(wire: Uint8Array, start: number, end: number, qclass: number): number {
    return this.#walk.findZone(wire, start, end, qclass)
  }

  /**
   * Finds what to answer a question with: one of FOUND_…, and then `ref` and `rcode` are set. Says
   * NODATA or NXDOMAIN only where the table proves it; any doubt is FOUND_NOTHING.
   */
  resolve(
    wire: Uint8Array,
    start: number,
    end: number,
    qtype: number,
    qclass: number,
    variant: number,
  ): number {
    this.#key.setName(wire, start, end)
    const ref = this.#locate(qtype, qclass, variant)
    if (ref !== 0) return this.#resolveAt(ref, wire, start, end, qtype, qclass)
    return this.#resolveNegative(wire, start, end, qtype, qclass, variant)
  }

  /** Takes the answer that stands at a ref for a type. */
  #resolveAt(
    ref: number,
    wire: Uint8Array,
    start: number,
    end: number,
    qtype: number,
    qclass: number,
  ): number {
    if (this.#isExpired(ref)) return FOUND_NOTHING
    this.#countUse(ref)
    this.ref = ref
    // In bounds: a ref points to a whole record.
    const flags = this.#words[ref + CLASS_RCODE]!
    if ((flags & FLAG_BY_CLIENT) !== 0) {
      this.#typeFound = qtype
      return FOUND_BY_CLIENT
    }
    if ((flags & FLAG_DRAWN) !== 0) return this.#choose(wire, start, end, qtype, qclass, 0, 0)
    this.rcode = flags & RCODE_MASK
    return FOUND_ANSWER
  }

  /**
   * Goes on where `resolve` found FOUND_BY_CLIENT, for the same question and before any other look-up: the
   * key still has the name that was found, which may be a wildcard's. `location`: number of the place
   * that the client is in, as the map has it; `bucket`: of the client, 0 to STICKY_BUCKETS - 1.
   */
  resolveByClient(
    wire: Uint8Array,
    start: number,
    end: number,
    qclass: number,
    location: number,
    bucket: number,
  ): number {
    this.#chooser.isSticky = false
    return this.#choose(wire, start, end, this.#typeFound, qclass, location, bucket)
  }

  /** Goes from what chooses, at `ref`, to the answer. */
  #choose(
    wire: Uint8Array,
    start: number,
    end: number,
    qtype: number,
    qclass: number,
    location: number,
    bucket: number,
  ): number {
    let { ref } = this
    // In bounds here and below: a ref points to a whole record.
    let flags = this.#words[ref + CLASS_RCODE]!
    // A choice chooses in turn at most once.
    for (let step = 0; step < 2 && (flags & CHOOSES) !== 0; step++) {
      const number = this.#chooser.numberOf(ref, flags, location, bucket)
      if (number === CHOSE_NODATA) return this.#resolveNodata(wire, start, end, qclass)
      if (number === CHOSE_NOTHING) return FOUND_NOTHING
      ref = this.#locate(qtype, number, VARIANT_CHOICE)
      // Gone between the two: the name is being changed.
      if (ref === 0) return FOUND_NOTHING
      flags = this.#words[ref + CLASS_RCODE]!
    }
    this.ref = ref
    this.rcode = flags & RCODE_MASK
    return FOUND_ANSWER
  }

  /** Clients at the location have no answer of the type, though others have. */
  #resolveNodata(wire: Uint8Array, start: number, end: number, qclass: number): number {
    const zone = this.findZone(wire, start, end, qclass)
    if (zone === 0) return FOUND_NOTHING
    this.ref = zone
    this.rcode = RCODE_NOERROR
    return FOUND_NODATA
  }

  #resolveNegative(
    wire: Uint8Array,
    start: number,
    end: number,
    qtype: number,
    qclass: number,
    variant: number,
  ): number {
    if (!this.#isComplete || isMetaType(qtype)) return FOUND_NOTHING
    // The key still has the qname.
    const name = this.#locate(META_NAME, qclass, VARIANT_META)
    let found = FOUND_NXDOMAIN
    if (name !== 0) {
      if (this.#isExpired(name)) return FOUND_NOTHING
      // In bounds here and below: a ref points to a whole record.
      const flags = this.#words[name + CLASS_RCODE]!
      // RFC 4035 §3.1.4.1: of what stands at a cut, DS is answered by the zone above.
      if ((flags & FLAG_CUT) !== 0 && qtype !== TYPE_DS) return this.#refer(qclass)
      if (listsType(this.#words, name, qtype)) return FOUND_NOTHING
      if ((flags & FLAG_ALIAS) !== 0) return this.#resolveAlias(flags, wire, start, end, qclass)
      if ((flags & FLAG_ABSENT) === 0) found = FOUND_NODATA
    }
    const zone = this.findZone(wire, start, end, qclass)
    if (zone === 0) return FOUND_NOTHING
    const flags = this.#words[zone + CLASS_RCODE]!
    if (name === 0) {
      if ((flags & FLAG_WHOLE) === 0) return FOUND_NOTHING
      if ((flags & (FLAG_WILDCARDS | FLAG_SUBTREES)) !== 0) {
        return this.#resolveFromAbove(zone, wire, start, end, qtype, qclass, variant)
      }
    } else if (qtype === TYPE_DS && (this.#words[zone + SHAPE]! & 0xff) === end - start) {
      // RFC 4035 §3.1.4.1: DS at an apex belongs to the zone above.
      return FOUND_NOTHING
    }
    this.ref = zone
    this.rcode = found === FOUND_NXDOMAIN ? RCODE_NXDOMAIN : RCODE_NOERROR
    return found
  }

  /** A name that has no entry, in a zone where others may stand for it. */
  #resolveFromAbove(
    zone: number,
    wire: Uint8Array,
    start: number,
    end: number,
    qtype: number,
    qclass: number,
    variant: number,
  ): number {
    // In bounds here and below: a ref points to a whole record. The apex exists: it is being changed.
    if ((this.#words[zone + SHAPE]! & 0xff) === end - start) return FOUND_NOTHING
    const above = this.#walk.findEncloser(wire, start, end, qclass, zone)
    if (above !== 0) {
      const isCut = (this.#words[above + CLASS_RCODE]! & FLAG_CUT) !== 0
      // RFC 6672 §3.2: below a DNAME another name is answered for, which the control thread makes.
      return isCut && !this.#isExpired(above) ? this.#refer(qclass) : FOUND_NOTHING
    }
    this.ref = zone
    this.rcode = RCODE_NXDOMAIN
    if ((this.#words[zone + CLASS_RCODE]! & FLAG_WILDCARDS) === 0) return FOUND_NXDOMAIN
    this.#walk.selectWildcard(wire, end)
    const name = this.#locate(META_NAME, qclass, VARIANT_META)
    if (name === 0) return FOUND_NXDOMAIN
    if (this.#isExpired(name)) return FOUND_NOTHING
    const flags = this.#words[name + CLASS_RCODE]!
    // RFC 4592 §4.2, §4.4: what NS and DNAME of a wildcard mean is not said.
    if ((flags & (FLAG_ABSENT | FLAG_CUT | FLAG_REDIRECT)) !== 0) return FOUND_NOTHING
    // RFC 1034 §4.3.2, 3c: "set the owner of the RR to be QNAME": it is a pointer to it, wherever that is.
    const ref = this.#locate(qtype, qclass, variant)
    if (ref !== 0) return this.#resolveAt(ref, wire, start, end, qtype, qclass)
    if (listsType(this.#words, name, qtype)) return FOUND_NOTHING
    if ((flags & FLAG_ALIAS) !== 0) return this.#resolveAlias(flags, wire, start, end, qclass)
    this.rcode = RCODE_NOERROR
    return FOUND_NODATA
  }

  /** RFC 1034 §4.3.2, 3b: the key has the name of a cut, at or above the qname. */
  #refer(qclass: number): number {
    const ref = this.#locate(META_CUT, qclass, VARIANT_META)
    if (ref === 0 || this.#isExpired(ref)) return FOUND_NOTHING
    this.ref = ref
    this.rcode = RCODE_NOERROR
    return FOUND_REFERRAL
  }

  /**
   * RFC 1034 §4.3.2, 3a: a CNAME is the answer to all types, with what it leads to where that is held; one that
   * is not here says nothing. `flags`: of the name.
   */
  #resolveAlias(
    flags: number,
    wire: Uint8Array,
    start: number,
    end: number,
    qclass: number,
  ): number {
    const qtype = (flags & FLAG_CHAIN) === 0 ? TYPE_CNAME : 0
    const ref = this.#locate(qtype, qclass, 0)
    if (ref === 0) return FOUND_NOTHING
    return this.#resolveAt(ref, wire, start, end, qtype, qclass)
  }

  // ---- records: by a ref of this batch ----

  /** Octets of all sections together. */
  bodyBytes(ref: number): number {
    return bodyBytesOf(this.#words, ref)
  }

  /** The AA bit. */
  isAuthoritative(ref: number): boolean {
    // In bounds here and below: a ref points to a whole record.
    return (this.#words[ref + CLASS_RCODE]! & FLAG_AUTHORITATIVE) !== 0
  }

  /** The EDE info-code of an answer; -1 when it has none. */
  edeCode(ref: number): number {
    if ((this.#words[ref + CLASS_RCODE]! & FLAG_EDE) === 0) return -1
    return this.#words[edeWordOf(this.#words, ref)]! & 0xffff
  }

  /**
   * Writes all sections behind the question, which ends at `off` of `out`, and their counts into the
   * header at `message`; gives the place behind the sections. The caller has seen to it that they fit
   * (`bodyBytes`), and writes flags, rcode and OPT, which it adds to ARCOUNT.
   */
  writeAnswer(ref: number, out: Uint8Array, message: number, off: number): number {
    return writeSections(this.#words, ref, out, message, off, this.#nowSeconds)
  }

  // ---- parts ----

  #locate(qtype: number, qclass: number, variant: number): number {
    this.#key.setQuestion(qtype, qclass, variant)
    return findRecord(this.#words, this.#indexStart, this.#mask, this.#key)
  }

  #isExpired(ref: number): boolean {
    const expiresAt = this.#words[ref + EXPIRES]!
    return expiresAt !== 0 && this.#nowSeconds >= expiresAt
  }

  #countUse(ref: number): void {
    const words = this.#words
    if (words[ref + LAST_USED] !== this.#nowSeconds) words[ref + LAST_USED] = this.#nowSeconds
    const hits = words[ref + HITS]!
    if (hits < HITS_EXACT_MAX) {
      words[ref + HITS] = hits + 1
      return
    }
    if ((this.#random.next() & 7) === 0 && hits < HITS_MAX) words[ref + HITS] = hits + 8
  }
}

/** QTYPEs and meta types, which ask for other than one rrset (RFC 6895 §3.1), and type 0. */
function isMetaType(qtype: number): boolean {
  return qtype === 0 || (qtype >= 128 && qtype <= TYPE_ANY)
}
