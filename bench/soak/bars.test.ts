import { expect, it } from 'vitest'
import { missedBar } from '../report/figure.ts'
import type { Figure } from '../report/figure.ts'
import { FAILED, LOST, PAUSES, RSS, lostBeyond, summarize } from './bars.ts'

const none = Array.from({ length: 10 }, () => 0)

function figuresOf(
  lost: readonly number[],
  pauses: readonly number[],
  rss: readonly number[],
  failed: readonly number[] = none,
): readonly Figure[] {
  return [
    { name: LOST, unit: 'count', values: lost },
    { name: PAUSES, unit: 'count', values: pauses },
    { name: FAILED, unit: 'count', values: failed },
    ...Object.values(RSS).map((name): Figure => ({ name, unit: 'MB', values: rss })),
  ]
}

function missed(figures: readonly Figure[]): readonly string[] {
  return summarize(figures).flatMap((figure) => missedBar('soak', figure) ?? [])
}

const flat = [80, 100, 101, 99, 100, 102, 100, 100, 101, 110]

it('a soak without loss, pause or growth misses no bar', () => {
  expect(missed(figuresOf(none, none, flat))).toEqual([])
})

it('one answer lost in one slice misses the bar', () => {
  expect(missed(figuresOf([...none, 1], none, flat))).toHaveLength(1)
})

it('one pause in one slice misses the bar', () => {
  expect(missed(figuresOf(none, [0, 1, 0], flat))).toHaveLength(1)
})

it('one miss that failed in one slice misses the bar', () => {
  expect(missed(figuresOf(none, none, flat, [...none, 1]))).toHaveLength(1)
})

it('the most memory of the second half is compared with the most of the first', () => {
  expect(missed(figuresOf(none, none, flat.with(7, 112)))).toHaveLength(3)
  expect(missed(figuresOf(none, none, flat.with(1, 1).with(9, 1)))).toEqual([])
  // Three in a hundred more every minute.
  const rising = flat.map((_, minute) => 100 * 1.03 ** minute)
  expect(missed(figuresOf(none, none, rising))).toHaveLength(3)
})

it.each([
  [5, 5, 0],
  [5, 3, 2],
  // What the kernel dropped may have been a question that was asked twice.
  [0, 3, 0],
])('of %i lost with %i dropped by the kernel, %i are beyond', (lost, dropped, beyond) => {
  expect(lostBeyond(lost, dropped)).toBe(beyond)
})
