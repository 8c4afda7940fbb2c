import fc from 'fast-check'
import { expect, it } from 'vitest'
import { commitDraft, draftOf, emptyState } from './state.ts'

const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.option(fc.nat(9)) })

it('a draft of a draft that is committed leaves what its writes leave, and one that is not leaves nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ steps: fc.array(step, { maxLength: 6 }), keep: fc.boolean() })),
      (changes) => {
        const state = emptyState()
        state.clusterUse.set('a', 1)
        const wanted = new Map([['a', 1]])
        const draft = draftOf(state)
        for (const { steps, keep } of changes) {
          const trial = draftOf(draft)
          for (const { key, value } of steps) {
            if (value === null) trial.clusterUse.delete(key)
            else trial.clusterUse.set(key, value)
            if (!keep) continue
            if (value === null) wanted.delete(key)
            else wanted.set(key, value)
          }
          if (keep) commitDraft(trial)
          expect(draft.clusterUse.size).toBe(wanted.size)
          for (const key of 'abcd') expect(draft.clusterUse.get(key)).toBe(wanted.get(key))
          expect([...draft.clusterUse.keys()].sort()).toEqual([...wanted.keys()].sort())
        }
        expect(state.clusterUse).toEqual(new Map([['a', 1]]))
      },
    ),
  )
})
