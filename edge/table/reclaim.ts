/**
 * Reclamation by quiescent states (QSBR): when old bytes may be used again.
 *
 * The writer first takes a record out of reach (its slot no longer holds the ref), then retires it
 * with the epoch of that moment, then moves the epoch on. A reader writes the epoch into its word
 * when a batch begins and 0 when it ends; a ref lives no longer than the batch it was found in. So a
 * record retired at epoch E may be used again as soon as every reader word is 0 or later than E.
 *
 * Why that is right. Stores and loads of slots' refs, of the epoch and of reader words are all
 * Atomics operations, which have one total order that every thread agrees on (ECMAScript, Memory
 * Model: memory-order, Sequentially Consistent Atomics).
 *  - The writer finds 0 in a reader's word. If the reader's next batch begins after that in the total
 *    order, the reader loads its refs later still, and so after the store that removed ours: it can
 *    not get it. The batch before ended with the store of that 0, which the writer's load
 *    synchronizes with: all its reads happen before what the writer does next.
 *  - The writer finds an epoch later than E. The reader loaded it after the writer had stored it,
 *    thus after the removal: the same.
 *  - A reader that loaded the epoch and has not stored it yet looks idle, and has loaded no ref yet:
 *    the first case. It then stores an old epoch, which only keeps later records waiting.
 * The same holds for an index that was replaced: readers load the root when a batch begins.
 *
 * A reader that stalls within a batch keeps everything that is retired from then on, but never the
 * writer from writing: puts go on until the memory is used up, and are refused and counted then. A
 * reader that died is removed by `TableWriter.removeReader`.
 *
 * Epochs are 32-bit and wrap; they are compared by their difference. That is right while the queue's
 * oldest epoch and a reader's word are less than 2^31 changes apart. A reader that stalls holds the
 * first record retired after it began, everything behind that waits too, and what can be put or
 * deleted without retiring anything is bounded by the table's entries, of which there are fewer.
 *
 * The method is that of liburcu's QSBR flavour (Desnoyers et al., "User-Level Implementations of
 * Read-Copy Update", IEEE TPDS 2012), by which gdnsd replaces its zone data; their threads announce
 * quiescent states, ours also say when they are outside, as they wait in the kernel for long.
 */
import { EPOCH_WORD, READERS_MAX, READERS_START, READER_STRIDE_WORDS } from './layout.ts'

/** The word of a reader. */
export function readerWord(index: number): number {
  return READERS_START + index * READER_STRIDE_WORDS
}

/** Epochs, readers, and the queue of what waits for them. Used by the writer only. */
export class Reclaimer {
  readonly #words: Int32Array
  readonly #isReader = new Uint8Array(READERS_MAX)
  #epoch = 1
  /** A ring of (ref, epoch); its length is a power of two. */
  #ring = new Int32Array(2 * 1024)
  #first = 0
  #count = 0

  constructor(words: Int32Array) {
    this.#words = words
    Atomics.store(words, EPOCH_WORD, this.#epoch)
  }

  /** Records that wait. */
  get waiting(): number {
    return this.#count
  }

  get readers(): number {
    let count = 0
    for (let i = 0; i < READERS_MAX; i++) count += this.#isReader[i]!
    return count
  }

  get epoch(): number {
    return this.#epoch
  }

  /** Gives a reader's number; undefined when READERS_MAX are there. */
  addReader(): number | undefined {
    const index = this.#isReader.indexOf(0)
    if (index === -1) return undefined
    Atomics.store(this.#words, readerWord(index), 0)
    this.#isReader[index] = 1
    return index
  }

  removeReader(index: number): void {
    this.#isReader[index] = 0
    Atomics.store(this.#words, readerWord(index), 0)
  }

  /** Ends a change: what was written before is what a batch that begins now sees. */
  advance(): void {
    const next = (this.#epoch + 1) | 0
    // 0 means idle.
    this.#epoch = next === 0 ? 1 : next
    Atomics.store(this.#words, EPOCH_WORD, this.#epoch)
  }

  /** Queues a record that was taken out of reach in this epoch. `advance` must follow. */
  retire(ref: number): void {
    const capacity = this.#ring.length / 2
    if (this.#count === capacity) this.#grow(capacity)
    const at = 2 * ((this.#first + this.#count) & (this.#ring.length / 2 - 1))
    this.#ring[at] = ref
    this.#ring[at + 1] = this.#epoch
    this.#count++
  }

  /** Whether no reader is in a batch that began in `epoch` or before. */
  hasPassed(epoch: number): boolean {
    return ((this.#oldest() - epoch) | 0) > 0
  }

  /** Frees what no reader can reach any more. */
  reclaim(free: { free(ref: number): void }): void {
    if (this.#count === 0) return
    const oldest = this.#oldest()
    const mask = this.#ring.length / 2 - 1
    while (this.#count > 0) {
      const at = 2 * this.#first
      // In bounds: `first` is within the ring.
      if (((oldest - this.#ring[at + 1]!) | 0) <= 0) return
      free.free(this.#ring[at]!)
      this.#first = (this.#first + 1) & mask
      this.#count--
    }
  }

  /** The earliest epoch that a reader is in; the current one when all are idle. */
  #oldest(): number {
    let age = 0
    for (let i = 0; i < READERS_MAX; i++) {
      if (this.#isReader[i] === 0) continue
      const word = Atomics.load(this.#words, readerWord(i))
      if (word !== 0) age = Math.max(age, (this.#epoch - word) | 0)
    }
    return (this.#epoch - age) | 0
  }

  #grow(capacity: number): void {
    const ring = new Int32Array(4 * capacity)
    const head = this.#ring.subarray(2 * this.#first)
    ring.set(head)
    ring.set(this.#ring.subarray(0, 2 * this.#first), head.length)
    this.#ring = ring
    this.#first = 0
  }
}
