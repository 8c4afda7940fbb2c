/**
 * The records of a table and the index over them, as the writer sees them: what is common to all kinds
 * of entries. Why readers need no lock stands in `probe.ts`.
 */
import { randomFillSync } from 'node:crypto'
import { NAME_MAX_BYTES } from '../../shared/dns/name.ts'
import type { Answer } from '../query/encode.ts'
import { Arena } from './arena.ts'
import type { TableStats } from './entry.ts'
import { KeyHash } from './hash.ts'
import {
  ARENA_BYTES_WORD,
  CHUNK_BYTES,
  HITS,
  INCOMPLETE_WORD,
  LAST_USED,
  MULTIPLIERS,
  MULTIPLIERS_START,
  RECORD_MAX_BYTES,
  SLOTS_MIN_LOG2,
  SLOT_BYTES,
  regionsOf,
  reserveBuffer,
} from './layout.ts'
import type { TableHandle } from './layout.ts'
import { findRecord } from './probe.ts'
import { Reclaimer } from './reclaim.ts'
import { isSameRecord, recordBytes, writeRecord } from './record.ts'
import type { EntryTimes } from './record.ts'
import { SlotIndex } from './slot-index.ts'

/** Slots that a change takes over while a new index is built. */
const STEP_SLOTS = 16
/** The same for a call of `maintain`: about 0.2 ms. */
const MAINTAIN_SLOTS = 4096
/** Old records that are let wait before readers' words are looked at again. */
const RECLAIM_EVERY = 64

/** Records by key. One key is selected at a time, and all that is done is done to it. */
export class RecordStore {
  readonly handle: TableHandle
  readonly words: Int32Array
  readonly key: KeyHash
  readonly reclaimer: Reclaimer
  /** Puts that did not fit, ever. */
  refused = 0
  readonly #arena: Arena
  readonly #index: SlotIndex
  /** The record that is to be put, before it has a place. */
  readonly #draft = new Int32Array(RECORD_MAX_BYTES / 4)
  #retiredSince = 0

  /**
   * Makes an empty store. `fillRandom` is the source of the hash's secret. Throws a RangeError when the
   * system does not give the address space.
   */
  constructor(
    maxBytes: number,
    fillRandom: (words: Int32Array) => unknown = (words) => randomFillSync(words),
  ) {
    const regions = regionsOf(maxBytes)
    this.handle = { buffer: reserveBuffer(regions.totalBytes, maxBytes) }
    this.words = new Int32Array(this.handle.buffer)
    this.words[ARENA_BYTES_WORD] = maxBytes
    const multipliers = new Int32Array(MULTIPLIERS)
    fillRandom(multipliers)
    this.words.set(multipliers, MULTIPLIERS_START)
    this.key = new KeyHash(multipliers)
    this.#arena = new Arena(this.words, regions.arenaStart, regions.chunks)
    this.reclaimer = new Reclaimer(this.words)
    const keep = (indexBytes: number): boolean => {
      const chunks = Math.floor((maxBytes - indexBytes) / CHUNK_BYTES)
      if (chunks < this.#arena.chunksTouched) return false
      this.#arena.chunksLimit = chunks
      return true
    }
    keep(2 ** SLOTS_MIN_LOG2 * SLOT_BYTES)
    this.#index = new SlotIndex(this.words, regions, {
      reserve: keep,
      epoch: () => this.reclaimer.epoch,
      hasPassed: (epoch) => this.reclaimer.hasPassed(epoch),
    })
  }

  // ---- keys ----

  /** Selects a name, in wire form and any case; `selectQuestion` completes the key. */
  selectName(qname: Uint8Array): void {
    if (!(qname.length >= 1 && qname.length <= NAME_MAX_BYTES)) {
      throw new RangeError(`qname: ${qname.length} octets are not in 1..${NAME_MAX_BYTES}`)
    }
    this.key.setName(qname, 0, qname.length)
  }

  /** Selects a question about the name that was selected last. */
  selectQuestion(qtype: number, qclass: number, variant: number): void {
    this.key.setQuestion(qtype, qclass, variant)
  }

  // ---- records ----

  /** Finds the record of the key that was selected last; 0 when there is none. */
  find(): number {
    return findRecord(this.words, this.#index.start, this.#index.mask, this.key)
  }

  /** Whether the record of the selected key is there, just as `put` would leave it. */
  holds(answer: Answer, times: EntryTimes, flags: number): boolean {
    const bytes = recordBytes(this.key, answer, times)
    if (bytes > RECORD_MAX_BYTES) return false
    const ref = this.find()
    if (ref === 0) return false
    writeRecord(this.#draft, 0, this.key, answer, times, flags)
    return isSameRecord(this.words, ref, this.#draft, bytes >> 2)
  }

  /** Puts a record under the selected key, or replaces the one that is there. False when it does not fit. */
  put(answer: Answer, times: EntryTimes, flags: number): boolean {
    const bytes = recordBytes(this.key, answer, times)
    if (bytes > RECORD_MAX_BYTES) return false
    writeRecord(this.#draft, 0, this.key, answer, times, flags)
    const old = this.find()
    if (old !== 0 && isSameRecord(this.words, old, this.#draft, bytes >> 2)) return true
    let ref = this.#arena.allocate(bytes)
    if (ref === 0) {
      this.reclaimer.reclaim(this.#arena)
      ref = this.#arena.allocate(bytes)
      if (ref === 0) return false
    }
    // In bounds here and below: the draft was measured, a ref points to a whole record.
    const words = this.words
    for (let i = 0; i < bytes >> 2; i++) words[ref + i] = this.#draft[i]!
    if (old !== 0) {
      // What readers count from here on is lost.
      words[ref + HITS] = words[old + HITS]!
      words[ref + LAST_USED] = words[old + LAST_USED]!
      this.#index.replace(this.key.slot, ref)
      this.#retire(old)
    } else if (!this.#index.insert(this.key.hash, ref)) {
      this.#arena.free(ref)
      return false
    }
    this.#endChange()
    return true
  }

  /** Removes the record of the selected key. False when there is none. */
  remove(): boolean {
    const ref = this.find()
    if (ref === 0) return false
    this.#index.remove(this.key.slot)
    this.#retire(ref)
    this.#endChange()
    return true
  }

  #retire(ref: number): void {
    this.reclaimer.retire(ref)
    if (++this.#retiredSince < RECLAIM_EVERY) return
    this.#retiredSince = 0
    this.reclaimer.reclaim(this.#arena)
  }

  #endChange(): void {
    this.#index.step(STEP_SLOTS)
    this.reclaimer.advance()
  }

  // ---- what readers are told, and housekeeping ----

  /** False while names or zones are missing that were refused: then not finding one proves nothing. */
  get isComplete(): boolean {
    return this.words[INCOMPLETE_WORD] === 0
  }

  set isComplete(isComplete: boolean) {
    this.words[INCOMPLETE_WORD] = isComplete ? 0 : 1
    this.reclaimer.advance()
  }

  maintain(): void {
    this.reclaimer.reclaim(this.#arena)
    this.#index.step(MAINTAIN_SLOTS)
    this.reclaimer.advance()
  }

  get hasWork(): boolean {
    return this.reclaimer.waiting > 0 || this.#index.isRebuilding
  }

  stats(): TableStats {
    return {
      entries: this.#index.entries,
      recordBytes: this.#arena.bytesInUse,
      heldBytes: this.#arena.chunksTouched * CHUNK_BYTES + this.#index.touchedBytes,
      refused: this.refused,
      waiting: this.reclaimer.waiting,
      indexSlots: this.#index.mask + 1,
      indexRebuilds: this.#index.rebuilds,
      readers: this.reclaimer.readers,
    }
  }
}
