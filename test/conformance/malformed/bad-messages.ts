import { optBytes, queryBytes, recordBytes } from '../../../edge/query/query-bytes.ts'
import {
  EDNS_OPTION_COOKIE,
  FLAG_AA,
  FLAG_QR,
  FLAG_TC,
  OPCODE_SHIFT,
  TYPE_A,
  TYPE_IXFR,
  TYPE_OPT,
  TYPE_SOA,
} from '../../../shared/dns/codes.ts'
import { nameOf, rawName } from '../exchange.ts'

/** What an edge does with a message: nothing, or an answer with this rcode. */
export type Outcome = 'silence' | 'NOERROR' | 'FORMERR' | 'NOTIMP' | 'BADVERS' | 'REFUSED'

export interface BadMessage {
  readonly what: string
  readonly wire: Buffer
  readonly outcome: Outcome
}

export interface BadMessages {
  readonly group: string
  readonly messages: readonly BadMessage[]
}

const HEADER_BYTES = 12
const video = nameOf('video.example')
const cookie = { code: EDNS_OPTION_COOKIE, data: Buffer.alloc(8, 0x5a) }
const addressRecord = recordBytes(video, { type: TYPE_A }, Buffer.alloc(4))
const opcodes = Array.from({ length: 16 }, (_, i) => i)

/** A good query that uses every field there is. */
const fullQuery = queryBytes({
  qname: video,
  records: [optBytes({ options: [cookie] }), addressRecord],
})
/** RFC 1995 §3: the one query with a record in the authority section. */
const ixfrQuery = queryBytes({
  qname: nameOf('example'),
  qtype: TYPE_IXFR,
  nscount: 1,
  records: [recordBytes(nameOf('example'), { type: TYPE_SOA }, Buffer.alloc(22))],
})

/** Hand-made messages by what is wrong with them, and good ones at the borders. */
export const badMessages: readonly BadMessages[] = [
  group('less than a header', [
    ...range(0, HEADER_BYTES).map((length) => ({
      what: `${length} octets of a query`,
      wire: fullQuery.subarray(0, length),
      outcome: 'silence' as const,
    })),
    ...range(1, HEADER_BYTES).map((length) => ({
      what: `${length} octets of 255`,
      wire: Buffer.alloc(length, 0xff),
      outcome: 'silence' as const,
    })),
  ]),
  group('cut at every octet', [
    ...cuts('a query', fullQuery),
    { what: 'the whole query', wire: fullQuery, outcome: 'NOERROR' },
    ...cuts('an IXFR query', ixfrQuery),
    { what: 'the whole IXFR query', wire: ixfrQuery, outcome: 'REFUSED' },
  ]),
  group('octets behind the end', [
    ...[1, 2, 4, 11, 12, 100, 1000].flatMap((length) => [
      formerr(`${length} zeros`, Buffer.concat([fullQuery, Buffer.alloc(length)])),
      formerr(`${length} octets of 255`, Buffer.concat([fullQuery, Buffer.alloc(length, 0xff)])),
    ]),
    formerr('the query a second time', Buffer.concat([fullQuery, fullQuery])),
  ]),
  group('labels', [
    formerr('a label type 01', question([0x41, ...Array<number>(65).fill(0x61), 0])),
    formerr('a label type 01, alone', question([0x40])),
    formerr('a label type 10', question([0x80, 0])),
    formerr('a label type 10, all bits', question([0xbf, ...Array<number>(63).fill(0x61), 0])),
    formerr('a label type 01 behind a good label', question([1, 0x61, 0x40, 0])),
    formerr('a label beyond the end', question([63, 0x61, 0])),
    formerr('a name without an end', question([1, 0x61]).subarray(0, -4)),
    formerr('a name of 256 octets', withQname(tooLongName(0))),
    formerr('a name of 257 octets', withQname(tooLongName(1))),
    formerr('a name of 128 labels', withQname(rawName(...Array<string>(128).fill('x')))),
    formerr('a name of a thousand labels', withQname(rawName(...Array<string>(1000).fill('x')))),
    { what: 'a name of 255 octets', wire: withQname(longestName()), outcome: 'REFUSED' },
    { what: 'the root', wire: withQname(nameOf('.')), outcome: 'REFUSED' },
  ]),
  group('pointers in the qname', [
    formerr('to itself', question([0xc0, 12])),
    formerr('to the header', question([0xc0, 0])),
    formerr('to the question’s type', question([0xc0, 14])),
    formerr('beyond the end', question([0xff, 0xff])),
    formerr('of one octet, then the end', question([0xc0]).subarray(0, HEADER_BYTES + 1)),
    formerr('to its own label', question([1, 0x61, 0xc0, 12])),
    formerr('each to the other', question([0xc0, 14, 0xc0, 12])),
    formerr('to a name behind it', Buffer.concat([question([0xc0, 18]), video])),
  ]),
  group('owners of additional records', [
    // Nobody asks for these names, so they are not followed: a loop costs nothing.
    ...[
      ['to the qname', [0xc0, 12]],
      ['to itself', [0xc0, HEADER_BYTES + video.length + 4]],
      ['beyond the end', [0xff, 0xff]],
      ['to its own label', [1, 0x61, 0xc0, HEADER_BYTES + video.length + 4]],
    ].map(([what, owner]) => ({
      what: `a pointer ${String(what)}`,
      wire: withRecord(recordBytes(Buffer.from(owner ?? []), { type: TYPE_A }, Buffer.alloc(4))),
      outcome: 'NOERROR' as const,
    })),
    formerr('a label type 01', withRecord(recordBytes(Buffer.from([0x40]), { type: TYPE_A }))),
    formerr('a label type 10', withRecord(recordBytes(Buffer.from([0x80]), { type: TYPE_A }))),
    formerr('a name of 256 octets', withRecord(recordBytes(tooLongName(0), { type: TYPE_A }))),
    formerr('a pointer that is cut', withRecord(Buffer.from([0xc0]))),
    formerr('an RDLENGTH beyond the end', withRecord(aRecord(5))),
    formerr('an RDLENGTH of 65535', withRecord(aRecord(65_535))),
    formerr('an RDLENGTH that leaves octets', withRecord(aRecord(3))),
  ]),
  group('counts that lie', [
    ...[0, 2, 3, 255, 256, 65_535].map((qdcount) =>
      formerr(`QDCOUNT ${qdcount}`, queryBytes({ qname: video, qdcount })),
    ),
    ...[1, 2, 255, 65_535].flatMap((count) => [
      formerr(`ANCOUNT ${count}`, queryBytes({ qname: video, ancount: count, arcount: 0 })),
      formerr(`NSCOUNT ${count}`, queryBytes({ qname: video, nscount: count, arcount: 0 })),
      formerr(`ARCOUNT ${count}`, queryBytes({ qname: video, arcount: count })),
    ]),
    ...[2, 3, 65_535].map((arcount) =>
      formerr(`ARCOUNT ${arcount} and one record`, withRecord(addressRecord, arcount)),
    ),
    formerr('an ARCOUNT too low', withRecord(addressRecord, 0)),
    formerr('a record in the answer section', sectioned({ ancount: 1 })),
    formerr('a record in the authority section', sectioned({ nscount: 1 })),
    formerr('an IXFR query with two records', patched(ixfrQuery, 9, 2)),
    formerr('all counts 65535', patched(fullQuery, 4, ...Array<number>(8).fill(0xff))),
    formerr('all counts 0', patched(fullQuery, 4, ...Array<number>(8).fill(0))),
    formerr('512 zeros', Buffer.alloc(512)),
    {
      what: '100 records',
      wire: queryBytes({ qname: video, records: Array<Buffer>(100).fill(addressRecord) }),
      outcome: 'NOERROR',
    },
  ]),
  group('OPT records', [
    formerr('two', queryBytes({ qname: video, records: [optBytes(), optBytes()] })),
    formerr(
      'two with a record between',
      queryBytes({ qname: video, records: [optBytes(), addressRecord, optBytes()] }),
    ),
    formerr('of a name', withRecord(optBytes({ owner: video }))),
    formerr('of a pointer', withRecord(optBytes({ owner: Buffer.from([0xc0, 12]) }))),
    formerr('in the answer section', sectioned({ ancount: 1 }, optBytes())),
    formerr('in the authority section', sectioned({ nscount: 1 }, optBytes())),
    formerr('asked for', queryBytes({ qname: video, qtype: TYPE_OPT })),
    ...[[0], [0, 10], [0, 10, 0], [0, 10, 0, 1], [0, 10, 0, 0, 0], [0, 10, 0xff, 0xff, 1]].map(
      (octets) => formerr(`options ${octets.join(' ')}`, withRecord(opt(Buffer.from(octets)))),
    ),
    formerr('an RDLENGTH beyond the end', withRecord(opt(Buffer.alloc(4), 5))),
    {
      what: 'version 1 and options that no version 0 has',
      wire: withRecord(optBytesOf({ version: 1 }, Buffer.from([0, 10, 0, 1]))),
      outcome: 'BADVERS',
    },
    formerr(
      'version 1 and another OPT record',
      queryBytes({ qname: video, records: [optBytes({ version: 1 }), optBytes()] }),
    ),
  ]),
  group('answers', [
    ...opcodes.flatMap((opcode) => [
      silence(`opcode ${opcode}`, flagged(fullQuery, FLAG_QR | (opcode << OPCODE_SHIFT))),
      silence(
        `opcode ${opcode}, a header`,
        flagged(fullQuery.subarray(0, HEADER_BYTES), FLAG_QR | (opcode << OPCODE_SHIFT)),
      ),
    ]),
    ...[1, 4, 5, 9, 15].map((rcode) =>
      silence(`rcode ${rcode}`, flagged(fullQuery, FLAG_QR | rcode)),
    ),
    silence('truncated', flagged(fullQuery, FLAG_QR | FLAG_TC | FLAG_AA)),
    silence('with a broken question', flagged(question([0xc0, 12]), FLAG_QR)),
    silence('all octets 255', Buffer.alloc(512, 0xff)),
  ]),
  group(
    'other opcodes with anything behind the header',
    opcodes
      .slice(1)
      .flatMap((opcode) => [
        notimp(`opcode ${opcode}`, flagged(fullQuery, opcode << OPCODE_SHIFT)),
        notimp(`opcode ${opcode}, a bad qname`, flagged(question([0x80]), opcode << OPCODE_SHIFT)),
        notimp(
          `opcode ${opcode}, counts that lie`,
          patched(flagged(fullQuery, opcode << OPCODE_SHIFT), 4, ...Array<number>(8).fill(0xff)),
        ),
      ]),
  ),
]

// ---- builders ----

function group(name: string, messages: readonly BadMessage[]): BadMessages {
  return { group: name, messages }
}

function formerr(what: string, wire: Buffer): BadMessage {
  return { what, wire, outcome: 'FORMERR' }
}

function silence(what: string, wire: Buffer): BadMessage {
  return { what, wire, outcome: 'silence' }
}

function notimp(what: string, wire: Buffer): BadMessage {
  return { what, wire, outcome: 'NOTIMP' }
}

/** The message cut after every octet from the header on. */
function cuts(what: string, wire: Buffer): readonly BadMessage[] {
  return range(HEADER_BYTES, wire.length).map((length) =>
    formerr(`${length} octets of ${what}`, wire.subarray(0, length)),
  )
}

/** A query whose qname is these octets. */
function question(octets: readonly number[]): Buffer {
  return queryBytes({ qname: Buffer.from(octets) })
}

function withQname(qname: Buffer): Buffer {
  return queryBytes({ qname })
}

function withRecord(record: Buffer, arcount = 1): Buffer {
  return queryBytes({ qname: video, records: [record], arcount })
}

function sectioned(
  counts: { readonly ancount?: number; readonly nscount?: number },
  record = addressRecord,
): Buffer {
  return queryBytes({ qname: video, records: [record], ...counts })
}

function aRecord(rdlength: number): Buffer {
  return recordBytes(video, { type: TYPE_A, rdlength }, Buffer.alloc(4))
}

function opt(options: Buffer, rdlength = options.length): Buffer {
  return recordBytes(nameOf('.'), { type: TYPE_OPT, class: 1232, rdlength }, options)
}

function optBytesOf({ version }: { readonly version: number }, options: Buffer): Buffer {
  const ttl = version * 2 ** 16
  return recordBytes(nameOf('.'), { type: TYPE_OPT, class: 1232, ttl }, options)
}

function longestName(): Buffer {
  return rawName('a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(61))
}

/** A name of 256 octets, or of one more. */
function tooLongName(more: 0 | 1): Buffer {
  return rawName('a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(62 + more))
}

function flagged(wire: Buffer, flags: number): Buffer {
  return patched(wire, 2, flags >> 8, flags & 0xff)
}

function patched(wire: Buffer, off: number, ...octets: readonly number[]): Buffer {
  const copy = Buffer.from(wire)
  copy.set(octets, off)
  return copy
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
