import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TYPE_A, TYPE_AAAA, TYPE_CNAME, TYPE_DS, TYPE_TXT } from '../../shared/dns/codes.ts'
import { openTable, wireOf } from './table-fixture.ts'
import {
  APEX,
  PLACES,
  askedTypes,
  changeZone,
  emptyNode,
  expectedOf,
  foundBy,
} from './zone-fixture.ts'
import type { Kept, Zone, ZoneNode } from './zone-fixture.ts'

const LABELS = ['a', 'b', '*']

/** All names of so many labels of the alphabet below the apex. */
function namesOf(depth: number): readonly string[] {
  if (depth === 0) return [APEX]
  return namesOf(depth - 1).flatMap((name) => LABELS.map((label) => `${label}.${name}`))
}

const kept = fc.constantFrom<Kept>('plain', 'plain', 'drawn', 'located', 'absent')
const typesOf = (...types: readonly number[]): fc.Arbitrary<ZoneNode['types']> =>
  fc
    .tuple(...types.map((type) => fc.option(kept.map((how) => [type, how] as const))))
    .map((list) => new Map(list.filter((one) => one !== null)))
const node: fc.Arbitrary<ZoneNode> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('plain' as const),
      types: typesOf(TYPE_A, TYPE_AAAA, TYPE_TXT, TYPE_DS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('alias' as const),
      types: kept.map((how) => new Map([[TYPE_CNAME, how]])),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('cut' as const), types: typesOf(TYPE_DS) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('redirect' as const),
      types: typesOf(TYPE_A, TYPE_TXT),
    }),
  },
)
const below = fc.constantFrom(...[1, 2, 3].flatMap(namesOf))
const zone: fc.Arbitrary<Zone> = fc
  .record({
    // Rarely a DNAME at the apex, as there is little to see below it.
    isRedirected: fc.nat(9).map((n) => n === 0),
    nodes: fc.array(fc.tuple(below, node), { maxLength: 7, size: 'max' }),
  })
  .map(({ isRedirected, nodes }) => {
    const apex: ZoneNode = isRedirected ? { ...emptyNode, kind: 'redirect' } : emptyNode
    return new Map([[APEX, apex], ...nodes])
  })

/** Every second letter is large. */
function mixCase(name: string): string {
  return name.replaceAll(/../gu, (two) => two.toUpperCase().slice(0, 1) + two.slice(1))
}

const questions = [0, 1, 2, 3, 4].flatMap(namesOf).map((name) => ({
  name,
  wire: wireOf(mixCase(name)),
}))

it('every question of a small zone is answered as RFC 1034 §4.3.2 and RFC 4592 have it', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(zone, (model) => {
      const { writer, reader } = openTable()
      changeZone(writer, new Map(), model)
      for (const { name, wire } of questions) {
        for (const qtype of askedTypes) {
          for (const place of PLACES) {
            const wanted = expectedOf(model, name, qtype, place)
            const found = foundBy(reader, wire, qtype, place)
            if (found !== wanted) expect({ name, qtype, place, found }).toEqual({ found: wanted })
            const [word = ''] = wanted.split(' ')
            seen.set(word, (seen.get(word) ?? 0) + 1)
          }
        }
      }
    }),
    { numRuns: 25 },
  )
  // No outcome is so rare that nothing was shown.
  for (const word of ['answer', 'nodata', 'nxdomain', 'referral', 'nothing']) {
    expect(seen.get(word)).toBeGreaterThan(200)
  }
})

/** RFC 4592 §4.2, §4.4: what NS and DNAME of a wildcard mean is not said, nor what is half of them. */
const clear = zone.filter((model) =>
  Array.from(model).every(
    ([name, { kind }]) => !name.startsWith('*.') || kind === 'plain' || kind === 'alias',
  ),
)
const near = questions.filter(({ name }) => name.split('.').length <= 5)
const nearTypes = [TYPE_A, TYPE_TXT, TYPE_DS] as const

it('while one zone becomes another, every question is answered by the one or the other', () => {
  let steps = 0
  fc.assert(
    fc.property(clear, clear, (from, to) => {
      const { writer, reader } = openTable()
      changeZone(writer, new Map(), from)
      const asked = near.flatMap(({ name, wire }) =>
        nearTypes.map((qtype) => ({
          name,
          wire,
          qtype,
          before: expectedOf(from, name, qtype, 0),
          after: expectedOf(to, name, qtype, 0),
        })),
      )
      changeZone(writer, from, to, () => {
        steps++
        for (const { name, wire, qtype, before, after } of asked) {
          const found = foundBy(reader, wire, qtype, 0)
          if (found !== before && found !== after) {
            expect({ name, qtype, found }).toEqual({ found: [before, after] })
          }
        }
      })
      for (const { name, wire, qtype, after } of asked) {
        const found = foundBy(reader, wire, qtype, 0)
        if (found !== after) expect({ name, qtype, found }).toEqual({ found: after })
      }
    }),
    { numRuns: 40 },
  )
  expect(steps).toBeGreaterThan(300)
})

it('a zone that comes and goes leaves nothing behind', () => {
  fc.assert(
    fc.property(zone, (model) => {
      const { writer } = openTable()
      const bare: Zone = new Map([[APEX, emptyNode]])
      changeZone(writer, new Map(), bare)
      const { entries } = writer.stats()
      changeZone(writer, bare, model)
      changeZone(writer, model, bare)
      while (writer.hasWork) writer.maintain()
      expect(writer.stats()).toMatchObject({ entries, waiting: 0, refused: 0 })
    }),
    { numRuns: 40 },
  )
})
