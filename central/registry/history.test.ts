import { expect, it } from 'vitest'
import { History } from './history.ts'
import type { Touched } from './touched.ts'

function touched(
  version: number,
  names: readonly string[],
  clusters: readonly string[] = [],
  networks: readonly string[] = [],
): Touched {
  return {
    version,
    acceptedEpochMs: version * 1000,
    clusters: new Set(clusters),
    zones: new Set(),
    serials: new Set(),
    names: new Set(names),
    covers: new Set(),
    networks: new Set(networks),
  }
}

it('merges everything after a version', () => {
  const history = new History(10)
  history.push(touched(11, ['a.']))
  history.push(touched(12, ['b.'], ['sfo']))
  history.push(touched(13, ['a.', 'c.']))
  const since = history.since(11)
  expect([...(since?.names ?? [])].sort()).toEqual(['a.', 'b.', 'c.'])
  expect([...(since?.clusters ?? [])]).toEqual(['sfo'])
  expect(since?.version).toBe(13)
  expect(since?.acceptedEpochMs).toBe(12_000)
})

it('has nothing to merge at the head', () => {
  const history = new History(10)
  history.push(touched(11, ['a.']))
  expect(history.since(11)?.names.size).toBe(0)
  expect(new History(5).since(5)?.version).toBe(5)
})

it('knows nothing from before it began, nor beyond the head', () => {
  const history = new History(10)
  history.push(touched(11, ['a.']))
  expect(history.since(9)).toBeUndefined()
  expect(history.since(12)).toBeUndefined()
})

it('forgets the oldest changes above its bound', () => {
  const history = new History(0)
  for (let version = 1; version <= 10_001; version++) history.push(touched(version, ['a.']))
  expect(history.since(0)).toBeUndefined()
  expect(history.since(1)?.names.size).toBe(1)
})

it('does not merge more names than a full state is worth', () => {
  const history = new History(0)
  const names = (of: number): string[] => Array.from({ length: 30_000 }, (_, i) => `${of}-${i}.`)
  history.push(touched(1, names(1)))
  history.push(touched(2, names(2)))
  expect(history.since(0)).toBeUndefined()
  expect(history.since(1)?.names.size).toBe(30_000)
})
