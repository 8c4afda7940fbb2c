import { describe, expect, it } from 'vitest'
import { TYPE_A, TYPE_ANY, TYPE_CNAME, TYPE_DS, TYPE_MX, TYPE_NS, TYPE_TXT } from '../dns/codes.ts'
import { nameFromWire, nameKey } from '../dns/name.ts'
import { follow, keyOfWire, LINKS_MAX, parentKey, rrsetOf, wildcardKey } from './follow.ts'
import type { WireRrset, ZoneLookup } from './follow.ts'
import { parseRdata } from './rdata.ts'
import { serversOf } from './servers.ts'
import { standingOf } from './standing.ts'
import { parseRecordType, TYPE_DNAME } from './types.ts'

/** A zone `example.` of records as lines; names in `unknown` are to be asked for. */
function zoneOf(
  lines: readonly string[],
  apps: readonly string[] = [],
  unknown: readonly string[] = [],
): ZoneLookup<string> {
  const records = new Map<string, WireRrset[]>()
  for (const line of lines) {
    const [name = '', ttl, mnemonic = '', ...text] = line.split(' ')
    records.set(nameKey(name), [...(records.get(nameKey(name)) ?? []), rrset(mnemonic, text, ttl)])
  }
  const apex = nameKey('example.')
  const at = (key: string): readonly WireRrset[] => records.get(key) ?? []
  const there = [...records.keys(), ...apps.map(nameKey)]
  const nodes = {
    parentOf: parentKey,
    wildcardOf: wildcardKey,
    exists: (key: string) => there.some((one) => one.endsWith(key)),
    isCut: (key: string) => rrsetOf(at(key), TYPE_NS) !== undefined,
    isRedirect: (key: string) => rrsetOf(at(key), TYPE_DNAME) !== undefined,
  }
  return {
    find: (name, isDs) => {
      if (!name.endsWith(apex)) return 'outside'
      if (unknown.map(nameKey).includes(name)) return 'unknown'
      const standing = standingOf(nodes, { apex, name, isDs })
      const key = standing.is === 'nothing' ? '' : standing.at
      const hasApp = apps.map(nameKey).includes(key)
      return { is: standing.is, at: key, zone: 'example.', rrsets: at(key), hasApp }
    },
  }
}

function rrset(mnemonic: string, text: readonly string[], ttl = '300'): WireRrset {
  const type = parseRecordType(mnemonic) ?? 0
  const read = parseRdata(type, text.join(' '))
  if (!read.ok) throw new Error(text.join(' '))
  return { type, ttl: Number(ttl), rdata: [read.rdata] }
}

function textOf(key: string): string {
  return nameFromWire(Buffer.from(key, 'latin1'), 0) ?? '?'
}

/** Links, the name at the end, and what the end is, in one line. */
function way(lookup: ZoneLookup<string>, name: string, qtype = TYPE_A): string {
  const { links, name: last, end } = follow(lookup, nameKey(name), qtype)
  const steps = links.map(({ owner, type, ttl, rdata }) => {
    const mnemonic = type === TYPE_CNAME ? 'CNAME' : 'DNAME'
    return `${textOf(owner)} ${ttl} ${mnemonic} ${textOf(keyOfWire(rdata))}`
  })
  return [...steps, `${textOf(last)} ${end.is}`].join(', ')
}

const zone = zoneOf(
  [
    'example. 60 MX 10 mail.example.',
    'to.example. 5 CNAME A.example.',
    'a.example. 300 A 192.0.2.1',
    'twice.example. 6 CNAME to.example.',
    'gone.example. 5 CNAME nothing.example.',
    'out.example. 5 CNAME a.test.',
    'toapp.example. 5 CNAME app.example.',
    'cut.example. 300 NS ns.cut.example.',
    'cut.example. 300 DS 1 8 1 0101010101010101010101010101010101010101',
    'below.example. 5 CNAME x.cut.example.',
    'd.example. 7 DNAME w.example.',
    '*.w.example. 8 A 192.0.2.2',
    '*.alias.example. 9 CNAME a.example.',
    'one.example. 5 CNAME two.example.',
    'two.example. 5 CNAME one.example.',
    'asked.example. 5 CNAME later.example.',
    ...Array.from({ length: 20 }, (_, i) => `c${i}.example. 5 CNAME c${i + 1}.example.`),
  ],
  ['app.example.'],
  ['later.example.'],
)

describe('a question is followed', () => {
  it.each<[string, string, number, string]>([
    ['to the records of its name', 'a.example.', TYPE_A, 'a.example. rrset'],
    ['to another type: nodata', 'a.example.', TYPE_TXT, 'a.example. nodata'],
    ['to a name that is not', 'x.a.example.', TYPE_A, 'x.a.example. nxdomain'],
    ['out of all zones', 'a.test.', TYPE_A, 'a.test. outside'],
    ['to an app', 'app.example.', TYPE_A, 'app.example. app'],
    [
      'through aliases, whose rdata may be of any case (RFC 4343)',
      'twice.example.',
      TYPE_A,
      'twice.example. 6 CNAME to.example., to.example. 5 CNAME a.example., a.example. rrset',
    ],
    [
      'to what an alias leads to that is not (RFC 6604 §3)',
      'gone.example.',
      TYPE_A,
      'gone.example. 5 CNAME nothing.example., nothing.example. nxdomain',
    ],
    ['out of the mesh', 'out.example.', TYPE_A, 'out.example. 5 CNAME a.test., a.test. outside'],
    [
      'to an app by an alias',
      'toapp.example.',
      TYPE_A,
      'toapp.example. 5 CNAME app.example., app.example. app',
    ],
    ['to an alias that is asked for itself', 'twice.example.', TYPE_CNAME, 'twice.example. rrset'],
    [
      'no further for any type (RFC 8482)',
      'to.example.',
      TYPE_ANY,
      'to.example. 5 CNAME a.example., a.example. outside',
    ],
    ['to any type of a name', 'a.example.', TYPE_ANY, 'a.example. any'],
    ['to a cut (RFC 1034 §4.3.2 step 3b)', 'x.cut.example.', TYPE_A, 'x.cut.example. referral'],
    [
      'to a cut by an alias',
      'below.example.',
      TYPE_A,
      'below.example. 5 CNAME x.cut.example., x.cut.example. referral',
    ],
    ['to the DS of a cut (RFC 4035 §3.1.4.1)', 'cut.example.', TYPE_DS, 'cut.example. rrset'],
    ['to the DS below a cut', 'x.cut.example.', TYPE_DS, 'x.cut.example. referral'],
    ['by a wildcard, as itself (RFC 4592)', 'x.y.w.example.', TYPE_A, 'x.y.w.example. rrset'],
    [
      'by an alias of a wildcard, which has the name that was asked for',
      'x.alias.example.',
      TYPE_A,
      'x.alias.example. 9 CNAME a.example., a.example. rrset',
    ],
    [
      'below a DNAME, with a CNAME of the same TTL (RFC 6672 §3.1)',
      'x.d.example.',
      TYPE_A,
      'd.example. 7 DNAME w.example., x.d.example. 7 CNAME x.w.example., x.w.example. rrset',
    ],
    [
      'to a CNAME that is made',
      'x.d.example.',
      TYPE_CNAME,
      'd.example. 7 DNAME w.example., x.d.example. 7 CNAME x.w.example., x.w.example. outside',
    ],
    ['not to a DNAME, which is for what is below it', 'd.example.', TYPE_A, 'd.example. nodata'],
    [
      'round in a circle once',
      'one.example.',
      TYPE_A,
      'one.example. 5 CNAME two.example., two.example. 5 CNAME one.example., one.example. outside',
    ],
    [
      'to a name that is to be asked for',
      'asked.example.',
      TYPE_A,
      'asked.example. 5 CNAME later.example., later.example. unknown',
    ],
  ])('%s', (_what, name, qtype, wanted) => {
    expect(way(zone, name, qtype)).toBe(wanted)
  })

  it('so far and no further', () => {
    const { links, end } = follow(zone, nameKey('c0.example.'), TYPE_A)
    expect([links.length, end.is]).toEqual([LINKS_MAX, 'outside'])
  })

  it('not to a name of 256 octets (RFC 6672 §2.2)', () => {
    // 183 octets of three labels, 30 of the target, and a label between.
    const long = Array<string>(3).fill('a'.repeat(60)).join('.')
    const lookup = zoneOf([`d.example. 7 DNAME ${'b'.repeat(20)}.example.`])
    const ends = [41, 42].map((octets) => {
      const name = `${long}.${'c'.repeat(octets)}.d.example.`
      const { links, end } = follow(lookup, nameKey(name), TYPE_A)
      return [links.length, end.is]
    })
    expect(ends).toEqual([
      [2, 'nxdomain'],
      [1, 'too-long'],
    ])
  })
})

it('the names that an answer goes by are told, with what stands for them', () => {
  const told = (name: string): readonly string[] =>
    follow(zone, nameKey(name), TYPE_A).names.map(({ name, by }) => `${textOf(name)} ${by}`)
  expect(told('a.example.')).toEqual([])
  expect(told('x.d.example.')).toEqual([
    'd.example. itself',
    'x.w.example. above',
    '*.w.example. itself',
  ])
  expect(told('out.example.')).toEqual(['a.test. outside'])
  expect(told('gone.example.')).toEqual(['nothing.example. above'])
})

describe('the servers of an rrset', () => {
  it.each<[string, string, readonly string[]]>([
    ['MX', '10 mail.example.', ['mail.example.']],
    ['MX', '0 .', []],
    ['SRV', '1 2 3 host.example.', ['host.example.']],
    ['NS', 'NS.example.', ['ns.example.']],
    ['HTTPS', '1 .', ['owner.example.']],
    ['HTTPS', '0 .', []],
    ['SVCB', '0 pool.example.', ['pool.example.']],
    ['A', '192.0.2.1', []],
  ])('%s %s', (mnemonic, text, wanted) => {
    const servers = serversOf(rrset(mnemonic, text.split(' ')), nameKey('owner.example.'))
    expect(Array.from(servers, textOf)).toEqual(wanted)
  })

  it('are told as far as a message has room for them', () => {
    const rdata = Array.from(
      { length: 100 },
      (_, i) => rrset('MX', ['1', `m${i}.example.`]).rdata[0],
    )
    const servers = serversOf(
      { type: TYPE_MX, ttl: 1, rdata: rdata.filter((one) => one !== undefined) },
      '',
    )
    expect(servers.size).toBe(64)
  })
})
