import dnsPacket from 'dns-packet'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CLASS_CH,
  CLASS_IN,
  CLASS_NONE,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_HINFO,
  TYPE_MX,
  TYPE_NS,
  TYPE_OPT,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_TXT,
} from './codes.ts'
import { blankMessage, decodeMessage, encodeMessage } from './message.ts'
import type { DnsMessage, Rdata, ResourceRecord } from './message.ts'
import { nameFromWire } from './name.ts'

const uint16 = fc.nat(0xffff)
const uint32 = fc.nat(0xffff_ffff)
const buffers = fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes))
const strings = fc.uint8Array({ maxLength: 30 }).map((b) => Buffer.from(b).toString('latin1'))
/** Names of any octets: dots, backslashes and octets above 127 within labels included. */
const names = fc
  .array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 4 })
  .map((labels) => Buffer.concat([...labels.map((l) => Buffer.from([l.length, ...l])), zero]))
  .map((wire) => nameFromWire(wire, 0) ?? '.')
const zero = Buffer.alloc(1)

const ipv4 = fc.ipV4()
/** Types that have no kind of their own, the likes of DNSKEY and NSEC among them. */
const otherTypes = uint16.filter(
  (type) =>
    ![TYPE_A, TYPE_AAAA, TYPE_NS, TYPE_CNAME, TYPE_PTR, TYPE_SOA, TYPE_MX].includes(type) &&
    ![TYPE_SRV, TYPE_HINFO, TYPE_TXT, TYPE_OPT].includes(type),
)

const typed: fc.Arbitrary<{ type: number; rdata: Rdata }> = fc.oneof(
  fc.record({ type: fc.constant(TYPE_A), rdata: kind('address', { address: ipv4 }) }),
  fc.record({
    type: fc.constant(TYPE_AAAA),
    rdata: kind('address', {
      address: fc.constantFrom('2001:db8::1', '::', '2001:db8:0:1:1:1:1:1'),
    }),
  }),
  fc.record({
    type: fc.constantFrom(TYPE_NS, TYPE_CNAME, TYPE_PTR),
    rdata: kind('name', { name: names }),
  }),
  fc.record({
    type: fc.constant(TYPE_SOA),
    rdata: kind('soa', {
      mname: names,
      rname: names,
      serial: uint32,
      refresh: uint32,
      retry: uint32,
      expire: uint32,
      minimum: uint32,
    }),
  }),
  fc.record({
    type: fc.constant(TYPE_MX),
    rdata: kind('mx', { preference: uint16, exchange: names }),
  }),
  fc.record({
    type: fc.constant(TYPE_SRV),
    rdata: kind('srv', { priority: uint16, weight: uint16, port: uint16, target: names }),
  }),
  fc.record({ type: fc.constant(TYPE_HINFO), rdata: kind('hinfo', { cpu: strings, os: strings }) }),
  fc.record({
    type: fc.constant(TYPE_TXT),
    rdata: kind('text', { strings: fc.array(strings, { minLength: 1, maxLength: 3 }) }),
  }),
  fc.record({
    type: fc.oneof(otherTypes, fc.constantFrom(43, 44, 46, 47, 48, 50, 257)),
    rdata: kind('bytes', { bytes: buffers }),
  }),
)

function kind<K extends string, T>(
  name: K,
  fields: { [P in keyof T]: fc.Arbitrary<T[P]> },
): fc.Arbitrary<T & { kind: K }> {
  return fc.record(fields).map((values) => ({ ...values, kind: name }))
}

const records: fc.Arbitrary<ResourceRecord> = fc
  .record({ name: names, class: uint16, ttl: uint32, content: typed })
  .map(({ content, ...head }) => ({ ...head, ...content }))
const sections = fc.array(records, { maxLength: 3 })

const messages: fc.Arbitrary<DnsMessage> = fc
  .record({
    id: uint16,
    qr: fc.boolean(),
    opcode: fc.nat(15),
    aa: fc.boolean(),
    tc: fc.boolean(),
    rd: fc.boolean(),
    ra: fc.boolean(),
    z: fc.boolean(),
    ad: fc.boolean(),
    cd: fc.boolean(),
    rcode: fc.nat(4095),
    questions: fc.array(fc.record({ name: names, type: uint16, class: uint16 }), { maxLength: 2 }),
    answers: sections,
    authorities: sections,
    additionals: sections,
    edns: fc.option(
      fc.record({
        udpSize: uint16,
        version: fc.nat(255),
        dnssecOk: fc.boolean(),
        options: fc.array(fc.record({ code: uint16, data: buffers }), { maxLength: 3 }),
      }),
      { nil: undefined },
    ),
  })
  .map((message) =>
    message.edns === undefined ? { ...message, rcode: message.rcode & 15 } : message,
  )

const question = { name: 'www.example.', type: TYPE_A, class: CLASS_IN }
const edns = { udpSize: 1232, version: 0, dnssecOk: true, options: [] }

describe('round trips', () => {
  test('decode(encode(message)) = message', () => {
    fc.assert(
      fc.property(messages, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message)
      }),
      { numRuns: 150 },
    )
  })

  test('rfc8914, rfc7871: options with a meaning and wrong contents pass as octets', () => {
    for (const code of [8, 11, 14, 15]) {
      const options = [{ code, data: Buffer.from([0]) }]
      const message = { ...blankMessage, edns: { ...edns, options } }
      expect(decodeMessage(encodeMessage(message))?.edns?.options).toEqual(options)
    }
  })

  test('plain names, classes and types are what dns-packet reads', () => {
    const rdata: Rdata = { kind: 'address', address: '192.0.2.1' }
    const wire = encodeMessage({
      ...blankMessage,
      questions: [{ ...question, class: CLASS_CH }],
      answers: [{ name: 'www.example.', type: TYPE_A, class: CLASS_IN, ttl: 30, rdata }],
    })
    const packet = dnsPacket.decode(wire)
    expect(packet.questions).toEqual([{ name: 'www.example', type: 'A', class: 'CH' }])
    expect(packet.answers).toMatchObject([{ name: 'www.example', ttl: 30, data: '192.0.2.1' }])
  })

  test('class NONE, which dns-packet cannot write, is written', () => {
    const questions = [{ ...question, class: CLASS_NONE }]
    expect(decodeMessage(encodeMessage({ ...blankMessage, questions }))?.questions).toEqual(
      questions,
    )
  })
})

describe('decodeMessage', () => {
  test('rfc1035 §4.1.4: compressed names are read, as owner and within rdata', () => {
    const wire = Buffer.concat([
      hex('0007 8400 0001000100000000'),
      Buffer.from('\x03www\x07example\0\0\x02\0\x01', 'latin1'),
      hex('c010 00020001 0000003c 0006 036e7331c010'),
    ])
    expect(decodeMessage(wire)).toMatchObject({
      questions: [{ name: 'www.example.', type: TYPE_NS }],
      answers: [{ name: 'example.', ttl: 60, rdata: { kind: 'name', name: 'ns1.example.' } }],
    })
  })

  test('a dot within a label stays one', () => {
    const questions = [{ ...question, name: 'a\\046b.example.' }]
    expect(decodeMessage(encodeMessage({ ...blankMessage, questions }))?.questions).toEqual(
      questions,
    )
  })

  const good = encodeMessage({
    ...blankMessage,
    questions: [question],
    answers: [
      {
        name: 'www.example.',
        type: TYPE_MX,
        class: CLASS_IN,
        ttl: 1,
        rdata: { kind: 'mx', preference: 1, exchange: 'mx.example.' },
      },
    ],
    edns: { ...edns, options: [{ code: 10, data: Buffer.from('12345678') }] },
  })

  test('a message cut anywhere is undefined', () => {
    for (let length = 0; length < good.length; length++) {
      expect(decodeMessage(good.subarray(0, length))).toBeUndefined()
    }
  })

  test('octets behind the last record make it undefined', () => {
    expect(decodeMessage(Buffer.concat([good, Buffer.alloc(1)]))).toBeUndefined()
  })

  test('more than 65535 octets are undefined', () => {
    expect(decodeMessage(Buffer.alloc(65_536))).toBeUndefined()
  })

  test('rfc6891 §6.1.1: OPT twice, or outside the additional section, is undefined', () => {
    const opt = (name: string): ResourceRecord => ({
      name,
      type: TYPE_OPT,
      class: 1232,
      ttl: 0,
      rdata: { kind: 'bytes', bytes: Buffer.alloc(0) },
    })
    const bad: Partial<DnsMessage>[] = [
      { additionals: [opt('.')], edns },
      { additionals: [opt('example.')] },
      { answers: [opt('.')] },
      { authorities: [opt('.')] },
    ]
    for (const part of bad) {
      expect(decodeMessage(encodeMessage({ ...blankMessage, ...part }))).toBeUndefined()
    }
    expect(
      decodeMessage(encodeMessage({ ...blankMessage, additionals: [opt('.')] }))?.edns,
    ).toEqual({
      ...edns,
      dnssecOk: false,
    })
  })

  test('rdata that has not the shape of its type comes as octets', () => {
    const shapes: [number, string][] = [
      [TYPE_A, '010203'],
      [TYPE_AAAA, '01020304'],
      [TYPE_NS, '0161'],
      [TYPE_SOA, '0000'],
      [TYPE_MX, ''],
      [TYPE_TXT, '0261'],
      [TYPE_TXT, ''],
      [TYPE_HINFO, '0161'],
      [TYPE_HINFO, '016101620163'],
      // DNSKEY (RFC 4034 §2.1.2): dns-packet throws unless the protocol is 3
      [48, '01000205aa'],
    ]
    for (const [type, hex] of shapes) {
      const rdata: Rdata = { kind: 'bytes', bytes: Buffer.from(hex, 'hex') }
      const answers = [{ name: '.', type, class: CLASS_IN, ttl: 0, rdata }]
      expect(decodeMessage(encodeMessage({ ...blankMessage, answers }))?.answers).toEqual(answers)
    }
  })

  test('a name that points into the type of a record is no name', () => {
    // At 12 a root name and at 13 the type, 0, which could be taken for another root name.
    const wire = hex('000080000000000200000000 0000000001000000000000 0000020001000000000002c00d')
    expect(decodeMessage(wire)).toBeUndefined()
  })

  test('never throws, whatever octets of a good message are changed', () => {
    const changes = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(changes, (list) => {
        const wire = Buffer.from(good)
        for (const [at, octet] of list) wire[at] = octet
        expect([undefined, wire.readUInt16BE(0)]).toContain(decodeMessage(wire)?.id)
      }),
      { numRuns: 2000 },
    )
  })

  test('never throws for random octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 2, maxLength: 80 }), (bytes) => {
        expect([undefined, Buffer.from(bytes).readUInt16BE(0)]).toContain(decodeMessage(bytes)?.id)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('encodeMessage throws for what does not fit', () => {
  const record = (type: number, rdata: Rdata): DnsMessage => ({
    ...blankMessage,
    answers: [{ name: 'www.example.', type, class: CLASS_IN, ttl: 0, rdata }],
  })
  const large = { kind: 'bytes', bytes: Buffer.alloc(65_535) } as const

  test.each<[string, DnsMessage, string]>([
    ['an rcode above 15 without EDNS', { ...blankMessage, rcode: 16 }, 'rcode without EDNS: 16'],
    [
      'an rcode of 13 bits',
      { ...blankMessage, rcode: 4096, edns },
      'rcode: 4096 is not in 0..4095',
    ],
    ['an opcode', { ...blankMessage, opcode: 16 }, 'opcode: 16 is not in 0..15'],
    ['a bad name', { ...blankMessage, questions: [{ ...question, name: 'a..b' }] }, 'empty label'],
    ['no IPv4 address', record(TYPE_A, { kind: 'address', address: '::1' }), '::1 is no address'],
    [
      'no IPv6 address',
      record(TYPE_AAAA, { kind: 'address', address: '192.0.2.1' }),
      'is no address',
    ],
    ['a zone of an address', record(TYPE_AAAA, { kind: 'address', address: 'fe80::1%lo' }), 'fe80'],
    ['rdata of another type', record(TYPE_TXT, { kind: 'name', name: '.' }), 'type 16 has no name'],
    ['no strings', record(TYPE_TXT, { kind: 'text', strings: [] }), 'number of strings: 0'],
    ['a long string', record(TYPE_TXT, { kind: 'text', strings: ['a'.repeat(256)] }), '256'],
    ['a message of more than 65535 octets', record(99, large), 'at most 65535'],
  ])('%s', (_what, message, reason) => {
    expect(() => encodeMessage(message)).toThrow(reason)
  })
})

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}
