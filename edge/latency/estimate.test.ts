import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Xorshift } from '../table/xorshift.ts'
import { Estimate, FIRST_ROUNDS, OFF_ROUNDS } from './estimate.ts'

/** What is published after each of the samples; `undefined` in them is a round that fails. */
function publishedBy(
  samples: readonly (number | undefined)[],
  estimate = new Estimate(),
): readonly (number | undefined)[] {
  return samples.map((ms) => {
    if (ms === undefined) estimate.fail()
    else estimate.take(ms)
    return estimate.published
  })
}

/** The rounds in which the published value changed, its first time left out. */
function changesOf(published: readonly (number | undefined)[]): readonly number[] {
  return published.flatMap((ms, i) => {
    const before = published[i - 1]
    return before !== undefined && ms !== before ? [i] : []
  })
}

const times = (count: number, ms: number): readonly number[] => new Array<number>(count).fill(ms)

/** An estimate that is published at `ms`, which its mean is too. */
function settledAt(ms: number): Estimate {
  const estimate = new Estimate()
  publishedBy(times(FIRST_ROUNDS, ms), estimate)
  expect(estimate.published).toBe(ms)
  return estimate
}

describe('the first value', () => {
  it('is published after five rounds: the mean of them', () => {
    const estimate = new Estimate()
    // The first as is; then a fifth of each.
    const mean = [20, 20, 30, 10].reduce((mean, ms) => mean + 0.2 * (ms - mean), 40)
    const published = publishedBy([40, 20, 20, 30, 10], estimate)
    expect(published.slice(0, 4)).toEqual(times(4, 0).map(() => undefined))
    expect(published[4]).toBeCloseTo(mean, 3)
    expect(estimate.isNew).toBe(false)
  })

  it('waits for rounds that do not fail', () => {
    const published = publishedBy([10, undefined, 10, undefined, undefined, 10, 10, 10])
    expect(published.indexOf(10)).toBe(7)
  })

  it('is at least a microsecond, and in whole ones', () => {
    expect(publishedBy(times(5, 0.000_01)).at(-1)).toBe(0.001)
    expect(publishedBy(times(5, 12.345_678)).at(-1)).toBe(12.346)
  })
})

describe('a published value', () => {
  it.each([
    { what: 'more than 20 %, for two rounds', from: 100, samples: [201, 201], changes: 1 },
    { what: 'more than 20 %, for one round', from: 100, samples: [201], changes: 0 },
    { what: 'more than 20 %, twice but not on end', from: 100, samples: [201, 1, 201], changes: 0 },
    { what: 'less than 20 %', from: 100, samples: times(100, 119), changes: 0 },
    { what: 'less than 20 % down', from: 100, samples: times(100, 81), changes: 0 },
    { what: 'more than 20 % down', from: 100, samples: times(100, 75), changes: 1 },
    { what: 'more than 20 %, but not 2 ms', from: 1, samples: times(100, 2.9), changes: 0 },
    { what: 'more than 2 ms, but not 20 %', from: 50, samples: times(100, 55), changes: 0 },
  ])('changes $changes times when the mean is off by $what', ({ from, samples, changes }) => {
    expect(changesOf(publishedBy(samples, settledAt(from)))).toHaveLength(changes)
  })

  it('becomes the mean', () => {
    const estimate = settledAt(100)
    publishedBy([300, 300], estimate)
    // A fifth of the way, twice.
    expect(estimate.published).toBeCloseTo(300 - 200 * 0.8 ** 2, 3)
  })

  it('is forgotten after five rounds on end that fail, and not before', () => {
    const estimate = settledAt(100)
    const failures = times(4, 0).map(() => undefined)
    expect(publishedBy([...failures, 100, ...failures], estimate)).toEqual(times(9, 100))
    expect(publishedBy([undefined], estimate)).toEqual([undefined])
    expect(estimate.isNew).toBe(true)
    // Nothing of before is left in the mean.
    expect(publishedBy(times(FIRST_ROUNDS, 20), estimate).at(-1)).toBe(20)
  })
})

describe('jitter', () => {
  it('of 15 % either way changes nothing in a day after the first publication', () => {
    const dice = new Xorshift(2_024)
    const jitter = (): number => 0.85 + (0.3 * (dice.next() >>> 0)) / 2 ** 32
    let changes = 0
    for (let cluster = 0; cluster < 300; cluster++) {
      const trueMs = 5 + cluster
      const estimate = new Estimate()
      let first: number | undefined
      for (let round = 0; round < 2_880; round++) {
        // As they come out of a round: the lesser of two.
        estimate.take(trueMs * Math.min(jitter(), jitter()))
        first ??= estimate.published
        if (estimate.published !== first) changes++
      }
    }
    expect(changes).toBe(0)
  })

  it('of 9 % either way can change nothing, in whatever order it comes', () => {
    const factors = fc.array(fc.double({ min: 0.91, max: 1.09, noNaN: true }), { maxLength: 200 })
    const extremes = fc.array(fc.constantFrom(0.91, 1.09), { maxLength: 200 })
    fc.assert(
      fc.property(
        fc.oneof(factors, extremes),
        fc.integer({ min: 10, max: 2_000 }),
        (by, trueMs) => {
          expect(changesOf(publishedBy(by.map((factor) => factor * trueMs)))).toEqual([])
        },
      ),
    )
  })
})

describe('a step', () => {
  const trueMs = fc.integer({ min: 10, max: 1_000 })

  it('of 50 % comes through in the fourth round after it', () => {
    fc.assert(
      fc.property(trueMs, fc.constantFrom(0.5, 1.5), (ms, factor) => {
        // 1 - 0.8^2 of 50 % is less than 20 %, and 1 - 0.8^3 is more: the third is the first off.
        expect(changesOf(publishedBy(times(200, ms * factor), settledAt(ms)))[0]).toBe(3)
      }),
    )
  })

  it('of 50 % comes through in six rounds under a jitter of 5 %, and ends near the true value', () => {
    const jitter = fc.array(fc.double({ min: 0.95, max: 1.05, noNaN: true }), {
      minLength: 60,
      maxLength: 60,
    })
    fc.assert(
      fc.property(trueMs, fc.constantFrom(0.5, 1.5), jitter, (ms, factor, by) => {
        const before = by.slice(0, 20).map((one) => one * ms)
        const after = by.slice(20).map((one) => one * ms * factor)
        const published = publishedBy([...before, ...after])
        const [first] = changesOf(published)
        expect(first).toBeGreaterThanOrEqual(20)
        expect(first).toBeLessThan(20 + 6)
        // 5 % of jitter, and what the mean may be off: 20 % or 2 ms.
        const off = Math.abs((published.at(-1) ?? 0) - ms * factor)
        expect(off).toBeLessThan(0.3 * ms * factor + 2)
      }),
    )
  })
})

describe('flapping', () => {
  it('changes what is published in every second round at most, whatever is measured', () => {
    const sample = fc.oneof(
      fc.constantFrom(1, 10, 100, 1_000, undefined),
      fc.double({ min: 0.001, max: 10_000, noNaN: true }),
    )
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 300 }), (samples) => {
        const published = publishedBy(samples)
        const changes = changesOf(published).filter((round) => published[round] !== undefined)
        const gaps = changes.slice(1).map((round, i) => round - (changes[i] ?? 0))
        expect(gaps.filter((gap) => gap < OFF_ROUNDS)).toEqual([])
      }),
    )
  })

  it('between two values that take turns in each round settles', () => {
    const samples = Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? 50 : 75))
    expect(changesOf(publishedBy(samples)).length).toBe(0)
  })
})
