import {
  EDNS_FLAG_DO,
  EDNS_OPTION_ECS,
  EDNS_OPTION_NSID,
  FLAG_QR,
  OPCODE_MASK,
  OPCODE_QUERY,
  OPCODE_SHIFT,
  TYPE_IXFR,
  TYPE_OPT,
} from '../../shared/dns/codes.ts'
import {
  ECS_FAMILY_IPV4,
  ECS_FAMILY_IPV6,
  ECS_HEADER_BYTES,
  OPTION_HEADER_BYTES,
} from '../../shared/dns/edns.ts'
import { LABEL_MAX_BYTES, NAME_MAX_BYTES, NAME_POINTER } from '../../shared/dns/name.ts'
import { HEADER_BYTES } from './query.ts'
import type { Query, Transport } from './query.ts'

/**
 * What came of a message: 'ok', a query to answer; 'ignore', answer nothing; else the rcode of the
 * error answer that `encodeError` writes.
 */
export type Decoded = 'ok' | 'ignore' | 'formerr' | 'badvers' | 'notimp'

/**
 * Reads the message in the first `length` octets of `wire` into `q`, which it resets first. Looks at
 * no octet beyond `length`, allocates nothing, never throws; `length` must be within `wire`. The
 * fields of `q` are set as far as the message could be read, also when it is refused.
 */
export function decodeQuery(wire: Buffer, length: number, transport: Transport, q: Query): Decoded {
  q.reset(wire, length, transport)
  if (length < HEADER_BYTES) return 'ignore'
  const flags = readUInt16(wire, 2)
  // An answer to an answer could be answered in turn, for ever.
  if ((flags & FLAG_QR) !== 0) return 'ignore'
  q.id = readUInt16(wire, 0)
  q.flags = flags
  q.opcode = (flags & OPCODE_MASK) >> OPCODE_SHIFT
  // RFC 8906 §3.1.4: NOTIMP is what an unknown opcode gets; beyond the header nothing need be the same.
  if (q.opcode !== OPCODE_QUERY) return 'notimp'
  // RFC 9619 §4: a QUERY with a QDCOUNT above 1 is an incorrectly formatted message. QDCOUNT = 0 has a
  // use only with cookies (RFC 7873 §5.4).
  if (readUInt16(wire, 4) !== 1) return 'formerr'
  if (!readQuestion(q)) return 'formerr'
  // RFC 6891 §6.1.1: OPT is a pseudo-RR of the additional section, nothing that can be asked for.
  if (q.qtype === TYPE_OPT) return 'formerr'
  if (readUInt16(wire, 6) !== 0) return 'formerr'
  return readRecords(q)
}

/** Reads qname, qtype and qclass; false when they are cut or the qname is not one. */
function readQuestion(q: Query): boolean {
  const wire = q.wire
  const length = q.length
  let off = HEADER_BYTES
  for (;;) {
    if (off >= length) return false
    const label = wire[off]!
    if (label === 0) break
    // Neither a pointer, as there is nothing before the qname, nor a reserved type (RFC 1035 §4.1.4).
    if (label > LABEL_MAX_BYTES) return false
    off += label + 1
    // RFC 1035 §2.3.4: names have 255 octets or less, the zero octet counts.
    if (off - HEADER_BYTES >= NAME_MAX_BYTES) return false
  }
  off++
  if (off + 4 > length) return false
  q.qnameEnd = off
  q.qtype = readUInt16(wire, off)
  q.qclass = readUInt16(wire, off + 2)
  return true
}

/** Walks what follows the question up to the end of the message. */
function readRecords(q: Query): Decoded {
  const wire = q.wire
  const length = q.length
  const nscount = readUInt16(wire, 8)
  let off = q.qnameEnd + 4
  if (nscount !== 0) {
    // RFC 1995 §3: an IXFR query carries the client's SOA in the authority section. No other does.
    if (q.qtype !== TYPE_IXFR || nscount !== 1) return 'formerr'
    off = skipName(wire, off, length)
    if (off < 0) return 'formerr'
    off = recordEnd(wire, off, length)
    if (off < 0) return 'formerr'
  }
  // A count that lies ends at `length`: a record takes at least 11 octets.
  for (let left = readUInt16(wire, 10); left > 0; left--) {
    const owner = off
    off = skipName(wire, owner, length)
    if (off < 0) return 'formerr'
    const end = recordEnd(wire, off, length)
    if (end < 0) return 'formerr'
    // In bounds up to `end` from here on.
    if (readUInt16(wire, off) === TYPE_OPT) {
      // RFC 6891 §6.1.1: "more than one OPT RR ... a FORMERR (RCODE=1) MUST be returned"
      // RFC 6891 §6.1.2: NAME "MUST be 0 (root domain)"
      if (q.hasOpt || off !== owner + 1) return 'formerr'
      if (!readOpt(q, off, end)) return 'formerr'
    }
    off = end
  }
  if (off !== length) return 'formerr'
  // RFC 6891 §6.1.3: "If a responder does not implement the VERSION level of the request, then it MUST
  // respond with RCODE=BADVERS."
  return q.ednsVersion > 0 ? 'badvers' : 'ok'
}

/**
 * Reads an OPT record whose type stands at `off` and whose last octet before `end`; false when its
 * options do not fit. Unknown options and flags are passed over (RFC 6891 §6.1.2, §6.1.4).
 */
function readOpt(q: Query, off: number, end: number): boolean {
  const wire = q.wire
  q.hasOpt = true
  q.udpSize = readUInt16(wire, off + 2)
  q.ednsVersion = wire[off + 5]!
  q.dnssecOk = (readUInt16(wire, off + 6) & EDNS_FLAG_DO) !== 0
  let option = off + FIXED_BYTES
  while (option < end) {
    const data = option + OPTION_HEADER_BYTES
    const next = data <= end ? data + readUInt16(wire, option + 2) : data
    // Another version may lay out its options in another way: that is BADVERS, not FORMERR.
    if (next > end) return q.ednsVersion > 0
    // RFC 5001 §2.2: "The name server MUST ignore any NSID payload data" of a query.
    const code = readUInt16(wire, option)
    if (code === EDNS_OPTION_NSID) q.wantsNsid = true
    else if (code === EDNS_OPTION_ECS && !readClientSubnet(q, data, next)) return q.ednsVersion > 0
    option = next
  }
  return true
}

/** Reads a client subnet option whose data stands at `off` up to `end`; false when it is malformed. */
function readClientSubnet(q: Query, off: number, end: number): boolean {
  const wire = q.wire
  // Two of them: it is not said which one counts.
  if (q.ecsAt !== 0 || end - off < ECS_HEADER_BYTES) return false
  const family = readUInt16(wire, off)
  const source = wire[off + 2]!
  // RFC 7871 §6: SCOPE PREFIX-LENGTH: "In queries, it MUST be set to 0."
  if (wire[off + 3] !== 0) return false
  // Of other families nothing is known, not even how long an address is: no use is made of them.
  if (family !== ECS_FAMILY_IPV4 && family !== ECS_FAMILY_IPV6) return true
  if (source > (family === ECS_FAMILY_IPV4 ? 32 : 128)) return false
  const at = off + ECS_HEADER_BYTES
  // RFC 7871 §6: "either too few or too many ADDRESS octets, or that has non-zero ADDRESS bits set
  // beyond SOURCE PREFIX-LENGTH": "SHOULD return FORMERR".
  if (end - at !== (source + 7) >> 3) return false
  if ((source & 7) !== 0 && (wire[end - 1]! & (0xff >> (source & 7))) !== 0) return false
  q.ecsAt = at
  q.ecsFamily = family === ECS_FAMILY_IPV4 ? 4 : 6
  q.ecsSource = source
  return true
}

/** TYPE, CLASS, TTL and RDLENGTH of a record (RFC 1035 §4.1.3). */
const FIXED_BYTES = 10

/** The offset behind the record whose type stands at `off`; -1 when it is cut. */
function recordEnd(wire: Buffer, off: number, length: number): number {
  const rdata = off + FIXED_BYTES
  if (rdata > length) return -1
  const end = rdata + readUInt16(wire, rdata - 2)
  return end > length ? -1 : end
}

/**
 * The offset behind the name at `off`; -1 when it is cut, too long or holds a reserved label type. A
 * pointer ends the name and is not followed: nobody asks for these names, and so no loop can be met.
 */
function skipName(wire: Buffer, off: number, length: number): number {
  const longest = off + NAME_MAX_BYTES
  while (off < length) {
    const label = wire[off]!
    if (label === 0) return off + 1
    // `recordEnd`, which is next, sees when the second octet is missing.
    if (label >= POINTER_BITS) return off + 2
    if (label > LABEL_MAX_BYTES) return -1
    off += label + 1
    if (off >= longest) return -1
  }
  return -1
}

/** The two upper bits of a pointer's first octet (RFC 1035 §4.1.4). */
const POINTER_BITS = NAME_POINTER >> 8

/** Reads two octets that the caller knows to be in bounds; without `readUInt16BE`'s own checks. */
function readUInt16(wire: Buffer, off: number): number {
  return (wire[off]! << 8) | wire[off + 1]!
}
