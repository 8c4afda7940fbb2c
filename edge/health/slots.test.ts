import { expect, it } from 'vitest'
import { Slots } from './slots.ts'

function create(max: number) {
  const begun: string[] = []
  const waited: string[] = []
  const slots = new Slots<string>({
    max,
    begin: (item) => void begun.push(item),
    onWaited: (item) => void waited.push(item),
  })
  return { slots, begun, waited }
}

it('begins what has room, and the others in order as room is made', () => {
  const { slots, begun, waited } = create(2)
  for (const item of ['a', 'b', 'c', 'd']) slots.enter(item)
  expect([begun, slots.running, slots.waiting]).toEqual([['a', 'b'], 2, 2])
  slots.leave()
  expect([begun, slots.running, slots.waiting]).toEqual([['a', 'b', 'c'], 2, 1])
  slots.leave()
  slots.leave()
  expect([begun, slots.running, slots.waiting]).toEqual([['a', 'b', 'c', 'd'], 1, 0])
  expect(waited).toEqual(['c', 'd'])
})

it('lets each wait once, and none that was withdrawn', () => {
  const { slots, begun } = create(1)
  for (const item of ['a', 'b', 'b', 'c']) slots.enter(item)
  slots.withdraw('c')
  slots.withdraw('a')
  slots.leave()
  slots.leave()
  expect([begun, slots.running, slots.waiting]).toEqual([['a', 'b'], 0, 0])
})
