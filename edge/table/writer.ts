/**
 * The writing side of the answer table.
 *
 * What does not fit is not in the table: when a put is refused, the entry that it would have replaced
 * is deleted, as it is out of date. Not finding an answer means asking the control thread. But not
 * finding a name or a zone would mean NXDOMAIN: when one is refused, what it would have replaced stays,
 * and batches that begin then give no negative answers until `markComplete` is called.
 */
import { RCODE_NOERROR } from '../../shared/dns/codes.ts'
import type { Answer } from '../query/encode.ts'
import { noAnswer } from './entry.ts'
import type { EntryUse, TableKey, TableStats, ZoneFlags } from './entry.ts'
import {
  EXPIRES,
  FLAG_SUBTREES,
  FLAG_WHOLE,
  FLAG_WILDCARDS,
  HITS,
  LAST_USED,
  MAP_PIECE,
  META_ZONE,
  VARIANT_MAP,
  VARIANT_META,
} from './layout.ts'
import type { TableHandle } from './layout.ts'
import { NameEntries } from './name-entries.ts'
import type { TableOptions } from './options.ts'
import { untilReplaced } from './record.ts'
import type { EntryTimes } from './record.ts'
import { RecordStore } from './store.ts'
import { ZoneDepths } from './zone-depths.ts'

/** The root in wire form. */
const ROOT = new Uint8Array(1)

/** The one writer of a table. Used by one thread only, the one that made it. */
export class TableWriter {
  readonly #store: RecordStore
  readonly #names: NameEntries
  readonly #depths: ZoneDepths

  /** As `RecordStore`. */
  constructor(options: TableOptions, fillRandom?: (words: Int32Array) => unknown) {
    this.#store = new RecordStore(options.maxBytes, fillRandom)
    this.#names = new NameEntries(this.#store)
    this.#depths = new ZoneDepths(this.#store.words)
  }

  get handle(): TableHandle {
    return this.#store.handle
  }

  // ---- entries ----

  /** Puts an answer, or replaces the one that is there. False when it does not fit. */
  put(key: TableKey, answer: Answer, times: EntryTimes = untilReplaced): boolean {
    if (!(key.variant >= 0 && key.variant < VARIANT_MAP)) {
      throw new RangeError(`variant: ${key.variant} is not in 0..${VARIANT_MAP - 1}`)
    }
    this.#select(key)
    if (this.#store.put(answer, times, 0)) return true
    this.#store.refused++
    this.#store.remove()
    return false
  }

  /** Deletes an answer. False when there is none. */
  delete(key: TableKey): boolean {
    this.#select(key)
    return this.#store.remove()
  }

  /** What is known of the use of an answer; undefined when there is none. */
  useOf(key: TableKey): EntryUse | undefined {
    const { words } = this.#store
    this.#select(key)
    const ref = this.#store.find()
    if (ref === 0) return undefined
    // In bounds: a ref points to a whole record.
    return {
      hits: words[ref + HITS]!,
      lastUsedSeconds: words[ref + LAST_USED]!,
      expiresAtSeconds: words[ref + EXPIRES]!,
    }
  }

  /** The entries of a name, in wire form; good until this is called again. */
  name(qname: Uint8Array, qclass: number): NameEntries {
    return this.#names.select(qname, qclass)
  }

  /**
   * Puts a map from locations to choices: 0 is none, CHOICE_NODATA no answer, else that of `choices`,
   * counted from 1. Put a map before what goes by it, and delete it when nothing does any more. One that is
   * there may be put again, if it says the same of all locations that a query may have meanwhile. False when it
   * does not fit: then there is none.
   */
  putMap(map: number, choices: Uint16Array): boolean {
    for (let piece = 0; piece * MAP_PIECE < choices.length; piece++) {
      const part = choices.subarray(piece * MAP_PIECE, (piece + 1) * MAP_PIECE)
      const bytes = Buffer.alloc(2 * part.length)
      part.forEach((choice, i) => bytes.writeUInt16LE(choice, 2 * i))
      this.#selectMap(map, piece)
      const body = { ...noAnswer, answer: { bytes, count: 0, apexPointers: [] } }
      if (this.#store.put(body, untilReplaced, 0)) continue
      this.#store.refused++
      this.deleteMap(map)
      return false
    }
    return true
  }

  deleteMap(map: number): void {
    let piece = 0
    do this.#selectMap(map, piece++)
    while (this.#store.remove())
  }

  /**
   * Puts a zone with its negative answer, which NODATA and NXDOMAIN share but for the rcode (RFC 2308
   * §2: both have the SOA of the zone).
   */
  putZone(apex: Uint8Array, qclass: number, negative: Answer, flags: ZoneFlags): boolean {
    this.#selectZone(apex, qclass)
    const isNew = this.#store.find() === 0
    // First, so that whoever finds the zone has the bit.
    if (isNew) this.#depths.count(apex, 1)
    const bits =
      (flags.isWhole ? FLAG_WHOLE : 0) |
      (flags.hasWildcards ? FLAG_WILDCARDS : 0) |
      (flags.hasSubtrees ? FLAG_SUBTREES : 0)
    const entry = { ...negative, rcode: RCODE_NOERROR }
    if (this.#store.put(entry, untilReplaced, bits)) return true
    if (isNew) this.#depths.count(apex, -1)
    this.#store.refused++
    this.#store.isComplete = false
    return false
  }

  deleteZone(apex: Uint8Array, qclass: number): boolean {
    this.#selectZone(apex, qclass)
    if (!this.#store.remove()) return false
    this.#depths.count(apex, -1)
    return true
  }

  /** Says that every name and zone that was refused has been put since, or is gone. */
  markComplete(): void {
    this.#store.isComplete = true
  }

  get isComplete(): boolean {
    return this.#store.isComplete
  }

  // ---- readers and housekeeping ----

  /** Ends an epoch and gives its number: what was made known before is what later batches see. */
  endEpoch(): number {
    const { epoch } = this.#store.reclaimer
    this.#store.reclaimer.advance()
    return epoch
  }

  /** Whether no reader is in a batch that began in that epoch or before. */
  hasPassed(epoch: number): boolean {
    return this.#store.reclaimer.hasPassed(epoch)
  }

  /** Gives the number for one `TableReader`; undefined when there are too many. */
  addReader(): number | undefined {
    return this.#store.reclaimer.addReader()
  }

  /** Forgets a reader. Only after its thread has ended, or it may read what is written anew. */
  removeReader(index: number): void {
    this.#store.reclaimer.removeReader(index)
  }

  /** Goes on with what waits: old records, a new index. To be called now and then when idle. */
  maintain(): void {
    this.#store.maintain()
  }

  /** Whether `maintain` has work, unless readers hold it up. */
  get hasWork(): boolean {
    return this.#store.hasWork
  }

  stats(): TableStats {
    return this.#store.stats()
  }

  #select({ qname, qtype, qclass, variant }: TableKey): void {
    this.#store.selectName(qname)
    this.#store.selectQuestion(qtype, qclass, variant)
  }

  #selectMap(map: number, piece: number): void {
    this.#store.selectName(ROOT)
    this.#store.selectQuestion(piece, map, VARIANT_MAP)
  }

  #selectZone(apex: Uint8Array, qclass: number): void {
    this.#store.selectName(apex)
    this.#store.selectQuestion(META_ZONE, qclass, VARIANT_META)
  }
}
