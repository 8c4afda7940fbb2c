import { expect, it } from 'vitest'
import { msBetween } from './snapshot.ts'

it.each([
  ['is the interval', { intervalMs: 5_000, tookMs: 10, random: 0 }, 5_000],
  ['is longer by up to half of it', { intervalMs: 5_000, tookMs: 10, random: 0.999 }, 7_497.5],
  [
    'leaves time for other work where one takes long',
    { intervalMs: 1_000, tookMs: 200, random: 0 },
    4_000,
  ],
  ['is spread then, too', { intervalMs: 1_000, tookMs: 200, random: 0.5 }, 5_000],
])('the time from one snapshot to the next %s', (_what, options, wanted) => {
  expect(msBetween(options)).toBeCloseTo(wanted)
})
