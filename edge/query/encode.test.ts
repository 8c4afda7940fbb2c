import { describe, expect, test } from 'vitest'
import {
  EDE_NOT_READY,
  EDNS_FLAG_DO,
  EDNS_OPTION_COOKIE,
  EDNS_OPTION_ECS,
  EDNS_OPTION_EDE,
  EDNS_OPTION_NSID,
  FLAG_AD,
  FLAG_CD,
  FLAG_RA,
  FLAG_RD,
  FLAG_Z,
  OPCODE_SHIFT,
  RCODE_BADVERS,
  RCODE_FORMERR,
  RCODE_NOERROR,
  RCODE_NOTIMP,
  RCODE_NXDOMAIN,
  RCODE_REFUSED,
  TYPE_A,
  TYPE_NS,
  TYPE_SOA,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { decodeExtendedError } from '../../shared/dns/edns.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import type { DnsMessage } from '../../shared/dns/message.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { decodeQuery } from './decode.ts'
import { encodeAnswer, encodeError } from './encode.ts'
import type { Answer, AnswerOptions } from './encode.ts'
import { optBytes, queryBytes } from './query-bytes.ts'
import type { QueryParts } from './query-bytes.ts'
import { Query } from './query.ts'
import type { Transport } from './query.ts'
import { encodeRecords } from './records.ts'

const apex = 'example.'
const address = encodeRecords([{ owner: 'qname', type: TYPE_A, ttl: 30, rdata: '192.0.2.1' }], apex)
const soa = encodeRecords(
  [
    {
      owner: 'apex',
      type: TYPE_SOA,
      ttl: 30,
      rdata: {
        mname: 'ns1.example.',
        rname: 'hostmaster.example.',
        serial: 7,
        refresh: 7200,
        retry: 900,
        expire: 1_209_600,
        minimum: 30,
      },
    },
  ],
  apex,
)
const good: Answer = {
  rcode: RCODE_NOERROR,
  authoritative: true,
  answer: address,
  authority: undefined,
  additional: undefined,
  glueRequired: false,
  apexBytes: nameToWire(apex).length,
  ede: undefined,
}
const nsid = { code: EDNS_OPTION_NSID, data: Buffer.alloc(0) }
const options: AnswerOptions = { nsid: Buffer.from('sfo1') }

function query(parts: QueryParts, transport: Transport = 'udp'): Query {
  const wire = queryBytes(parts)
  const q = new Query()
  decodeQuery(wire, wire.length, transport, q)
  return q
}

function read(bytes: Buffer): DnsMessage {
  const message = decodeMessage(bytes)
  if (message === undefined) throw new Error(`not a message: ${bytes.toString('hex')}`)
  return message
}

function answer(parts: QueryParts, given: Partial<Answer> = {}): DnsMessage {
  return read(encodeAnswer(query(parts), { ...good, ...given }, options))
}

/** TXT records that make an answer to www.example. exactly `bytes` long without OPT. */
function filler(bytes: number): Answer {
  const rdata = ['x'.repeat(bytes - 12 - 17 - 12 - Math.ceil((bytes - 41) / 256))]
  const block = encodeRecords([{ owner: 'qname', type: TYPE_TXT, ttl: 0, rdata }], apex)
  return { ...good, answer: block }
}

describe('rfc1035 §4.1.1: the header', () => {
  test('has the id, QR, AA as told, and RD of the query', () => {
    expect(answer({ id: 0xbeef })).toMatchObject({ id: 0xbeef, qr: true, aa: true, rd: true })
    expect(answer({ flags: 0 }, { authoritative: false })).toMatchObject({ aa: false, rd: false })
  })

  test('copies CD, and leaves AD, RA and the reserved bit clear whatever was sent', () => {
    const flags = FLAG_CD | FLAG_AD | FLAG_RA | FLAG_Z | 0x0600 | 0x000f
    const message = answer({ flags })
    expect(message).toMatchObject({ cd: true, ad: false, ra: false, z: false, tc: false, rcode: 0 })
    expect(answer({ flags: 0 }).cd).toBe(false)
  })

  test('has the rcode', () => {
    expect(answer({}, { rcode: RCODE_NXDOMAIN, answer: undefined }).rcode).toBe(RCODE_NXDOMAIN)
  })
})

test('the question is copied byte for byte, its case too', () => {
  const qname = Buffer.from('\x03wWw\x07eXamPLe\0', 'latin1')
  const wire = encodeAnswer(query({ qname, qtype: TYPE_A }), good, options)
  expect(wire.subarray(12, 12 + qname.length)).toEqual(qname)
})

describe('rfc1035 §4.1.4: owners', () => {
  test('of qname and apex are pointers into the question', () => {
    const message = answer(
      { qname: nameToWire('a.b.www.example.') },
      { rcode: RCODE_NXDOMAIN, authority: soa },
    )
    expect(message.answers).toMatchObject([{ name: 'a.b.www.example.', ttl: 30 }])
    expect(message.authorities).toMatchObject([
      {
        name: 'example.',
        rdata: { mname: 'ns1.example.', rname: 'hostmaster.example.', serial: 7 },
      },
    ])
  })

  test('the apex itself as qname', () => {
    const message = answer({ qname: nameToWire(apex) }, { authority: soa })
    expect(message.answers[0]?.name).toBe(apex)
    expect(message.authorities[0]?.name).toBe(apex)
  })

  test('a block serves queries of different length one after the other', () => {
    const before = Buffer.from(soa.bytes)
    for (const name of [
      'example.',
      'www.example.',
      `${'l'.repeat(63)}.example.`,
      'a.b.c.example.',
    ]) {
      expect(answer({ qname: nameToWire(name) }, { authority: soa }).authorities[0]).toMatchObject({
        name: 'example.',
        rdata: { mname: 'ns1.example.' },
      })
    }
    expect(soa.bytes).toEqual(before)
  })

  test('under the root', () => {
    const ns = encodeRecords([{ owner: 'apex', type: TYPE_NS, ttl: 9, rdata: 'a.test.' }], '.')
    for (const name of ['.', 'www.test.']) {
      const given = { answer: undefined, authority: ns, apexBytes: 1 }
      expect(answer({ qname: nameToWire(name) }, given).authorities).toMatchObject([
        { name: '.', type: TYPE_NS, rdata: { name: 'a.test.' } },
      ])
    }
  })

  test('at the end of the longest name', () => {
    const qname = Buffer.concat([Buffer.alloc(246, Buffer.from([1, 0x61])), nameToWire(apex)])
    expect(qname).toHaveLength(255)
    expect(answer({ qname }, { authority: soa }).authorities[0]?.name).toBe(apex)
  })
})

describe('OPT', () => {
  test('rfc6891 §6.1.1: is in the answer if it was in the query, and only then', () => {
    expect(answer({}).edns).toBeUndefined()
    expect(answer({}).additionals).toEqual([])
    const records = [optBytes({ udpSize: 4096 })]
    expect(answer({ records }).edns).toEqual({
      udpSize: 1232,
      version: 0,
      dnssecOk: false,
      options: [],
    })
  })

  test('rfc3225 §3: DO is copied; rfc6891 §6.1.4: other flags are not', () => {
    const wire = encodeAnswer(query({ records: [optBytes({ flags: 0xffff })] }), good, options)
    expect(read(wire).edns?.dnssecOk).toBe(true)
    expect(wire.readUInt16BE(wire.length - 4)).toBe(EDNS_FLAG_DO)
  })

  test('rfc5001 §2.2: NSID is sent to whom asks, where there is one', () => {
    const records = [optBytes({ options: [nsid] })]
    expect(answer({ records }).edns?.options).toEqual([
      { code: EDNS_OPTION_NSID, data: Buffer.from('sfo1') },
    ])
    const without = encodeAnswer(query({ records }), good, { nsid: Buffer.alloc(0) })
    expect(read(without).edns?.options).toEqual([])
    expect(answer({ records: [optBytes()] }).edns?.options).toEqual([])
  })

  test('rfc8914 §2: EDE is sent with its text, after NSID, only with OPT', () => {
    const ede = { code: EDE_NOT_READY, text: 'snapshot \u00fc' }
    const records = [optBytes({ options: [nsid] })]
    const message = answer({ records }, { ede })
    expect(message.edns?.options.map(({ code }) => code)).toEqual([
      EDNS_OPTION_NSID,
      EDNS_OPTION_EDE,
    ])
    expect(decodeExtendedError(message.edns?.options[1]?.data ?? Buffer.alloc(0))).toEqual(ede)
    expect(answer({}, { ede }).edns).toBeUndefined()
  })

  test('rfc8914 §2: EDE without text', () => {
    const message = answer({ records: [optBytes()] }, { ede: { code: 23, text: '' } })
    expect(message.edns?.options).toEqual([{ code: EDNS_OPTION_EDE, data: Buffer.from([0, 23]) }])
  })

  test('options of the client are not echoed', () => {
    const echo = [EDNS_OPTION_ECS, EDNS_OPTION_COOKIE, 100].map((code) => ({
      code,
      data: Buffer.alloc(8),
    }))
    expect(answer({ records: [optBytes({ options: echo })] }).edns?.options).toEqual([])
  })
})

describe('size', () => {
  test.each<[string, QueryParts, number]>([
    ['rfc1035 §4.2.1: without OPT 512', {}, 512],
    ['rfc6891 §6.2.3: below 512 is 512', { records: [optBytes({ udpSize: 0 })] }, 512],
    ['rfc6891 §6.2.3: 511 is 512', { records: [optBytes({ udpSize: 511 })] }, 512],
    ['rfc6891 §6.2.3: as the client offers', { records: [optBytes({ udpSize: 900 })] }, 900],
    ['no more than our 1232', { records: [optBytes({ udpSize: 65_535 })] }, 1232],
  ])('%s over UDP', (_what, parts, limit) => {
    const q = query(parts)
    const optSize = q.hasOpt ? 11 : 0
    const whole = encodeAnswer(q, filler(limit - optSize), options)
    expect(whole).toHaveLength(limit)
    expect(read(whole)).toMatchObject({ tc: false, answers: [{ name: 'www.example.' }] })
    const cut = encodeAnswer(q, filler(limit - optSize + 1), options)
    expect(read(cut)).toMatchObject({ tc: true, answers: [] })
  })

  test('rfc2181 §9, rfc6891 §7: what does not fit has TC, question, OPT and nothing else', () => {
    const records = [optBytes({ flags: EDNS_FLAG_DO, options: [nsid] })]
    const ede = { code: EDE_NOT_READY, text: 'x' }
    const large = { ...filler(2000), rcode: RCODE_NXDOMAIN, authority: soa, ede }
    expect(read(encodeAnswer(query({ records }), large, options))).toEqual({
      id: 0x1234,
      qr: true,
      opcode: 0,
      aa: true,
      tc: true,
      rd: true,
      ra: false,
      z: false,
      ad: false,
      cd: false,
      rcode: RCODE_NXDOMAIN,
      questions: [{ name: 'www.example.', type: TYPE_A, class: 1 }],
      answers: [],
      authorities: [],
      additionals: [],
      edns: {
        udpSize: 1232,
        version: 0,
        dnssecOk: true,
        options: [{ code: EDNS_OPTION_NSID, data: options.nsid }],
      },
    })
  })

  test('over TCP up to 65535', () => {
    const q = query({ records: [optBytes({ udpSize: 512 })] }, 'tcp')
    expect(encodeAnswer(q, filler(65_535 - 11), options)).toHaveLength(65_535)
    expect(read(encodeAnswer(q, filler(65_535 - 10), options)).tc).toBe(true)
  })

  describe('rfc8914 §3: EDE goes before data', () => {
    const ede = { code: EDE_NOT_READY, text: 'twelve chars' }
    const records = [optBytes({ udpSize: 600 })]
    const room = (bytes: number): DnsMessage =>
      read(encodeAnswer(query({ records }), { ...filler(600 - 11 - bytes), ede }, options))

    test.each([
      [18, Buffer.from('\0\x0etwelve chars')],
      [17, Buffer.from('\0\x0e')],
      [6, Buffer.from('\0\x0e')],
      [5, undefined],
      [0, undefined],
    ])('with %i octets left', (bytes, data) => {
      const message = room(bytes)
      expect(message.tc).toBe(false)
      expect(message.answers).toHaveLength(1)
      expect(message.edns?.options).toEqual(
        data === undefined ? [] : [{ code: EDNS_OPTION_EDE, data }],
      )
    })
  })

  test.each([
    [512, true],
    [513, false],
  ])('a bare answer of %i octets with its NSID keeps it: %s', (size, keeps) => {
    const q = query({ records: [optBytes({ udpSize: 512, options: [nsid] })] })
    const bytes = size - (q.qnameEnd + 4) - 11 - 4
    const message = read(encodeError(q, RCODE_REFUSED, { nsid: Buffer.alloc(bytes) }))
    expect(message.edns?.options).toHaveLength(keeps ? 1 : 0)
  })

  test('an NSID that does not even fit in a truncated answer is left out', () => {
    const records = [optBytes({ udpSize: 512, options: [nsid] })]
    const huge = { nsid: Buffer.alloc(600) }
    const message = read(encodeAnswer(query({ records }), good, huge))
    expect(message).toMatchObject({ tc: true, edns: { options: [] } })
    expect(read(encodeError(query({ records }), RCODE_REFUSED, huge)).edns?.options).toEqual([])
  })
})

describe('errors', () => {
  test('rfc6891 §6.1.3: BADVERS has the question, version 0 and the upper rcode bits', () => {
    const records = [optBytes({ version: 1, flags: EDNS_FLAG_DO, options: [nsid] })]
    const message = read(encodeError(query({ records }), RCODE_BADVERS, options))
    expect(message).toMatchObject({
      id: 0x1234,
      qr: true,
      rcode: RCODE_BADVERS,
      questions: [{ name: 'www.example.' }],
      edns: { version: 0, dnssecOk: true, options: [{ code: EDNS_OPTION_NSID }] },
    })
  })

  test('rfc6891 §6.1.1: FORMERR for two OPT records has one', () => {
    const q = query({ records: [optBytes(), optBytes()] })
    const message = read(encodeError(q, RCODE_FORMERR, options))
    expect(message).toMatchObject({ rcode: RCODE_FORMERR, questions: [{}], edns: { version: 0 } })
  })

  test('FORMERR for an unreadable question is a header', () => {
    const q = query({ id: 7, qname: Buffer.from([0xc0, 12]) })
    expect(encodeError(q, RCODE_FORMERR, options).toString('hex')).toBe('000781010000000000000000')
  })

  test('rfc8906 §8.1.4: NOTIMP is a header with the opcode, without AA', () => {
    const q = query({ id: 7, flags: (15 << OPCODE_SHIFT) | 0x0400 })
    const wire = encodeError(q, RCODE_NOTIMP, options)
    expect(wire).toHaveLength(12)
    expect(read(wire)).toMatchObject({
      id: 7,
      qr: true,
      opcode: 15,
      aa: false,
      rcode: RCODE_NOTIMP,
    })
  })
})

describe('rfc8906 §8: answers to what servers are tested with', () => {
  test.each<[string, QueryParts, Partial<DnsMessage>]>([
    ['§8.1.3.1: CD=1', { flags: FLAG_CD }, { cd: true, ad: false }],
    ['§8.1.3.2: AD=1', { flags: FLAG_AD }, { ad: false }],
    ['§8.1.3.3: the reserved bit', { flags: FLAG_Z }, { z: false }],
    ['§8.1.3.4: RD=1', { flags: FLAG_RD }, { rd: true, ra: false }],
  ])('%s', (_what, parts, expected) => {
    const message = answer(parts)
    expect(message).toMatchObject({ rcode: RCODE_NOERROR, aa: true, tc: false, ...expected })
    expect(message.answers).toHaveLength(1)
    expect(message.edns).toBeUndefined()
  })

  test('§8.2.7: an answer that is cut has OPT', () => {
    const q = query({ records: [optBytes({ udpSize: 512 })] })
    expect(read(encodeAnswer(q, filler(600), options))).toMatchObject({
      tc: true,
      edns: { version: 0 },
    })
  })
})
