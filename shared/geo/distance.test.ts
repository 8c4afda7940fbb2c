import fc from 'fast-check'
import { expect, it } from 'vitest'
import { distanceKm, geoPoint, kmBetween } from './distance.ts'

const position = fc.record({
  latitude: fc.double({ min: -90, max: 90, noNaN: true }),
  longitude: fc.double({ min: -180, max: 180, noNaN: true }),
})

it('many distances are the same as each by itself', () => {
  fc.assert(
    fc.property(position, position, (from, to) => {
      const km = kmBetween(geoPoint(from), geoPoint(to))
      // To the metre: rounding may fall on the other side.
      expect(Math.abs(km - distanceKm(from, to))).toBeLessThanOrEqual(0.001_000_1)
    }),
    { numRuns: 2_000 },
  )
})

it.each([
  [{ latitude: 0, longitude: 0 }, { latitude: 0, longitude: 180 }, 20_037.508],
  [{ latitude: 90, longitude: 0 }, { latitude: -90, longitude: 77 }, 20_037.508],
  [{ latitude: 12, longitude: 34 }, { latitude: 12, longitude: 34 }, 0],
])('%j to %j is %d km', (from, to, km) => {
  expect(kmBetween(geoPoint(from), geoPoint(to))).toBe(km)
})
