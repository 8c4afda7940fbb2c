import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_HINFO,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_NS,
  TYPE_OPT,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
} from '../dns/codes.ts'
import type { Field } from './field.ts'
import {
  hex,
  ipv4,
  ipv6,
  name,
  number,
  restAsString,
  seconds,
  string,
  strings,
  tag,
  uintAt,
} from './fields.ts'
import { location } from './loc.ts'
import { serviceParams } from './svcb.ts'

/** A type whose rdata is known: its parts in their order. */
export interface RecordType {
  readonly mnemonic: string
  readonly type: number
  readonly fields: readonly Field[]
  /** What is wrong between the parts, as half a sentence; for rdata whose parts are good. */
  readonly check?: (rdata: Uint8Array) => string | undefined
}

export const TYPE_LOC = 29
export const TYPE_NAPTR = 35
export const TYPE_DNAME = 39
export const TYPE_SSHFP = 44
export const TYPE_TLSA = 52
export const TYPE_CAA = 257

/** Algorithms of DNSSEC that are in use (RFC 4034 Appendix A.1 and the IANA registry). */
const algorithms = {
  RSASHA1: 5,
  'RSASHA1-NSEC3-SHA1': 7,
  RSASHA256: 8,
  RSASHA512: 10,
  ECDSAP256SHA256: 13,
  ECDSAP384SHA384: 14,
  ED25519: 15,
  ED448: 16,
}

const soa = [
  name('a primary server', 'sent'),
  name('a mailbox', 'sent'),
  number(4, 'a serial'),
  seconds('a refresh'),
  seconds('a retry'),
  seconds('an expire'),
  seconds('a minimum'),
]
const service = [number(2, 'a priority'), name('a target', 'never'), serviceParams]

const types: readonly RecordType[] = [
  { mnemonic: 'A', type: TYPE_A, fields: [ipv4] },
  { mnemonic: 'NS', type: TYPE_NS, fields: [name('a name server', 'sent')] },
  { mnemonic: 'CNAME', type: TYPE_CNAME, fields: [name('a canonical name', 'sent')] },
  { mnemonic: 'SOA', type: TYPE_SOA, fields: soa },
  { mnemonic: 'PTR', type: TYPE_PTR, fields: [name('a target', 'sent')] },
  { mnemonic: 'HINFO', type: TYPE_HINFO, fields: [string('a CPU'), string('an operating system')] },
  {
    mnemonic: 'MX',
    type: TYPE_MX,
    fields: [number(2, 'a preference'), name('a mail exchange', 'sent')],
  },
  { mnemonic: 'TXT', type: TYPE_TXT, fields: [strings('a text')] },
  { mnemonic: 'AAAA', type: TYPE_AAAA, fields: [ipv6] },
  { mnemonic: 'LOC', type: TYPE_LOC, fields: [location] },
  {
    mnemonic: 'SRV',
    type: TYPE_SRV,
    fields: [
      number(2, 'a priority'),
      number(2, 'a weight'),
      number(2, 'a port'),
      // RFC 2782: "name compression is not to be used for this field"
      name('a target', 'received'),
    ],
  },
  {
    mnemonic: 'NAPTR',
    type: TYPE_NAPTR,
    fields: [
      number(2, 'an order'),
      number(2, 'a preference'),
      // RFC 3403 §4.1: "Flags are single characters from the set A-Z and 0-9."
      string('flags', { pattern: /^[a-z\d]*$/i, wanted: 'letters and digits' }),
      string('services'),
      string('a regular expression'),
      name('a replacement', 'received'),
    ],
  },
  // RFC 6672 §2.5: "The DNAME RDATA target name MUST NOT be sent out in compressed form"
  { mnemonic: 'DNAME', type: TYPE_DNAME, fields: [name('a target', 'never')] },
  {
    mnemonic: 'DS',
    type: TYPE_DS,
    fields: [
      number(2, 'a key tag'),
      number(1, 'an algorithm', algorithms),
      number(1, 'a digest type'),
      hex('a digest'),
    ],
    // RFC 3658 §2.4, RFC 4509 §2.1, RFC 6605 §2
    check: digestOf(
      3,
      4,
      new Map([
        [1, 20],
        [2, 32],
        [4, 48],
      ]),
    ),
  },
  {
    mnemonic: 'SSHFP',
    type: TYPE_SSHFP,
    fields: [number(1, 'an algorithm'), number(1, 'a fingerprint type'), hex('a fingerprint')],
    // RFC 4255 §3.1.2, RFC 6594 §3
    check: digestOf(
      1,
      2,
      new Map([
        [1, 20],
        [2, 32],
      ]),
    ),
  },
  {
    mnemonic: 'TLSA',
    type: TYPE_TLSA,
    fields: [
      number(1, 'a certificate usage'),
      number(1, 'a selector'),
      number(1, 'a matching type'),
      hex('a certificate association'),
    ],
    // RFC 6698 §2.1.3
    check: digestOf(
      2,
      3,
      new Map([
        [1, 32],
        [2, 64],
      ]),
    ),
  },
  { mnemonic: 'SVCB', type: TYPE_SVCB, fields: service },
  { mnemonic: 'HTTPS', type: TYPE_HTTPS, fields: service },
  {
    mnemonic: 'CAA',
    type: TYPE_CAA,
    fields: [
      number(1, 'flags'),
      // RFC 8659 §4.1: ASCII letters and digits, nothing else.
      tag('a tag'),
      restAsString('a value'),
    ],
  },
]

const byNumber = new Map(types.map((known) => [known.type, known]))
const byMnemonic = new Map(types.map((known) => [known.mnemonic, known.type]))

/** What is known of a type; undefined for one that is treated by RFC 3597 alone. */
export function recordType(type: number): RecordType | undefined {
  return byNumber.get(type)
}

/** The mnemonics that are known, in the order of their numbers. */
export const mnemonics: readonly string[] = types.map(({ mnemonic }) => mnemonic)

/** Reads a mnemonic or `TYPE123` (RFC 3597 §5), in any case. Undefined when it is neither. */
export function parseRecordType(text: string): number | undefined {
  const upper = text.toUpperCase()
  const known = byMnemonic.get(upper)
  if (known !== undefined) return known
  const digits = /^TYPE(\d{1,5})$/.exec(upper)?.[1]
  const type = digits === undefined ? Number.NaN : Number(digits)
  return type <= 65_535 ? type : undefined
}

/** The mnemonic of a type, or `TYPE123`. */
export function formatRecordType(type: number): string {
  return byNumber.get(type)?.mnemonic ?? `TYPE${type}`
}

/**
 * Whether no zone can have records of a type: RFC 6895 §3.1 keeps 0 and 65535, and 128 to 255 for
 * questions and what messages say of themselves, as OPT does.
 */
export function isMetaType(type: number): boolean {
  return type === 0 || type === TYPE_OPT || (type >= 128 && type <= 255) || type === 65_535
}

/** A digest has as many octets as the number that says what it is wants. */
function digestOf(
  kindAt: number,
  digestAt: number,
  lengths: ReadonlyMap<number, number>,
): (rdata: Uint8Array) => string | undefined {
  return (rdata) => {
    const kind = uintAt(rdata, kindAt, 1)
    const length = rdata.length - digestAt
    const wanted = lengths.get(kind)
    if (wanted === undefined || wanted === length) return undefined
    return `has a digest of ${length} octets, type ${kind} has ${wanted}`
  }
}
