import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstAtOrAfter, SortedKeys } from './sorted-keys.ts'

test('keys stay in order through any changes, few at once or many', () => {
  const key = fc.stringMatching(/^[a-d]{1,3}$/)
  const change = fc.array(fc.record({ key, isPut: fc.boolean() }), { maxLength: 20 })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), fc.array(fc.boolean()), (changes, reads) => {
      const table = new Map<string, number>()
      const keys = new SortedKeys(table)
      for (const [i, change] of changes.entries()) {
        for (const { key, isPut } of change)
          if (isPut) table.set(key, i)
          else table.delete(key)
        keys.update(new Set(change.map((each) => each.key)))
        // Only now and then, so that the order is also made of a table that has changed before.
        const sorted = reads[i] === true ? keys.all() : [...table.keys()].sort()
        expect(sorted).toEqual([...table.keys()].sort())
      }
      expect(keys.all()).toEqual([...table.keys()].sort())
    }),
  )
})

test('a change of very many keys sorts again', () => {
  const table = new Map<string, number>([['b', 0]])
  const keys = new SortedKeys(table)
  expect(keys.all()).toEqual(['b'])
  const added = Array.from({ length: 2_000 }, (_, i) => `a${i}`)
  for (const key of added) table.set(key, 0)
  keys.update(new Set(added))
  expect(keys.all()).toEqual([...added, 'b'].sort())
})

test('the first key at or after another is found by halves', () => {
  const keys = ['b', 'd', 'f']
  expect(['a', 'b', 'c', 'f', 'g'].map((key) => firstAtOrAfter(keys, key))).toEqual([0, 0, 1, 2, 3])
  expect(firstAtOrAfter([], 'a')).toBe(0)
})
