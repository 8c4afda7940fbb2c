import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nameKey } from '../../shared/dns/name.ts'
import { isWildcardKey } from '../../shared/records/follow.ts'
import { ZoneShapes } from './zone-shapes.ts'

it('a zone has a shape by the names that are in the table, and it is told when it is another', () => {
  const names = ['*.a.', 'x.a.', '*.b.', 'y.a.'].map(nameKey)
  const apexes = ['a.', 'b.'].map(nameKey)
  const step = fc.record({
    name: fc.constantFrom(...names),
    apex: fc.option(fc.constantFrom(...apexes), { nil: undefined }),
    isSubtree: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const shapes = new ZoneShapes()
      const model = new Map<string, { apex: string; isSubtree: boolean }>()
      const shapeOf = (apex: string) => {
        const own = [...model].filter(([, one]) => one.apex === apex)
        return {
          hasWildcards: own.some(([name]) => isWildcardKey(name)),
          hasSubtrees: own.some(([, one]) => one.isSubtree),
        }
      }
      for (const { name, apex, isSubtree } of steps) {
        const before = apexes.map(shapeOf)
        if (apex === undefined) model.delete(name)
        else model.set(name, { apex, isSubtree })
        const told = shapes.note(name, apex, apex !== undefined && isSubtree)
        const changed = apexes.filter(
          (one, i) => JSON.stringify(shapeOf(one)) !== JSON.stringify(before[i]),
        )
        expect([...told].sort()).toEqual(changed.sort())
        for (const one of apexes) expect(shapes.of(one)).toEqual(shapeOf(one))
        for (const one of names) {
          expect(shapes.isSubtree(one)).toBe(model.get(one)?.isSubtree === true)
        }
      }
    }),
  )
})
