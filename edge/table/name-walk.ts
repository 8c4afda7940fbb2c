/**
 * Where a name stands in the tree of names: its zone, and what of the tree is above it.
 *
 * The walk to the closest encloser goes down from the apex, as RFC 1034 §4.3.2 step 3 has it ("start
 * matching down, label by label, in the zone"), and ends at the first name that has no entry: above a
 * name that exists all names do, empty non-terminals too. So it costs as many look-ups as the tree is
 * deep there, one more, and not as many as the labels that somebody makes up. It meets the topmost cut
 * first. And a branch of names that is put with the topmost name last, and taken away with it first, is
 * there as a whole or not at all.
 */
import { LABEL_MAX_BYTES, NAME_MAX_BYTES } from '../../shared/dns/name.ts'
import type { KeyHash } from './hash.ts'
import {
  CLASS_RCODE,
  EXPIRES,
  FLAG_ABSENT,
  FLAG_CUT,
  FLAG_REDIRECT,
  FLAG_SUBTREES,
  META_NAME,
  META_ZONE,
  SHAPE,
  VARIANT_META,
  ZONE_DEPTHS_WORD,
} from './layout.ts'
import { findRecord } from './probe.ts'

/** Names that stand for all below them, and one that says that there is nothing. */
const DECIDES = FLAG_CUT | FLAG_REDIRECT | FLAG_ABSENT
/** The most labels of a name: 127 of two octets, and the root's. */
const STARTS_MAX = 128
/** The asterisk label (RFC 4592 §2.1.1). */
const ASTERISK_LABEL = [1, 0x2a] as const

/** Walks of one reader. Every one of them leaves another name in the reader's key. */
export class NameWalk {
  readonly #words: Int32Array
  readonly #key: KeyHash
  #indexStart = 0
  #mask = 0
  #nowSeconds = 0
  #zoneDepths = 0
  /** Where the closest encloser begins in the wire. */
  #encloserStart = 0
  /** Where the labels begin that are below the apex, and then the apex; from the name's first octet. */
  readonly #starts = new Uint8Array(STARTS_MAX)
  /** A wildcard's name, to be hashed. */
  readonly #wildcard = new Uint8Array(NAME_MAX_BYTES)

  /** `key`: of the reader. */
  constructor(words: Int32Array, key: KeyHash) {
    this.#words = words
    this.#key = key
    this.#wildcard.set(ASTERISK_LABEL)
  }

  /** The index of the batch that begins, and its time. */
  beginBatch(indexStart: number, mask: number, nowSeconds: number): void {
    this.#indexStart = indexStart
    this.#mask = mask
    this.#nowSeconds = nowSeconds
    // In bounds: the header. Plain: its changes came before the epoch that the batch has loaded.
    this.#zoneDepths = this.#words[ZONE_DEPTHS_WORD]!
  }

  /** Finds the zone that a name lies in, the longest apex at or above it; 0 when there is none. */
  findZone(wire: Uint8Array, start: number, end: number, qclass: number): number {
    let labels = 0
    let off = start
    // In bounds: the caller checked the name; `end` ends the loop all the same.
    for (let length = wire[off]!; length !== 0 && off < end; length = wire[off]!) {
      if (length > LABEL_MAX_BYTES) return 0
      off += 1 + length
      labels++
    }
    off = start
    for (;;) {
      // Only at depths where there is an apex: one hash for most names, however many labels.
      if ((this.#zoneDepths & (1 << (labels < 31 ? labels : 31))) !== 0) {
        const ref = this.#locate(wire, off, end, META_ZONE, qclass)
        if (ref !== 0) return ref
      }
      if (labels === 0) return 0
      off += 1 + wire[off]!
      labels--
    }
  }

  /**
   * Finds the closest encloser of a name that has no entry and is below the apex of `zone`, which
   * `findZone` found: 0 then, and `selectWildcard` may follow. Else the ref of the entry above the name
   * that decides what is below it, or that expired; the key has the name of that entry.
   */
  findEncloser(wire: Uint8Array, start: number, end: number, qclass: number, zone: number): number {
    const words = this.#words
    const starts = this.#starts
    // In bounds here and below: a ref points to a whole record, the labels were checked by `findZone`.
    const apexStart = end - (words[zone + SHAPE]! & 0xff)
    let labels = 0
    for (let off = start; off < apexStart; off += 1 + wire[off]!) starts[labels++] = off - start
    starts[labels] = apexStart - start
    this.#encloserStart = apexStart
    // RFC 6672 §2.3: the apex may have a DNAME, though it can be no cut.
    let i = (words[zone + CLASS_RCODE]! & FLAG_SUBTREES) !== 0 ? labels : labels - 1
    for (; i > 0; i--) {
      const at = start + starts[i]!
      const ref = this.#locate(wire, at, end, META_NAME, qclass)
      if (ref === 0) {
        if (at === apexStart) continue
        return 0
      }
      const expiresAt = words[ref + EXPIRES]!
      if (expiresAt !== 0 && this.#nowSeconds >= expiresAt) return ref
      if ((words[ref + CLASS_RCODE]! & DECIDES) !== 0) return ref
      this.#encloserStart = at
    }
    return 0
  }

  /**
   * Selects the only wildcard that a name can be answered by whose closest encloser was found last. RFC
   * 4592 §3.3.1: the source of synthesis is the "wildcard domain name immediately descending from the
   * closest encloser".
   */
  selectWildcard(wire: Uint8Array, end: number): void {
    const wildcard = this.#wildcard
    let to = ASTERISK_LABEL.length
    // In bounds: the name that was looked for has a label more, which takes as many octets at least.
    for (let off = this.#encloserStart; off < end; off++) wildcard[to++] = wire[off]!
    this.#key.setName(wildcard, 0, to)
  }

  #locate(wire: Uint8Array, start: number, end: number, meta: number, qclass: number): number {
    this.#key.setName(wire, start, end)
    this.#key.setQuestion(meta, qclass, VARIANT_META)
    return findRecord(this.#words, this.#indexStart, this.#mask, this.#key)
  }
}
