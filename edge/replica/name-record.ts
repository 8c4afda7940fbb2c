/**
 * The record of one name that a full replica holds, in words of 32 bits; `ref` is the first.
 *
 * ```
 *       0 | 0 (16), variant 0 (8), qname octets (8)     |  as in a record of the answer table,
 *       1 | 1 (16), has rrsets (1), has an app (1)      |  so that KeyHash finds it; 0 = free
 *       2 | version, lower 32 bits                      |
 *       3 | version, the rest                           |
 *       4 | 0, or the walk that was begun last when     |
 *         | this record was replaced                    |
 *       5 | 0, or 1 + the types declared in the table    |
 *       8 | qname, lower case, 4 octets a word          |
 *         | static records (`packed-rrsets.ts`)         |  where it has any
 *         | the app (`packed-app.ts`)                   |  where there is one
 * ```
 */
import type { KeyHash } from '../table/hash.ts'
import { NAME } from '../table/layout.ts'
import { rrsetWordsAt } from './packed-rrsets.ts'

const CLASS = 1
const IN_USE = 1 << 16
const HAS_RRSETS = 2
const HAS_APP = 1
const VERSION = 2
const REPLACED = 4
const DECLARED = 5

// In bounds in this file: a ref points to a whole record.

/** What a record has behind the name. */
export interface RecordParts {
  readonly hasRrsets: boolean
  readonly hasApp: boolean
}

/** Writes all but the static records and the app, which follow the name. */
export function writeHead(
  words: Int32Array,
  ref: number,
  key: KeyHash,
  version: number,
  { hasRrsets, hasApp }: RecordParts,
): void {
  words[ref] = key.shape
  words[ref + CLASS] = IN_USE | (hasRrsets ? HAS_RRSETS : 0) | (hasApp ? HAS_APP : 0)
  words[ref + VERSION] = (version % 2 ** 32) | 0
  words[ref + VERSION + 1] = Math.floor(version / 2 ** 32)
  words[ref + REPLACED] = 0
  words[ref + DECLARED] = 0
  for (let i = 0; i < key.nameWords; i++) words[ref + NAME + i] = key.name[i]!
}

export function versionAt(words: Int32Array, ref: number): number {
  return (words[ref + VERSION]! >>> 0) + words[ref + VERSION + 1]! * 2 ** 32
}

export function hasAppAt(words: Int32Array, ref: number): boolean {
  return (words[ref + CLASS]! & HAS_APP) !== 0
}

export function hasRrsetsAt(words: Int32Array, ref: number): boolean {
  return (words[ref + CLASS]! & HAS_RRSETS) !== 0
}

/** Where the static records begin, where there are any. */
export function rrsetsWord(words: Int32Array, ref: number): number {
  return ref + NAME + ((nameBytes(words, ref) + 3) >> 2)
}

/** Where the app begins, where there is one. */
export function appWord(words: Int32Array, ref: number): number {
  const at = rrsetsWord(words, ref)
  return hasRrsetsAt(words, ref) ? at + rrsetWordsAt(words, at) : at
}

/** Unpacks the name to `out`, which has room for whole words; returns its octets. */
export function wireAt(words: Int32Array, ref: number, out: Buffer): number {
  const bytes = nameBytes(words, ref)
  for (let i = 0; i < bytes; i += 4) {
    const word = words[ref + NAME + (i >> 2)]!
    out[i] = word
    out[i + 1] = word >> 8
    out[i + 2] = word >> 16
    out[i + 3] = word >> 24
  }
  return bytes
}

/** The number of the walk during which a record was replaced; 0 for one that holds. */
export function replacedAt(words: Int32Array, ref: number): number {
  return words[ref + REPLACED]!
}

export function markReplaced(words: Int32Array, ref: number, walk: number): void {
  words[ref + REPLACED] = walk
}

/**
 * What the answer table is known to declare of the name, as bits of its types; -1 when it is not known.
 * Kept here, beside the app, as finding it there is one more cache miss for each of a million names.
 */
export function declaredAt(words: Int32Array, ref: number): number {
  return words[ref + DECLARED]! - 1
}

/** `types`: as bits; -1 when it is not known any more. */
export function noteDeclared(words: Int32Array, ref: number, types: number): void {
  words[ref + DECLARED] = types + 1
}

export function isFree(words: Int32Array, ref: number): boolean {
  return words[ref + CLASS] === 0
}

export function markFree(words: Int32Array, ref: number): void {
  words[ref + CLASS] = 0
}

function nameBytes(words: Int32Array, ref: number): number {
  return words[ref]! & 0xff
}
