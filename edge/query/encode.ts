import {
  EDNS_FLAG_DO,
  EDNS_OPTION_ECS,
  EDNS_OPTION_EDE,
  EDNS_OPTION_NSID,
  FLAG_AA,
  FLAG_CD,
  FLAG_QR,
  FLAG_RD,
  FLAG_TC,
  OPCODE_MASK,
  TYPE_OPT,
} from '../../shared/dns/codes.ts'
import {
  ECS_FAMILY_IPV4,
  ECS_FAMILY_IPV6,
  ECS_HEADER_BYTES,
  EDNS_UDP_SIZE_BYTES,
  OPT_HEADER_BYTES,
  OPTION_HEADER_BYTES,
  UDP_SIZE_MIN_BYTES,
} from '../../shared/dns/edns.ts'
import type { ExtendedError } from '../../shared/dns/edns.ts'
import { MESSAGE_MAX_BYTES } from '../../shared/dns/framing.ts'
import { NAME_POINTER } from '../../shared/dns/name.ts'
import { HEADER_BYTES } from './query.ts'
import type { Query } from './query.ts'
import type { RecordBlock } from './records.ts'

/** What to answer, apart from the query that it answers. Every field is always there: one shape. */
export interface Answer {
  /** Up to 12 bits; those above the lowest four need an OPT record in the query (RFC 6891 §6.1.3). */
  readonly rcode: number
  /** The AA bit. */
  readonly authoritative: boolean
  readonly answer: RecordBlock | undefined
  readonly authority: RecordBlock | undefined
  /** Without OPT, which is added for a client that speaks EDNS. */
  readonly additional: RecordBlock | undefined
  /** The additional section is glue that the client can not do without: TC when it does not fit. */
  readonly glueRequired: boolean
  /**
   * Octets of the zone apex in wire form (1 for the root), by which the blocks' pointers are set; those
   * of the cut in a referral.
   */
  readonly apexBytes: number
  /** Sent only to a client that speaks EDNS. */
  readonly ede: ExtendedError | undefined
}

/** What is the same in all answers of one edge. */
export interface AnswerOptions {
  /** The NSID of this server (RFC 5001); none is sent when it is empty. */
  readonly nsid: Buffer
}

/**
 * Writes the answer to `q`, which must have a question ('ok'). The buffer belongs to the caller. What
 * is too large for the client loses first the EDE text, then the EDE, then the additional section
 * unless it is required, then all records and gets TC.
 */
export function encodeAnswer(q: Query, answer: Answer, options: AnswerOptions): Buffer {
  const limit = sizeLimit(q)
  const { ede } = answer
  let { additional } = answer
  const ecsBytes = ecsSize(q)
  const nsidBytes = nsidSize(q, options)
  let textBytes = !q.hasOpt || ede === undefined ? 0 : Buffer.byteLength(ede.text)
  let edeBytes = !q.hasOpt || ede === undefined ? 0 : EDE_FIXED_BYTES + textBytes
  let size = q.qnameEnd + QUESTION_FIXED_BYTES
  size += blockSize(answer.answer) + blockSize(answer.authority) + blockSize(additional)
  // RFC 6891 §6.1.1: a response has an OPT record if the request had one, and only then.
  if (q.hasOpt) size += OPT_HEADER_BYTES + ecsBytes + nsidBytes + edeBytes
  if (size > limit && edeBytes > 0) {
    // RFC 8914 §3: EDE options are dropped before other data. It wants TC set then (SHOULD); we do
    // not, as the answer itself is whole: RFC 2181 §9 is against a retry over TCP only for a comment.
    size -= textBytes
    textBytes = 0
    edeBytes = EDE_FIXED_BYTES
    if (size > limit) {
      size -= edeBytes
      edeBytes = 0
    }
  }
  if (size > limit && !answer.glueRequired) {
    // RFC 2181 §9: TC is not set "merely because some extra information could have been included, but
    // there was insufficient room". RFC 9471 §3.1: glue for in-domain name servers is no extra.
    size -= blockSize(additional)
    additional = undefined
  }
  if (size > limit) return encodeTruncated(q, answer, options)
  const out = Buffer.allocUnsafe(size)
  const off = writeRecords(out, q, answer, additional)
  if (!q.hasOpt) return out
  // ARCOUNT (RFC 1035 §4.1.1)
  writeUInt16(out, 10, additional === undefined ? 1 : additional.count + 1)
  writeOpt(out, off, q, answer.rcode, ecsBytes + nsidBytes + edeBytes)
  let option = off + OPT_HEADER_BYTES
  if (ecsBytes > 0) option = writeClientSubnet(out, option, q)
  if (nsidBytes > 0) writeNsid(out, option, options.nsid)
  if (edeBytes > 0 && ede !== undefined) writeEde(out, option + nsidBytes, ede, textBytes)
  return out
}

/**
 * Writes an answer that has nothing but an rcode: the one for a query that `decodeQuery` refused.
 * The question is copied when it could be read, else QDCOUNT is 0; OPT goes by the query's.
 */
export function encodeError(q: Query, rcode: number, options: AnswerOptions): Buffer {
  return encodeBare(q, rcode, 0, options)
}

// ---- sizes ----

/** QTYPE and QCLASS (RFC 1035 §4.1.2). */
const QUESTION_FIXED_BYTES = 4
/** An EDE option without text: header and info-code (RFC 8914 §2). */
const EDE_FIXED_BYTES = OPTION_HEADER_BYTES + 2

function sizeLimit(q: Query): number {
  if (q.transport === 'tcp') return MESSAGE_MAX_BYTES
  // RFC 6891 §6.2.3: "Values lower than 512 MUST be treated as equal to 512." Without OPT it is 0.
  if (q.udpSize <= UDP_SIZE_MIN_BYTES) return UDP_SIZE_MIN_BYTES
  return q.udpSize < EDNS_UDP_SIZE_BYTES ? q.udpSize : EDNS_UDP_SIZE_BYTES
}

function blockSize(block: RecordBlock | undefined): number {
  return block === undefined ? 0 : block.bytes.length
}

/** RFC 5001 §2.2: NSID is sent only to those who ask for it. */
function nsidSize(q: Query, options: AnswerOptions): number {
  return q.wantsNsid && options.nsid.length > 0 ? OPTION_HEADER_BYTES + options.nsid.length : 0
}

/** RFC 7871 §7.2.1: the option is in the answer to a query that had it, where it was taken into account. */
function ecsSize(q: Query): number {
  if (q.ecsScope < 0) return 0
  return OPTION_HEADER_BYTES + ECS_HEADER_BYTES + ((q.ecsSource + 7) >> 3)
}

// ---- whole messages ----

/**
 * RFC 2181 §9: TC is set when a required RRset does not fit; the client drops the rest anyway, so
 * only the question and OPT (RFC 6891 §7) are sent.
 */
function encodeTruncated(q: Query, answer: Answer, options: AnswerOptions): Buffer {
  const flags = answer.authoritative ? FLAG_TC | FLAG_AA : FLAG_TC
  return encodeBare(q, answer.rcode, flags, options)
}

/** Header, question where there is one, OPT where the query had one. */
function encodeBare(q: Query, rcode: number, flags: number, options: AnswerOptions): Buffer {
  const questionEnd = endOfQuestion(q)
  if (!q.hasOpt) {
    const out = Buffer.allocUnsafe(questionEnd)
    writeHeader(out, q, rcode, flags)
    return out
  }
  let nsidBytes = nsidSize(q, options)
  const ecsBytes = ecsSize(q)
  // What is left always fits: 12 + 255 + 4 + 11 + 24 octets.
  if (questionEnd + OPT_HEADER_BYTES + ecsBytes + nsidBytes > sizeLimit(q)) nsidBytes = 0
  const out = Buffer.allocUnsafe(questionEnd + OPT_HEADER_BYTES + ecsBytes + nsidBytes)
  writeHeader(out, q, rcode, flags)
  // ARCOUNT (RFC 1035 §4.1.1)
  writeUInt16(out, 10, 1)
  writeOpt(out, questionEnd, q, rcode, ecsBytes + nsidBytes)
  let option = questionEnd + OPT_HEADER_BYTES
  if (ecsBytes > 0) option = writeClientSubnet(out, option, q)
  if (nsidBytes > 0) writeNsid(out, option, options.nsid)
  return out
}

// ---- parts of a message, written at an offset that the caller has made room for ----

function endOfQuestion(q: Query): number {
  return q.qnameEnd === 0 ? HEADER_BYTES : q.qnameEnd + QUESTION_FIXED_BYTES
}

/**
 * Header and question, all section counts but QDCOUNT 0. Of the query's flags the opcode and RD are
 * copied (RFC 1035 §4.1.1), and CD (RFC 4035 §3.1.6); RA, AD and the reserved bit are clear.
 */
function writeHeader(out: Buffer, q: Query, rcode: number, answerFlags: number): void {
  const flags =
    FLAG_QR | answerFlags | (q.flags & (OPCODE_MASK | FLAG_RD | FLAG_CD)) | (rcode & HEADER_RCODE)
  writeUInt16(out, 0, q.id)
  writeUInt16(out, 2, flags)
  writeUInt16(out, 4, q.qnameEnd === 0 ? 0 : 1)
  writeUInt16(out, 6, 0)
  writeUInt16(out, 8, 0)
  writeUInt16(out, 10, 0)
  // Byte for byte, so that a client that mixes the case of its qname finds it again.
  // A loop, as `Buffer.copy` takes 60 ns for the 20 to 40 octets of most questions and this 15.
  const questionEnd = endOfQuestion(q)
  for (let off = HEADER_BYTES; off < questionEnd; off++) {
    // In bounds: decodeQuery read the wire up to the end of the question.
    out[off] = q.wire[off]!
  }
}

/**
 * Header, question and records, of the additional section only what is left of it; gives the offset
 * behind them, where OPT goes.
 */
function writeRecords(
  out: Buffer,
  q: Query,
  answer: Answer,
  additional: RecordBlock | undefined,
): number {
  writeHeader(out, q, answer.rcode, answer.authoritative ? FLAG_AA : 0)
  // RFC 1035 §4.1.4: the apex is the end of the qname.
  const pointer = NAME_POINTER | (q.qnameEnd - answer.apexBytes)
  let off = endOfQuestion(q)
  if (answer.answer !== undefined) {
    writeUInt16(out, 6, answer.answer.count)
    off = writeBlock(out, off, answer.answer, pointer)
  }
  if (answer.authority !== undefined) {
    writeUInt16(out, 8, answer.authority.count)
    off = writeBlock(out, off, answer.authority, pointer)
  }
  if (additional !== undefined) {
    writeUInt16(out, 10, additional.count)
    off = writeBlock(out, off, additional, pointer)
  }
  return off
}

function writeBlock(out: Buffer, off: number, block: RecordBlock, pointer: number): number {
  out.set(block.bytes, off)
  const pointers = block.apexPointers
  for (let i = 0; i < pointers.length; i++) {
    // In bounds by the loop.
    writeUInt16(out, off + pointers[i]!, pointer)
  }
  return off + block.bytes.length
}

/** The OPT record but for its options, which take `optionBytes` (RFC 6891 §6.1.2, §6.1.3). */
function writeOpt(out: Buffer, off: number, q: Query, rcode: number, optionBytes: number): void {
  out[off] = 0
  writeUInt16(out, off + 1, TYPE_OPT)
  writeUInt16(out, off + 3, EDNS_UDP_SIZE_BYTES)
  out[off + 5] = rcode >> 4
  // RFC 6891 §6.1.3: the version of a response is the highest that the responder has.
  out[off + 6] = 0
  // RFC 3225 §3: "The DO bit of the query MUST be copied in the response." RFC 6891 §6.1.4: the
  // other flags are zero.
  writeUInt16(out, off + 7, q.dnssecOk ? EDNS_FLAG_DO : 0)
  writeUInt16(out, off + 9, optionBytes)
}

function writeNsid(out: Buffer, off: number, nsid: Buffer): void {
  writeUInt16(out, off, EDNS_OPTION_NSID)
  writeUInt16(out, off + 2, nsid.length)
  out.set(nsid, off + OPTION_HEADER_BYTES)
}

/**
 * RFC 7871 §7.2.1: FAMILY, SOURCE PREFIX-LENGTH and ADDRESS of the answer are those of the query. Gives
 * the offset behind the option.
 */
function writeClientSubnet(out: Buffer, off: number, q: Query): number {
  const addressBytes = (q.ecsSource + 7) >> 3
  writeUInt16(out, off, EDNS_OPTION_ECS)
  writeUInt16(out, off + 2, ECS_HEADER_BYTES + addressBytes)
  const data = off + OPTION_HEADER_BYTES
  writeUInt16(out, data, q.ecsFamily === 4 ? ECS_FAMILY_IPV4 : ECS_FAMILY_IPV6)
  out[data + 2] = q.ecsSource
  out[data + 3] = q.ecsScope
  const at = data + ECS_HEADER_BYTES
  // In bounds: decodeQuery read the address.
  for (let i = 0; i < addressBytes; i++) out[at + i] = q.wire[q.ecsAt + i]!
  return at + addressBytes
}

/** Writes `textBytes` octets of text: all of it or none. */
function writeEde(out: Buffer, off: number, ede: ExtendedError, textBytes: number): void {
  writeUInt16(out, off, EDNS_OPTION_EDE)
  writeUInt16(out, off + 2, EDE_FIXED_BYTES - OPTION_HEADER_BYTES + textBytes)
  writeUInt16(out, off + OPTION_HEADER_BYTES, ede.code)
  if (textBytes > 0) out.write(ede.text, off + EDE_FIXED_BYTES)
}

/** Writes two octets; without `writeUInt16BE`'s own checks, the size of `out` was computed. */
function writeUInt16(out: Buffer, off: number, value: number): void {
  out[off] = value >> 8
  out[off + 1] = value & 0xff
}

/** The part of an rcode that the header has room for (RFC 1035 §4.1.1). */
const HEADER_RCODE = 0x0f
