/**
 * The table of locations in memory: one SharedArrayBuffer of 32-bit words, written by the control
 * thread, read by all.
 *
 * ```
 * word 0      +------------------------------------------------------------------+
 *             | root: the word where the current half begins                     |  16 words
 *             +------------------------------------------------------------------+
 *             | half 0: how many ranges of IPv4 and of IPv6 it has               |  16 words
 *             |   index of IPv4, by the first 16 bits of an address              |  65,537 words
 *             |   index of IPv6                                                  |  65,537 words
 *             |   starts of IPv4, 1 word each, ascending                         |
 *             |   numbers of IPv4                                                |
 *             |   starts of IPv6, 4 words each, ascending, on a line of 4 words  |
 *             |   numbers of IPv6                                                |
 *             +------------------------------------------------------------------+
 *             | half 1: the same                                                 |
 *             +------------------------------------------------------------------+
 * ```
 *
 * What the words of ranges are stands in `ranges.ts`. An index has for each value of the first 16 bits
 * the last range that begins with a lower one, and then the last range: a look-up is a search between
 * two neighbours of it, which at 2 million ranges takes half of the time (`bench/micro/locate.ts`).
 *
 * The address space of both halves is reserved at
 * once; the system gives pages when they are first written.
 */

const LINE_WORDS = 16

/** Where the root stands. */
export const ROOT_WORD = 0
/** Where half 0 begins. */
export const HALVES_START = LINE_WORDS
/** Words of a half before its indexes. */
const HALF_HEADER_WORDS = LINE_WORDS
/** One for each value of 16 bits, and one behind. */
export const INDEX_WORDS = 65_537
/** From the beginning of a half to its index of IPv4. */
export const INDEX4 = HALF_HEADER_WORDS
/** From the beginning of a half to its index of IPv6. */
export const INDEX6 = INDEX4 + INDEX_WORDS
/** From the beginning of a half to its ranges: those of IPv4. */
export const STARTS4 = INDEX6 + INDEX_WORDS
/** Of a half: how many ranges of IPv4 it has. */
export const COUNT4 = 0
/** Of a half: how many ranges of IPv6 it has. */
export const COUNT6 = 1

/** What a thread needs to look locations up; can be sent to a worker. */
export interface LocationHandle {
  readonly buffer: SharedArrayBuffer
}

/** Where the parts of a half lie. */
export interface HalfParts {
  readonly starts4: number
  readonly numbers4: number
  readonly starts6: number
  readonly numbers6: number
  readonly end: number
}

/** Computes the places of the parts of the half that begins at `half`. */
export function partsOf(half: number, count4: number, count6: number): HalfParts {
  const starts4 = half + STARTS4
  const numbers4 = starts4 + count4
  const starts6 = starts6Of(half, count4)
  const numbers6 = starts6 + 4 * count6
  return { starts4, numbers4, starts6, numbers6, end: numbers6 + count6 }
}

/** Where the starts of IPv6 lie: on 16 bytes, so that none lies across two cache lines. */
export function starts6Of(half: number, count4: number): number {
  return (half + STARTS4 + 2 * count4 + 3) & ~3
}

/** Words of a half in which `bytes` of ranges find room. */
export function halfWordsFor(bytes: number): number {
  // The line of 4 words may cost 3, and both halves are to begin on a cache line.
  return Math.ceil((STARTS4 + bytes / 4 + 3) / LINE_WORDS) * LINE_WORDS
}

/** Bytes of ranges that find room in each half of a table of `tableBytes`. */
export function rangesBytesIn(tableBytes: number): number {
  const halfWords = Math.floor((tableBytes / 4 - HALVES_START) / 2 / LINE_WORDS) * LINE_WORDS
  return 4 * (halfWords - STARTS4 - 3)
}
