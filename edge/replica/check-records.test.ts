import { describe, expect, it } from 'vitest'
import { TYPE_A, TYPE_MX, TYPE_NS, TYPE_SOA, TYPE_TXT } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { TYPE_DNAME } from '../../shared/records/types.ts'
import { RRSET_RECORDS_MAX } from '../../shared/registry/limits.ts'
import type { Cover } from '../../shared/rpc/generated/meridian/v1/Cover.ts'
import type { Rrset } from '../../shared/rpc/generated/meridian/v1/Rrset.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import { checkChange } from './check.ts'
import type { NameState } from './model.ts'

const { Watch } = loadProto().meridian.v1.Sync.service

/** What the edge makes of a name, as it comes over the wire. */
function receive(name: string, rrsets: readonly Rrset[], cover?: Cover): NameState {
  const state = { name, kind: 'NODATA' as const, rrsets: [...rrsets], ...(cover && { cover }) }
  const sent = Watch.responseSerialize({ change: { version: 1, names: [state] } })
  const { change } = Watch.responseDeserialize(sent)
  const [got] = change ? checkChange(change).names : []
  if (got === undefined) throw new TypeError('no name came')
  return got
}

const a: Rrset = { type: TYPE_A, ttl: 5, rdata: ['192.0.2.1'] }
const ns: Rrset = { type: TYPE_NS, ttl: 5, rdata: ['ns.sub.example.'] }

it('static records become rdata in wire form, in the case of their names', () => {
  const mx = { type: TYPE_MX, ttl: 2_147_483_647, rdata: ['10 Mail.example.'] }
  expect(receive('x.example.', [a, mx]).rrsets).toEqual([
    { type: TYPE_A, ttl: 5, rdata: [Uint8Array.of(192, 0, 2, 1)] },
    {
      type: TYPE_MX,
      ttl: 2_147_483_647,
      rdata: [Uint8Array.from(Buffer.from('\0\n\u0004Mail\u0007example\0', 'latin1'))],
    },
  ])
  expect(receive('x.example.', [])).toEqual({ kind: 'nodata', name: 'x.example.', version: 0 })
})

it.each<[string, readonly Rrset[], string]>([
  ['of a type twice', [a, a], 'x.example. A: the type twice'],
  ['of a type of questions', [{ ...a, type: 255 }], 'type 255'],
  ['of a type that is none', [{ ...a, type: 65_536 }], 'type 65536'],
  ['of type SOA, which is of the zone', [{ ...a, type: TYPE_SOA }], 'type 6'],
  ['with a TTL of 2^31 (RFC 2181 §8)', [{ ...a, ttl: 2 ** 31 }], 'x.example. A ttl: 2147483648'],
  ['without any', [{ ...a, rdata: [] }], 'x.example. A: 0 records'],
  [
    'in too large a number',
    [{ ...a, rdata: Array.from({ length: RRSET_RECORDS_MAX + 1 }, () => '192.0.2.1') }],
    `${RRSET_RECORDS_MAX + 1} records`,
  ],
  [
    'that are not well-formed',
    [{ ...a, rdata: ['192.0.2.256'] }],
    'x.example. A rdata: "192.0.2.256"',
  ],
  [
    'of more octets than a message has',
    [
      {
        type: TYPE_TXT,
        ttl: 1,
        rdata: Array.from({ length: 300 }, (_, i) => `"${i}${'x'.repeat(240)}"`),
      },
    ],
    'octets of rdata',
  ],
  [
    'of too many types',
    Array.from({ length: 1_001 }, (_, i) => ({ type: 1_000 + i, ttl: 1, rdata: ['\\# 0'] })),
    '1001 types',
  ],
])('records %s are refused', (_what, rrsets, wanted) => {
  expect(() => receive('x.example.', rrsets)).toThrow(wanted)
})

describe('what covers a name', () => {
  const owner = (name: string, ...rrsets: readonly Rrset[]) => ({ name, rrsets: [...rrsets] })
  const dname = { type: TYPE_DNAME, ttl: 5, rdata: ['to.example.'] }

  it.each<[string, Cover, string]>([
    ['a wildcard', { kind: 'WILDCARD', owner: owner('*.example.', a) }, 'wildcard'],
    ['a cut above', { kind: 'CUT', owner: owner('sub.example.', ns) }, 'cut'],
    ['a cut at it', { kind: 'CUT', owner: owner('x.sub.example.', ns) }, 'cut'],
    ['a DNAME above', { kind: 'REDIRECT', owner: owner('sub.example.', dname) }, 'redirect'],
  ])('%s is taken', (_what, cover, is) => {
    const glue = [owner('ns.sub.example.', a)]
    expect(receive('x.sub.example.', [], { ...cover, glue }).cover).toMatchObject({
      is,
      owner: { key: nameKey(cover.owner?.name ?? '') },
      glue: [{ key: nameKey('ns.sub.example.') }],
    })
  })

  it.each<[string, Cover, string]>([
    ['nothing', { kind: 'CUT' }, 'cover of x.sub.example.: nothing'],
    ['a cut elsewhere', { kind: 'CUT', owner: owner('other.example.', ns) }, 'a cut at other'],
    ['a cut without NS', { kind: 'CUT', owner: owner('sub.example.', a) }, 'NS records there'],
    ['a DNAME at it', { kind: 'REDIRECT', owner: owner('x.sub.example.', dname) }, 'a redirect'],
    ['a DNAME without one', { kind: 'REDIRECT', owner: owner('sub.example.', a) }, 'DNAME records'],
    ['what is no wildcard', { kind: 'WILDCARD', owner: owner('sub.example.', a) }, 'a wildcard'],
    ['a wildcard elsewhere', { kind: 'WILDCARD', owner: owner('*.a.example.', a) }, 'a wildcard'],
    ['a wildcard below it', { kind: 'WILDCARD', owner: owner('*.x.sub.example.') }, 'a wildcard'],
    [
      'bad glue',
      { kind: 'CUT', owner: owner('sub.example.', ns), glue: [owner('..')] },
      'cover name',
    ],
  ])('%s is refused', (_what, cover, wanted) => {
    expect(() => receive('x.sub.example.', [], cover)).toThrow(wanted)
  })
})
