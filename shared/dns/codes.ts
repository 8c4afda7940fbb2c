/** Numbers of the protocol, by their IANA mnemonics (IANA "Domain Name System Parameters"). */

// ---- types ----
export const TYPE_A = 1
export const TYPE_NS = 2
export const TYPE_CNAME = 5
export const TYPE_SOA = 6
export const TYPE_PTR = 12
export const TYPE_HINFO = 13
export const TYPE_MX = 15
export const TYPE_TXT = 16
export const TYPE_AAAA = 28
export const TYPE_SRV = 33
export const TYPE_OPT = 41
export const TYPE_DS = 43
export const TYPE_SVCB = 64
export const TYPE_HTTPS = 65
export const TYPE_TKEY = 249
export const TYPE_TSIG = 250
export const TYPE_IXFR = 251
export const TYPE_AXFR = 252
export const TYPE_MAILB = 253
export const TYPE_MAILA = 254
export const TYPE_ANY = 255

// ---- classes ----
export const CLASS_IN = 1
export const CLASS_CH = 3
export const CLASS_NONE = 254

// ---- opcodes ----
export const OPCODE_QUERY = 0

// ---- rcodes ----
export const RCODE_NOERROR = 0
export const RCODE_FORMERR = 1
export const RCODE_SERVFAIL = 2
export const RCODE_NXDOMAIN = 3
export const RCODE_NOTIMP = 4
export const RCODE_REFUSED = 5
/** RFC 2136 §2.2; of a DNAME record that would make too long a name (RFC 6672 §2.2). */
export const RCODE_YXDOMAIN = 6
/** Extended: its upper eight bits travel in the OPT record (RFC 6891 §6.1.3). */
export const RCODE_BADVERS = 16

// ---- header flags (the 16 bits at offset 2, RFC 1035 §4.1.1) ----
export const FLAG_QR = 0x8000
export const FLAG_AA = 0x0400
export const FLAG_TC = 0x0200
export const FLAG_RD = 0x0100
export const FLAG_RA = 0x0080
/** Reserved, always zero (RFC 1035 §4.1.1). */
export const FLAG_Z = 0x0040
export const FLAG_AD = 0x0020
export const FLAG_CD = 0x0010
export const OPCODE_MASK = 0x7800
export const OPCODE_SHIFT = 11

// ---- EDNS (RFC 6891) ----
/** DNSSEC OK, in the flags half of the OPT record's TTL (RFC 3225 §3). */
export const EDNS_FLAG_DO = 0x8000
export const EDNS_OPTION_NSID = 3
export const EDNS_OPTION_ECS = 8
export const EDNS_OPTION_COOKIE = 10
export const EDNS_OPTION_EDE = 15

// ---- Extended DNS Error info-codes (RFC 8914 §4) ----
export const EDE_STALE_ANSWER = 3
export const EDE_NOT_READY = 14
export const EDE_PROHIBITED = 18
export const EDE_STALE_NXDOMAIN_ANSWER = 19
export const EDE_NOT_AUTHORITATIVE = 20
export const EDE_NOT_SUPPORTED = 21
export const EDE_NETWORK_ERROR = 23

/** The largest TTL: 31 bits, unsigned (RFC 2181 §8). */
export const TTL_MAX = 2_147_483_647

const typeNumbers: Readonly<Record<string, number>> = {
  A: TYPE_A,
  NS: TYPE_NS,
  CNAME: TYPE_CNAME,
  SOA: TYPE_SOA,
  PTR: TYPE_PTR,
  HINFO: TYPE_HINFO,
  MX: TYPE_MX,
  TXT: TYPE_TXT,
  AAAA: TYPE_AAAA,
  DS: TYPE_DS,
  SRV: TYPE_SRV,
  SVCB: TYPE_SVCB,
  HTTPS: TYPE_HTTPS,
  ANY: TYPE_ANY,
}
const typeNames = new Map(Object.entries(typeNumbers).map(([name, number]) => [number, name]))

/** Returns the mnemonic of a type, or `TYPE123` where there is none here (RFC 3597 §5). */
export function typeName(type: number): string {
  return typeNames.get(type) ?? `TYPE${type}`
}

/** Returns the number of a mnemonic or of `TYPE123`; undefined when it is neither. */
export function typeNumber(text: string): number | undefined {
  const upper = text.toUpperCase()
  const known = typeNumbers[upper]
  if (known !== undefined) return known
  const generic = /^TYPE(\d{1,5})$/.exec(upper)?.[1]
  const number = generic === undefined ? Number.NaN : Number(generic)
  return number <= 65_535 ? number : undefined
}

const rcodeNames: Readonly<Record<number, string>> = {
  [RCODE_NOERROR]: 'NOERROR',
  [RCODE_FORMERR]: 'FORMERR',
  [RCODE_SERVFAIL]: 'SERVFAIL',
  [RCODE_NXDOMAIN]: 'NXDOMAIN',
  [RCODE_NOTIMP]: 'NOTIMP',
  [RCODE_REFUSED]: 'REFUSED',
  [RCODE_YXDOMAIN]: 'YXDOMAIN',
  [RCODE_BADVERS]: 'BADVERS',
}

/** Returns the mnemonic of an rcode, or `RCODE23`. */
export function rcodeName(rcode: number): string {
  return rcodeNames[rcode] ?? `RCODE${rcode}`
}
