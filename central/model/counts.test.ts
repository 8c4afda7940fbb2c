import fc from 'fast-check'
import { expect, it } from 'vitest'
import { count, countApp } from './counts.ts'
import { ancestorsOf } from './names.fixture.ts'
import { emptyState } from './state.ts'

const name = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'b\\046a'), { maxLength: 4 })
  .map((labels) => (labels.length === 0 ? '.' : `${labels.join('.')}.`))

it('whatever names come one after the other, each counts at all above', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), (names) => {
      const state = emptyState()
      const all = new Map<string, number>()
      const below = new Map<string, number>()
      names.forEach((each, i) => {
        const isApp = i % 3 === 0
        if (isApp) countApp(state, each, 1)
        else count(state, each, 1)
        for (const at of ancestorsOf(each)) {
          all.set(at, (all.get(at) ?? 0) + 1)
          if (isApp) below.set(at, (below.get(at) ?? 0) + 1)
        }
      })
      expect(state.descendants).toEqual(all)
      expect(state.appsBelow).toEqual(below)
    }),
    { numRuns: 300 },
  )
})

it('what goes again is counted no more', () => {
  const state = emptyState()
  count(state, 'a.example.', 1)
  count(state, 'b.example.', 1)
  count(state, 'a.example.', -1)
  count(state, 'b.example.', -1)
  expect(state.descendants.size).toBe(0)
})
