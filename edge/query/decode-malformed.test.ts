import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FLAG_QR, TYPE_IXFR, TYPE_OPT, TYPE_SOA, TYPE_TSIG } from '../../shared/dns/codes.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { decodeQuery } from './decode.ts'
import type { Decoded } from './decode.ts'
import { encodeAnswer, encodeError } from './encode.ts'
import { optBytes, queryBytes, recordBytes } from './query-bytes.ts'
import { Query } from './query.ts'

/** Good queries that between them reach every line of the decoder. */
const goodQueries: readonly (readonly [string, Buffer])[] = [
  ['plain', queryBytes()],
  ['of the root', queryBytes({ qname: Buffer.alloc(1) })],
  [
    'EDNS with options',
    queryBytes({
      records: [
        optBytes({
          flags: 0x8000,
          options: [
            { code: 3, data: Buffer.alloc(0) },
            { code: 10, data: Buffer.from('12345678') },
            { code: 8, data: Buffer.from([0, 1, 24, 0, 192, 0, 2]) },
          ],
        }),
      ],
    }),
  ],
  [
    'IXFR with TSIG behind OPT',
    queryBytes({
      qtype: TYPE_IXFR,
      nscount: 1,
      records: [
        recordBytes(Buffer.from([0xc0, 12]), { type: TYPE_SOA }, Buffer.alloc(22)),
        optBytes(),
        recordBytes(nameToWire('key.example.'), { type: TYPE_TSIG }, Buffer.alloc(16)),
      ],
    }),
  ],
]

const options = { nsid: Buffer.from('edge1') }
const empty = {
  rcode: 5,
  authoritative: false,
  answer: undefined,
  authority: undefined,
  additional: undefined,
  glueRequired: false,
  apexBytes: 1,
  ede: undefined,
}
const rcodes = { formerr: 1, notimp: 4, badvers: 16 } as const

/**
 * A view of the message that fails the test when an octet is read that is not of it: what lies behind
 * `length` is a trap.
 */
function guarded(wire: Buffer, length: number): Buffer {
  return new Proxy(Buffer.concat([wire.subarray(0, length), Buffer.alloc(300, 0x01)]), {
    get(target, property) {
      const index = typeof property === 'string' ? Number(property) : Number.NaN
      if (index >= length) throw new Error(`octet ${index} of ${length} was read`)
      return Reflect.get(target, property) as unknown
    },
  })
}

/** Decodes and answers a message as the edge would; gives what it made of it. */
function serve(wire: Buffer, q = new Query()): Decoded {
  const decoded = decodeQuery(wire, wire.length, 'udp', q)
  if (decoded === 'ignore') return decoded
  const out =
    decoded === 'ok' ? encodeAnswer(q, empty, options) : encodeError(q, rcodes[decoded], options)
  expect(out.length).toBeLessThanOrEqual(1232)
  expect(out.readUInt16BE(0)).toBe(wire.readUInt16BE(0))
  expect(out.readUInt16BE(2) & FLAG_QR).toBe(FLAG_QR)
  expect(q.lqname.length).toBeLessThanOrEqual(255)
  return decoded
}

describe.each(goodQueries)('a good query, %s,', (_what, wire) => {
  test('is good', () => {
    expect(serve(wire)).toBe('ok')
  })

  test('cut anywhere is FORMERR, or ignored when not even a header is left', () => {
    const q = new Query()
    for (let length = 0; length < wire.length; length++) {
      expect(serve(wire.subarray(0, length), q)).toBe(length < 12 ? 'ignore' : 'formerr')
    }
  })

  test('cut anywhere is read no further than its length', () => {
    const q = new Query()
    for (let length = 0; length <= wire.length; length++) {
      const decoded = decodeQuery(guarded(wire, length), length, 'udp', q)
      expect(decoded).toBe(length < 12 ? 'ignore' : length < wire.length ? 'formerr' : 'ok')
    }
  })

  test('with any octet changed is answered or ignored, and read within its length', () => {
    const q = new Query()
    for (let at = 0; at < wire.length; at++) {
      for (const octet of [0, 1, 0x29, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xfe, 0xff]) {
        const changed = Buffer.from(wire)
        changed[at] = octet
        const decoded = serve(changed, q)
        expect(decodeQuery(guarded(changed, wire.length), wire.length, 'udp', q)).toBe(decoded)
        const isAnswer = (changed.readUInt16BE(2) & FLAG_QR) !== 0
        expect(decoded === 'ignore').toBe(isAnswer)
      }
    }
  })

  test('with several octets changed is answered or ignored', () => {
    const changes = fc.array(fc.tuple(fc.nat(wire.length - 1), fc.nat(255)), { maxLength: 8 })
    const q = new Query()
    fc.assert(
      fc.property(changes, (list) => {
        const changed = Buffer.from(wire)
        for (const [at, octet] of list) changed[at] = octet
        expect(serve(changed, q) === 'ignore').toBe((changed.readUInt16BE(2) & FLAG_QR) !== 0)
      }),
      { numRuns: 500 },
    )
  })
})

test.each([1, 2, 3])('an option header of %i octets is read no further', (bytes) => {
  const opt = recordBytes(Buffer.alloc(1), { type: TYPE_OPT }, Buffer.alloc(bytes))
  const wire = queryBytes({ records: [opt] })
  const q = new Query()
  expect(decodeQuery(guarded(wire, wire.length), wire.length, 'udp', q)).toBe('formerr')
})

test('random octets are answered or ignored', () => {
  const q = new Query()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      const wire = Buffer.from(bytes)
      const ignored = wire.length < 12 || (wire.readUInt16BE(2) & FLAG_QR) !== 0
      expect(serve(wire, q) === 'ignore').toBe(ignored)
    }),
    { numRuns: 1000 },
  )
})

test('random octets behind the header of a query are answered', () => {
  const q = new Query()
  const counts = fc.constantFrom(0, 1, 2, 65_535)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), counts, counts, (bytes, nscount, arcount) => {
      const header = queryBytes({ nscount, arcount }).subarray(0, 12)
      expect(serve(Buffer.concat([header, bytes]), q)).not.toBe('ignore')
    }),
    { numRuns: 1000 },
  )
})

test('the largest message of empty records is walked in a moment', () => {
  const record = recordBytes(Buffer.alloc(1), { type: 1 })
  const head = queryBytes({ qname: Buffer.alloc(1) })
  const count = Math.floor((65_535 - head.length) / record.length)
  const records = Array.from({ length: count }, () => record)
  const wire = queryBytes({ qname: Buffer.alloc(1), records })
  expect(decodeQuery(wire, wire.length, 'tcp', new Query())).toBe('ok')
})
