/**
 * The answer table in memory: one SharedArrayBuffer, seen as 32-bit words by everyone.
 *
 * ```
 * word 0      +----------------------------------------------------------------+
 *             | header: epoch, root, incomplete, zone depths, reserved bytes   |  16 words
 *             +----------------------------------------------------------------+
 *             | reader words, one for each reader on a cache line of its own:  |
 *             | 0 = idle, else the epoch at which its batch began              |  16 x READERS_MAX
 *             +----------------------------------------------------------------+
 *             | multipliers of the hash, random, never changed                 |  16 aligned
 *             +----------------------------------------------------------------+
 *             | index region 0: slots (tag, ref), a power of two in use        |
 *             | index region 1: the same, for the next size                    |
 *             +----------------------------------------------------------------+
 *             | arena: chunks of 64 KiB, each cut into blocks of one size      |
 *             +----------------------------------------------------------------+
 *
 * a slot      | tag: hash of the key, 0 = never used  | ref: word of the record, 0 = none |
 *
 * a record, `ref` is its first word
 *          31                16 15           8 7            0
 *        +---------------------+--------------+--------------+
 *      0 | qtype               | variant      | qname octets |
 *      1 | qclass              | flags | rcode (12 bits)     |
 *      2 | hits                                              |  readers write these two
 *      3 | last use, seconds                                 |
 *      4 | expires at, seconds; 0 = never                    |
 *      5 | apex octets         | body octets                 |
 *      6 | ARCOUNT 10 | NSCOUNT 10 | ANCOUNT 12 (bits)     |
 *      7 | TTLs to age         | pointers to the apex        |
 *      8 | qname, lower case, 4 octets a word, zero padded   |
 *        | body: answer, authority, additional section       |  4 octets a word, zero padded
 *        | offsets into the body: pointers, then TTLs        |  2 a word
 *        | stored at, seconds                                |  with TTLs to age only
 *        | EDE text octets     | EDE info-code               |  with FLAG_EDE only
 *        | EDE text                                          |
 *        +---------------------------------------------------+
 * ```
 *
 * In the records of names and zones, which are no answers, the bits of the rcode are flags as well.
 *
 * Octets are packed into words by shifts (the first octet lowest), never seen through a second view:
 * so the byte order of the machine does not matter, and all accesses are of one size, as the
 * ECMAScript memory model wants for accesses that do not tear.
 *
 * The buffer is reserved whole and of fixed length. The system gives its pages when they are first
 * written, so a table that is half empty takes half. A growable SharedArrayBuffer was measured at
 * 30 times the cost per access (V8 13.6), and a new buffer could not be handed to a data thread,
 * which never returns to its event loop.
 */

// ---- header words ----
/** Counts the changes; never 0. See `reclaim.ts`. */
export const EPOCH_WORD = 0
/** The index in use: region << 5 | log2 of its slots. */
export const ROOT_WORD = 1
/** Not 0: names or zones were refused, so that not finding one proves nothing. */
export const INCOMPLETE_WORD = 2
/** Bit n: there is an apex of n labels; bit 31: of 31 or more. */
export const ZONE_DEPTHS_WORD = 3
/** Bytes of the arena, from which all offsets follow. */
export const ARENA_BYTES_WORD = 4

/** Readers at once: data threads, stream threads and the control thread's own. */
export const READERS_MAX = 128
const LINE_WORDS = 16
/** The word of reader `i` is at `READERS_START + i * READER_STRIDE_WORDS`. */
export const READERS_START = LINE_WORDS
/** Apart by a cache line, so that readers do not slow each other down. */
export const READER_STRIDE_WORDS = LINE_WORDS

/** Words of a name of 255 octets. */
export const NAME_WORDS_MAX = 64
export const MULTIPLIERS_START = READERS_START + READERS_MAX * READER_STRIDE_WORDS
/** 4 for a word: the constant terms, the name, the two words of the question. */
export const MULTIPLIERS = 4 * (1 + NAME_WORDS_MAX + 2)
const REGIONS_START = Math.ceil((MULTIPLIERS_START + MULTIPLIERS) / LINE_WORDS) * LINE_WORDS

// ---- the index ----
/** Tag and ref. */
export const SLOT_WORDS = 2
export const SLOT_BYTES = 4 * SLOT_WORDS
/** The size that an index begins with, as log2 of slots. */
export const SLOTS_MIN_LOG2 = 10
/** A record takes 48 bytes at least: the index can always be less than two thirds full. */
const ARENA_BYTES_PER_SLOT = 32
/** How far from its place by the hash a key may lie; what would be farther is refused. */
export const PROBES_MAX = 256

// ---- the arena ----
/** The arena is handed to block sizes in pieces of this size. */
export const CHUNK_BYTES = 65_536
export const CHUNK_WORDS = CHUNK_BYTES / 4
/** The largest record, two of which fill a chunk; a larger answer is not for the table. */
export const RECORD_MAX_BYTES = CHUNK_BYTES / 2

// ---- record words ----
export const SHAPE = 0
export const CLASS_RCODE = 1
export const HITS = 2
export const LAST_USED = 3
export const EXPIRES = 4
export const BODY = 5
export const COUNTS = 6
export const LISTS = 7
export const NAME = 8

// ---- record word COUNTS ----
/** Of the number of records in the answer section, the lowest. */
export const ANSWERS_BITS = 12
/** Records in the answer section of an answer in the table; more are left to the control thread. */
export const ANSWERS_MAX = 2 ** ANSWERS_BITS - 1
/** Of the number of records in the authority section, and above it of that in the additional section. */
export const OTHERS_BITS = 10
/** Records in the authority section of an answer in the table, and in the additional section. */
export const OTHERS_MAX = 2 ** OTHERS_BITS - 1

// ---- record flags, as they stand in word CLASS_RCODE ----
/** The AA bit. */
export const FLAG_AUTHORITATIVE = 1 << 12
export const FLAG_EDE = 1 << 13
/** A zone: the edge holds all its names. */
export const FLAG_WHOLE = 1 << 14
/** A name: known not to exist. */
export const FLAG_ABSENT = 1 << 14
/** A name: all types that it does not list are answered as CNAME is. */
export const FLAG_ALIAS = 1 << 15
/** A zone: it has wildcards, so that a name that is not here may still have an answer. */
export const FLAG_WILDCARDS = 1 << 15
/** A zone: it has names with FLAG_CUT or FLAG_REDIRECT. In place of the rcode. */
export const FLAG_SUBTREES = 1
/** A name: it and what is below it are of another zone. In place of the rcode. */
export const FLAG_CUT = 1
/** A name: it has a DNAME, which stands for all that is below it. In place of the rcode. */
export const FLAG_REDIRECT = 2
/**
 * A name with FLAG_ALIAS: all types that it does not list are answered as type 0 is, which no record has. In place
 * of the rcode.
 */
export const FLAG_CHAIN = 4
/**
 * An answer of variant 0: no answer itself, but how to choose one. Its body, numbers of 2 octets: the
 * number of the first answer, how many numbers it and what it leads to take up, and then
 *
 * - FLAG_DRAWN: for each answer the number of 0 to 65,535 up to which (inclusive) it is drawn, ascending;
 * - FLAG_DRAWN and FLAG_BY_CLIENT: for each bucket of clients the index of its answer, an octet each;
 * - FLAG_BY_CLIENT: the map from locations to choices; a choice is an answer, or chooses in turn.
 */
export const FLAG_DRAWN = 1 << 14
/** See FLAG_DRAWN. */
export const FLAG_BY_CLIENT = 1 << 15
export const RCODE_MASK = 0xfff

// ---- entries that are no answers ----
/**
 * The variant of the table's own entries. Reserved in the variant, which no client can choose, and
 * not in the qtype, which every client can.
 */
export const VARIANT_META = 255
/** The variant of answers that are chosen from: their number stands in place of the qclass. */
export const VARIANT_CHOICE = 254
/**
 * The variant of maps from locations to choices: at the root, the number of the map in place of the
 * qclass, that of the piece in place of the qtype. A piece has 2 octets for each of its locations.
 */
export const VARIANT_MAP = 253
/** Locations in one piece of a map. */
export const MAP_PIECE = 8192
/** In a map: the client gets no answer of this type. */
export const CHOICE_NODATA = 0xffff
/** Numbers of the answers of one question; the next ones begin at the other of two places. */
export const CHOICES_MAX = 30_000
/** Where the numbers begin that do not begin at 1. */
export const CHOICES_FIRST_OTHER = 32_768
/** Into how many groups clients are divided that are to get the same answer each time. */
export const STICKY_BUCKETS = 512
/** qtype of the entry that says a name exists (body: its types, 2 octets each) or FLAG_ABSENT. */
export const META_NAME = 1
/** qtype of the entry of a zone, at its apex; its record is the negative answer of the zone. */
export const META_ZONE = 2
/** qtype of the entry of a cut; its record is the referral. */
export const META_CUT = 3

/** Where the parts of a table lie, in words. */
export interface Regions {
  readonly indexStarts: readonly [number, number]
  readonly slotsMaxLog2: number
  readonly arenaStart: number
  readonly chunks: number
  readonly totalBytes: number
}

/** Computes the places of all parts of a table with an arena of `arenaBytes`. */
export function regionsOf(arenaBytes: number): Regions {
  const chunks = Math.floor(arenaBytes / CHUNK_BYTES)
  const slotsMaxLog2 = Math.max(
    SLOTS_MIN_LOG2,
    Math.floor(Math.log2(arenaBytes / ARENA_BYTES_PER_SLOT)),
  )
  const indexWords = SLOT_WORDS * 2 ** slotsMaxLog2
  const arenaStart = REGIONS_START + 2 * indexWords
  return {
    indexStarts: [REGIONS_START, REGIONS_START + indexWords],
    slotsMaxLog2,
    arenaStart,
    chunks,
    totalBytes: 4 * arenaStart + chunks * CHUNK_BYTES,
  }
}

/** What a thread needs to open the table; can be sent to a worker. */
export interface TableHandle {
  readonly buffer: SharedArrayBuffer
}

/** Reserves the memory of a table. Throws a RangeError when the system does not give it. */
export function reserveBuffer(bytes: number, maxBytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes)
  } catch (err) {
    throw new RangeError(
      `table.maxBytes: ${maxBytes} needs ${bytes} bytes of address space, which the system refuses`,
      { cause: err },
    )
  }
}
