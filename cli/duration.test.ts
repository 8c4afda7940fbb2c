import { expect, it } from 'vitest'
import { formatDuration } from './duration.ts'

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
