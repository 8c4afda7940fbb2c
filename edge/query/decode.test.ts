import { describe, expect, test } from 'vitest'
import {
  CLASS_CH,
  EDNS_FLAG_DO,
  EDNS_OPTION_COOKIE,
  EDNS_OPTION_ECS,
  EDNS_OPTION_NSID,
  FLAG_AD,
  FLAG_CD,
  FLAG_QR,
  FLAG_RD,
  FLAG_Z,
  OPCODE_SHIFT,
  TYPE_A,
  TYPE_AXFR,
  TYPE_IXFR,
  TYPE_OPT,
  TYPE_SOA,
  TYPE_TSIG,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { nameKey, nameToWire } from '../../shared/dns/name.ts'
import { decodeQuery } from './decode.ts'
import type { Decoded } from './decode.ts'
import { optBytes, queryBytes, recordBytes } from './query-bytes.ts'
import type { QueryParts } from './query-bytes.ts'
import { Query } from './query.ts'

const noData = Buffer.alloc(0)
const root = Buffer.alloc(1)
const nsid = { code: EDNS_OPTION_NSID, data: noData }

function decode(parts: QueryParts): { decoded: Decoded; q: Query } {
  const wire = queryBytes(parts)
  const q = new Query()
  return { decoded: decodeQuery(wire, wire.length, 'udp', q), q }
}

describe('rfc1035 §4.1: a plain query', () => {
  test('gives id, flags, question and no EDNS', () => {
    const qname = nameToWire('www.example.')
    const { decoded, q } = decode({ id: 0xbeef, flags: FLAG_RD, qtype: TYPE_TXT, qclass: CLASS_CH })
    expect(decoded).toBe('ok')
    expect(q).toMatchObject({
      id: 0xbeef,
      flags: FLAG_RD,
      opcode: 0,
      qnameEnd: 12 + qname.length,
      qtype: TYPE_TXT,
      qclass: CLASS_CH,
      hasOpt: false,
      ednsVersion: 0,
      udpSize: 0,
      dnssecOk: false,
      wantsNsid: false,
    })
  })

  test('the root is a qname', () => {
    const { decoded, q } = decode({ qname: root })
    expect(decoded).toBe('ok')
    expect(q.qnameEnd).toBe(13)
  })

  test('the message may stand in a longer buffer', () => {
    const wire = queryBytes()
    const q = new Query()
    const buffer = Buffer.concat([wire, Buffer.alloc(500, 0xff)])
    expect(decodeQuery(buffer, wire.length, 'udp', q)).toBe('ok')
    expect(decodeQuery(buffer, wire.length + 1, 'udp', q)).toBe('formerr')
  })
})

describe('what gets no answer', () => {
  test('less than a header', () => {
    const q = new Query()
    for (let length = 0; length < 12; length++) {
      expect(decodeQuery(queryBytes(), length, 'udp', q)).toBe('ignore')
    }
  })

  test.each([0, 5, 15])('an answer, whatever its opcode (%i)', (opcode) => {
    expect(decode({ flags: FLAG_QR | (opcode << OPCODE_SHIFT) }).decoded).toBe('ignore')
  })
})

describe('counts of the header', () => {
  test.each<[string, QueryParts]>([
    ['rfc9619 §4: QDCOUNT 0', { qdcount: 0 }],
    ['rfc9619 §4: QDCOUNT 2', { qdcount: 2 }],
    ['QDCOUNT 65535', { qdcount: 65_535 }],
    ['ANCOUNT 1 with a record', { ancount: 1, records: [recordBytes(root, { type: TYPE_A })] }],
    ['NSCOUNT 1 with a record', { nscount: 1, records: [recordBytes(root, { type: TYPE_A })] }],
    ['ARCOUNT above the records there are', { arcount: 1 }],
    ['ARCOUNT 65535', { arcount: 65_535, records: [optBytes()] }],
    ['ARCOUNT below the records there are', { arcount: 0, records: [optBytes()] }],
  ])('%s is FORMERR', (_what, parts) => {
    expect(decode(parts).decoded).toBe('formerr')
  })

  const soa = recordBytes(nameToWire('example.'), { type: TYPE_SOA }, Buffer.alloc(24))

  test('rfc1995 §3: IXFR with one SOA in the authority section is read', () => {
    const parts = { qtype: TYPE_IXFR, nscount: 1, records: [soa, optBytes()] }
    const { decoded, q } = decode(parts)
    expect(decoded).toBe('ok')
    expect(q.qtype).toBe(TYPE_IXFR)
    expect(q.hasOpt).toBe(true)
  })

  test.each<[string, QueryParts]>([
    ['IXFR with two authority records', { qtype: TYPE_IXFR, nscount: 2, records: [soa, soa] }],
    ['IXFR without the record', { qtype: TYPE_IXFR, nscount: 1, arcount: 0 }],
    [
      'IXFR with a cut record',
      { qtype: TYPE_IXFR, nscount: 1, records: [soa.subarray(0, soa.length - 1)] },
    ],
    ['AXFR with an authority record', { qtype: TYPE_AXFR, nscount: 1, records: [soa] }],
  ])('%s is FORMERR', (_what, parts) => {
    expect(decode(parts).decoded).toBe('formerr')
  })
})

describe('the qname', () => {
  const label = (length: number): Buffer => Buffer.from([length, ...Buffer.alloc(length, 'a')])
  const name = (...lengths: number[]): Buffer => Buffer.concat([...lengths.map(label), root])

  test('rfc1035 §2.3.4: a label of 63 and a name of 255 octets are good', () => {
    const qname = name(63, 63, 63, 61)
    expect(qname).toHaveLength(255)
    const { decoded, q } = decode({ qname })
    expect(decoded).toBe('ok')
    expect(q.qnameEnd).toBe(12 + 255)
    expect(decode({ qname: name(...Array.from({ length: 127 }, () => 1)) }).decoded).toBe('ok')
  })

  test.each<[string, Buffer]>([
    ['rfc1035 §2.3.4: 256 octets', name(63, 63, 63, 62)],
    ['rfc1035 §2.3.4: 257 octets in labels of one', name(...Array.from({ length: 128 }, () => 1))],
    ['rfc1035 §3.1: a label of 64 octets', Buffer.from([64, ...Buffer.alloc(64, 'a'), 0])],
    ['rfc1035 §4.1.4: a label type of 10', Buffer.from([0x80, 0])],
    ['rfc1035 §4.1.4: a pointer to the header', Buffer.from([0xc0, 0])],
    ['rfc1035 §4.1.4: a pointer to itself', Buffer.from([0xc0, 12])],
    ['rfc1035 §4.1.4: a pointer behind a label', Buffer.from([1, 0x61, 0xc0, 12])],
    ['a length that leads out of the message', Buffer.from([63, 0x61, 0])],
  ])('%s: FORMERR and no question', (_what, qname) => {
    const { decoded, q } = decode({ qname })
    expect(decoded).toBe('formerr')
    expect(q.qnameEnd).toBe(0)
    expect(q.id).toBe(0x1234)
  })

  test('a question cut in its type or class is none', () => {
    const wire = queryBytes()
    const q = new Query()
    for (let length = wire.length - 4; length < wire.length; length++) {
      expect(decodeQuery(wire, length, 'udp', q)).toBe('formerr')
      expect(q.qnameEnd).toBe(0)
    }
  })

  test('rfc4343 §3: lqname is the key of the name, whatever the case', () => {
    const { q } = decode({ qname: Buffer.from('\x03wWw\x07EXaMPle\0', 'latin1') })
    expect(q.lqname).toBe(nameKey('www.example.'))
    expect(q.lqname).toBe(q.lqname)
  })

  test('lqname keeps octets that are no letters, and those above 127', () => {
    const { q } = decode({ qname: Buffer.from('\x06@[`{\xc4\xff\0', 'latin1') })
    expect(q.lqname).toBe('\x06@[`{\xc4\xff\0')
  })
})

describe('EDNS', () => {
  test('rfc6891 §6.1.2: OPT is read wherever it stands among the additional records', () => {
    const other = recordBytes(nameToWire('k.example.'), { type: TYPE_TSIG }, Buffer.alloc(9))
    const opt = optBytes({ udpSize: 4096, flags: EDNS_FLAG_DO, options: [nsid] })
    for (const records of [[opt], [other, opt], [opt, other], [other, opt, other]]) {
      const { decoded, q } = decode({ records })
      expect(decoded).toBe('ok')
      expect(q).toMatchObject({ hasOpt: true, udpSize: 4096, dnssecOk: true, wantsNsid: true })
    }
  })

  test('rfc6891 §6.1.1: two OPT records → FORMERR, with OPT', () => {
    const { decoded, q } = decode({ records: [optBytes(), optBytes()] })
    expect(decoded).toBe('formerr')
    expect(q.hasOpt).toBe(true)
  })

  test.each<[string, Buffer]>([
    ['a name', nameToWire('example.')],
    ['a pointer to the root', Buffer.from([0xc0, 0x18])],
  ])('rfc6891 §6.1.2: OPT owned by %s → FORMERR', (_what, owner) => {
    expect(decode({ records: [optBytes({ owner })] }).decoded).toBe('formerr')
  })

  test.each<[string, Buffer]>([
    ['a header of three octets', Buffer.from([0, 3, 0])],
    ['a length beyond the record', Buffer.from([0, 3, 0, 1])],
    ['a second option cut', Buffer.from([0, 3, 0, 0, 0, 10, 0, 8, 1])],
  ])('rfc6891 §6.1.2: options with %s → FORMERR', (_what, rdata) => {
    const opt = recordBytes(root, { type: TYPE_OPT, class: 1232 }, rdata)
    const other = recordBytes(root, { type: TYPE_A }, Buffer.alloc(4))
    const { decoded, q } = decode({ records: [opt, other] })
    expect(decoded).toBe('formerr')
    expect(q.hasOpt).toBe(true)
  })

  test('rfc6891 §6.1.1: OPT is not a type to ask for', () => {
    expect(decode({ qtype: TYPE_OPT }).decoded).toBe('formerr')
  })

  test('rfc6891 §6.1.2: options and flags without a meaning here are passed over', () => {
    const options = [
      { code: 65_000, data: Buffer.from([0]) },
      { code: EDNS_OPTION_COOKIE, data: Buffer.alloc(3) },
      { code: 65_001, data: Buffer.alloc(40) },
    ]
    const { decoded, q } = decode({ records: [optBytes({ flags: 0x7fff, options })] })
    expect(decoded).toBe('ok')
    expect(q).toMatchObject({ dnssecOk: false, wantsNsid: false })
  })

  test('rfc5001 §2.2: NSID data in a query is ignored', () => {
    const options = [{ code: EDNS_OPTION_NSID, data: Buffer.from('me') }]
    expect(decode({ records: [optBytes({ options })] }).q.wantsNsid).toBe(true)
  })

  test.each([1, 100, 255])(
    'rfc6891 §6.1.3: version %i → BADVERS, the rest remembered',
    (version) => {
      const records = [optBytes({ version, udpSize: 700, flags: EDNS_FLAG_DO, options: [nsid] })]
      const { decoded, q } = decode({ records })
      expect(decoded).toBe('badvers')
      expect(q).toMatchObject({
        ednsVersion: version,
        udpSize: 700,
        dnssecOk: true,
        wantsNsid: true,
      })
      expect(q.qnameEnd).toBeGreaterThan(12)
    },
  )

  test('options of another version that do not fit are still BADVERS', () => {
    const rdata = Buffer.from([9, 9, 9])
    const opt = recordBytes(root, { type: TYPE_OPT, class: 1232, ttl: 0x0001_0000 }, rdata)
    expect(decode({ records: [opt] }).decoded).toBe('badvers')
  })

  test('the upper rcode bits of a query mean nothing', () => {
    const opt = recordBytes(root, { type: TYPE_OPT, class: 1232, ttl: 0xff00_0000 })
    expect(decode({ records: [opt] }).decoded).toBe('ok')
  })
})

describe('additional records', () => {
  test.each<[string, Buffer]>([
    ['a pointer to the qname', Buffer.from([0xc0, 12])],
    ['a pointer to itself', Buffer.from([0xc0, 0x1d])],
    ['a pointer ahead', Buffer.from([0xff, 0xff])],
    ['a label and a pointer', Buffer.from([1, 0x61, 0xc0, 12])],
    ['255 octets', Buffer.concat([Buffer.alloc(254, Buffer.from([1, 0x61])), root])],
  ])('owned by %s are skipped', (_what, owner) => {
    const records = [recordBytes(owner, { type: TYPE_A }, Buffer.alloc(4)), optBytes()]
    const { decoded, q } = decode({ records })
    expect(decoded).toBe('ok')
    expect(q.hasOpt).toBe(true)
  })

  test.each<[string, Buffer]>([
    ['half a pointer', Buffer.from([0xc0])],
    ['a reserved label type', recordBytes(Buffer.from([0x41, 0]), { type: TYPE_A })],
    ['a name of more than 256 octets', recordBytes(Buffer.alloc(257, '\x01a'), { type: TYPE_A })],
    [
      'a name of 256 octets in whole labels',
      recordBytes(Buffer.concat([Buffer.from('\x02ab'), Buffer.alloc(252, '\x01a'), root]), {
        type: TYPE_A,
      }),
    ],
    ['a name without end', Buffer.from([1, 0x61])],
    ['an RDLENGTH that lies', recordBytes(root, { type: TYPE_A, rdlength: 5 }, Buffer.alloc(4))],
    ['an RDLENGTH of 65535', recordBytes(root, { type: TYPE_A, rdlength: 65_535 })],
  ])('with %s → FORMERR', (_what, record) => {
    expect(decode({ records: [record] }).decoded).toBe('formerr')
  })

  test('octets behind the last one → FORMERR', () => {
    expect(decode({ arcount: 0, records: [Buffer.alloc(1)] }).decoded).toBe('formerr')
    expect(decode({ arcount: 1, records: [optBytes(), Buffer.alloc(1)] }).decoded).toBe('formerr')
  })
})

describe('rfc8906 §8: what servers are tested with', () => {
  test.each<[string, QueryParts, Decoded]>([
    ['§8.1.2: an unknown type', { qtype: 1000 }, 'ok'],
    ['§8.1.3.1: CD=1', { flags: FLAG_CD }, 'ok'],
    ['§8.1.3.2: AD=1', { flags: FLAG_AD }, 'ok'],
    ['§8.1.3.3: the reserved bit', { flags: FLAG_Z }, 'ok'],
    ['§8.1.3.4: RD=1', { flags: FLAG_RD }, 'ok'],
    ['§8.2.1: minimal EDNS', { records: [optBytes()] }, 'ok'],
    ['§8.2.2: EDNS version 1', { records: [optBytes({ version: 1 })] }, 'badvers'],
    [
      '§8.2.3: an unknown option',
      { records: [optBytes({ options: [{ code: 100, data: noData }] })] },
      'ok',
    ],
    ['§8.2.4: an unknown flag', { records: [optBytes({ flags: 0x0040 })] }, 'ok'],
    [
      '§8.2.5: version 1, unknown flag',
      { records: [optBytes({ version: 1, flags: 0x40 })] },
      'badvers',
    ],
    [
      '§8.2.6: version 1, unknown option',
      { records: [optBytes({ version: 1, options: [{ code: 100, data: noData }] })] },
      'badvers',
    ],
    ['§8.2.8: DO=1', { records: [optBytes({ flags: EDNS_FLAG_DO })] }, 'ok'],
    [
      '§8.2.9: version 1, DO=1',
      { records: [optBytes({ version: 1, flags: EDNS_FLAG_DO })] },
      'badvers',
    ],
    [
      '§8.2.10: several defined options',
      {
        records: [
          optBytes({
            options: [
              nsid,
              { code: EDNS_OPTION_COOKIE, data: Buffer.alloc(8) },
              { code: 9, data: noData },
              { code: EDNS_OPTION_ECS, data: Buffer.alloc(4) },
            ],
          }),
        ],
      },
      'ok',
    ],
  ])('%s', (_what, parts, expected) => {
    expect(decode(parts).decoded).toBe(expected)
  })

  test.each([1, 2, 3, 4, 5, 6, 15])('§8.1.4: opcode %i → NOTIMP, by the header only', (opcode) => {
    const header = queryBytes({ flags: (opcode << OPCODE_SHIFT) | FLAG_RD, qdcount: 0 }).subarray(
      0,
      12,
    )
    const q = new Query()
    expect(decodeQuery(header, header.length, 'udp', q)).toBe('notimp')
    expect(q).toMatchObject({ id: 0x1234, opcode, qnameEnd: 0, hasOpt: false })
  })
})

test('a query leaves nothing behind for the next one', () => {
  const q = new Query()
  const first = queryBytes({
    records: [optBytes({ flags: EDNS_FLAG_DO, options: [nsid], version: 3 })],
  })
  decodeQuery(first, first.length, 'tcp', q)
  expect(q.lqname).toBe(nameKey('www.example.'))

  const next = queryBytes({ qname: nameToWire('example.org.') })
  expect(decodeQuery(next, next.length, 'udp', q)).toBe('ok')
  const fresh = new Query()
  decodeQuery(next, next.length, 'udp', fresh)
  expect(q.lqname).toBe(nameKey('example.org.'))
  expect(q).toEqual(fresh)

  expect(decodeQuery(next, 11, 'udp', q)).toBe('ignore')
  expect(q.lqname).toBe('')
  expect(q.id).toBe(0)
})
