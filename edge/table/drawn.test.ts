import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import { DRAWN_MAX } from './choices.ts'
import { FOUND_ANSWER, FOUND_NOTHING } from './reader.ts'
import type { TableReader } from './reader.ts'
import { untilReplaced } from './record.ts'
import { addReader, answerOf, bodyOf, openTable, wireOf } from './table-fixture.ts'
import type { TableWriter } from './writer.ts'

const qname = wireOf('app.example')

/** Answers that are told apart by their one octet, each as likely as its share of the sum. */
function drawnOf(shares: readonly number[]) {
  const sum = shares.reduce((total, share) => total + share, 0)
  let before = 0
  return shares.map((share, i) => {
    before += share
    const upTo = Math.round((65_536 * before) / sum) - 1
    return { answer: answerOf(Buffer.from([i])), upTo: Math.max(0, upTo) }
  })
}

function put(writer: TableWriter, shares: readonly number[]): boolean {
  return writer.name(qname, CLASS_IN).put(TYPE_A, drawnOf(shares), untilReplaced)
}

/** What one query is answered with: the octet; -1 for nothing. */
function draw(reader: TableReader): number {
  reader.beginBatch(1)
  const found = reader.resolve(qname, 0, qname.length, TYPE_A, CLASS_IN, 0)
  const octet = found === FOUND_ANSWER ? (bodyOf(reader, reader.ref)[0] ?? -2) : -1
  expect([FOUND_ANSWER, FOUND_NOTHING]).toContain(found)
  reader.endBatch()
  return octet
}

function countsOf(reader: TableReader, draws: number): Map<number, number> {
  const counts = new Map<number, number>()
  for (let i = 0; i < draws; i++) {
    const octet = draw(reader)
    counts.set(octet, (counts.get(octet) ?? 0) + 1)
  }
  return counts
}

describe('an answer that is drawn', () => {
  it.each([[[1]], [[1, 1]], [[70, 30]], [[1, 2, 3, 4]], [[999, 1]]])('by shares %j', (shares) => {
    const { writer, reader } = openTable()
    put(writer, shares)
    const draws = 20_000
    const counts = countsOf(reader, draws)
    const sum = shares.reduce((total, share) => total + share, 0)
    for (const [i, share] of shares.entries()) {
      const p = share / sum
      const found = counts.get(i) ?? 0
      // Five standard deviations, and one for rounding.
      expect(Math.abs(found - draws * p)).toBeLessThan(5 * Math.sqrt(draws * p * (1 - p)) + 1)
    }
  })

  it('readers draw apart from each other', () => {
    const { writer, reader } = openTable()
    const other = addReader(writer)
    put(writer, [1, 1])
    const same = Array.from({ length: 200 }, () => draw(reader) === draw(other))
    expect(same).toContain(true)
    expect(same).toContain(false)
  })

  it('there can be as many as variants', () => {
    const { writer, reader } = openTable()
    put(
      writer,
      Array.from({ length: DRAWN_MAX }, () => 1),
    )
    expect(countsOf(reader, 20_000).size).toBe(DRAWN_MAX)
  })

  it('counts its use', () => {
    const { writer, reader } = openTable()
    put(writer, [1, 1])
    for (let i = 0; i < 10; i++) draw(reader)
    expect(writer.useOf({ qname, qtype: TYPE_A, qclass: CLASS_IN, variant: 0 })?.hits).toBe(10)
  })
})

it('whatever is put, one after the other, is what is drawn, and nothing is left behind', () => {
  const step = fc.oneof(
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
    fc.constant('plain' as const),
    fc.constant('delete' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const { writer, reader } = openTable()
      const other = writer.name(wireOf('other.example'), CLASS_IN)
      other.put(TYPE_A, answerOf(Buffer.from([99])), untilReplaced)
      for (const one of steps) {
        const entries = writer.name(qname, CLASS_IN)
        if (one === 'plain') entries.put(TYPE_A, answerOf(Buffer.from([50])), untilReplaced)
        else if (one === 'delete') entries.delete(TYPE_A)
        else put(writer, one)
        const wanted = one === 'plain' ? 1 : one === 'delete' ? 0 : 1 + one.length
        expect(writer.stats().entries).toBe(1 + wanted)
        const found = countsOf(reader, 50)
        const possible = one === 'plain' ? [50] : one === 'delete' ? [-1] : [...one.keys()]
        for (const octet of found.keys()) expect(possible).toContain(octet)
      }
    }),
    { numRuns: 50 },
  )
})
