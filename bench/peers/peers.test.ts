import { expect, it } from 'vitest'
import { peers, rotate } from './peers.ts'

it.each([
  [0, ['a', 'b', 'c']],
  [1, ['b', 'c', 'a']],
  [3, ['a', 'b', 'c']],
  [4, ['b', 'c', 'a']],
])('round %i begins with another one', (round, order) => {
  expect(rotate(['a', 'b', 'c'], round)).toEqual(order)
})

it('nothing can be rotated', () => {
  expect(rotate([], 3)).toEqual([])
})

it('every peer has a name of its own, without the comma of --only', () => {
  const names = peers.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.join('')).not.toContain(',')
})
