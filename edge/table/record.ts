import type { Answer } from '../query/encode.ts'
import type { RecordBlock } from '../query/records.ts'
import type { KeyHash } from './hash.ts'
import {
  ANSWERS_BITS,
  ANSWERS_MAX,
  BODY,
  CLASS_RCODE,
  COUNTS,
  EXPIRES,
  FLAG_AUTHORITATIVE,
  FLAG_EDE,
  HITS,
  LAST_USED,
  LISTS,
  NAME,
  OTHERS_BITS,
  OTHERS_MAX,
  RCODE_MASK,
  RECORD_MAX_BYTES,
  SHAPE,
} from './layout.ts'

/** When an answer ends, and how its TTLs age. Times are seconds of the clock that readers are told. */
export interface EntryTimes {
  /** From then on it is not found; 0 is never. */
  readonly expiresAtSeconds: number
  /** When the TTLs were as they stand in the answer; matters only where `ttlOffsets` has any. */
  readonly storedAtSeconds: number
  /** Where the TTLs stand that count down: offsets into the sections, one after the other. */
  readonly ttlOffsets: readonly number[]
}

/** An answer of the mesh: it holds until it is replaced, its TTLs stay. */
export const untilReplaced: EntryTimes = {
  expiresAtSeconds: 0,
  storedAtSeconds: 0,
  ttlOffsets: [],
}

/** Bytes of the record of an answer; more than RECORD_MAX_BYTES when it can not be written. */
export function recordBytes(key: KeyHash, answer: Answer, times: EntryTimes): number {
  const { answer: first, authority, additional } = answer
  const bodyBytes = sectionBytes(first) + sectionBytes(authority) + sectionBytes(additional)
  if (bodyBytes > RECORD_MAX_BYTES || !areCountable(answer)) return RECORD_MAX_BYTES + 1
  const pointers = pointersOf(first) + pointersOf(authority) + pointersOf(additional)
  const offsets = pointers + times.ttlOffsets.length
  let words = NAME + key.nameWords + ((bodyBytes + 3) >> 2) + ((offsets + 1) >> 1)
  if (times.ttlOffsets.length > 0) words++
  if (answer.ede !== undefined) words += 1 + ((Buffer.byteLength(answer.ede.text) + 3) >> 2)
  return 4 * words
}

/** Writes the record of an answer to a block that no reader can reach. `flags` of the meta entries. */
export function writeRecord(
  words: Int32Array,
  ref: number,
  key: KeyHash,
  answer: Answer,
  times: EntryTimes,
  flags: number,
): void {
  const { answer: first, authority, additional } = answer
  const bodyBytes = sectionBytes(first) + sectionBytes(authority) + sectionBytes(additional)
  const pointers = pointersOf(first) + pointersOf(authority) + pointersOf(additional)
  const ttls = times.ttlOffsets.length
  words[ref + SHAPE] = key.shape
  words[ref + CLASS_RCODE] =
    (key.qclass << 16) |
    flags |
    (answer.authoritative ? FLAG_AUTHORITATIVE : 0) |
    (answer.ede === undefined ? 0 : FLAG_EDE) |
    (answer.rcode & RCODE_MASK)
  words[ref + HITS] = 0
  words[ref + LAST_USED] = 0
  words[ref + EXPIRES] = times.expiresAtSeconds
  words[ref + BODY] = (answer.apexBytes << 16) | bodyBytes
  words[ref + COUNTS] =
    (countOf(additional) << (ANSWERS_BITS + OTHERS_BITS)) |
    (countOf(authority) << ANSWERS_BITS) |
    countOf(first)
  words[ref + LISTS] = (ttls << 16) | pointers
  let at = ref + NAME
  // In bounds here and below: the names, sections and lists were measured by `recordBytes`.
  for (let i = 0; i < key.nameWords; i++) words[at++] = key.name[i]!

  if (first !== undefined && authority === undefined && additional === undefined) {
    at = pack(words, at, first.bytes, bodyBytes)
  } else {
    let end = 0
    if (first !== undefined) end = append(first, end)
    if (authority !== undefined) end = append(authority, end)
    if (additional !== undefined) append(additional, end)
    at = pack(words, at, scratch, bodyBytes)
  }

  let n = 0
  if (first !== undefined) n = listPointers(first, n, 0)
  if (authority !== undefined) n = listPointers(authority, n, sectionBytes(first))
  if (additional !== undefined) {
    n = listPointers(additional, n, sectionBytes(first) + sectionBytes(authority))
  }
  for (const off of times.ttlOffsets) offsets[n++] = off
  offsets[n] = 0
  for (let i = 0; i < n; i += 2) words[at++] = (offsets[i + 1]! << 16) | offsets[i]!

  if (ttls > 0) words[at++] = times.storedAtSeconds
  if (answer.ede === undefined) return
  const textBytes = scratch.write(answer.ede.text)
  words[at++] = (textBytes << 16) | answer.ede.code
  pack(words, at, scratch, textBytes)
}

/**
 * Whether the record at `ref` is the same as `draft`, but for its use. The keys are, so that the length
 * of both follows from words that are compared before any beyond it.
 */
export function isSameRecord(
  words: Int32Array,
  ref: number,
  draft: Int32Array,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) {
    if (words[ref + i] !== draft[i] && i !== HITS && i !== LAST_USED) return false
  }
  return true
}

/** Holds a body of several sections, or an EDE text, while it is packed into words. */
const scratch = Buffer.alloc(RECORD_MAX_BYTES)
/** Holds the offsets of a record; a pointer takes two octets, so there are no more. */
const offsets = new Uint16Array(RECORD_MAX_BYTES / 2 + 1)

/** Puts a section into `scratch`; gives the place behind it. */
function append(section: RecordBlock, at: number): number {
  scratch.set(section.bytes, at)
  return at + section.bytes.length
}

/** Puts the pointers of a section that begins at `start` of the body into `offsets`, from `n` on. */
function listPointers(section: RecordBlock, n: number, start: number): number {
  for (const off of section.apexPointers) offsets[n++] = start + off
  return n
}

/** Packs the first octets of `from` into words, zero padded; gives the place behind them. */
function pack(words: Int32Array, at: number, from: Uint8Array, bytes: number): number {
  const wholeEnd = bytes - 3
  let i = 0
  for (; i < wholeEnd; i += 4) {
    words[at++] = from[i]! | (from[i + 1]! << 8) | (from[i + 2]! << 16) | (from[i + 3]! << 24)
  }
  if (i < bytes) {
    let word = from[i]!
    if (i + 1 < bytes) word |= from[i + 1]! << 8
    if (i + 2 < bytes) word |= from[i + 2]! << 16
    words[at++] = word
  }
  return at
}

/** Whether there is room for the counts of the sections. */
function areCountable({ answer, authority, additional }: Answer): boolean {
  return (
    countOf(answer) <= ANSWERS_MAX &&
    countOf(authority) <= OTHERS_MAX &&
    countOf(additional) <= OTHERS_MAX
  )
}

function countOf(section: RecordBlock | undefined): number {
  return section === undefined ? 0 : section.count
}

function sectionBytes(section: RecordBlock | undefined): number {
  return section === undefined ? 0 : section.bytes.length
}

function pointersOf(section: RecordBlock | undefined): number {
  return section === undefined ? 0 : section.apexPointers.length
}
