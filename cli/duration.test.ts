import { expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

const s = 1_000
const m = 60 * s
const h = 60 * m
const d = 24 * h

it.each([
  [0, '0s'],
  [999, '0s'],
  [-5 * m, '0s'],
  [7 * s, '7s'],
  [59 * s + 999, '59s'],
  [m, '1m'],
  [5 * m + 20 * s, '5m20s'],
  [h + 59 * s, '1h'],
  [2 * h + 5 * m + 59 * s, '2h5m'],
  [4 * d + 3 * h + 2 * m, '4d3h'],
  [400 * d, '400d'],
])('%i ms are %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text)
})

it.each([
  ['90s', 90],
  ['2h', 7_200],
  ['1d12h', 129_600],
  ['1d1h1m1s', 90_061],
  ['0s', 0],
  ['', undefined],
  ['2', undefined],
  ['2 h', undefined],
  ['1h1d', undefined],
  ['1.5h', undefined],
  ['-1h', undefined],
  ['2w', undefined],
  ['1'.repeat(10) + 's', undefined],
])('%j is %s seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds)
})
