import { expect, it } from 'vitest'
import { Backoff } from './backoff.ts'

it.each([
  [0, [25, 50, 100, 200, 400, 800, 1_000, 1_000]],
  [1, [50, 100, 200, 400, 800, 1_600, 2_000, 2_000]],
])('pauses double to a bound, half of them random: %s', (random, wanted) => {
  const backoff = new Backoff(() => random)
  expect(wanted.map(() => backoff.nextMs())).toEqual(wanted)
})

it('begins again when an attempt has worked', () => {
  const backoff = new Backoff(() => 1)
  expect(backoff.isFresh).toBe(true)
  backoff.nextMs()
  backoff.nextMs()
  expect(backoff.isFresh).toBe(false)
  backoff.reset()
  expect([backoff.isFresh, backoff.nextMs()]).toEqual([true, 50])
})
