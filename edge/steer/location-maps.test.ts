import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CLASS_IN, TYPE_A } from '../../shared/dns/codes.ts'
import { FOUND_ANSWER, FOUND_BY_CLIENT } from '../table/reader.ts'
import type { TableReader } from '../table/reader.ts'
import { untilReplaced } from '../table/record.ts'
import { answerOf, bodyOf, openTable, wireOf } from '../table/table-fixture.ts'
import { LocationMaps } from './location-maps.ts'
import type { MapOfPlan } from './location-maps.ts'

const qname = wireOf('app.example')

/** The octet that clients at a location are answered with; -1 for nothing. */
function ask(reader: TableReader, location: number): number {
  reader.beginBatch(1)
  let found = reader.resolve(qname, 0, qname.length, TYPE_A, CLASS_IN, 0)
  if (found === FOUND_BY_CLIENT) {
    found = reader.resolveByClient(qname, 0, qname.length, CLASS_IN, location, 0)
  }
  const octet = found === FOUND_ANSWER ? (bodyOf(reader, reader.ref)[0] ?? -1) : -1
  reader.endBatch()
  return octet
}

/** Runs what it does in steps to its end. */
function follow(maps: LocationMaps, planAfter: (map: Uint16Array) => MapOfPlan | undefined) {
  const steps = maps.follow(planAfter)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

it('maps follow places where they are; who needs more choices takes another', () => {
  let followed = 0
  let left = 0
  // For each location a choice of at most six, from revision to revision; only new locations differ.
  const revisions = fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 }), {
    minLength: 1,
    maxLength: 6,
  })
  fc.assert(
    fc.property(revisions, (added) => {
      const { writer, reader } = openTable()
      const maps = new LocationMaps(writer)
      let choices: readonly number[] = [1]
      let map = Uint16Array.of(1)
      const publish = (): number => {
        const number = maps.take({ map, choices })
        if (number === undefined) throw new Error('no room')
        const answers = choices.map((choice) => answerOf(Buffer.from([choice])))
        const entries = writer.name(qname, CLASS_IN)
        entries.put(TYPE_A, { mapNumber: number, choices: answers }, untilReplaced)
        return number
      }
      let number = publish()
      for (const more of added) {
        const before = map
        map = Uint16Array.from([...map, ...more])
        const most = Math.max(...map)
        if (most > choices.length) choices = Array.from({ length: most }, (_, i) => i + 1)
        const behind = follow(maps, (of) => (of === before ? { map, choices } : undefined))
        if (behind.size === 0) followed++
        else {
          left++
          expect([...behind]).toEqual([number])
          const old = number
          number = publish()
          expect(number).not.toBe(old)
          maps.release(old)
        }
        expect(Array.from(map, (_, location) => ask(reader, location))).toEqual([...map])
        // Whoever comes later goes by the same.
        expect(maps.take({ map, choices })).toBe(number)
        maps.release(number)
        expect(maps.size).toBe(1)
      }
    }),
  )
  expect([followed > 20, left > 20]).toEqual([true, true])
})

it('what nothing is known of any more is left', () => {
  const { writer } = openTable()
  const maps = new LocationMaps(writer)
  const number = maps.take({ map: Uint16Array.of(1, 2), choices: [1, 2] })
  expect([...follow(maps, () => undefined)]).toEqual([number])
})

it('a map for which there is no room is left, and is for the control thread', () => {
  const { writer, reader } = openTable()
  const maps = new LocationMaps(writer)
  const small = Uint16Array.of(1)
  const number = maps.take({ map: small, choices: [1] })
  const answer = answerOf(Buffer.from([1]))
  if (number === undefined) throw new Error('no room')
  const entries = writer.name(qname, CLASS_IN)
  entries.put(TYPE_A, { mapNumber: number, choices: [answer] }, untilReplaced)
  expect(ask(reader, 0)).toBe(1)
  const large = { map: new Uint16Array(4_000_000).fill(1), choices: [1] }
  expect([...follow(maps, () => large)]).toEqual([number])
  expect(ask(reader, 0)).toBe(-1)
  maps.release(number)
  expect(maps.size).toBe(0)
})
