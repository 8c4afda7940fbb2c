import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PROBES_MAX } from './layout.ts'
import { SMALL_BYTES, addReader, answerOf, keyOf, look, openTable } from './table-fixture.ts'
import { TableWriter } from './writer.ts'

type Step =
  | { readonly kind: 'put'; readonly key: number; readonly bytes: number }
  | { readonly kind: 'delete'; readonly key: number }
  | { readonly kind: 'flood'; readonly count: number }
  | { readonly kind: 'drop' }
  | { readonly kind: 'maintain' }

const key = fc.nat(40)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put'), key, bytes: fc.nat(700) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete'), key }) },
  // Enough at times to begin and finish rebuilds of the index, in the midst of the others.
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('flood'), count: fc.integer({ min: 300, max: 900 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('maintain') }) },
)

it('holds what a Map holds after the same changes, whatever the index is doing', () => {
  let rebuilds = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 30, maxLength: 50, size: 'max' }), (random) => {
      // So many that the index is rebuilt in each run.
      const steps: readonly Step[] = [{ kind: 'flood', count: 2_000 }, ...random]
      const { writer, reader } = openTable()
      const model = new Map<string, Buffer>()
      let flood = 0
      let version = 0
      const put = (name: string, bytes: number): void => {
        const body = Buffer.alloc(bytes + 4)
        body.fill(++version & 0xff)
        body.writeUInt32LE(version)
        expect(writer.put(keyOf(name), answerOf(body))).toBe(true)
        model.set(name, body)
      }
      const remove = (name: string): void => {
        expect(writer.delete(keyOf(name))).toBe(model.delete(name))
      }
      for (const one of steps) {
        if (one.kind === 'put') put(`k${one.key}.example`, one.bytes)
        else if (one.kind === 'delete') remove(`k${one.key}.example`)
        else if (one.kind === 'maintain') writer.maintain()
        else if (one.kind === 'flood') {
          for (let i = 0; i < one.count; i++) put(`f${flood++}.example`, i % 50)
        } else for (; flood > 0; flood--) remove(`f${flood - 1}.example`)
        for (let i = 0; i <= 40; i++) {
          expect(look(reader, keyOf(`k${i}.example`))).toEqual(model.get(`k${i}.example`))
        }
      }
      for (const [name, body] of model) expect(look(reader, keyOf(name))).toEqual(body)
      expect(writer.stats().entries).toBe(model.size)
      for (const name of model.keys()) remove(name)
      while (writer.hasWork) writer.maintain()
      expect(writer.stats()).toMatchObject({ entries: 0, recordBytes: 0, waiting: 0, refused: 0 })
      rebuilds += writer.stats().indexRebuilds
    }),
    { numRuns: 8 },
  )
  expect(rebuilds).toBeGreaterThanOrEqual(8)
})

it('finds keys whose hashes are all the same, up to the longest chain, and refuses the others', () => {
  // A hash without a secret: the multipliers are 0, and all keys lie in one chain.
  const writer = new TableWriter({ maxBytes: SMALL_BYTES }, (words) => words.fill(0))
  const reader = addReader(writer)
  const names = Array.from({ length: 300 }, (_, i) => `a${i}.example`)
  const kept = names.filter((name, i) => writer.put(keyOf(name), answerOf(Buffer.from([i]))))
  expect(kept).toEqual(names.slice(0, PROBES_MAX))
  expect(writer.stats().refused).toBe(names.length - PROBES_MAX)
  names.forEach((name, i) => {
    expect(look(reader, keyOf(name))).toEqual(i < PROBES_MAX ? Buffer.from([i]) : undefined)
  })
  // A place in the middle of the chain is used again.
  expect(writer.delete(keyOf('a7.example'))).toBe(true)
  expect(writer.put(keyOf('a299.example'), answerOf(Buffer.from('again')))).toBe(true)
  expect(look(reader, keyOf('a299.example'))).toEqual(Buffer.from('again'))
  expect(look(reader, keyOf('a255.example'))).toEqual(Buffer.from([255]))
})
