import { describe, expect, it } from 'vitest'
import { CLASS_IN, EDNS_OPTION_ECS, TYPE_A } from '../../shared/dns/codes.ts'
import { decodeOptions } from '../../shared/dns/edns.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { parsePrefix } from '../../shared/geo/prefix.ts'
import { compilePrefixes } from '../locate/compile-prefixes.ts'
import { ClientLocator } from '../locate/client-locator.ts'
import type { LocationHandle } from '../locate/location-layout.ts'
import { finish, tableOf } from '../locate/ranges-fixture.ts'
import { Sender } from '../locate/sender.ts'
import { encodeRecords } from '../query/records.ts'
import { optBytes, queryBytes } from '../query/query-bytes.ts'
import type { Answer } from '../query/encode.ts'
import { STICKY_BUCKETS } from '../table/layout.ts'
import { untilReplaced } from '../table/record.ts'
import { openTable } from '../table/table-fixture.ts'
import { MISS, TableAnswerer } from './answer.ts'

const TRUSTED = '198.51.100.1'

function locationsOf(numbers: Readonly<Record<string, number>>): LocationHandle {
  const entries = Object.entries(numbers).map(([text, number]) => {
    const parsed = parsePrefix(text)
    if (!parsed.ok) throw new Error(parsed.reason)
    return { prefix: parsed.prefix, number }
  })
  return tableOf(finish(compilePrefixes(entries)))
}

function answerOf(address: string): Answer {
  const record = { owner: 'qname' as const, type: TYPE_A as typeof TYPE_A, ttl: 30, rdata: address }
  return {
    rcode: 0,
    authoritative: true,
    answer: encodeRecords([record], '.'),
    authority: undefined,
    additional: undefined,
    glueRequired: false,
    apexBytes: 1,
    ede: undefined,
  }
}

/** One name with an answer for each place, one with the same for all, one with an answer for each bucket. */
function open() {
  const { writer, reader } = openTable()
  const [elsewhere, one, two] = ['192.0.2.100', '192.0.2.101', '192.0.2.102'].map(answerOf)
  if (elsewhere === undefined || one === undefined || two === undefined) throw new Error('three')
  const name = (text: string) => writer.name(nameToWire(text), CLASS_IN)
  writer.putMap(1, Uint16Array.of(1, 2, 3))
  name('place.example.').put(
    TYPE_A,
    { mapNumber: 1, choices: [elsewhere, one, two] },
    untilReplaced,
  )
  name('plain.example.').put(TYPE_A, elsewhere, untilReplaced)
  const buckets = Uint8Array.from({ length: STICKY_BUCKETS }, (_, i) => i % 2)
  name('sticky.example.').put(TYPE_A, { answers: [one, two], buckets }, untilReplaced)
  const locator = new ClientLocator({
    locations: locationsOf({ '10.1.0.0/16': 1, '10.1.16.0/20': 2, '2001:db8:1::/48': 1 }),
    trusted: locationsOf({ [`${TRUSTED}/32`]: 1 }),
    ipv4Bits: 24,
    ipv6Bits: 56,
  })
  return { reader, answerer: new TableAnswerer(reader, Buffer.from('sfo'), 'udp', locator) }
}

interface Told {
  readonly family: 4 | 6
  readonly source: number
  readonly octets: readonly number[]
}

const subnetOf = ({ family, source, octets }: Told): Buffer =>
  Buffer.from([0, family === 4 ? 1 : 2, source, 0, ...octets])

/** The last octet of the answer's address, and the option; `from` is who asks. */
function ask(name: string, from: string, told?: Told) {
  const { reader, answerer } = open()
  const options = told && [{ code: EDNS_OPTION_ECS, data: subnetOf(told) }]
  const wire = queryBytes({
    qname: nameToWire(name),
    records: options === undefined ? [] : [optBytes({ options })],
  })
  const slot = Buffer.alloc(4096)
  slot.set(wire)
  reader.beginBatch(1)
  const size = answerer.answer(slot, wire.length, new Sender().setText(from))
  reader.endBatch()
  expect(size).not.toBe(MISS)
  const answer = slot.subarray(0, size)
  const rdata = 12 + nameToWire(name).length + 4 + 12
  const opt = rdata + 4
  const found = told === undefined ? [] : decodeOptions(answer.subarray(opt + 11, size))
  return {
    address: answer[rdata + 3],
    option: found?.find(({ code }) => code === EDNS_OPTION_ECS)?.data,
  }
}

describe('a query of which the place of the client matters', () => {
  it.each([
    ['10.1.0.1', 101],
    ['10.1.16.1', 102],
    ['10.2.0.1', 100],
    ['2001:db8:1::1', 101],
    ['2001:db8:2::1', 100],
  ])('from %s is answered for the place of its sender', (from, last) => {
    expect(ask('place.example.', from)).toEqual({ address: last, option: undefined })
  })

  it.each<[string, Told, number, number]>([
    ['a /24', { family: 4, source: 24, octets: [10, 1, 16] }, 102, 20],
    ['a /24 beside a longer prefix', { family: 4, source: 24, octets: [10, 1, 200] }, 101, 17],
    ['a /24 that nothing is known of', { family: 4, source: 24, octets: [10, 2, 0] }, 100, 15],
    ['a /8 that longer prefixes lie in', { family: 4, source: 8, octets: [10] }, 100, 16],
    ['a whole address', { family: 4, source: 32, octets: [10, 1, 16, 99] }, 102, 20],
    ['an IPv6 /56', { family: 6, source: 56, octets: [0x20, 1, 13, 0xb8, 0, 1, 0] }, 101, 48],
  ])('of a client in %s, as a trusted sender tells', (_what, told, last, scope) => {
    const { address, option } = ask('place.example.', TRUSTED, told)
    const wanted = subnetOf(told)
    // RFC 7871 §7.2.1: FAMILY, SOURCE PREFIX-LENGTH and ADDRESS as in the query.
    wanted[3] = scope
    expect({ address, option }).toEqual({ address: last, option: wanted })
  })

  it('is answered for its sender when nobody trusts what it tells, and the option is left out', () => {
    const told: Told = { family: 4, source: 24, octets: [10, 1, 16] }
    expect(ask('place.example.', '10.1.0.1', told)).toEqual({ address: 101, option: undefined })
  })

  it('is answered for its sender when the client wants no use of its address', () => {
    const told: Told = { family: 4, source: 0, octets: [] }
    const { address, option } = ask('place.example.', TRUSTED, told)
    expect({ address, option }).toEqual({ address: 100, option: subnetOf(told) })
  })

  it('says that what does not depend on the client holds for all', () => {
    const told: Told = { family: 4, source: 24, octets: [10, 1, 16] }
    const { address, option } = ask('plain.example.', TRUSTED, told)
    expect({ address, option }).toEqual({ address: 100, option: subnetOf(told) })
  })

  it('says that what goes by the bucket holds for the prefix of the client, cut to 24 bits', () => {
    const told: Told = { family: 4, source: 32, octets: [10, 1, 16, 99] }
    const { option } = ask('sticky.example.', TRUSTED, told)
    expect(option?.[3]).toBe(24)
    const all = Array.from({ length: 64 }, (_, i) =>
      ask('sticky.example.', TRUSTED, { family: 4, source: 24, octets: [10, 1, i] }),
    )
    expect(new Set(all.map(({ address }) => address))).toEqual(new Set([101, 102]))
    // The hosts of a prefix are one client.
    const hosts = Array.from({ length: 16 }, (_, i) =>
      ask('sticky.example.', TRUSTED, { family: 4, source: 32, octets: [10, 1, 16, i] }),
    )
    expect(new Set(hosts.map(({ address }) => address)).size).toBe(1)
  })
})
