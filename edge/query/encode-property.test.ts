import dnsPacket from 'dns-packet'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { TYPE_A, TYPE_AAAA, TYPE_NS, TYPE_SOA, TYPE_TXT } from '../../shared/dns/codes.ts'
import { decodeMessage } from '../../shared/dns/message.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { decodeQuery } from './decode.ts'
import { encodeAnswer } from './encode.ts'
import { optBytes, queryBytes } from './query-bytes.ts'
import { Query } from './query.ts'
import { encodeRecords } from './records.ts'
import type { RecordData } from './records.ts'

const labels = fc.array(fc.stringMatching(/^[a-z0-9]{1,12}$/), { maxLength: 4 })
const uint32 = fc.nat(0xffff_ffff)
const ttls = fc.nat(0x7fff_ffff)

/** A zone with a name in it: apex, and a qname at or under the apex. */
const zones = fc.record({ apex: labels.map(join), prefix: labels }).map(({ apex, prefix }) => ({
  apex,
  qname: [
    ...prefix.map((label) => `${label}.`),
    apex === '.' && prefix.length > 0 ? '' : apex,
  ].join(''),
}))

function join(list: readonly string[]): string {
  return list.length === 0 ? '.' : list.map((label) => `${label}.`).join('')
}

/** Names at, under and outside of the apex. */
function namesNear(apex: string): fc.Arbitrary<string> {
  const under = labels.map((list) =>
    apex === '.' ? join(list) : `${list.map((l) => `${l}.`).join('')}${apex}`,
  )
  return fc.oneof(fc.constant(apex), under, labels.map(join))
}

function recordsOf(apex: string): fc.Arbitrary<RecordData> {
  const names = namesNear(apex)
  const owner = fc.oneof(
    fc.constantFrom('qname' as const, 'apex' as const),
    fc.record({ name: names }),
  )
  const head = { owner, ttl: ttls }
  return fc.oneof(
    fc.record({ ...head, type: fc.constant(TYPE_A), rdata: fc.ipV4() }),
    fc.record({
      ...head,
      type: fc.constant(TYPE_AAAA),
      rdata: fc.constantFrom('2001:db8::1', '2001:db8:0:1::', '::'),
    }),
    fc.record({ ...head, type: fc.constant(TYPE_NS), rdata: names }),
    fc.record({
      ...head,
      type: fc.constant(TYPE_SOA),
      rdata: fc.record({
        mname: names,
        rname: names,
        serial: uint32,
        refresh: ttls,
        retry: ttls,
        expire: ttls,
        minimum: ttls,
      }),
    }),
    fc.record({
      ...head,
      type: fc.constant(TYPE_TXT),
      rdata: fc.array(fc.stringMatching(/^[ -~]{0,40}$/), { minLength: 1, maxLength: 3 }),
    }),
  )
}

const cases = zones.chain(({ apex, qname }) =>
  fc.record({
    apex: fc.constant(apex),
    qname: fc.constant(qname),
    answer: fc.array(recordsOf(apex), { maxLength: 4 }),
    authority: fc.array(recordsOf(apex), { maxLength: 2 }),
    additional: fc.array(recordsOf(apex), { maxLength: 2 }),
    id: fc.nat(0xffff),
    hasOpt: fc.boolean(),
    rcode: fc.nat(15),
    ede: fc.option(fc.record({ code: fc.nat(0xffff), text: fc.string() }), { nil: undefined }),
  }),
)

/** The record as `dns-packet` shows it. */
function asPacket(record: RecordData, qname: string, apex: string): object {
  const { owner, ttl } = record
  const name = bare(owner === 'qname' ? qname : owner === 'apex' ? apex : owner.name)
  switch (record.type) {
    case TYPE_A:
      return { name, ttl, type: 'A', data: record.rdata }
    case TYPE_AAAA:
      return { name, ttl, type: 'AAAA', data: record.rdata }
    case TYPE_NS:
      return { name, ttl, type: 'NS', data: bare(record.rdata) }
    case TYPE_SOA: {
      const { mname, rname } = record.rdata
      return {
        name,
        ttl,
        type: 'SOA',
        data: { ...record.rdata, mname: bare(mname), rname: bare(rname) },
      }
    }
    case TYPE_TXT:
      return { name, ttl, type: 'TXT', data: record.rdata.map((text) => Buffer.from(text)) }
    default:
      throw new TypeError(`no records of type ${record.type} are made here`)
  }
}

function bare(name: string): string {
  return name === '.' ? '.' : name.slice(0, -1)
}

test('an independent decoder reads every answer as it was meant, names compressed included', () => {
  const q = new Query()
  fc.assert(
    fc.property(cases, ({ apex, qname, answer, authority, additional, id, hasOpt, rcode, ede }) => {
      const records = hasOpt ? [optBytes()] : []
      const wire = queryBytes({ id, qname: nameToWire(qname), records })
      expect(decodeQuery(wire, wire.length, 'tcp', q)).toBe('ok')
      const bytes = encodeAnswer(
        q,
        {
          rcode,
          authoritative: true,
          answer: answer.length === 0 ? undefined : encodeRecords(answer, apex),
          authority: authority.length === 0 ? undefined : encodeRecords(authority, apex),
          additional: additional.length === 0 ? undefined : encodeRecords(additional, apex),
          glueRequired: true,
          apexBytes: nameToWire(apex).length,
          ede,
        },
        { nsid: Buffer.alloc(0) },
      )
      const packet = dnsPacket.decode(bytes)
      expect(packet).toMatchObject({ id, flag_qr: true, flag_aa: true, flag_tc: false })
      expect((packet.flags ?? 0) & 15).toBe(rcode)
      expect(packet.questions).toEqual([{ name: bare(qname), type: 'A', class: 'IN' }])
      expect(packet.answers).toMatchObject(answer.map((record) => asPacket(record, qname, apex)))
      expect(packet.authorities).toMatchObject(
        authority.map((record) => asPacket(record, qname, apex)),
      )
      expect(packet.additionals).toMatchObject([
        ...additional.map((record) => asPacket(record, qname, apex)),
        ...records.map(() => ({ type: 'OPT' })),
      ])
      // Nothing is left over behind the last record.
      expect(decodeMessage(bytes)?.edns?.options.length ?? 0).toBe(hasOpt && ede ? 1 : 0)
      expect(dnsPacket.decode.bytes).toBe(bytes.length)
    }),
    { numRuns: 150 },
  )
})

test('no UDP answer is above its limit, and it is whole or has TC', () => {
  const q = new Query()
  const sizes = fc.constantFrom(0, 512, 600, 1232, 4096, 65_535)
  fc.assert(
    fc.property(fc.nat(60), sizes, fc.boolean(), fc.string(), (count, udpSize, hasOpt, text) => {
      const wire = queryBytes({ records: hasOpt ? [optBytes({ udpSize })] : [] })
      decodeQuery(wire, wire.length, 'udp', q)
      const record = { owner: 'qname', type: TYPE_AAAA, ttl: 1, rdata: '2001:db8::1' } as const
      const answer = encodeRecords(
        Array.from({ length: count }, () => record),
        'example.',
      )
      const bytes = encodeAnswer(
        q,
        {
          rcode: 0,
          authoritative: true,
          answer,
          authority: undefined,
          additional: undefined,
          glueRequired: false,
          apexBytes: 9,
          ede: { code: 1, text },
        },
        { nsid: Buffer.alloc(0) },
      )
      const limit = hasOpt ? Math.min(1232, Math.max(512, udpSize)) : 512
      expect(bytes.length).toBeLessThanOrEqual(limit)
      const message = decodeMessage(bytes)
      expect(message?.answers).toHaveLength(message?.tc === true ? 0 : count)
      const fits = q.qnameEnd + 4 + answer.bytes.length + (hasOpt ? 11 : 0) <= limit
      expect(message?.tc).toBe(!fits)
    }),
    { numRuns: 300 },
  )
})
