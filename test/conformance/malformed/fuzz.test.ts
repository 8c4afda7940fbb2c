import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { optBytes, queryBytes, recordBytes } from '../../../edge/query/query-bytes.ts'
import { FLAG_QR, TYPE_A, TYPE_AAAA, TYPE_ANY, TYPE_SOA } from '../../../shared/dns/codes.ts'
import { decodeResponse } from '../../support/dns-client.ts'
import { checkAnswer, nameOf, opcodeOf } from '../exchange.ts'
import { serveMesh } from '../served-mesh.ts'
import { countsOf, fireVolley } from './volley.ts'

/** A failure says which packet it was; this seed makes the same packets again. */
const SEED = 0x5eed
const PACKETS = 2_000

const { edge } = serveMesh({ replica: { kind: 'full' } })

/** Good queries of every kind, to be damaged. */
const goodQueries = [
  queryBytes({ qname: nameOf('video.example') }),
  queryBytes({ qname: nameOf('nothing.example'), qtype: TYPE_AAAA }),
  queryBytes({ qname: nameOf('example'), qtype: TYPE_SOA, records: [optBytes({ flags: 0x8000 })] }),
  queryBytes({ qname: nameOf('many.example'), qtype: TYPE_AAAA, records: [optBytes()] }),
  queryBytes({ qname: nameOf('www.example.org'), qtype: TYPE_ANY, records: [optBytes()] }),
  queryBytes({ qname: nameOf('video.example'), records: [optBytes({ version: 1 })] }),
  queryBytes({
    qname: nameOf('video.example'),
    records: [
      recordBytes(nameOf('video.example'), { type: TYPE_A }, Buffer.alloc(4)),
      optBytes({
        options: [
          { code: 3, data: Buffer.alloc(0) },
          { code: 10, data: Buffer.alloc(8) },
          { code: 8, data: Buffer.from([0, 1, 24, 0, 192, 0, 2]) },
        ],
      }),
    ],
  }),
]

/** What may be done to a packet, `at` a part of its length. */
const damage = fc.record({
  kind: fc.constantFrom('set', 'set', 'set', 'flip', 'flip', 'insert', 'remove', 'repeat', 'cut'),
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  // Counts, labels and lengths go wrong at their borders.
  octet: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2, 63, 64, 128, 192, 255)),
})

const damagedQuery = fc
  .tuple(fc.constantFrom(...goodQueries), fc.array(damage, { minLength: 1, maxLength: 4 }))
  .map(([query, damages]) =>
    damages.reduce<Buffer>((wire, { kind, at, octet }) => {
      const off = Math.floor(at * wire.length)
      const head = wire.subarray(0, off)
      const tail = wire.subarray(off)
      const now = wire[off] ?? 0
      switch (kind) {
        case 'set':
          return Buffer.concat([head, Buffer.from([octet]), tail.subarray(1)])
        case 'flip':
          return Buffer.concat([head, Buffer.from([now ^ octet]), tail.subarray(1)])
        case 'cut':
          return head
        case 'insert':
          return Buffer.concat([head, Buffer.from([octet]), tail])
        case 'remove':
          return Buffer.concat([head, tail.subarray(1)])
        default:
          return Buffer.concat([wire, tail])
      }
    }, query),
  )

const noise = fc.uint8Array({ minLength: 1, maxLength: 600 }).map((octets) => Buffer.from(octets))

/** Any octets behind the header of a query with one question. */
const noisyQuery = noise.map((octets) =>
  Buffer.concat([queryBytes().subarray(0, 12), octets.subarray(0, octets[0])]),
)

const packet = fc.oneof(
  { arbitrary: damagedQuery, weight: 8 },
  { arbitrary: noisyQuery, weight: 1 },
  { arbitrary: noise, weight: 1 },
)

/** What may come back, as far as that can be told without reading the whole packet. */
function allowed(wire: Buffer): readonly string[] {
  if (wire.length < 12 || (wire.readUInt16BE(2) & FLAG_QR) !== 0) return ['silence']
  if (opcodeOf(wire) !== 0) return ['NOTIMP']
  if (wire.readUInt16BE(4) !== 1 || wire.readUInt16BE(6) !== 0) return ['FORMERR']
  return ['NOERROR', 'NXDOMAIN', 'REFUSED', 'FORMERR', 'NOTIMP', 'BADVERS']
}

describe.each(['udp', 'tcp'] as const)(`${PACKETS} packets over %s, seed ${SEED}`, (transport) => {
  it('each is answered as it may be, or not at all', { timeout: 60_000 }, async () => {
    const packets = fc
      .sample(packet, { seed: SEED, numRuns: PACKETS })
      .filter((wire) => transport === 'udp' || wire.length > 0)
    const before = await countsOf(edge)
    const { sent, answers, goodQueries: good } = await fireVolley(edge.dns, packets, transport)

    const seen = new Map<string, number>()
    const wrong: string[] = []
    for (const [i, wire] of sent.entries()) {
      const answer = answers[i]
      if (answer !== undefined) checkAnswer(wire, answer, transport)
      const outcome = answer === undefined ? 'silence' : decodeResponse(answer).rcode
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
      if (!allowed(wire).includes(outcome)) wrong.push(`${wire.toString('hex')}: ${outcome}`)
    }
    expect(wrong).toEqual([])
    // The packets are of every kind.
    const kinds = ['silence', 'NOERROR', 'NXDOMAIN', 'REFUSED', 'FORMERR', 'NOTIMP', 'BADVERS']
    expect(kinds.filter((kind) => (seen.get(kind) ?? 0) < 5)).toEqual([])
    const after = await countsOf(edge)
    expect(after).toMatchObject({
      received: before.received + sent.length + good,
      ignored: before.ignored + (seen.get('silence') ?? 0),
      formerr: before.formerr + (seen.get('FORMERR') ?? 0),
      notimp: before.notimp + (seen.get('NOTIMP') ?? 0),
      badvers: before.badvers + (seen.get('BADVERS') ?? 0),
      servfail: before.servfail,
      faults: 0,
    })
  })
})
