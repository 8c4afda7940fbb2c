import { describe, expect, it } from 'vitest'
import { CLASS_IN, TYPE_A, TYPE_NS } from '../../shared/dns/codes.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { Sender } from '../locate/sender.ts'
import { decodeQuery } from '../query/decode.ts'
import { encodeAnswer } from '../query/encode.ts'
import type { Answer } from '../query/encode.ts'
import { optBytes, queryBytes } from '../query/query-bytes.ts'
import { Query } from '../query/query.ts'
import type { Transport } from '../query/query.ts'
import { encodeRecords } from '../query/records.ts'
import { openTable } from '../table/table-fixture.ts'
import { MISS, TableAnswerer } from './answer.ts'

const nsid = Buffer.from('sfo1')
const cut = 'sub.example.'

/** A referral with so many addresses of its server. */
function referralOf(addresses: number): Answer {
  return {
    rcode: 0,
    authoritative: false,
    answer: undefined,
    authority: encodeRecords(
      [{ owner: 'apex', type: TYPE_NS, ttl: 60, rdata: 'ns1.sub.example.' }],
      cut,
    ),
    additional: encodeRecords(
      Array.from({ length: addresses }, (_, i) => ({
        owner: { name: 'ns1.sub.example.' },
        type: TYPE_A,
        ttl: 60,
        rdata: `192.0.2.${i % 256}`,
      })),
      cut,
    ),
    glueRequired: true,
    apexBytes: nameToWire(cut).length,
    ede: undefined,
  }
}

interface Asked {
  readonly addresses: number
  readonly records: readonly Buffer[]
  readonly transport?: Transport
}

/** What the data thread sends, MISS as undefined, and what the control thread would. */
function ask({ addresses, records, transport = 'udp' }: Asked) {
  const { writer, reader } = openTable()
  const referral = referralOf(addresses)
  writer.name(nameToWire(cut), CLASS_IN).declareCut([], referral)
  const negative = { ...referral, authoritative: true }
  const flags = { isWhole: true, hasWildcards: false, hasSubtrees: true }
  writer.putZone(nameToWire('example.'), CLASS_IN, negative, flags)
  const wire = queryBytes({ qname: nameToWire('wWw.sub.example.'), records })
  const q = new Query()
  expect(decodeQuery(wire, wire.length, transport, q)).toBe('ok')
  const wanted = encodeAnswer(q, referral, { nsid })
  const slot = Buffer.alloc(20_000)
  slot.set(wire)
  const answerer = new TableAnswerer(reader, nsid, transport, undefined)
  reader.beginBatch(1)
  const size = answerer.answer(slot, wire.length, new Sender())
  reader.endBatch()
  const isAsItCame = slot.subarray(0, wire.length).equals(wire)
  return { sent: size === MISS ? undefined : slot.subarray(0, size), wanted, isAsItCame }
}

describe('a referral from the table is sent as encodeAnswer writes it', () => {
  it.each([
    ['without OPT', []],
    ['with OPT', [optBytes()]],
    ['with OPT and NSID', [optBytes({ options: [{ code: 3, data: Buffer.alloc(0) }] })]],
  ])('%s', (_what, records) => {
    const { sent, wanted } = ask({ addresses: 2, records })
    expect(sent).toEqual(wanted)
    expect(sent?.readUInt16BE(10)).toBe(2 + records.length)
  })

  it.each([254, 255, 256])('with %i records and OPT', (addresses) => {
    const { sent, wanted } = ask({ addresses, records: [optBytes()], transport: 'tcp' })
    expect(sent).toEqual(wanted)
    expect(sent?.readUInt16BE(10)).toBe(addresses + 1)
  })
})

it('one that does not fit is left to the control thread, as it came', () => {
  const { sent, wanted, isAsItCame } = ask({ addresses: 40, records: [] })
  expect({ sent, isAsItCame }).toEqual({ sent: undefined, isAsItCame: true })
  // TC (RFC 9471 §3.1).
  expect((wanted[2] ?? 0) & 2).toBe(2)
})
