/**
 * The index as the writer sees it: slots, and how they grow without a pause.
 *
 * Readers see exactly one index at a time, and it always holds every entry. To grow (or to drop the
 * tombstones of deleted keys), a second index is built in the other region, a few slots with each
 * change; each change to a slot that was copied already is made in both. When all are copied, one
 * store of the root word makes new batches read the new one; the old region is used again after all
 * batches of the old root have ended. So a reader pays nothing for growth, and no single change takes
 * long.
 *
 * Why a reader always finds an entry that is there, in whichever index its batch has: the entry's slot
 * is at or behind the place of its hash, and no slot between was "never used" (tag 0) since it was
 * put. A deletion leaves the tag (a tombstone) and takes away the ref only; a tag becomes 0 again only
 * where the next slot is 0 already, so no chain leads across. The copy takes the slots in order, each
 * change is mirrored exactly when its slot was passed: so every entry is copied or mirrored once.
 */
import { PROBES_MAX, ROOT_WORD, SLOTS_MIN_LOG2, SLOT_BYTES, SLOT_WORDS } from './layout.ts'
import type { Regions } from './layout.ts'

/** Above this share of used slots a new index is begun. */
const FULL_SHARE = 0.625
/** A new index has at least so many slots for an entry. */
const SLOTS_PER_ENTRY = 2.5
/** Above this share of entries nothing is put any more. */
const REFUSE_SHARE = 0.875
/** Slots cleared in the time that one is copied. */
const CLEARED_PER_COPIED = 64

interface Slots {
  readonly region: 0 | 1
  readonly start: number
  readonly mask: number
  readonly log2: number
  /** Slots whose tag is not 0. */
  used: number
  /** Slots with a ref. */
  entries: number
}

/** What the index needs of the table. */
export interface SlotIndexOwner {
  /** Keeps so many bytes for both regions; false when the table's bytes do not allow it. */
  reserve(indexBytes: number): boolean
  epoch(): number
  hasPassed(epoch: number): boolean
}

export class SlotIndex {
  /** Times that a new index took over. */
  rebuilds = 0
  readonly #words: Int32Array
  readonly #regions: Regions
  readonly #owner: SlotIndexOwner
  /** Slots of each region that were ever written to. */
  readonly #touched: [number, number] = [0, 0]
  #now: Slots
  #next: Slots | undefined = undefined
  /** Slots of the next index that are known to be clear. */
  #cleared = 0
  /** Slots of this index that are copied to the next. */
  #copied = 0
  /** When this index took over. */
  #rootEpoch = 0
  /** A rebuild to fewer slots than this has failed. */
  #leastLog2 = SLOTS_MIN_LOG2

  constructor(words: Int32Array, regions: Regions, owner: SlotIndexOwner) {
    this.#words = words
    this.#regions = regions
    this.#owner = owner
    this.#now = this.#createSlots(0, SLOTS_MIN_LOG2)
    this.#touched[0] = this.#now.mask + 1
    this.#publish()
  }

  get start(): number {
    return this.#now.start
  }

  get mask(): number {
    return this.#now.mask
  }

  get entries(): number {
    return this.#now.entries
  }

  get isRebuilding(): boolean {
    return this.#next !== undefined
  }

  /** Bytes of index that the system holds. */
  get touchedBytes(): number {
    return (this.#touched[0] + this.#touched[1]) * SLOT_BYTES
  }

  /** Publishes a record whose key is in no slot. False when there is no room near its place. */
  insert(tag: number, ref: number): boolean {
    if (this.#now.entries > REFUSE_SHARE * this.#now.mask) return false
    const slot = this.#insertInto(this.#now, tag, ref)
    if (slot === -1) return false
    if (this.#next !== undefined && slot < this.#copied) this.#copy(slot)
    return true
  }

  /** Publishes another record of the same key. */
  replace(slot: number, ref: number): void {
    const at = this.#now.start + slot * SLOT_WORDS
    // In bounds: the slot was found by its key.
    const old = this.#words[at + 1]!
    Atomics.store(this.#words, at + 1, ref)
    if (this.#next === undefined || slot >= this.#copied) return
    const mirror = this.#findRef(this.#next, this.#words[at]!, old)
    Atomics.store(this.#words, this.#next.start + mirror * SLOT_WORDS + 1, ref)
  }

  remove(slot: number): void {
    const at = this.#now.start + slot * SLOT_WORDS
    // In bounds: the slot was found by its key.
    const tag = this.#words[at]!
    const ref = this.#words[at + 1]!
    if (this.#next !== undefined && slot < this.#copied) {
      this.#removeFrom(this.#next, this.#findRef(this.#next, tag, ref))
    }
    this.#removeFrom(this.#now, slot)
  }

  /** Goes on with a rebuild, by about `slots` slots; begins one when it is time. */
  step(slots: number): void {
    if (this.#next === undefined && !this.#begin()) return
    const next = this.#next
    if (next === undefined) return
    // Batches that began with the root before this one read the region that is to be written.
    if (this.#cleared === 0 && !this.#owner.hasPassed(this.#rootEpoch)) return
    const dirty = Math.min(this.#touched[next.region], next.mask + 1)
    if (this.#cleared < dirty) {
      const end = Math.min(dirty, this.#cleared + slots * CLEARED_PER_COPIED)
      this.#words.fill(0, next.start + this.#cleared * SLOT_WORDS, next.start + end * SLOT_WORDS)
      this.#cleared = end
      return
    }
    this.#cleared = next.mask + 1
    this.#touched[next.region] = Math.max(dirty, next.mask + 1)
    const size = this.#now.mask + 1
    const end = Math.min(size, this.#copied + slots)
    while (this.#copied < end) this.#copy(this.#copied++)
    if (this.#copied < size || this.#next === undefined) return
    this.#now = next
    this.#next = undefined
    this.#rootEpoch = this.#owner.epoch()
    this.rebuilds++
    this.#publish()
  }

  #begin(): boolean {
    const { used, entries, mask } = this.#now
    const size = mask + 1
    if (used < FULL_SHARE * size) return false
    const wanted = Math.ceil(Math.log2(entries * SLOTS_PER_ENTRY + 1))
    const log2 = Math.max(Math.min(wanted, this.#regions.slotsMaxLog2), this.#leastLog2)
    if (log2 > this.#regions.slotsMaxLog2) return false
    const region = this.#now.region === 0 ? 1 : 0
    const touched = Math.max(this.#touched[region], 2 ** log2)
    // As large as it may be: worth the work only for the tombstones that it drops.
    if (2 ** log2 <= size && used - entries < size / 16) return false
    const other = this.#touched[this.#now.region]
    if (!this.#owner.reserve((touched + other) * SLOT_BYTES)) return false
    this.#next = this.#createSlots(region, log2)
    this.#cleared = 0
    this.#copied = 0
    return true
  }

  #createSlots(region: 0 | 1, log2: number): Slots {
    const start = this.#regions.indexStarts[region]
    return { region, start, mask: 2 ** log2 - 1, log2, used: 0, entries: 0 }
  }

  #publish(): void {
    Atomics.store(this.#words, ROOT_WORD, (this.#now.region << 5) | this.#now.log2)
  }

  /**
   * Copies one slot to the next index. When there is no room near its place (as good as impossible
   * while the hash is secret), the next index is given up for a larger one; no reader has seen it.
   */
  #copy(slot: number): void {
    const at = this.#now.start + slot * SLOT_WORDS
    // In bounds: the slot is within the mask.
    const ref = this.#words[at + 1]!
    if (ref === 0 || this.#next === undefined) return
    if (this.#insertInto(this.#next, this.#words[at]!, ref) !== -1) return
    this.#leastLog2 = this.#next.log2 + 1
    this.#next = undefined
  }

  #insertInto(slots: Slots, tag: number, ref: number): number {
    const words = this.#words
    let slot = tag & slots.mask
    for (let probes = 0; probes < PROBES_MAX; probes++) {
      const at = slots.start + slot * SLOT_WORDS
      // In bounds here and below: slots are within the mask.
      if (words[at + 1] === 0) {
        if (words[at] === 0) slots.used++
        words[at] = tag
        Atomics.store(words, at + 1, ref)
        slots.entries++
        return slot
      }
      slot = (slot + 1) & slots.mask
    }
    return -1
  }

  #findRef(slots: Slots, tag: number, ref: number): number {
    let slot = tag & slots.mask
    while (this.#words[slots.start + slot * SLOT_WORDS + 1]! !== ref) slot = (slot + 1) & slots.mask
    return slot
  }

  /** Takes the ref away, and the tags of tombstones that no chain leads across. */
  #removeFrom(slots: Slots, slot: number): void {
    const words = this.#words
    const { start, mask } = slots
    Atomics.store(words, start + slot * SLOT_WORDS + 1, 0)
    slots.entries--
    if (words[start + ((slot + 1) & mask) * SLOT_WORDS]! !== 0) return
    let at = start + slot * SLOT_WORDS
    while (words[at] !== 0 && words[at + 1] === 0) {
      words[at] = 0
      slots.used--
      slot = (slot - 1) & mask
      at = start + slot * SLOT_WORDS
    }
  }
}
