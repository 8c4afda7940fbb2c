import { describe, expect, it } from 'vitest'
import {
  CLASS_IN,
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  TYPE_A,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_MX,
  TYPE_NS,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { CHOICE_NODATA } from './layout.ts'
import {
  FOUND_ANSWER,
  FOUND_BY_CLIENT,
  FOUND_NODATA,
  FOUND_NOTHING,
  FOUND_NXDOMAIN,
  FOUND_REFERRAL,
} from './reader.ts'
import type { TableReader } from './reader.ts'
import { untilReplaced } from './record.ts'
import { answerOf, bodyOf, openTable, wireOf } from './table-fixture.ts'
import type { TableWriter } from './writer.ts'

const flags = { isWhole: true, hasWildcards: true, hasSubtrees: true }

function declare(writer: TableWriter, name: string, types: readonly number[]): void {
  for (const type of types) {
    writer
      .name(wireOf(name), CLASS_IN)
      .put(type, answerOf(Buffer.from(`${name} ${type}`)), untilReplaced)
  }
  writer.name(wireOf(name), CLASS_IN).declare(types)
}

function putZone(writer: TableWriter, more: Partial<typeof flags> = {}): void {
  writer.putZone(wireOf('example'), CLASS_IN, answerOf(Buffer.from('soa')), { ...flags, ...more })
}

/** The zone of RFC 4592 §2.2.1. */
function openExample(): { writer: TableWriter; reader: TableReader } {
  const { writer, reader } = openTable()
  declare(writer, 'example', [TYPE_SOA, TYPE_NS])
  declare(writer, '*.example', [TYPE_TXT, TYPE_MX])
  declare(writer, 'sub.*.example', [TYPE_TXT])
  declare(writer, 'host1.example', [TYPE_A])
  for (const host of ['host1.example', 'host2.example']) {
    declare(writer, `_ssh._tcp.${host}`, [TYPE_SRV])
    declare(writer, `_tcp.${host}`, [])
  }
  declare(writer, 'host2.example', [])
  const referral = answerOf(Buffer.from('subdel'), { authoritative: false })
  writer.name(wireOf('subdel.example'), CLASS_IN).declareCut([], referral)
  putZone(writer)
  return { writer, reader }
}

function resolve(reader: TableReader, name: string, qtype: number, now = 1): unknown {
  const qname = wireOf(name)
  reader.beginBatch(now)
  const found = reader.resolve(qname, 0, qname.length, qtype, CLASS_IN, 0)
  const body = found === FOUND_NOTHING ? '' : bodyOf(reader, reader.ref).toString()
  const rcode = found === FOUND_NOTHING ? -1 : reader.rcode
  reader.endBatch()
  return { found, rcode, body }
}

const nothing = { found: FOUND_NOTHING, rcode: -1, body: '' }
const nodata = { found: FOUND_NODATA, rcode: RCODE_NOERROR, body: 'soa' }
const nxdomain = { found: FOUND_NXDOMAIN, rcode: RCODE_NXDOMAIN, body: 'soa' }
const referral = { found: FOUND_REFERRAL, rcode: RCODE_NOERROR, body: 'subdel' }
const answer = (body: string) => ({ found: FOUND_ANSWER, rcode: RCODE_NOERROR, body })

describe('rfc4592 §2.2.1: of the example', () => {
  it.each([
    ['host3 MX is synthesized', 'host3.example', TYPE_MX, answer('*.example 15')],
    ['host3 A: the wildcard has no A', 'host3.example', TYPE_A, nodata],
    [
      'foo.bar TXT is synthesized: bar does not exist',
      'foo.bar.example',
      TYPE_TXT,
      answer('*.example 16'),
    ],
    ['host1 MX: it exists', 'host1.example', TYPE_MX, nodata],
    ['sub.* MX: it exists', 'sub.*.example', TYPE_MX, nodata],
    ['_telnet._tcp.host1 SRV: _tcp.host1 exists', '_telnet._tcp.host1.example', TYPE_SRV, nxdomain],
    ['host.subdel A is below a cut', 'host.subdel.example', TYPE_A, referral],
    ['ghost.* MX: its closest encloser is *', 'ghost.*.example', TYPE_MX, nxdomain],
  ])('%s', (_what, name, qtype, wanted) => {
    const { reader } = openExample()
    expect(resolve(reader, name, qtype)).toEqual(wanted)
  })

  it.each([
    ['the wildcard itself is a name like others', '*.example', TYPE_TXT, answer('*.example 16')],
    ['an empty non-terminal is not synthesized', 'host2.example', TYPE_TXT, nodata],
    ['any case', 'HOST3.Example', TYPE_MX, answer('*.example 15')],
    ['ANY is left to the control thread', 'host3.example', TYPE_ANY, nothing],
    ['very many labels', `${'x.'.repeat(123)}example`, TYPE_TXT, answer('*.example 16')],
    [
      'very long labels',
      `${`${'x'.repeat(63)}.`.repeat(3)}${'x'.repeat(53)}.example`,
      TYPE_MX,
      answer('*.example 15'),
    ],
  ])('and beyond: %s', (_what, name, qtype, wanted) => {
    const { reader } = openExample()
    expect(resolve(reader, name, qtype)).toEqual(wanted)
  })
})

it('a wildcard that exists only as an empty non-terminal is NODATA (rfc4592 §2.2.2)', () => {
  const { writer, reader } = openTable()
  declare(writer, 'sub.*.example', [TYPE_TXT])
  declare(writer, '*.example', [])
  putZone(writer)
  expect(resolve(reader, 'host.example', TYPE_TXT)).toEqual(nodata)
})

it('a wildcard with a CNAME answers all types with it', () => {
  const { writer, reader } = openTable()
  const entries = writer.name(wireOf('*.example'), CLASS_IN)
  entries.put(TYPE_CNAME, answerOf(Buffer.from('cname')), untilReplaced)
  entries.declareAlias([TYPE_CNAME])
  putZone(writer)
  expect(resolve(reader, 'host.example', TYPE_A)).toEqual(answer('cname'))
  expect(resolve(reader, 'host.example', TYPE_CNAME)).toEqual(answer('cname'))
  writer.name(wireOf('*.example'), CLASS_IN).delete(TYPE_CNAME)
  expect(resolve(reader, 'host.example', TYPE_A)).toEqual(nothing)
})

it('a wildcard may answer by the place of the client', () => {
  const { writer, reader } = openTable()
  writer.putMap(1, Uint16Array.of(1, 2, CHOICE_NODATA))
  const choices = ['near', 'far'].map((text) => answerOf(Buffer.from(text)))
  const entries = writer.name(wireOf('*.example'), CLASS_IN)
  entries.put(TYPE_A, { mapNumber: 1, choices }, untilReplaced)
  entries.declare([TYPE_A])
  putZone(writer)
  const qname = wireOf('host.example')
  const bodies = [0, 1, 2].map((location) => {
    reader.beginBatch(1)
    expect(reader.resolve(qname, 0, qname.length, TYPE_A, CLASS_IN, 0)).toBe(FOUND_BY_CLIENT)
    const found = reader.resolveByClient(qname, 0, qname.length, CLASS_IN, location, 0)
    const body = `${found} ${bodyOf(reader, reader.ref).toString()}`
    reader.endBatch()
    return body
  })
  expect(bodies).toEqual([`${FOUND_ANSWER} near`, `${FOUND_ANSWER} far`, `${FOUND_NODATA} soa`])
})

describe('what is in doubt is left to the control thread', () => {
  const soon = { expiresAtSeconds: 10, storedAtSeconds: 0, ttlOffsets: [] }

  it.each([
    ['a wildcard', '*.example', 'host.example'],
    ['a name above', 'sub.example', 'host.sub.example'],
    ['a name far above', 'sub.example', 'host.x.y.sub.example'],
  ])('%s that expired', (_what, name, asked) => {
    const { writer, reader } = openTable()
    writer.name(wireOf(name), CLASS_IN).declare([], soon)
    putZone(writer)
    expect(resolve(reader, asked, TYPE_A, 9)).not.toEqual(nothing)
    expect(resolve(reader, asked, TYPE_A, 10)).toEqual(nothing)
  })

  it('a type of a wildcard whose answer is not here', () => {
    const { writer, reader } = openTable()
    writer.name(wireOf('*.example'), CLASS_IN).declare([TYPE_A])
    putZone(writer)
    expect(resolve(reader, 'host.example', TYPE_A)).toEqual(nothing)
    expect(resolve(reader, 'host.example', TYPE_TXT)).toEqual(nodata)
  })

  it.each([
    ['a cut (rfc4592 §4.2)', 'cut'],
    ['the owner of a DNAME (rfc4592 §4.4)', 'redirect'],
    ['a name that is known not to exist', 'absent'],
  ])('a wildcard that is %s', (_what, kind) => {
    const { writer, reader } = openTable()
    const entries = writer.name(wireOf('*.example'), CLASS_IN)
    if (kind === 'cut') entries.declareCut([], answerOf(Buffer.from('cut')))
    else if (kind === 'redirect') entries.declareRedirect([])
    else entries.declareAbsent()
    putZone(writer)
    expect(resolve(reader, 'host.example', TYPE_A)).toEqual(nothing)
  })

  it('a name below one that is known not to exist', () => {
    const { writer, reader } = openTable()
    writer.name(wireOf('no.example'), CLASS_IN).declareAbsent()
    putZone(writer)
    expect(resolve(reader, 'host.no.example', TYPE_A)).toEqual(nothing)
  })

  it('all names that are not here, while the zone is not whole or names were refused', () => {
    const { writer, reader } = openExample()
    putZone(writer, { isWhole: false })
    expect(resolve(reader, 'host3.example', TYPE_MX)).toEqual(nothing)
    expect(resolve(reader, 'host.subdel.example', TYPE_A)).toEqual(nothing)
    putZone(writer)
    const huge = answerOf(Buffer.alloc(70_000))
    writer.putZone(wireOf('other.test'), CLASS_IN, huge, flags)
    expect(resolve(reader, 'host3.example', TYPE_MX)).toEqual(nothing)
    writer.markComplete()
    expect(resolve(reader, 'host3.example', TYPE_MX)).toEqual(answer('*.example 15'))
  })

  it('an apex that has no entry, of the longest name too', () => {
    const { writer, reader } = openTable()
    const apex = `${`${'x'.repeat(63)}.`.repeat(3)}${'x'.repeat(61)}`
    expect(wireOf(apex)).toHaveLength(255)
    writer.putZone(wireOf(apex), CLASS_IN, answerOf(Buffer.from('soa')), flags)
    expect(resolve(reader, apex, TYPE_A)).toEqual(nothing)
  })
})

it('a branch of names is there once its topmost name is', () => {
  const { writer, reader } = openExample()
  declare(writer, '*.deep.branch.example', [TYPE_TXT])
  declare(writer, 'deep.branch.example', [])
  expect(resolve(reader, 'x.deep.branch.example', TYPE_TXT)).toEqual(answer('*.example 16'))
  declare(writer, 'branch.example', [])
  expect(resolve(reader, 'x.deep.branch.example', TYPE_TXT)).toEqual(
    answer('*.deep.branch.example 16'),
  )
  expect(resolve(reader, 'x.branch.example', TYPE_TXT)).toEqual(nxdomain)
})

it('without the flag no wildcard is looked for', () => {
  const { writer, reader } = openExample()
  putZone(writer, { hasWildcards: false })
  expect(resolve(reader, 'host3.example', TYPE_MX)).toEqual(nxdomain)
  expect(resolve(reader, 'host.subdel.example', TYPE_A)).toEqual(referral)
})
