/** How a query came in; everything with a length field in front of the message counts as 'tcp'. */
export type Transport = 'udp' | 'tcp'

/** The length of the header; the question starts behind it (RFC 1035 §4.1.1). */
export const HEADER_BYTES = 12

/**
 * The record of one query. One instance serves a socket for its whole life: `decodeQuery` resets and
 * fills it, so the fields hold only until the next query. All of them are set in the constructor, in
 * one order, so that V8 keeps a single shape.
 */
export class Query {
  /** The buffer that holds the message from offset 0; owned by the listener. Set by `reset`. */
  wire: Buffer = noBytes
  /** Octets of `wire` that belong to the message. Set by `reset`. */
  length = 0
  /** Set by `reset`. */
  transport: Transport = 'udp'
  /** Header octets 0 and 1. Set unless decoding gave 'ignore'. */
  id = 0
  /** Header octets 2 and 3, all 16 bits as the client sent them. Set unless 'ignore'. */
  flags = 0
  /** Bits 11 to 14 of `flags`. Set unless 'ignore'. */
  opcode = 0
  /**
   * Offset behind the qname's zero octet; QTYPE and QCLASS follow, the qname starts at 12. 0 as long
   * as no whole question was read: an error answer then has none to copy.
   */
  qnameEnd = 0
  /** Set with `qnameEnd`. */
  qtype = 0
  /** Set with `qnameEnd`. */
  qclass = 0
  /** Whether an OPT record was read, even when a later fault made the query FORMERR. */
  hasOpt = false
  /** EDNS version of the OPT record; 0 without OPT. */
  ednsVersion = 0
  /** UDP payload size that the client offers, in octets, as sent (may be below 512); 0 without OPT. */
  udpSize = 0
  /** The DO bit (RFC 3225 §3); false without OPT. */
  dnssecOk = false
  /** Whether the client asks who answers (RFC 5001 §2.1); false without OPT. */
  wantsNsid = false
  /**
   * Offset of the ADDRESS of the client subnet option (RFC 7871 §6), whose octets are as many as
   * `ecsSource` wants; 0 without one, or with one of an address family that is neither IPv4 nor IPv6.
   */
  ecsAt = 0
  /** Set with `ecsAt`. */
  ecsFamily: 4 | 6 = 4
  /** SOURCE PREFIX-LENGTH, in bits. Set with `ecsAt`. */
  ecsSource = 0
  /**
   * SCOPE PREFIX-LENGTH of the option in the answer; -1 for no option: `decodeQuery` never sets it
   * otherwise, whoever takes the option into account does.
   */
  ecsScope = -1
  /** As `ClientLocator` found them; 0 where nobody has asked it. */
  location = 0
  locationScope = 0
  bucket = 0
  prefixBits = 0

  /** Where the query came from, in text; whoever decodes it sets it where it is of account. */
  address = ''

  /** Cache of `lqname`; undefined until it is asked for. */
  #lqname: string | undefined = undefined

  /** Forgets the last query and takes the next one's bytes. Allocates nothing. */
  reset(wire: Buffer, length: number, transport: Transport): void {
    this.wire = wire
    this.length = length
    this.transport = transport
    this.id = 0
    this.flags = 0
    this.opcode = 0
    this.qnameEnd = 0
    this.qtype = 0
    this.qclass = 0
    this.hasOpt = false
    this.ednsVersion = 0
    this.udpSize = 0
    this.dnssecOk = false
    this.wantsNsid = false
    this.ecsAt = 0
    this.ecsFamily = 4
    this.ecsSource = 0
    this.ecsScope = -1
    this.location = 0
    this.locationScope = 0
    this.bucket = 0
    this.prefixBits = 0
    this.address = ''
    this.#lqname = undefined
  }

  /**
   * The lower case qname in wire form as a latin1 string: `nameKey` of `shared/dns/name.ts`, the key
   * of the edge's tables. Made on first use; the empty string when no question was read.
   */
  get lqname(): string {
    this.#lqname ??= lowerCase(this.wire, this.qnameEnd)
    return this.#lqname
  }
}

const noBytes = Buffer.alloc(0)

/** Holds the longest qname; shared by all queries of the thread, used only within one call. */
const scratch = Buffer.alloc(255)

/** RFC 4343 §3: A to Z equal a to z. A length octet is at most 63, so it is never taken for a letter. */
function lowerCase(wire: Buffer, qnameEnd: number): string {
  let n = 0
  for (let off = HEADER_BYTES; off < qnameEnd; off++) {
    // In bounds: decodeQuery read the wire up to qnameEnd.
    const octet = wire[off]!
    scratch[n++] = octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet
  }
  return scratch.toString('latin1', 0, n)
}
