import {
  CLASS_IN,
  EDNS_FLAG_DO,
  EDNS_OPTION_NSID,
  FLAG_AA,
  FLAG_CD,
  FLAG_QR,
  FLAG_RD,
  TYPE_OPT,
} from '../../shared/dns/codes.ts'
import { ECS_HEADER_BYTES, OPTION_HEADER_BYTES } from '../../shared/dns/edns.ts'
import { MESSAGE_MAX_BYTES } from '../../shared/dns/framing.ts'
import type { Transport } from '../listen/listener.ts'
import type { ClientLocator } from '../locate/client-locator.ts'
import type { Sender } from '../locate/sender.ts'
import { decodeQuery } from '../query/decode.ts'
import { HEADER_BYTES, Query } from '../query/query.ts'
import { FOUND_BY_CLIENT, FOUND_NOTHING } from '../table/reader.ts'
import type { TableReader } from '../table/reader.ts'

/** The message deserves no answer. */
export const IGNORED = 0
/** The control thread is to answer. */
export const MISS = -1

/** QTYPE and QCLASS. */
const QUESTION_FIXED_BYTES = 4
/** An OPT record without options (RFC 6891 §6.1.2). */
const OPT_BYTES = 11
/** Where the client subnet option has its SCOPE PREFIX-LENGTH (RFC 7871 §6). */
const SCOPE_AT = OPTION_HEADER_BYTES + 3
/** RFC 9715 §3.1 and DNS flag day 2020. */
const UDP_SIZE_MAX = 1232
/** RFC 1035 §4.2.1. */
const UDP_SIZE_MIN = 512

/**
 * Answers queries in the place that they came in, from the answer table. What it is not sure of, and
 * what is rare (errors, CHAOS, what must be truncated), is a miss. Allocates nothing.
 */
export class TableAnswerer {
  readonly #reader: TableReader
  readonly #nsid: Buffer
  readonly #transport: Transport
  readonly #locator: ClientLocator | undefined
  readonly #q = new Query()
  /** The client subnet option of the answer. */
  readonly #option = new Uint8Array(OPTION_HEADER_BYTES + ECS_HEADER_BYTES + 16)
  /** Set by `answer` when it gives a length. */
  qtype = 0
  /** Set by `answer` when it gives a length. */
  rcode = 0

  /**
   * `nsid`: told to who asks for it (RFC 5001); empty for none. `transport`: by which all the queries
   * come, as it bounds the answers. `locator`: where clients are; without one they are nowhere.
   */
  constructor(
    reader: TableReader,
    nsid: Buffer,
    transport: Transport,
    locator: ClientLocator | undefined,
  ) {
    this.#reader = reader
    this.#nsid = nsid
    this.#transport = transport
    this.#locator = locator
  }

  /**
   * Answers the message in the first `length` octets of `slot`, which came from `sender`, in a batch of
   * the reader. Returns the length of the answer that stands there then, IGNORED, or MISS: then the message is as it was.
   */
  answer(slot: Buffer, length: number, sender: Sender): number {
    const q = this.#q
    const decoded = decodeQuery(slot, length, this.#transport, q)
    // An answer is ignored here, so that a flood of them costs the control thread nothing.
    if (decoded !== 'ok') return decoded === 'ignore' && length >= HEADER_BYTES ? IGNORED : MISS
    if (q.qclass !== CLASS_IN) return MISS
    const reader = this.#reader
    let found = reader.resolve(slot, HEADER_BYTES, q.qnameEnd, q.qtype, q.qclass, 0)
    if (found === FOUND_NOTHING) return MISS
    const locator = this.#locator
    let ecsBytes = 0
    if (q.ecsAt !== 0 && locator !== undefined && locator.isTold(q, sender)) {
      ecsBytes = this.#keepClientSubnet(slot)
    }
    if (found === FOUND_BY_CLIENT) {
      if (locator === undefined) return MISS
      locator.locate(q, sender, ecsBytes > 0)
      const { location, bucket } = locator
      const end = q.qnameEnd
      found = reader.resolveByClient(slot, HEADER_BYTES, end, q.qclass, location, bucket)
      if (found === FOUND_NOTHING) return MISS
      // RFC 7871 §7.2.1: SCOPE says for which addresses the answer holds; 0 is all of them. Section 7.4
      // recommends 0 for negative answers, but these are as different from place to place as others.
      this.#option[SCOPE_AT] = reader.isSticky ? locator.prefixBits : locator.scope
    }
    const { ref, rcode } = reader
    const questionEnd = q.qnameEnd + QUESTION_FIXED_BYTES
    const nsidBytes =
      q.wantsNsid && this.#nsid.length > 0 ? OPTION_HEADER_BYTES + this.#nsid.length : 0
    const optBytes = q.hasOpt ? OPT_BYTES + ecsBytes + nsidBytes : 0
    const size = questionEnd + reader.bodyBytes(ref) + optBytes
    if (size > sizeLimit(q) || size > slot.length || reader.edeCode(ref) >= 0) return MISS

    // The flags were read into `q`; the question stays where it is, in the client's own case.
    const aa = reader.isAuthoritative(ref) ? FLAG_AA : 0
    const flags = FLAG_QR | aa | (q.flags & (FLAG_RD | FLAG_CD)) | rcode
    slot[2] = flags >> 8
    slot[3] = flags
    const end = reader.writeAnswer(ref, slot, 0, questionEnd)
    if (q.hasOpt) this.#writeOpt(slot, end, q.dnssecOk, ecsBytes, nsidBytes)
    this.qtype = q.qtype
    this.rcode = rcode
    return size
  }

  /**
   * Keeps the client subnet option, with SCOPE 0, as the answer is written over it; gives its octets.
   * RFC 7871 §7.2.1: FAMILY, SOURCE PREFIX-LENGTH and ADDRESS of the answer are those of the query.
   */
  #keepClientSubnet(slot: Buffer): number {
    const { ecsAt, ecsSource } = this.#q
    const start = ecsAt - ECS_HEADER_BYTES - OPTION_HEADER_BYTES
    const bytes = OPTION_HEADER_BYTES + ECS_HEADER_BYTES + ((ecsSource + 7) >> 3)
    // In bounds: decodeQuery read the option.
    for (let i = 0; i < bytes; i++) this.#option[i] = slot[start + i] ?? 0
    return bytes
  }

  /** As `encode.ts` does: version 0, DO copied (RFC 3225 §3), NSID where it was asked for. */
  #writeOpt(
    slot: Buffer,
    off: number,
    dnssecOk: boolean,
    ecsBytes: number,
    nsidBytes: number,
  ): void {
    // ARCOUNT (RFC 1035 §4.1.1), which has the answer's own records.
    const additionals = (((slot[10] ?? 0) << 8) | (slot[11] ?? 0)) + 1
    slot[10] = additionals >> 8
    slot[11] = additionals
    slot[off] = 0
    slot[off + 1] = TYPE_OPT >> 8
    slot[off + 2] = TYPE_OPT
    slot[off + 3] = UDP_SIZE_MAX >> 8
    slot[off + 4] = UDP_SIZE_MAX & 0xff
    slot[off + 5] = 0
    slot[off + 6] = 0
    slot[off + 7] = dnssecOk ? EDNS_FLAG_DO >> 8 : 0
    slot[off + 8] = 0
    slot[off + 9] = (ecsBytes + nsidBytes) >> 8
    slot[off + 10] = ecsBytes + nsidBytes
    let option = off + OPT_BYTES
    for (let i = 0; i < ecsBytes; i++) slot[option++] = this.#option[i] ?? 0
    if (nsidBytes === 0) return
    slot[option] = EDNS_OPTION_NSID >> 8
    slot[option + 1] = EDNS_OPTION_NSID
    slot[option + 2] = this.#nsid.length >> 8
    slot[option + 3] = this.#nsid.length
    slot.set(this.#nsid, option + OPTION_HEADER_BYTES)
  }
}

/**
 * RFC 6891 §6.2.3, §6.2.5: what the client offers, at least 512, at most what we send. RFC 7766 §8:
 * over TCP it is what the two octets of length can say.
 */
function sizeLimit(q: Query): number {
  if (q.transport === 'tcp') return MESSAGE_MAX_BYTES
  if (!q.hasOpt || q.udpSize <= UDP_SIZE_MIN) return UDP_SIZE_MIN
  return q.udpSize < UDP_SIZE_MAX ? q.udpSize : UDP_SIZE_MAX
}
