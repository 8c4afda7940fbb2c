import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EDNS_OPTION_ECS, EDNS_OPTION_NSID, RCODE_NOERROR } from '../../shared/dns/codes.ts'
import { decodeOptions } from '../../shared/dns/edns.ts'
import { decodeQuery } from './decode.ts'
import type { Decoded } from './decode.ts'
import { encodeAnswer, encodeError } from './encode.ts'
import { optBytes, queryBytes } from './query-bytes.ts'
import { Query } from './query.ts'

const plain = {
  rcode: RCODE_NOERROR,
  authoritative: true,
  answer: undefined,
  authority: undefined,
  additional: undefined,
  glueRequired: false,
  apexBytes: 1,
  ede: undefined,
}

function decode(...data: readonly Buffer[]): { decoded: Decoded; q: Query } {
  const options = data.map((each) => ({ code: EDNS_OPTION_ECS, data: each }))
  const wire = queryBytes({ records: [optBytes({ options })] })
  const q = new Query()
  return { decoded: decodeQuery(wire, wire.length, 'udp', q), q }
}

const subnet = (family: number, source: number, scope: number, ...address: number[]): Buffer =>
  Buffer.from([family >> 8, family, source, scope, ...address])

describe('rfc7871 §6: the client subnet of a query', () => {
  it.each([
    ['an IPv4 /24', subnet(1, 24, 0, 192, 0, 2), { ecsFamily: 4, ecsSource: 24 }],
    ['an IPv4 /20', subnet(1, 20, 0, 192, 0, 0x20), { ecsFamily: 4, ecsSource: 20 }],
    ['an IPv4 address', subnet(1, 32, 0, 192, 0, 2, 1), { ecsFamily: 4, ecsSource: 32 }],
    ['no address at all', subnet(1, 0, 0), { ecsFamily: 4, ecsSource: 0 }],
    ['an IPv6 /56', subnet(2, 56, 0, 0x20, 1, 13, 0xb8, 0, 0, 0), { ecsFamily: 6, ecsSource: 56 }],
  ])('%s is read', (_what, data, wanted) => {
    const { decoded, q } = decode(data)
    expect(decoded).toBe('ok')
    expect(q).toMatchObject(wanted)
    expect(q.wire.subarray(q.ecsAt, q.ecsAt + data.length - 4)).toEqual(data.subarray(4))
  })

  it.each([
    ['too few octets', subnet(1, 24, 0, 192, 0)],
    ['too many octets', subnet(1, 24, 0, 192, 0, 2, 0)],
    ['bits beyond the source prefix', subnet(1, 20, 0, 192, 0, 0x21)],
    ['a scope', subnet(1, 24, 24, 192, 0, 2)],
    ['a prefix longer than IPv4', subnet(1, 33, 0, 192, 0, 2, 1, 0)],
    ['a prefix longer than IPv6', subnet(2, 129, 0, ...Array.from({ length: 17 }, () => 0))],
    ['no prefix lengths', Buffer.from([0, 1])],
    ['nothing', Buffer.alloc(0)],
  ])('%s is FORMERR', (_what, data) => {
    expect(decode(data).decoded).toBe('formerr')
  })

  it('two of them are FORMERR', () => {
    const one = subnet(1, 24, 0, 192, 0, 2)
    expect(decode(one, one).decoded).toBe('formerr')
  })

  it('of an unknown family no use is made', () => {
    const { decoded, q } = decode(subnet(3, 24, 0, 1, 2, 3, 4, 5, 6))
    expect({ decoded, ecsAt: q.ecsAt }).toEqual({ decoded: 'ok', ecsAt: 0 })
  })

  it('nothing of one query is left in the next', () => {
    const { q } = decode(subnet(1, 24, 0, 192, 0, 2))
    q.ecsScope = 24
    const wire = queryBytes()
    decodeQuery(wire, wire.length, 'udp', q)
    expect(q).toMatchObject({ ecsAt: 0, ecsSource: 0, ecsScope: -1, location: 0 })
  })
})

/** The client subnet option of an answer; undefined when it has none. */
function answered(wire: Buffer, q: Query): Buffer | undefined {
  const opt = wire.subarray(q.qnameEnd + 4)
  return decodeOptions(opt.subarray(11))?.find(({ code }) => code === EDNS_OPTION_ECS)?.data
}

describe('rfc7871 §7.2.1: the client subnet of an answer', () => {
  it('is that of the query, with a scope', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4 as const, 6 as const),
        fc.nat(128),
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.nat(56),
        (family, bits, octets, scope) => {
          const source = family === 4 ? bits % 33 : bits
          const address = Buffer.from(octets.subarray(0, (source + 7) >> 3))
          if ((source & 7) !== 0) {
            const last = address.length - 1
            address[last] = (address[last] ?? 0) & (0xff00 >> (source & 7))
          }
          const data = subnet(family === 4 ? 1 : 2, source, 0, ...address)
          const { decoded, q } = decode(data)
          expect(decoded).toBe('ok')
          q.ecsScope = scope
          const wanted = Buffer.from(data)
          wanted[3] = scope
          expect(answered(encodeAnswer(q, plain, { nsid: Buffer.alloc(0) }), q)).toEqual(wanted)
          expect(answered(encodeError(q, 2, { nsid: Buffer.alloc(0) }), q)).toEqual(wanted)
        },
      ),
    )
  })

  it('stands beside the NSID', () => {
    const options = [
      { code: EDNS_OPTION_NSID, data: Buffer.alloc(0) },
      { code: EDNS_OPTION_ECS, data: subnet(1, 24, 0, 192, 0, 2) },
    ]
    const wire = queryBytes({ records: [optBytes({ options })] })
    const q = new Query()
    decodeQuery(wire, wire.length, 'udp', q)
    q.ecsScope = 16
    const answer = encodeAnswer(q, plain, { nsid: Buffer.from('sfo') })
    expect(decodeOptions(answer.subarray(q.qnameEnd + 4 + 11))).toEqual([
      { code: EDNS_OPTION_ECS, data: subnet(1, 24, 16, 192, 0, 2) },
      { code: EDNS_OPTION_NSID, data: Buffer.from('sfo') },
    ])
  })

  it('is not there where the option was of no account', () => {
    const { q } = decode(subnet(1, 24, 0, 192, 0, 2))
    expect(answered(encodeAnswer(q, plain, { nsid: Buffer.alloc(0) }), q)).toBeUndefined()
  })
})
