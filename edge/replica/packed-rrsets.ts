/**
 * The static records of a name in packed form: as words of 32 bits, beside an app or in place of one.
 *
 * ```
 *         +------------------------------------------------------+
 *       0 | NS (1) | DNAME (1) | rrsets (14) | words in all (16) |
 *         | type (16), records (16), TTL (32)                    |  for each rrset, as octets,
 *         | octets (16), octets of the rdata                     |  and for each of its records;
 *         +------------------------------------------------------+  filled up to whole words
 * ```
 */
import { rrsetOf } from '../../shared/records/follow.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { TYPE_DNAME } from '../../shared/records/types.ts'
import { TYPE_NS } from '../../shared/dns/codes.ts'
import { packOctets, unpackOctets } from './packed-addresses.ts'

const NS_BIT = 1 << 31
const DNAME_BIT = 1 << 30
const RRSETS_MASK = 0x3fff
/** Octets of an rrset before its records. */
const RRSET_BYTES = 8
/** Octets of a record before its rdata. */
const LENGTH_BYTES = 2

/** What stands below a name is not of its zone, or of no account. */
export interface SubtreeMarks {
  readonly hasNs: boolean
  readonly hasDname: boolean
}

/** Words that some rrsets take; 0 for none. */
export function rrsetWords(rrsets: readonly WireRrset[]): number {
  if (rrsets.length === 0) return 0
  let bytes = 4
  for (const { rdata } of rrsets) {
    bytes += RRSET_BYTES
    for (const one of rdata) bytes += LENGTH_BYTES + one.length
  }
  return Math.ceil(bytes / 4)
}

/** Writes rrsets at `at`, where there is room for `rrsetWords` of them. */
export function writeRrsets(words: Int32Array, at: number, rrsets: readonly WireRrset[]): void {
  const { hasNs, hasDname } = marksOf(rrsets)
  const total = rrsetWords(rrsets)
  words[at] = (hasNs ? NS_BIT : 0) | (hasDname ? DNAME_BIT : 0) | (rrsets.length << 16) | total
  const out = Buffer.alloc(4 * (total - 1))
  let off = 0
  for (const { type, ttl, rdata } of rrsets) {
    out.writeUInt16BE(type, off)
    out.writeUInt16BE(rdata.length, off + 2)
    out.writeUInt32BE(ttl, off + 4)
    off += RRSET_BYTES
    for (const one of rdata) {
      out.writeUInt16BE(one.length, off)
      out.set(one, off + LENGTH_BYTES)
      off += LENGTH_BYTES + one.length
    }
  }
  packOctets(words, at + 1, out)
}

// Below `at` is where `writeRrsets` wrote.

/** Words that the rrsets at `at` take. */
export function rrsetWordsAt(words: Int32Array, at: number): number {
  return (words[at] ?? 0) & 0xffff
}

/** Reads rrsets back. */
export function readRrsets(words: Int32Array, at: number): readonly WireRrset[] {
  const octets = unpackOctets(words, at + 1, 4 * (rrsetWordsAt(words, at) - 1))
  const rrsets: WireRrset[] = []
  let off = 0
  for (let left = ((words[at] ?? 0) >>> 16) & RRSETS_MASK; left > 0; left--) {
    const type = octets.readUInt16BE(off)
    const records = octets.readUInt16BE(off + 2)
    const ttl = octets.readUInt32BE(off + 4)
    off += RRSET_BYTES
    const rdata: Uint8Array[] = []
    for (let i = 0; i < records; i++) {
      const start = off + LENGTH_BYTES
      off = start + octets.readUInt16BE(off)
      rdata.push(octets.subarray(start, off))
    }
    rrsets.push({ type, ttl, rdata })
  }
  return rrsets
}

/** What the rrsets at `at` mean for the names below theirs. */
export function marksAt(words: Int32Array, at: number): SubtreeMarks {
  const first = words[at] ?? 0
  return { hasNs: (first & NS_BIT) !== 0, hasDname: (first & DNAME_BIT) !== 0 }
}

/** What rrsets mean for the names below theirs. */
export function marksOf(rrsets: readonly WireRrset[]): SubtreeMarks {
  return {
    hasNs: rrsetOf(rrsets, TYPE_NS) !== undefined,
    hasDname: rrsetOf(rrsets, TYPE_DNAME) !== undefined,
  }
}
