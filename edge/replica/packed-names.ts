/**
 * Records of names (`name-record.ts`) in one block of memory, which no garbage collection walks over. The
 * index, the allocator and the hash are those of the answer table.
 */
import { randomFillSync } from 'node:crypto'
import { NAME_MAX_BYTES } from '../../shared/dns/name.ts'
import { Arena } from '../table/arena.ts'
import { KeyHash } from '../table/hash.ts'
import { MULTIPLIERS, NAME, RECORD_MAX_BYTES, regionsOf, reserveBuffer } from '../table/layout.ts'
import { findRecord } from '../table/probe.ts'
import { SlotIndex } from '../table/slot-index.ts'
import { isFree, markFree, markReplaced, replacedAt, versionAt, writeHead } from './name-record.ts'
import type { RecordParts } from './name-record.ts'

/** Address space for the records; the system gives what is used of it. */
const PACKED_MAX_BYTES = 1024 * 1024 * 1024
/** Slots of the index that each change moves to a larger one, while there is one. */
const STEP_SLOTS = 64

/** A way through all records; `end` must be called in any case. */
export interface RecordWalk {
  /** In the order of memory; those that were replaced meanwhile are among them. */
  readonly refs: Iterable<number>
  /** Whether a record was there when the walk began, at version `upTo`. */
  readonly wasThere: (ref: number, upTo: number) => boolean
  readonly end: () => void
}

/** The records of names, by name. */
export class PackedNames {
  readonly words: Int32Array
  readonly #key: KeyHash
  readonly #arena: Arena
  readonly #index: SlotIndex
  /** Room for whole words. */
  readonly #wire = Buffer.alloc(NAME_MAX_BYTES + 1)
  /** Walks that are under way, for which replaced records are kept; all that were ever begun. */
  #walks = 0
  #walksBegun = 0
  #replaced: number[] = []

  constructor() {
    const regions = regionsOf(PACKED_MAX_BYTES)
    this.words = new Int32Array(reserveBuffer(regions.totalBytes, PACKED_MAX_BYTES))
    this.#key = new KeyHash(randomFillSync(new Int32Array(MULTIPLIERS)))
    this.#arena = new Arena(this.words, regions.arenaStart, regions.chunks)
    this.#arena.chunksLimit = regions.chunks
    this.#index = new SlotIndex(this.words, regions, {
      reserve: () => true,
      epoch: () => 0,
      hasPassed: () => true,
    })
  }

  get size(): number {
    return this.#index.entries
  }

  /** Bytes of the records, those that a walk keeps included. */
  get bytes(): number {
    return this.#arena.bytesInUse
  }

  /** The record of a name; 0 for none. */
  find(key: string): number {
    const bytes = this.#wire.write(key, 'latin1')
    this.#key.setName(this.#wire, 0, bytes)
    this.#key.setQuestion(0, 1, 0)
    return findRecord(this.words, this.#index.start, this.#index.mask, this.#key)
  }

  /**
   * Puts a record for the name that was looked up last, in place of `old`, which was found then. What
   * follows the name takes so many words, which are for the caller to write. 0 when there is no room for
   * it: then the old one is gone as well.
   */
  put(
    old: number,
    { words, version, parts }: { words: number; version: number; parts: RecordParts },
  ): number {
    const bytes = 4 * (NAME + this.#key.nameWords + words)
    const ref = bytes > RECORD_MAX_BYTES ? 0 : this.#arena.allocate(bytes)
    if (ref === 0) {
      this.remove(old)
      return 0
    }
    writeHead(this.words, ref, this.#key, version, parts)
    if (old !== 0) {
      this.#index.replace(this.#key.slot, ref)
      this.#retire(old)
    } else if (!this.#index.insert(this.#key.hash, ref)) {
      this.#free(ref)
      return 0
    }
    return ref
  }

  /** Takes away the record of the name that was looked up last, as it was found; 0 for none. */
  remove(old: number): void {
    if (old === 0) return
    this.#index.remove(this.#key.slot)
    this.#retire(old)
  }

  /** A part of the work of making the index larger. To be called with each change. */
  step(): void {
    this.#index.step(STEP_SLOTS)
  }

  walk(): RecordWalk {
    this.#walks++
    const number = ++this.#walksBegun
    let isOver = false
    const end = (): void => {
      if (isOver) return
      isOver = true
      if (--this.#walks > 0) return
      for (const ref of this.#replaced) this.#free(ref)
      this.#replaced = []
    }
    const wasThere = (ref: number, upTo: number): boolean => {
      const replaced = replacedAt(this.words, ref)
      return (replaced === 0 || replaced >= number) && versionAt(this.words, ref) <= upTo
    }
    const refs = this.#arena.blocks((ref) => isFree(this.words, ref))
    return { refs, wasThere, end }
  }

  #retire(ref: number): void {
    if (this.#walks === 0) this.#free(ref)
    else {
      markReplaced(this.words, ref, this.#walksBegun)
      this.#replaced.push(ref)
    }
  }

  #free(ref: number): void {
    markFree(this.words, ref)
    this.#arena.free(ref)
  }
}
