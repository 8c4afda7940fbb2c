import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BODY_MAX_BYTES, TextFinder } from './text-finder.ts'

it('finds what stands in the body, however it is cut into pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 5 }), {
        maxLength: 12,
      }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 4 }),
      (pieces, text) => {
        const finder = new TextFinder(text)
        const isFound = pieces.some((piece) => finder.push(Buffer.from(piece)))
        expect(isFound).toBe(pieces.join('').includes(text))
      },
    ),
    { numRuns: 500 },
  )
})

it('looks no further than its bound', () => {
  const inside = new TextFinder('end')
  expect(inside.push(Buffer.alloc(BODY_MAX_BYTES - 3))).toBe(false)
  expect(inside.isDone).toBe(false)
  expect(inside.push(Buffer.from('end'))).toBe(true)
  const outside = new TextFinder('end')
  expect(outside.push(Buffer.alloc(BODY_MAX_BYTES - 2))).toBe(false)
  expect(outside.push(Buffer.from('end'))).toBe(false)
  expect(outside.isDone).toBe(true)
})
