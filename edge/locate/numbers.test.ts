import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LOCATIONS_MAX, PLACES_MAX, PlaceNumbers } from './numbers.ts'
import type { ClientPlace } from './place.ts'
import { runAtOnce } from './slices.ts'

const placeAt = (asn: number): ClientPlace => ({ asn })

/** One compilation of these places; gives their numbers. */
function compile(numbers: PlaceNumbers, asns: readonly number[]): readonly number[] {
  runAtOnce(numbers.begin())
  return asns.map((asn) => numbers.numberOf(placeAt(asn)))
}

it('a place keeps its number, and no number changes hands before a compilation without it is out', () => {
  const compilations = fc.array(fc.uniqueArray(fc.nat(12), { maxLength: 10 }), { maxLength: 12 })
  fc.assert(
    fc.property(compilations, (rounds) => {
      const numbers = new PlaceNumbers()
      /** What the published ranges say, by number. */
      let published = new Map<number, number>()
      for (const asns of rounds) {
        const given = compile(numbers, asns)
        const compiled = new Map(given.map((number, i) => [number, asns[i] ?? -1]))
        expect(compiled.size).toBe(asns.length)
        expect(compiled.has(0)).toBe(false)
        for (const [number, asn] of compiled) {
          const held = published.get(number)
          if (held !== undefined) expect(held).toBe(asn)
        }
        for (const [number, asn] of published) {
          // In use without a break: the same number. The old ranges' places stay known as well.
          if (asns.includes(asn)) expect(compiled.get(number)).toBe(asn)
          expect(numbers.placeOf(number)).toEqual(placeAt(asn))
        }
        const added = Array.from(numbers.added(), ([number]) => number)
        expect(numbers.addedCount).toBe(added.length)
        const isNew = (number: number): boolean => !published.has(number)
        expect(new Set(added)).toEqual(new Set([...compiled.keys()].filter(isNew)))
        const removed = [...published.keys()].filter((number) => !compiled.has(number))
        expect(new Set(numbers.removed())).toEqual(new Set(removed))
        expect(new Map(numbers.places())).toEqual(
          new Map([...published, ...compiled].map(([number, asn]) => [number, placeAt(asn)])),
        )
        numbers.publish()
        for (const [number, asn] of published) expect(numbers.placeOf(number)).toEqual(placeAt(asn))
        published = compiled
        const now = new Map([...published].map(([number, asn]) => [number, placeAt(asn)]))
        expect(new Map(numbers.places())).toEqual(now)
      }
    }),
  )
})

it('a number rests for one compilation before another place gets it', () => {
  const numbers = new PlaceNumbers()
  expect(compile(numbers, [1, 2])).toEqual([1, 2])
  numbers.publish()
  expect(compile(numbers, [2, 3])).toEqual([2, 3])
  numbers.publish()
  expect(compile(numbers, [2, 3, 4])).toEqual([2, 3, 1])
})

it('two compilations that have nothing in common find room, as large as they may be', () => {
  const numbers = new PlaceNumbers()
  const all = (from: number): readonly number[] =>
    Array.from({ length: PLACES_MAX }, (_, i) => from + i)
  for (const from of [0, PLACES_MAX]) {
    const given = new Set(compile(numbers, all(from)))
    expect(given.size).toBe(PLACES_MAX)
    expect(given.has(0)).toBe(false)
    expect(Math.max(...Array.from(given).slice(0, 1000))).toBeLessThanOrEqual(LOCATIONS_MAX)
    numbers.publish()
  }
})

it('beyond the most places, nothing is known; those that have a number keep it', () => {
  const numbers = new PlaceNumbers()
  const given = compile(
    numbers,
    Array.from({ length: PLACES_MAX + 2 }, (_, i) => i % (PLACES_MAX + 1)),
  )
  expect(given.slice(-3)).toEqual([PLACES_MAX, 0, 1])
  expect(numbers.count).toBe(PLACES_MAX)
})

it('places are the same if all that is known of them is', () => {
  const numbers = new PlaceNumbers()
  runAtOnce(numbers.begin())
  const places: readonly ClientPlace[] = [
    { latitude: 1, longitude: 2 },
    { latitude: 2, longitude: 1 },
    { latitude: 1, longitude: 2, country: 'US' },
    { country: 'US' },
    { region: 'US' },
    { continent: 'NA' },
    { region: ',' },
    { network: 'na', region: 'x' },
    { network: 'na' },
    { asn: 1 },
  ]
  const given = places.map((place) => numbers.numberOf(place))
  expect(new Set(given).size).toBe(places.length)
  expect(places.map((place) => numbers.numberOf({ ...place }))).toEqual(given)
})
