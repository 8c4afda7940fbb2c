import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Due } from './due-heap.ts'
import { DueHeap } from './due-heap.ts'

const changes = fc.array(
  fc.record({
    item: fc.nat(19),
    dueAt: fc.nat(30),
    isRemoved: fc.boolean(),
  }),
  { maxLength: 100 },
)

it('has at its top what is due first, whatever was put, moved and removed', () => {
  fc.assert(
    fc.property(changes, (list) => {
      const heap = new DueHeap<Due>()
      const items = Array.from({ length: 20 }, (): Due => ({ dueAt: 0, heapIndex: -1 }))
      const model = new Set<Due>()
      for (const { item: i, dueAt, isRemoved } of list) {
        const item = items[i]
        if (item === undefined) throw new Error('unreachable')
        if (isRemoved) {
          heap.remove(item)
          model.delete(item)
        } else {
          item.dueAt = dueAt
          heap.put(item)
          model.add(item)
        }
        expect(heap.size).toBe(model.size)
        const first = Math.min(...Array.from(model, (held) => held.dueAt))
        expect(heap.peek()?.dueAt ?? Infinity).toBe(first)
      }
      const order: number[] = []
      for (let top = heap.peek(); top !== undefined; top = heap.peek()) {
        order.push(top.dueAt)
        heap.remove(top)
      }
      expect(order).toEqual(Array.from(model, ({ dueAt }) => dueAt).sort((a, b) => a - b))
    }),
    { numRuns: 300 },
  )
})
