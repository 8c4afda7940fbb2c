/**
 * The allocator of records: chunks of 64 KiB, each cut into blocks of one size class (a slab
 * allocator, Bonwick 1994). Its own notes are outside the shared memory, but for the list of free
 * blocks, which is threaded through their first words.
 *
 * Classes are 16 bytes apart up to 512 bytes, then eight to a doubling. So a block is at most 15 bytes
 * or one eighth larger than its record. A chunk whose blocks are all free goes back to all classes. What
 * that leaves: chunks that are partly free serve their own class only. While sizes stay as they are
 * (answers of the same apps change, but hardly their lengths) that is at most one chunk a class; the
 * worst case, after most of a full table was deleted evenly and sizes changed for good, is bounded by
 * the table's bytes only, and shows as refused puts.
 *
 * Nothing here knows readers: what is freed must be out of their reach (`reclaim.ts`).
 */
import { CHUNK_BYTES, CHUNK_WORDS, RECORD_MAX_BYTES } from './layout.ts'

const STEP_BYTES = 16
/** Up to here classes are STEP_BYTES apart. */
const LINEAR_MAX_BYTES = 512
const CLASSES_PER_DOUBLING = 8
const NONE = -1

const classBytes: readonly number[] = listClasses()

/** Class of a size in steps of 16 bytes, rounded up. */
const classOfSteps: Uint8Array = listClassOfSteps()

/** Gives out blocks of the arena. */
export class Arena {
  /** Bytes of all blocks that are given out, as blocks. */
  bytesInUse = 0
  /** Chunks that belong to a class now. */
  chunksInUse = 0
  /** Chunks that were ever written to: the system holds their pages. */
  chunksTouched = 0
  /** How many chunks may be touched; may be lowered to no less than `chunksTouched`. */
  chunksLimit: number

  readonly #words: Int32Array
  readonly #start: number
  // ---- per chunk ----
  readonly #class: Uint8Array
  readonly #blocksInUse: Int32Array
  /** The first free block that was in use before; 0 is none. */
  readonly #freeBlock: Int32Array
  /** Words behind the last block that was ever given out. */
  readonly #fresh: Int32Array
  /** Neighbours in the list of chunks of a class that have room, or in that of free chunks. */
  readonly #next: Int32Array
  readonly #previous: Int32Array
  // ---- per class ----
  readonly #withRoom = new Int32Array(classBytes.length).fill(NONE)
  #freeChunk = NONE

  /** The arena is `chunks` chunks of `words`, from word `start` on. */
  constructor(words: Int32Array, start: number, chunks: number) {
    this.#words = words
    this.#start = start
    this.chunksLimit = chunks
    this.#class = new Uint8Array(chunks)
    this.#blocksInUse = new Int32Array(chunks)
    this.#freeBlock = new Int32Array(chunks)
    this.#fresh = new Int32Array(chunks)
    this.#next = new Int32Array(chunks)
    this.#previous = new Int32Array(chunks)
  }

  /** Gives a block of at least `bytes` (at most RECORD_MAX_BYTES) as its first word; 0 when full. */
  allocate(bytes: number): number {
    // In bounds here and below: classes and chunks are numbered by this class itself.
    const cls = classOfSteps[Math.ceil(bytes / STEP_BYTES)]!
    let chunk = this.#withRoom[cls]!
    if (chunk === NONE) {
      chunk = this.#takeChunk(cls)
      if (chunk === NONE) return 0
    }
    let ref = this.#freeBlock[chunk]!
    if (ref === 0) {
      const fresh = this.#fresh[chunk]!
      ref = this.#start + chunk * CHUNK_WORDS + fresh
      this.#fresh[chunk] = fresh + classBytes[cls]! / 4
    } else this.#freeBlock[chunk] = this.#words[ref]!
    const inUse = ++this.#blocksInUse[chunk]!
    if (inUse === blocksOf(cls)) this.#unlinkWithRoom(chunk, cls)
    this.bytesInUse += classBytes[cls]!
    return ref
  }

  /** Takes back a block that no reader can reach any more. */
  free(ref: number): void {
    const chunk = Math.floor((ref - this.#start) / CHUNK_WORDS)
    const cls = this.#class[chunk]!
    this.bytesInUse -= classBytes[cls]!
    if (this.#blocksInUse[chunk] === blocksOf(cls)) this.#linkWithRoom(chunk, cls)
    this.#words[ref] = this.#freeBlock[chunk]!
    this.#freeBlock[chunk] = ref
    if (--this.#blocksInUse[chunk]! > 0) return
    this.#unlinkWithRoom(chunk, cls)
    this.#next[chunk] = this.#freeChunk
    this.#freeChunk = chunk
    this.chunksInUse--
  }

  /**
   * Gives all blocks that were given out and not freed, in the order of memory; those that are given out
   * meanwhile may be among them. Nothing may be freed meanwhile. `isFree` tells a block that was freed
   * from one in use, by what its owner left in it.
   */
  *blocks(isFree: (ref: number) => boolean): Generator<number> {
    for (let chunk = 0; chunk < this.chunksTouched; chunk++) {
      // In bounds: chunks are numbered by this class itself.
      if (this.#blocksInUse[chunk] === 0) continue
      const start = this.#start + chunk * CHUNK_WORDS
      const step = classBytes[this.#class[chunk]!]! / 4
      for (let fresh = 0; fresh < this.#fresh[chunk]!; fresh += step) {
        if (!isFree(start + fresh)) yield start + fresh
      }
    }
  }

  #takeChunk(cls: number): number {
    let chunk = this.#freeChunk
    if (chunk !== NONE) this.#freeChunk = this.#next[chunk]!
    else if (this.chunksTouched < this.chunksLimit) chunk = this.chunksTouched++
    else return NONE
    this.chunksInUse++
    this.#class[chunk] = cls
    this.#freeBlock[chunk] = 0
    this.#fresh[chunk] = 0
    this.#linkWithRoom(chunk, cls)
    return chunk
  }

  #linkWithRoom(chunk: number, cls: number): void {
    const first = this.#withRoom[cls]!
    this.#next[chunk] = first
    this.#previous[chunk] = NONE
    if (first !== NONE) this.#previous[first] = chunk
    this.#withRoom[cls] = chunk
  }

  #unlinkWithRoom(chunk: number, cls: number): void {
    const next = this.#next[chunk]!
    const previous = this.#previous[chunk]!
    if (previous === NONE) this.#withRoom[cls] = next
    else this.#next[previous] = next
    if (next !== NONE) this.#previous[next] = previous
  }
}

function blocksOf(cls: number): number {
  return Math.floor(CHUNK_BYTES / classBytes[cls]!)
}

function listClasses(): readonly number[] {
  const sizes: number[] = []
  for (let size = STEP_BYTES; size <= LINEAR_MAX_BYTES; size += STEP_BYTES) sizes.push(size)
  for (let base = LINEAR_MAX_BYTES; base < RECORD_MAX_BYTES; base *= 2) {
    for (let i = 1; i <= CLASSES_PER_DOUBLING; i++) {
      sizes.push(base + (i * base) / CLASSES_PER_DOUBLING)
    }
  }
  return sizes
}

function listClassOfSteps(): Uint8Array {
  const table = new Uint8Array(RECORD_MAX_BYTES / STEP_BYTES + 1)
  let cls = 0
  for (let steps = 0; steps < table.length; steps++) {
    if (steps * STEP_BYTES > classBytes[cls]!) cls++
    table[steps] = cls
  }
  return table
}
