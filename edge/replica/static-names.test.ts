import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TYPE_A, TYPE_NS, TYPE_TXT } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { TYPE_DNAME } from '../../shared/records/types.ts'
import { JsonText } from '../../shared/snapshot-file.ts'
import { FullNames } from './full-names.ts'
import type { ReplicaApp } from './model.ts'
import { createEntry, OnDemandNames } from './names.ts'
import { appLine, parseLine } from './snapshot-line.ts'

const trust = { isWatched: true, expiresAt: Infinity }
const app: ReplicaApp = {
  policy: 'nearest',
  ttlMin: 5,
  ttlMax: 30,
  endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.1'], weight: 1, priority: 0 }],
}
const text = (octets: number): WireRrset => ({
  type: TYPE_TXT,
  ttl: 300,
  rdata: Array.from({ length: octets / 256 }, () =>
    Buffer.from(`\u00ff${'x'.repeat(255)}`, 'latin1'),
  ),
})
const a: WireRrset = { type: TYPE_A, ttl: 0, rdata: [Buffer.of(192, 0, 2, 1)] }
const ns: WireRrset = { type: TYPE_NS, ttl: 2_147_483_647, rdata: [Buffer.from('\u0001a\0')] }
const dname: WireRrset = { type: TYPE_DNAME, ttl: 1, rdata: [Buffer.from('\u0001b\0')] }
const other: WireRrset = { type: 65_280, ttl: 1, rdata: [Buffer.alloc(0), Buffer.of(1, 2, 3)] }

const held = fc.record({
  app: fc.constantFrom(undefined, app),
  // The last one has no packed form.
  rrsets: fc.subarray([a, ns, dname, other, text(512), text(40_960)]),
})

function entryOf(
  name: string,
  app: ReplicaApp | undefined,
  rrsets: readonly WireRrset[],
  version = 1,
) {
  const told = { name, version, ...(rrsets.length > 0 && { rrsets }) }
  const kind = rrsets.length > 0 ? ('nodata' as const) : ('nxdomain' as const)
  return createEntry(app === undefined ? { kind, ...told } : { kind: 'app', ...told, app }, trust)
}

describe('static records in a full replica', () => {
  it('are held beside apps and without them, and count for the names above', () => {
    const names = ['x.a.', 'y.a.', 'b.']
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...names), held), { maxLength: 12 }),
        (puts) => {
          const table = new FullNames()
          const model = new Map<string, (typeof puts)[number][1]>()
          for (const [name, { app, rrsets }] of puts) {
            table.put(nameKey(name), entryOf(name, app, rrsets))
            model.set(name, { app, rrsets })
          }
          for (const [name, { app, rrsets }] of model) {
            const key = nameKey(name)
            expect(table.peek(key)).toMatchObject({ app, rrsets })
            expect(table.recordsOf(key)).toEqual({ rrsets, hasApp: app !== undefined })
            expect(table.marksOf(key)).toEqual({
              hasNs: rrsets.includes(ns),
              hasDname: rrsets.includes(dname),
            })
            expect(table.packed(key) === undefined).toBe(
              app === undefined || rrsets.some(({ rdata }) => rdata.length > 100),
            )
          }
          const all = [...model.values()]
          const isHeld = all.filter(({ app, rrsets }) => app !== undefined || rrsets.length > 0)
          expect(table.size).toBe(isHeld.length)
          expect(table.withRrsets).toBe(all.filter(({ rrsets }) => rrsets.length > 0).length)
          expect(table.hasMarks).toBe(
            all.some(({ rrsets }) => rrsets.includes(ns) || rrsets.includes(dname)),
          )
          const below = [...model].filter(([name]) => name.endsWith('.a.'))
          const isAbove = below.some(
            ([, { app, rrsets }]) => app !== undefined || rrsets.length > 0,
          )
          expect(table.peek(nameKey('a.')).kind).toBe(isAbove ? 'nodata' : 'nxdomain')
        },
      ),
      { numRuns: 40 },
    )
  })

  it('take little more memory than their octets', () => {
    const table = new FullNames()
    for (let i = 0; i < 1_000; i++)
      table.put(nameKey(`host${i}.example.`), entryOf(`host${i}.example.`, undefined, [a]))
    expect(table.packedBytes / 1_000).toBeLessThan(100)
  })

  it('walks give names with static records, and apps without', () => {
    const table = new FullNames()
    table.put(nameKey('app.'), entryOf('app.', app, []))
    table.put(nameKey('both.'), entryOf('both.', app, [a]))
    table.put(nameKey('only.'), entryOf('only.', undefined, [a, ns]))
    const walk = table.keys('with-rrsets')
    const found = [...walk.keys]
    expect(new Set(found)).toEqual(new Set([null, nameKey('both.'), nameKey('only.')]))
    expect(found).toHaveLength(3)
    walk.end()
    const apps = table.apps()
    expect(Array.from(apps.apps, ({ wire }) => wire.toString('latin1'))).toEqual([nameKey('app.')])
    apps.end()
  })
})

describe('static records in a snapshot', () => {
  it('come back as they were, from both kinds of replica', () => {
    fc.assert(
      fc.property(held, ({ app, rrsets }) => {
        const entry = entryOf('x.example.', app, rrsets, 7)
        const table = new FullNames()
        table.put(nameKey('x.example.'), entry)
        const lines = table.lines(7)
        const [line] = Array.from(lines.lines)
        lines.end()
        const written = line instanceof JsonText ? line.text : JSON.stringify(line)
        expect(written).toBe(JSON.stringify(appLine(entry)))
        if (written === undefined) return
        const parsed = parseLine(JSON.parse(written))
        if (!parsed.ok || parsed.line.is !== 'app') throw new Error('no name')
        const { state } = parsed.line
        expect({ rrsets: [], ...state }).toMatchObject({ name: 'x.example.', version: 7, rrsets })
        expect(state.kind === 'app' ? state.app.endpoints : undefined).toEqual(app?.endpoints)
      }),
      { numRuns: 40 },
    )
  })

  it.each<[string, unknown]>([
    ['a type that is none', ['x.example.', 1, [65_536, 1, 'AAAA']]],
    ['a TTL beyond 31 bits', ['x.example.', 1, [1, 2 ** 31, 'wAACAQ==']]],
    ['rdata that its type has not', ['x.example.', 1, [1, 1, 'AAA=']]],
    ['something behind them', ['x.example.', 1, [1, 1, 'wAACAQ=='], ['sfo']]],
    ['no name', [7, 1, [1, 1, 'wAACAQ==']]],
  ])('are refused with %s', (_what, line) => {
    expect(parseLine(line)).toMatchObject({ ok: false })
  })
})

it('a replica on demand keeps names with records of their own apart from what others answer', () => {
  const evicted: string[] = []
  const names = new OnDemandNames(1, (name) => evicted.push(name))
  names.put(nameKey('own.'), entryOf('own.', undefined, [a]))
  const owner = { key: nameKey('*.'), rrsets: [a] }
  const cover = { is: 'wildcard' as const, owner, glue: [] }
  for (const name of ['x.', 'y.']) {
    names.put(nameKey(name), createEntry({ kind: 'nxdomain', name, version: 1, cover }, trust))
  }
  expect(evicted).toEqual(['x.'])
  expect(names.peek(nameKey('own.'))?.rrsets).toEqual([a])
})
