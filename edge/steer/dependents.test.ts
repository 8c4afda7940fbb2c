import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nameKey } from '../../shared/dns/name.ts'
import type { Dependency } from '../../shared/records/follow.ts'
import { Dependents, isAtOrBelow } from './dependents.ts'

const names = ['a.', 'x.a.', 'y.x.a.', 'b.', 'x.b.'].map(nameKey)
const dependency = fc.record({
  name: fc.constantFrom(...names),
  by: fc.constantFrom<Dependency['by']>('itself', 'above', 'outside'),
})

it('what depends on a name, and what by that which stands above it', () => {
  const step = fc.tuple(fc.constantFrom(...names), fc.array(dependency, { maxLength: 4 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const dependents = new Dependents()
      const model = new Map<string, readonly Dependency[]>()
      for (const [name, on] of steps) {
        dependents.set(name, on)
        model.set(name, on)
      }
      const dependOn = (other: string, isOne: (one: Dependency) => boolean): readonly string[] =>
        [...model].flatMap(([name, on]) =>
          name !== other && on.some((one) => one.name === other && isOne(one)) ? [name] : [],
        )
      for (const name of names) {
        expect(dependents.of(name).toSorted()).toEqual(dependOn(name, () => true).toSorted())
      }
      const roots = new Set([nameKey('x.a.'), nameKey('b.')])
      const open = names.filter((name) => dependOn(name, ({ by }) => by !== 'itself').length > 0)
      const found = [...dependents.openBelow(roots)].filter((name) => name !== undefined)
      expect(found.toSorted()).toEqual(open.filter((name) => isAtOrBelow(name, roots)).toSorted())
      expect(dependents.hasOpen).toBe(open.length > 0)
    }),
  )
})

it.each([
  ['x.a.', true],
  ['y.x.a.', true],
  ['a.', false],
  ['yx.a.', false],
])('%s is at or below x.a.: %s', (name, wanted) => {
  expect(isAtOrBelow(nameKey(name), new Set([nameKey('x.a.')]))).toBe(wanted)
})
