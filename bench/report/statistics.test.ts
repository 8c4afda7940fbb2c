import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ascending, median, quantile } from './statistics.ts'

const hundred = Array.from({ length: 100 }, (_, i) => i + 1)

it.each([
  [hundred, 0.5, 50],
  [hundred, 0.99, 99],
  [hundred, 1, 100],
  [hundred, 0, 1],
  [[7], 0.99, 7],
  [[], 0.5, Number.NaN],
])('quantile of %# by nearest rank', (sorted, q, wanted) => {
  expect(quantile(sorted, q)).toBe(wanted)
})

it('the median does not depend on the order and changes nothing', () => {
  const values = [10, 9, 100]
  expect(median(values)).toBe(10)
  expect(values).toEqual([10, 9, 100])
})

it('at least the share q of all values is not above the quantile', () => {
  const samples = fc.array(fc.integer(), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const found = quantile(ascending(values), q)
      const below = values.filter((value) => value <= found).length
      expect(values).toContain(found)
      expect(below).toBeGreaterThanOrEqual(q * values.length)
    }),
  )
})
