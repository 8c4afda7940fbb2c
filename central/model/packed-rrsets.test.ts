import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ancestorsOf } from './names.fixture.ts'
import { packRrsets, restoreRrsets } from './packed-rrsets.ts'
import type { StoredRrset } from './records.ts'
import { putRrset } from './records.ts'
import { emptyState } from './state.ts'

const name = fc
  .array(fc.constantFrom('a', 'b', '*', 'c'), { minLength: 1, maxLength: 4 })
  .map((labels) => `${labels.join('.')}.`)
const rrset = fc.record({
  name,
  type: fc.constantFrom('A', 'MX', 'TXT'),
  ttl: fc.nat(1000),
  rdata: fc.array(fc.string({ maxLength: 4 }), { minLength: 1, maxLength: 3 }),
})

it('what is packed and restored is what it was, and counted as it was', () => {
  fc.assert(
    fc.property(fc.array(rrset, { maxLength: 40 }), (values) => {
      const state = emptyState()
      values.forEach((value, i) => putRrset(state, { value, version: i + 1 }))
      const restored = emptyState()
      for (const packed of packRrsets(state.records.values())) {
        restoreRrsets(restored, structuredClone(packed))
      }
      expect(restored.records).toEqual(state.records)
      expect(restored.recordCount).toEqual(state.recordCount)
      const counts = new Map<string, number>()
      for (const at of [...state.records.keys()].flatMap(ancestorsOf)) {
        counts.set(at, (counts.get(at) ?? 0) + 1)
      }
      expect(restored.descendants).toEqual(counts)
    }),
    { numRuns: 200 },
  )
})

it('a list ends with the hundredth rrset, or with the one that brings it to a thousand records', () => {
  const stored = (i: number, records: number): readonly StoredRrset[] => [
    { value: { name: `h${i}.`, type: 'A', ttl: 1, rdata: Array(records).fill('x') }, version: 1 },
  ]
  const small = Array.from({ length: 250 }, (_, i) => stored(i, 1))
  expect(Array.from(packRrsets(small), (packed) => packed.length)).toEqual([100, 100, 50])
  const large = Array.from({ length: 5 }, (_, i) => stored(i, 500))
  expect(Array.from(packRrsets(large), (packed) => packed.length)).toEqual([2, 2, 1])
})
