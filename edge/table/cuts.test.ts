import { describe, expect, it } from 'vitest'
import {
  CLASS_IN,
  RCODE_NXDOMAIN,
  TYPE_A,
  TYPE_AAAA,
  TYPE_DS,
  TYPE_NS,
  TYPE_SOA,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { decodeQuery } from '../query/decode.ts'
import { encodeAnswer } from '../query/encode.ts'
import type { Answer } from '../query/encode.ts'
import { queryBytes } from '../query/query-bytes.ts'
import { Query } from '../query/query.ts'
import { encodeRecords } from '../query/records.ts'
import { RECORD_MAX_BYTES } from './layout.ts'
import {
  FOUND_ANSWER,
  FOUND_NODATA,
  FOUND_NOTHING,
  FOUND_NXDOMAIN,
  FOUND_REFERRAL,
} from './reader.ts'
import type { TableReader } from './reader.ts'
import { untilReplaced } from './record.ts'
import { answerOf, bodyOf, openTable, wireOf } from './table-fixture.ts'
import type { TableWriter } from './writer.ts'

const cut = 'sub.example.'
/** Two servers in the zone that is referred to, with glue. */
const referral: Answer = {
  rcode: 0,
  authoritative: false,
  answer: undefined,
  authority: encodeRecords(
    ['ns1.sub.example.', 'ns2.sub.example.'].map((rdata) => ({
      owner: 'apex',
      type: TYPE_NS,
      ttl: 3600,
      rdata,
    })),
    cut,
  ),
  additional: encodeRecords(
    [
      { owner: { name: 'ns1.sub.example.' }, type: TYPE_A, ttl: 60, rdata: '192.0.2.1' },
      { owner: { name: 'ns2.sub.example.' }, type: TYPE_AAAA, ttl: 60, rdata: '2001:db8::1' },
    ],
    cut,
  ),
  glueRequired: true,
  apexBytes: nameToWire(cut).length,
  ede: undefined,
}

interface Kinds {
  readonly hasWildcards?: boolean
  readonly hasSubtrees?: boolean
}

function openZone(
  fill: (writer: TableWriter) => void,
  { hasWildcards = false, hasSubtrees = true }: Kinds = {},
): { writer: TableWriter; reader: TableReader } {
  const { writer, reader } = openTable()
  writer.name(wireOf('example'), CLASS_IN).declare([TYPE_SOA, TYPE_NS])
  fill(writer)
  const flags = { isWhole: true, hasWildcards, hasSubtrees }
  writer.putZone(wireOf('example'), CLASS_IN, answerOf(Buffer.from('soa')), flags)
  return { writer, reader }
}

const nameOf = (writer: TableWriter, name: string) => writer.name(wireOf(name), CLASS_IN)

/** One of FOUND_…; FOUND_REFERRAL only with the octets that `encodeAnswer` gives the referral. */
function resolve(reader: TableReader, name: string, qtype = TYPE_A, now = 1): number {
  const wire = queryBytes({ qname: wireOf(name), qtype })
  const q = new Query()
  expect(decodeQuery(wire, wire.length, 'udp', q)).toBe('ok')
  reader.beginBatch(now)
  const found = reader.resolve(wire, 12, q.qnameEnd, qtype, CLASS_IN, 0)
  if (found === FOUND_REFERRAL) {
    expect({ aa: reader.isAuthoritative(reader.ref), rcode: reader.rcode }).toEqual({
      aa: false,
      rcode: 0,
    })
    const out = Buffer.alloc(600)
    out.set(wire)
    const end = reader.writeAnswer(reader.ref, out, 0, wire.length)
    const wanted = encodeAnswer(q, referral, { nsid: Buffer.alloc(0) })
    // Flags are the caller's.
    wanted.copy(out, 2, 2, 4)
    expect(out.subarray(0, end)).toEqual(wanted)
  }
  reader.endBatch()
  return found
}

describe('a cut', () => {
  const open = (kinds?: Kinds) =>
    openZone((writer) => {
      nameOf(writer, 'sub.example').put(TYPE_DS, answerOf(Buffer.from('ds')), untilReplaced)
      expect(nameOf(writer, 'sub.example').declareCut([TYPE_DS], referral)).toBe(true)
    }, kinds)

  it.each([
    ['itself', 'sub.example', TYPE_A, FOUND_REFERRAL],
    ['its NS, which are the other zone’s', 'sub.example', TYPE_NS, FOUND_REFERRAL],
    ['its SOA', 'Sub.Example', TYPE_SOA, FOUND_REFERRAL],
    ['its DS (rfc4035 §3.1.4.1)', 'sub.example', TYPE_DS, FOUND_ANSWER],
    ['a name below', 'www.sub.example', TYPE_A, FOUND_REFERRAL],
    ['the owner of glue (rfc1034 §4.2.1)', 'ns1.sub.example', TYPE_A, FOUND_REFERRAL],
    ['DS below', 'www.sub.example', TYPE_DS, FOUND_REFERRAL],
    ['very far below', `${'a.'.repeat(120)}sub.example`, TYPE_TXT, FOUND_REFERRAL],
    ['beside', 'www.example', TYPE_A, FOUND_NXDOMAIN],
    ['a name that ends alike', 'xsub.example', TYPE_A, FOUND_NXDOMAIN],
    ['above', 'example', TYPE_TXT, FOUND_NODATA],
  ])('%s', (_what, name, qtype, wanted) => {
    expect(resolve(open().reader, name, qtype)).toBe(wanted)
    expect(resolve(open({ hasWildcards: true }).reader, name, qtype)).toBe(wanted)
  })

  it('without DS is NODATA for it, from the zone above', () => {
    const { reader } = openZone((writer) => nameOf(writer, 'sub.example').declareCut([], referral))
    expect(resolve(reader, 'sub.example', TYPE_DS)).toBe(FOUND_NODATA)
    reader.beginBatch(1)
    const qname = wireOf('sub.example')
    reader.resolve(qname, 0, qname.length, TYPE_DS, CLASS_IN, 0)
    expect(bodyOf(reader, reader.ref).toString()).toBe('soa')
    reader.endBatch()
  })

  it('whose DS was refused leaves it to the control thread', () => {
    const { writer, reader } = open()
    nameOf(writer, 'sub.example').delete(TYPE_DS)
    expect(resolve(reader, 'sub.example', TYPE_DS)).toBe(FOUND_NOTHING)
  })

  it('within a zone of the mesh that is below it is not seen', () => {
    const { writer, reader } = open()
    const flags = { isWhole: true, hasWildcards: false, hasSubtrees: false }
    writer.putZone(wireOf('own.sub.example'), CLASS_IN, answerOf(Buffer.from('own')), flags)
    expect(resolve(reader, 'www.own.sub.example')).toBe(FOUND_NXDOMAIN)
    expect(resolve(reader, 'www.sub.example')).toBe(FOUND_REFERRAL)
  })

  it('is met from above: the topmost counts (rfc1034 §4.3.2)', () => {
    const { writer, reader } = open()
    nameOf(writer, 'deep.sub.example').declareCut([], answerOf(Buffer.from('not this')))
    expect(resolve(reader, 'www.deep.sub.example')).toBe(FOUND_REFERRAL)
  })

  it('that expired, or whose referral did, is left to the control thread', () => {
    const soon = { expiresAtSeconds: 10, storedAtSeconds: 0, ttlOffsets: [] }
    const { writer, reader } = openZone((one) =>
      nameOf(one, 'sub.example').declareCut([], referral, soon),
    )
    const both = (now: number) =>
      ['sub.example', 'www.sub.example'].map((name) => resolve(reader, name, TYPE_A, now))
    expect(both(9)).toEqual([FOUND_REFERRAL, FOUND_REFERRAL])
    expect(both(10)).toEqual([FOUND_NOTHING, FOUND_NOTHING])
    nameOf(writer, 'sub.example').declareCut([], referral)
    expect(both(10)).toEqual([FOUND_REFERRAL, FOUND_REFERRAL])
  })

  it('whose referral is too large is left to the control thread', () => {
    const { writer, reader } = open()
    const huge = answerOf(Buffer.alloc(RECORD_MAX_BYTES))
    expect(nameOf(writer, 'sub.example').declareCut([], huge)).toBe(false)
    expect(writer.stats().refused).toBe(1)
    expect(writer.isComplete).toBe(true)
    expect(resolve(reader, 'www.sub.example')).toBe(FOUND_NOTHING)
    expect(resolve(reader, 'www.example')).toBe(FOUND_NXDOMAIN)
  })

  it('that is refused leaves no referral, and no negative answers', () => {
    const { writer, reader } = openZone(() => undefined)
    const { entries } = writer.stats()
    const types = Array.from({ length: RECORD_MAX_BYTES / 2 }, (_, i) => i)
    expect(nameOf(writer, 'sub.example').declareCut(types, referral)).toBe(false)
    expect(writer.stats()).toMatchObject({ entries, refused: 1 })
    expect(writer.isComplete).toBe(false)
    expect(resolve(reader, 'www.sub.example')).toBe(FOUND_NOTHING)
  })

  it('that is declared otherwise, or forgotten, leaves no referral', () => {
    const { writer, reader } = openZone(() => undefined)
    const { entries } = writer.stats()
    const name = () => nameOf(writer, 'sub.example')
    const others = [
      () => name().declare([]),
      () => name().declareAlias([]),
      () => name().declareRedirect([]),
      () => name().declareAbsent(),
    ]
    for (const declareOther of others) {
      name().declareCut([], referral)
      expect(writer.stats().entries).toBe(entries + 2)
      expect(declareOther()).toBe(true)
      expect(writer.stats().entries).toBe(entries + 1)
      expect(resolve(reader, 'www.sub.example')).not.toBe(FOUND_REFERRAL)
    }
    name().declareCut([], referral)
    expect(name().forget()).toBe(true)
    expect(writer.stats().entries).toBe(entries)
    expect(name().forget()).toBe(false)
  })

  it('takes the answers away that the name had', () => {
    const { writer, reader } = openZone((one) => {
      nameOf(one, 'sub.example').put(TYPE_A, answerOf(Buffer.from('a')), untilReplaced)
      nameOf(one, 'sub.example').declare([TYPE_A])
    })
    expect(resolve(reader, 'sub.example')).toBe(FOUND_ANSWER)
    nameOf(writer, 'sub.example').declareCut([], referral)
    expect(resolve(reader, 'sub.example')).toBe(FOUND_REFERRAL)
  })
})

describe('the owner of a DNAME', () => {
  it.each([
    ['itself is a name like others (rfc6672 §2.3)', 'old.example', TYPE_A, FOUND_ANSWER],
    ['a type that it has not', 'old.example', TYPE_TXT, FOUND_NODATA],
    ['names below are left to the control thread', 'www.old.example', TYPE_A, FOUND_NOTHING],
    ['far below', 'a.b.c.d.old.example', TYPE_DS, FOUND_NOTHING],
    ['beside', 'www.example', TYPE_A, FOUND_NXDOMAIN],
  ])('%s', (_what, name, qtype, wanted) => {
    const { reader } = openZone((writer) => {
      nameOf(writer, 'old.example').put(TYPE_A, answerOf(Buffer.from('a')), untilReplaced)
      expect(nameOf(writer, 'old.example').declareRedirect([TYPE_A])).toBe(true)
    })
    expect(resolve(reader, name, qtype)).toBe(wanted)
  })

  it('may be the apex', () => {
    const { reader } = openZone((writer) => {
      nameOf(writer, 'example').declareRedirect([TYPE_SOA, TYPE_NS])
    })
    expect(resolve(reader, 'example')).toBe(FOUND_NODATA)
    expect(resolve(reader, 'www.example')).toBe(FOUND_NOTHING)
  })
})

it('without the flag nothing is looked for above a name', () => {
  const { reader } = openZone((writer) => nameOf(writer, 'sub.example').declareCut([], referral), {
    hasSubtrees: false,
  })
  expect(resolve(reader, 'www.sub.example')).toBe(FOUND_NXDOMAIN)
  expect(resolve(reader, 'sub.example')).toBe(FOUND_REFERRAL)
})

it('the flag is not mixed up with the rcode of the negative answer', () => {
  const { writer, reader } = openTable()
  const soa = answerOf(Buffer.from('soa'), { rcode: RCODE_NXDOMAIN })
  const flags = { isWhole: true, hasWildcards: false, hasSubtrees: false }
  writer.putZone(wireOf('example'), CLASS_IN, soa, flags)
  nameOf(writer, 'sub.example').declareCut([], referral)
  expect(resolve(reader, 'www.sub.example')).toBe(FOUND_NXDOMAIN)
})
