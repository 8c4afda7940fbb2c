/**
 * Looking a key up, and why it needs no lock against the writer.
 *
 * Publication. A record is written with plain stores into a block that no reader can reach, then its
 * ref is put into the slot by Atomics.store. A reader gets refs only by Atomics.load. A load that reads
 * what a store wrote synchronizes with it (ECMAScript, Memory Model: synchronizes-with), so all the writer did
 * before the store happens before all the reader does after the load (happens-before), and a
 * plain read returns the last write that happens before it (Coherent Reads), as no other write races with it: the
 * record is not written again until it is reclaimed. V8 keeps that on ARM by stlr and ldar, or by
 * barriers; on x86 by xchg and plain loads. So a reader never sees half of a record, and never retries.
 * The exception is the pair of words for hits and last use, which readers write; see `reader.ts`.
 *
 * Tags are stored and read plainly, as only a filter: a false one costs a comparison with the key in
 * the record or hides an entry that is being put at this moment. What was put or deleted before a
 * batch began is always seen as it is: each change ends with a store of the epoch, each batch
 * begins with a load of it, which puts the change before the batch. Of two tags a reader may then only
 * read the last that was written before, or one written during the batch; a 32-bit access to an
 * Int32Array does not tear (Tear Free Reads). And in a slot before an entry that stays there
 * none of these is 0 (`slot-index.ts`).
 *
 * Removal. A ref is taken out of its slot by Atomics.store; a batch that begins later does not find it,
 * and once those that were under way have ended its bytes are used again (`reclaim.ts`).
 */
import type { KeyHash } from './hash.ts'
import { PROBES_MAX, SLOT_WORDS } from './layout.ts'

/**
 * Finds the record of a key in an index: its ref, 0 when there is none; `key.slot` is the slot then.
 * Linear probing, slots of 8 bytes, so that the first eight or so lie in one or two cache lines.
 *
 * Tags are read plainly, as a filter; the ref is loaded atomically once the tag fits.
 */
export function findRecord(
  words: Int32Array,
  indexStart: number,
  mask: number,
  key: KeyHash,
): number {
  const hash = key.hash
  let slot = hash & mask
  for (let probes = 0; probes < PROBES_MAX; probes++) {
    const at = indexStart + slot * SLOT_WORDS
    // In bounds: the slot is within the mask.
    const tag = words[at]!
    if (tag === hash) {
      const ref = Atomics.load(words, at + 1)
      if (ref !== 0 && key.isAt(words, ref)) {
        key.slot = slot
        return ref
      }
    } else if (tag === 0) return 0
    slot = (slot + 1) & mask
  }
  return 0
}
