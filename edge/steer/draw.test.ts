import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { geoPoint } from '../../shared/geo/distance.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { drawOne, percentOf, shareOut } from './draw.ts'
import type { Candidate } from './filters.ts'
import { distanceCurves, edgeDistance, weightBy } from './filters.ts'

const candidate = (weight: number, distanceKm = 0, id = 'a'): Candidate => ({
  place: {
    cluster: clusterSchema.parse({ id, latitude: 0, longitude: 0 }),
    distanceKm,
    point: geoPoint({ latitude: 0, longitude: 0 }),
    roundTripMs: undefined,
    foreseenSeconds: undefined,
  },
  clientKm: distanceKm,
  priority: 0,
  weight,
  state: 'active',
  hasAddress: true,
  isDown: false,
})
const weightOf = weightBy(undefined, edgeDistance)

describe('shares', () => {
  it.each([
    [
      [1, 1],
      [50, 50],
    ],
    [
      [70, 30],
      [70, 30],
    ],
    [[0, 5], [100]],
    [
      [0, 0],
      [50, 50],
    ],
    [
      [1, 0, 3],
      [25, 75],
    ],
  ])('weights %j have percents %j', (weights, wanted) => {
    const drawn = shareOut(
      weights.map((weight) => candidate(weight)),
      weightOf,
    )
    const percents = percentOf(drawn)
    expect(percents.length).toBe(wanted.length)
    percents.forEach((percent, i) => expect(percent).toBeCloseTo(wanted[i] ?? -1, 2))
  })

  it('of any weights ascend, end with the last number, and are as near as numbers allow', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 254 }),
        (weights) => {
          const drawn = shareOut(
            weights.map((weight) => candidate(weight)),
            weightOf,
          )
          const sum = weights.reduce((total, weight) => total + weight, 0)
          expect(drawn.at(-1)?.upTo).toBe(65_535)
          let before = -1
          for (const { item, upTo } of drawn) {
            expect(upTo).toBeGreaterThan(before)
            const wanted = sum === 0 ? 65_536 / weights.length : (65_536 * item.weight) / sum
            expect(Math.abs(upTo - before - wanted)).toBeLessThan(1 + drawn.length)
            before = upTo
          }
        },
      ),
    )
  })

  it('draw by the number', () => {
    const drawn = shareOut([candidate(1, 0, 'a'), candidate(3, 0, 'b')], weightOf)
    const at = (random: number) => drawOne(drawn, random)?.item.place.cluster.id
    expect([at(0), at(0.2499), at(0.25), at(0.9999)]).toEqual(['a', 'a', 'b', 'b'])
    expect(drawOne([], 0.5)).toBeUndefined()
  })
})

describe('curves', () => {
  it.each([
    ['linear', [1, 0.501, 0]],
    ['quadratic', [1, 0.251, 0]],
    ['logarithmic', [1, 0.07, 0]],
    ['stepped', [1, 0.05, 0.05]],
  ] as const)('%s', (name, wanted) => {
    const found = [0, 10_000, 20_040].map(distanceCurves[name])
    found.forEach((share, i) => expect(share).toBeCloseTo(wanted[i] ?? -1, 3))
  })

  it('the steps are those of 100, 500, 2,000 and 5,000 km', () => {
    const found = [100, 101, 500, 501, 2_000, 2_001, 5_000, 5_001].map(distanceCurves.stepped)
    expect(found).toEqual([1, 0.8, 0.8, 0.5, 0.5, 0.2, 0.2, 0.05])
  })

  it.each(Object.entries(distanceCurves))(
    '%s never rises, and stays within 0 and 1',
    (_name, curve) => {
      const found = Array.from({ length: 2_005 }, (_, i) => curve(10 * i))
      found.forEach((share, i) => {
        expect(share).toBeLessThanOrEqual(found[i - 1] ?? 1)
        expect(share).toBeGreaterThanOrEqual(0)
      })
    },
  )

  it('weigh what a bias puts beyond the farthest place as nothing', () => {
    const far = weightBy('linear', () => 1_000_000)
    expect(far(candidate(100))).toBe(0)
  })
})
