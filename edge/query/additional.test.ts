import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EDE_NOT_READY, TYPE_A, TYPE_NS, TYPE_TXT } from '../../shared/dns/codes.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import type { DnsMessage } from '../../shared/dns/message.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { decodeQuery } from './decode.ts'
import { encodeAnswer } from './encode.ts'
import type { Answer } from './encode.ts'
import { optBytes, queryBytes } from './query-bytes.ts'
import { Query } from './query.ts'
import { encodeRecords } from './records.ts'
import type { RecordBlock } from './records.ts'

const cut = 'sub.example.'
const ns = encodeRecords(
  [{ owner: 'apex', type: TYPE_NS, ttl: 60, rdata: 'ns1.sub.example.' }],
  cut,
)
const glue = encodeRecords(
  [
    { owner: { name: 'ns1.sub.example.' }, type: TYPE_A, ttl: 60, rdata: '192.0.2.1' },
    { owner: { name: 'ns1.sub.example.' }, type: TYPE_A, ttl: 60, rdata: '192.0.2.2' },
  ],
  cut,
)
const referral: Answer = {
  rcode: 0,
  authoritative: false,
  answer: undefined,
  authority: ns,
  additional: glue,
  glueRequired: true,
  apexBytes: nameToWire(cut).length,
  ede: undefined,
}
const qname = nameToWire('www.sub.example.')
/** Header, question. */
const HEAD = 12 + qname.length + 4
const OPT = 11

/** Asks with an OPT record that offers so many octets, or without one. */
function ask(answer: Answer, udpSize: number | undefined): DnsMessage {
  const records = udpSize === undefined ? [] : [optBytes({ udpSize })]
  const wire = queryBytes({ qname, records })
  const q = new Query()
  expect(decodeQuery(wire, wire.length, 'udp', q)).toBe('ok')
  const message = decodeMessage(encodeAnswer(q, answer, { nsid: Buffer.alloc(0) }))
  if (message === undefined) throw new Error('not a message')
  return message
}

/** A block of one TXT record, so many octets long. */
function blockOf(bytes: number): RecordBlock {
  const rdata = ['x'.repeat(bytes - 12 - Math.ceil((bytes - 12) / 256))]
  return encodeRecords([{ owner: 'qname', type: TYPE_TXT, ttl: 0, rdata }], cut)
}

describe('the additional section', () => {
  test.each([undefined, 1232])('comes last, before OPT, and counts (OPT: %s)', (udpSize) => {
    const message = ask(referral, udpSize)
    expect(message).toMatchObject({ tc: false, aa: false, answers: [] })
    expect(message.authorities).toMatchObject([{ name: cut, rdata: { name: 'ns1.sub.example.' } }])
    expect(message.additionals.map(({ name, ttl }) => ({ name, ttl }))).toEqual([
      { name: 'ns1.sub.example.', ttl: 60 },
      { name: 'ns1.sub.example.', ttl: 60 },
    ])
    expect(message.edns?.udpSize).toBe(udpSize)
  })

  test.each([
    { hasOpt: false, glueRequired: false, over: 0, tc: false, additionals: 1 },
    { hasOpt: true, glueRequired: false, over: 0, tc: false, additionals: 1 },
    { hasOpt: false, glueRequired: false, over: 1, tc: false, additionals: 0 },
    { hasOpt: true, glueRequired: false, over: 1, tc: false, additionals: 0 },
    { hasOpt: false, glueRequired: true, over: 0, tc: false, additionals: 1 },
    { hasOpt: true, glueRequired: true, over: 0, tc: false, additionals: 1 },
    { hasOpt: false, glueRequired: true, over: 1, tc: true, additionals: 0 },
    { hasOpt: true, glueRequired: true, over: 1, tc: true, additionals: 0 },
  ])(
    'rfc2181 §9, rfc9471 §3.1: OPT $hasOpt, required $glueRequired, $over octets too many: TC $tc',
    ({ hasOpt, glueRequired, over, tc, additionals }) => {
      const room = 512 - HEAD - ns.bytes.length - (hasOpt ? OPT : 0)
      const additional = blockOf(room + over)
      expect(additional.bytes).toHaveLength(room + over)
      const message = ask({ ...referral, additional, glueRequired }, hasOpt ? 512 : undefined)
      expect(message.tc).toBe(tc)
      expect(message.additionals).toHaveLength(additionals)
      expect(message.authorities).toHaveLength(tc ? 0 : 1)
      expect(message.edns === undefined).toBe(!hasOpt)
    },
  )

  test.each([undefined, 512])('what is too large without it has TC (OPT: %s)', (udpSize) => {
    const answer = { ...referral, answer: blockOf(600), glueRequired: false }
    expect(ask(answer, udpSize)).toMatchObject({ tc: true, answers: [], additionals: [] })
  })
})

test('the EDE text goes first, then the EDE, then what is additional, then all', () => {
  const ede = { code: EDE_NOT_READY, text: 'twelve chars' }
  const additional = blockOf(40)
  const shown = (bytes: number): string => {
    const message = ask(
      { ...referral, answer: blockOf(bytes), additional, glueRequired: false, ede },
      512,
    )
    if (message.tc) return 'tc'
    const option = message.edns?.options[0]?.data.length ?? 0
    return `${message.additionals.length} additional, ${option} octets`
  }
  const room = 512 - HEAD - OPT - ns.bytes.length
  const steps = [room - 40 - 18, room - 40 - 6, room - 40, room]
  expect(steps.map(shown)).toEqual([
    '1 additional, 14 octets',
    '1 additional, 2 octets',
    '1 additional, 0 octets',
    '0 additional, 0 octets',
  ])
  expect(steps.map((bytes) => shown(bytes + 1))).toEqual([
    '1 additional, 2 octets',
    '1 additional, 0 octets',
    '0 additional, 0 octets',
    'tc',
  ])
})

test('no answer is above its limit, and nothing but the additional section is missing without TC', () => {
  const sizes = fc.record({
    udpSize: fc.option(fc.constantFrom(512, 700, 1232), { nil: undefined }),
    answers: fc.nat(20),
    additionals: fc.nat(20),
    glueRequired: fc.boolean(),
  })
  fc.assert(
    fc.property(sizes, ({ udpSize, answers, additionals, glueRequired }) => {
      const record = { owner: 'qname', type: TYPE_TXT, ttl: 1, rdata: ['x'.repeat(30)] } as const
      const blockOfMany = (count: number): RecordBlock =>
        encodeRecords(
          Array.from({ length: count }, () => record),
          cut,
        )
      const answer = {
        ...referral,
        answer: blockOfMany(answers),
        additional: blockOfMany(additionals),
        glueRequired,
      }
      const message = ask(answer, udpSize)
      const limit = udpSize ?? 512
      const base =
        HEAD + ns.bytes.length + answer.answer.bytes.length + (udpSize === undefined ? 0 : OPT)
      const isWhole = base + answer.additional.bytes.length <= limit
      const tc = glueRequired && additionals > 0 ? !isWhole : base > limit
      expect(message.tc).toBe(tc)
      expect(message.answers).toHaveLength(tc ? 0 : answers)
      expect(message.additionals).toHaveLength(isWhole ? additionals : 0)
    }),
    { numRuns: 200 },
  )
})
