/**
 * The writing side of the answer table. Why readers need no lock stands in `probe.ts`.
 *
 * What does not fit is not in the table: when a put is refused, the entry that it would have replaced
 * is deleted, as it is out of date. Not finding an answer means asking the control thread. But not
 * finding a name or a zone would mean NXDOMAIN: when one is refused, what it would have replaced stays,
 * and batches that begin then give no negative answers until `markComplete` is called.
 */
import { randomFillSync } from 'node:crypto'
import { NAME_MAX_BYTES } from '../../shared/dns/name.ts'
import type { Answer } from '../query/encode.ts'
import { Arena } from './arena.ts'
import { noAnswer } from './entry.ts'
import type { EntryUse, TableKey, TableStats, ZoneFlags } from './entry.ts'
import { KeyHash } from './hash.ts'
import {
  ARENA_BYTES_WORD,
  CHUNK_BYTES,
  EXPIRES,
  FLAG_ABSENT,
  FLAG_WHOLE,
  FLAG_WILDCARDS,
  HITS,
  INCOMPLETE_WORD,
  LAST_USED,
  META_NAME,
  META_ZONE,
  MULTIPLIERS,
  MULTIPLIERS_START,
  RECORD_MAX_BYTES,
  SLOTS_MIN_LOG2,
  SLOT_BYTES,
  VARIANT_META,
  regionsOf,
  reserveBuffer,
} from './layout.ts'
import type { TableHandle } from './layout.ts'
import type { TableOptions } from './options.ts'
import { findRecord } from './probe.ts'
import { Reclaimer } from './reclaim.ts'
import { isSameRecord, recordBytes, untilReplaced, writeRecord } from './record.ts'
import type { EntryTimes } from './record.ts'
import { SlotIndex } from './slot-index.ts'
import { TypeLists } from './type-lists.ts'
import { ZoneDepths } from './zone-depths.ts'

/** Slots that a change takes over while a new index is built. */
const STEP_SLOTS = 16
/** The same for a call of `maintain`: about 0.2 ms. */
const MAINTAIN_SLOTS = 4096
/** Old records that are let wait before readers' words are looked at again. */
const RECLAIM_EVERY = 64

/** The one writer of a table. Used by one thread only, the one that made it. */
export class TableWriter {
  readonly handle: TableHandle
  readonly #words: Int32Array
  readonly #key: KeyHash
  readonly #arena: Arena
  readonly #index: SlotIndex
  readonly #reclaimer: Reclaimer
  readonly #depths: ZoneDepths
  readonly #types = new TypeLists()
  /** The record that is to be put, before it has a place. */
  readonly #draft = new Int32Array(RECORD_MAX_BYTES / 4)
  #refused = 0
  #retiredSince = 0

  /**
   * Makes an empty table. `fillRandom` is the source of the hash's secret. Throws a RangeError when the
   * system does not give the address space.
   */
  constructor(
    options: TableOptions,
    fillRandom: (words: Int32Array) => unknown = (words) => randomFillSync(words),
  ) {
    const { maxBytes } = options
    const regions = regionsOf(maxBytes)
    this.handle = { buffer: reserveBuffer(regions.totalBytes, maxBytes) }
    this.#words = new Int32Array(this.handle.buffer)
    this.#words[ARENA_BYTES_WORD] = maxBytes
    const multipliers = new Int32Array(MULTIPLIERS)
    fillRandom(multipliers)
    this.#words.set(multipliers, MULTIPLIERS_START)
    this.#key = new KeyHash(multipliers)
    this.#arena = new Arena(this.#words, regions.arenaStart, regions.chunks)
    this.#reclaimer = new Reclaimer(this.#words)
    this.#depths = new ZoneDepths(this.#words)
    const keep = (indexBytes: number): boolean => {
      const chunks = Math.floor((maxBytes - indexBytes) / CHUNK_BYTES)
      if (chunks < this.#arena.chunksTouched) return false
      this.#arena.chunksLimit = chunks
      return true
    }
    keep(2 ** SLOTS_MIN_LOG2 * SLOT_BYTES)
    this.#index = new SlotIndex(this.#words, regions, {
      reserve: keep,
      epoch: () => this.#reclaimer.epoch,
      hasPassed: (epoch) => this.#reclaimer.hasPassed(epoch),
    })
  }

  // ---- entries ----

  /** Puts an answer, or replaces the one that is there. False when it does not fit. */
  put(key: TableKey, answer: Answer, times: EntryTimes = untilReplaced): boolean {
    if (!(key.variant >= 0 && key.variant < VARIANT_META)) {
      throw new RangeError(`variant: ${key.variant} is not in 0..${VARIANT_META - 1}`)
    }
    this.#setKey(key.qname, key.qtype, key.qclass, key.variant)
    if (this.#put(answer, times, 0)) return true
    this.#refused++
    this.#delete()
    return false
  }

  /** Deletes an answer. False when there is none. */
  delete(key: TableKey): boolean {
    this.#setKey(key.qname, key.qtype, key.qclass, key.variant)
    return this.#delete()
  }

  /** What is known of the use of an answer; undefined when there is none. */
  useOf(key: TableKey): EntryUse | undefined {
    this.#setKey(key.qname, key.qtype, key.qclass, key.variant)
    const ref = this.#find()
    if (ref === 0) return undefined
    // In bounds: a ref points to a whole record.
    return {
      hits: this.#words[ref + HITS]!,
      lastUsedSeconds: this.#words[ref + LAST_USED]!,
      expiresAtSeconds: this.#words[ref + EXPIRES]!,
    }
  }

  /**
   * Says that a name exists and which types it has, whether their answers are in the table or not (an
   * empty non-terminal has none); all others are NODATA. Put a name before its zone is whole.
   */
  putName(
    qname: Uint8Array,
    qclass: number,
    types: readonly number[],
    times: EntryTimes = untilReplaced,
  ): boolean {
    this.#setKey(qname, META_NAME, qclass, VARIANT_META)
    return this.#put(this.#types.listOf(types), times, 0) || this.#refuseMeta()
  }

  /** Says that a name does not exist, though its zone is not whole. */
  putAbsentName(qname: Uint8Array, qclass: number, times: EntryTimes = untilReplaced): boolean {
    this.#setKey(qname, META_NAME, qclass, VARIANT_META)
    return this.#put(noAnswer, times, FLAG_ABSENT) || this.#refuseMeta()
  }

  deleteName(qname: Uint8Array, qclass: number): boolean {
    this.#setKey(qname, META_NAME, qclass, VARIANT_META)
    return this.#delete()
  }

  /**
   * Puts a zone with its negative answer, which NODATA and NXDOMAIN share but for the rcode (RFC 2308
   * §2: both have the SOA of the zone).
   */
  putZone(apex: Uint8Array, qclass: number, negative: Answer, flags: ZoneFlags): boolean {
    this.#setKey(apex, META_ZONE, qclass, VARIANT_META)
    const isNew = this.#find() === 0
    // First, so that whoever finds the zone has the bit.
    if (isNew) this.#depths.count(apex, 1)
    const bits = (flags.isWhole ? FLAG_WHOLE : 0) | (flags.hasWildcards ? FLAG_WILDCARDS : 0)
    if (this.#put(negative, untilReplaced, bits)) return true
    if (isNew) this.#depths.count(apex, -1)
    return this.#refuseMeta()
  }

  deleteZone(apex: Uint8Array, qclass: number): boolean {
    this.#setKey(apex, META_ZONE, qclass, VARIANT_META)
    if (!this.#delete()) return false
    this.#depths.count(apex, -1)
    return true
  }

  /** Says that every name and zone that was refused has been put since, or is gone. */
  markComplete(): void {
    this.#words[INCOMPLETE_WORD] = 0
    this.#reclaimer.advance()
  }

  get isComplete(): boolean {
    return this.#words[INCOMPLETE_WORD] === 0
  }
  // ---- readers and housekeeping ----

  /** Gives the number for one `TableReader`; undefined when there are too many. */
  addReader(): number | undefined {
    return this.#reclaimer.addReader()
  }

  /** Forgets a reader. Only after its thread has ended, or it may read what is written anew. */
  removeReader(index: number): void {
    this.#reclaimer.removeReader(index)
  }

  /** Goes on with what waits: old records, a new index. To be called now and then when idle. */
  maintain(): void {
    this.#reclaimer.reclaim(this.#arena)
    this.#index.step(MAINTAIN_SLOTS)
    this.#reclaimer.advance()
  }

  /** Whether `maintain` has work, unless readers hold it up. */
  get hasWork(): boolean {
    return this.#reclaimer.waiting > 0 || this.#index.isRebuilding
  }

  stats(): TableStats {
    return {
      entries: this.#index.entries,
      recordBytes: this.#arena.bytesInUse,
      heldBytes: this.#arena.chunksTouched * CHUNK_BYTES + this.#index.touchedBytes,
      refused: this.#refused,
      waiting: this.#reclaimer.waiting,
      indexSlots: this.#index.mask + 1,
      indexRebuilds: this.#index.rebuilds,
      readers: this.#reclaimer.readers,
    }
  }

  // ---- the key that is set ----

  #setKey(qname: Uint8Array, qtype: number, qclass: number, variant: number): void {
    if (!(qname.length >= 1 && qname.length <= NAME_MAX_BYTES)) {
      throw new RangeError(`qname: ${qname.length} octets are not in 1..${NAME_MAX_BYTES}`)
    }
    this.#key.setName(qname, 0, qname.length)
    this.#key.setQuestion(qtype, qclass, variant)
  }

  #find(): number {
    return findRecord(this.#words, this.#index.start, this.#index.mask, this.#key)
  }

  #put(answer: Answer, times: EntryTimes, flags: number): boolean {
    const bytes = recordBytes(this.#key, answer, times)
    if (bytes > RECORD_MAX_BYTES) return false
    writeRecord(this.#draft, 0, this.#key, answer, times, flags)
    const old = this.#find()
    if (old !== 0 && isSameRecord(this.#words, old, this.#draft, bytes >> 2)) return true
    let ref = this.#arena.allocate(bytes)
    if (ref === 0) {
      this.#reclaimer.reclaim(this.#arena)
      ref = this.#arena.allocate(bytes)
      if (ref === 0) return false
    }
    // In bounds here and below: the draft was measured, a ref points to a whole record.
    const words = this.#words
    for (let i = 0; i < bytes >> 2; i++) words[ref + i] = this.#draft[i]!
    if (old !== 0) {
      // What readers count from here on is lost.
      words[ref + HITS] = words[old + HITS]!
      words[ref + LAST_USED] = words[old + LAST_USED]!
      this.#index.replace(this.#key.slot, ref)
      this.#retire(old)
    } else if (!this.#index.insert(this.#key.hash, ref)) {
      this.#arena.free(ref)
      return false
    }
    this.#endChange()
    return true
  }

  #delete(): boolean {
    const ref = this.#find()
    if (ref === 0) return false
    this.#index.remove(this.#key.slot)
    this.#retire(ref)
    this.#endChange()
    return true
  }

  #retire(ref: number): void {
    this.#reclaimer.retire(ref)
    if (++this.#retiredSince < RECLAIM_EVERY) return
    this.#retiredSince = 0
    this.#reclaimer.reclaim(this.#arena)
  }

  #endChange(): void {
    this.#index.step(STEP_SLOTS)
    this.#reclaimer.advance()
  }

  #refuseMeta(): boolean {
    this.#refused++
    this.#words[INCOMPLETE_WORD] = 1
    this.#reclaimer.advance()
    return false
  }
}
