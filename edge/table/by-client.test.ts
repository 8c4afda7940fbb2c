import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import type { AnswerChoice } from './choices.ts'
import { CHOICE_NODATA, MAP_PIECE, STICKY_BUCKETS } from './layout.ts'
import {
  FOUND_ANSWER,
  FOUND_BY_CLIENT,
  FOUND_NODATA,
  FOUND_NOTHING,
  type TableReader,
} from './reader.ts'
import { untilReplaced } from './record.ts'
import { answerOf, bodyOf, openTable, wireOf } from './table-fixture.ts'
import type { TableWriter } from './writer.ts'

const qname = wireOf('app.example')
const octet = (value: number): AnswerChoice => answerOf(Buffer.from([value]))

/** The octet that a client is answered with; -1 for nothing, -2 for NODATA. */
function ask(reader: TableReader, location: number, bucket = 0): number {
  reader.beginBatch(1)
  let found = reader.resolve(qname, 0, qname.length, TYPE_A, CLASS_IN, 0)
  if (found === FOUND_BY_CLIENT) {
    const end = qname.length
    found = reader.resolveByClient(qname, 0, end, CLASS_IN, location, bucket)
  }
  const result =
    found === FOUND_ANSWER
      ? (bodyOf(reader, reader.ref)[0] ?? -3)
      : found === FOUND_NODATA
        ? -2
        : found === FOUND_NOTHING
          ? -1
          : -4
  reader.endBatch()
  return result
}

function open(choices: readonly AnswerChoice[], map: readonly number[]) {
  const { writer, reader } = openTable()
  writer.putMap(7, Uint16Array.from(map))
  const isPut = put(writer, 7, choices)
  return { writer, reader, isPut }
}

function put(writer: TableWriter, mapNumber: number, choices: readonly AnswerChoice[]): boolean {
  return writer.name(qname, CLASS_IN).put(TYPE_A, { mapNumber, choices }, untilReplaced)
}

describe('an answer by the place of the client', () => {
  it('is that of the place', () => {
    const { reader } = open([octet(10), octet(20)], [1, 2, 1, 2])
    expect([0, 1, 2, 3].map((location) => ask(reader, location))).toEqual([10, 20, 10, 20])
  })

  it('is left to the control thread where the map says nothing, or is gone', () => {
    const { writer, reader } = open([octet(10)], [1, 0])
    expect([ask(reader, 1), ask(reader, 2), ask(reader, 200_000)]).toEqual([-1, -1, -1])
    writer.deleteMap(7)
    expect(ask(reader, 0)).toBe(-1)
  })

  it('is NODATA where the map says so', () => {
    const { writer, reader } = open([octet(10)], [1, CHOICE_NODATA])
    writer.putZone(wireOf('example'), CLASS_IN, answerOf(Buffer.from([99])), {
      isWhole: true,
      hasWildcards: false,
      hasSubtrees: false,
    })
    expect([ask(reader, 0), ask(reader, 1)]).toEqual([10, -2])
  })

  it('is found in every piece of a large map', () => {
    const map = Array.from({ length: 3 * MAP_PIECE + 5 }, (_, i) => 1 + (i % 3))
    const { writer, reader } = open([octet(1), octet(2), octet(3)], map)
    const locations = [0, MAP_PIECE - 1, MAP_PIECE, 2 * MAP_PIECE, 3 * MAP_PIECE + 4]
    expect(locations.map((location) => ask(reader, location))).toEqual(
      locations.map((location) => map[location]),
    )
    expect(ask(reader, map.length)).toBe(-1)
    expect(writer.stats().entries).toBe(4 + 4)
    writer.deleteMap(7)
    expect(writer.stats().entries).toBe(4)
  })

  it('can be drawn, and can be the same for a client each time', () => {
    const drawn = [
      { answer: answerOf(Buffer.from([1])), upTo: 32_767 },
      { answer: answerOf(Buffer.from([2])), upTo: 65_535 },
    ]
    const buckets = Uint8Array.from({ length: STICKY_BUCKETS }, (_, i) => i % 3)
    const sticky = { answers: [4, 5, 6].map((value) => answerOf(Buffer.from([value]))), buckets }
    const { writer, reader } = open([drawn, sticky, octet(9)], [1, 2, 3])
    expect(new Set(Array.from({ length: 100 }, () => ask(reader, 0)))).toEqual(new Set([1, 2]))
    for (let bucket = 0; bucket < STICKY_BUCKETS; bucket++) {
      expect(ask(reader, 1, bucket)).toBe(4 + (bucket % 3))
    }
    expect(ask(reader, 2, 77)).toBe(9)
    // The same without places.
    writer.name(qname, CLASS_IN).put(TYPE_A, sticky, untilReplaced)
    expect([0, 1, 2, 3].map((bucket) => ask(reader, 0, bucket))).toEqual([4, 5, 6, 4])
  })

  it('says whether the bucket mattered', () => {
    const sticky = {
      answers: [answerOf(Buffer.from([1]))],
      buckets: new Uint8Array(STICKY_BUCKETS),
    }
    const { reader } = open([octet(9), sticky], [1, 2])
    const matters = [0, 1, 0].map((location) => {
      ask(reader, location)
      return reader.isSticky
    })
    expect(matters).toEqual([false, true, false])
  })

  it('keeps its answers while others follow them, and gives others new numbers', () => {
    const { writer, reader } = open([octet(10), octet(20)], [1, 2])
    writer.putMap(8, Uint16Array.of(1, 2, 3))
    put(writer, 8, [octet(10), octet(20), octet(30)])
    // Whoever still goes by the map of before finds what it meant.
    expect([0, 1, 2].map((location) => ask(reader, location))).toEqual([10, 20, 30])
    writer.deleteMap(7)
    writer.putMap(9, Uint16Array.of(1, 2, 3))
    put(writer, 9, [octet(10), octet(21), octet(30)])
    writer.deleteMap(8)
    expect([0, 1, 2].map((location) => ask(reader, location))).toEqual([10, 21, 30])
    expect(writer.stats().entries).toBe(3 + 1 + 1)
    writer.putMap(10, Uint16Array.of(1))
    put(writer, 10, [octet(10)])
    writer.deleteMap(9)
    expect(ask(reader, 0)).toBe(10)
    expect(writer.stats().entries).toBe(1 + 1 + 1)
    writer.name(qname, CLASS_IN).delete(TYPE_A)
    expect(writer.stats().entries).toBe(1)
  })

  it('of more choices than there is room for is refused, and nothing is left', () => {
    const choices = Array.from({ length: 30_001 }, () => octet(1))
    const { writer, reader, isPut } = open(choices, [1])
    expect({ isPut, found: ask(reader, 0) }).toEqual({ isPut: false, found: -1 })
    expect(writer.stats().entries).toBe(1)
  })
})

it('whatever is put, one after the other, is what is found, and nothing is left behind', () => {
  const choice = fc.oneof(
    fc.integer({ min: 1, max: 200 }),
    fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
  )
  const step = fc.oneof(
    fc.record({
      choices: fc.array(choice, { minLength: 1, maxLength: 5 }),
      map: fc.array(fc.nat(4), { minLength: 1, maxLength: 9 }),
    }),
    fc.constant('plain' as const),
    fc.constant('delete' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 10 }), (steps) => {
      const { writer, reader } = openTable()
      let mapNumber = 0
      for (const one of steps) {
        const entries = (): ReturnType<TableWriter['name']> => writer.name(qname, CLASS_IN)
        const before = mapNumber
        if (one === 'plain') {
          entries().put(TYPE_A, octet(250), untilReplaced)
          mapNumber = 0
        } else if (one === 'delete') {
          entries().delete(TYPE_A)
          mapNumber = 0
        } else {
          mapNumber = before + 1
          const map = one.map.map((i) => 1 + (i % one.choices.length))
          writer.putMap(mapNumber, Uint16Array.from(map))
          const choices = one.choices.map((value): AnswerChoice => {
            if (typeof value === 'number') return octet(value)
            const share = Math.floor(65_536 / value.length)
            return value.map((each, i) => ({
              answer: answerOf(Buffer.from([each])),
              upTo: (i + 1) * share - 1,
            }))
          })
          put(writer, mapNumber, choices)
          for (const [location, number] of map.entries()) {
            const wanted = one.choices[number - 1] ?? -9
            const list = typeof wanted === 'number' ? [wanted] : wanted
            expect(list).toContain(ask(reader, location))
          }
        }
        if (before !== 0) writer.deleteMap(before)
        const several = one === 'plain' || one === 'delete' ? [] : one.choices
        const answers = several.reduce<number>(
          (sum, value) => sum + (typeof value === 'number' ? 1 : 1 + value.length),
          0,
        )
        const wanted = one === 'delete' ? 0 : one === 'plain' ? 1 : 2 + answers
        expect(writer.stats().entries).toBe(wanted)
        if (one === 'plain') expect(ask(reader, 0)).toBe(250)
        if (one === 'delete') expect(ask(reader, 0)).toBe(-1)
      }
    }),
    { numRuns: 60 },
  )
})
