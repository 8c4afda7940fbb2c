import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeOf } from '../event-log.contract.ts'
import { encodeChange, hashOfLog } from '../record.ts'
import { EMPTY_FOLD, TopicFold, UNFINISHED_MAX } from './fold.ts'
import type { StoredPart } from './fold.ts'
import { encodeAppend, encodeGenesis } from './frame.ts'

const LOG_ID = '0123456789abcdef0123456789abcdef'
const ALICE = 'aaaaaaaaaaaaaaaa'
const BOB = 'bbbbbbbbbbbbbbbb'

interface Place {
  readonly version: number
  readonly hash: string
}
const START: Place = { version: 0, hash: hashOfLog(LOG_ID) }

/** The records of an append of changes by these names. */
function append(
  author: string,
  append: number,
  place: Place,
  ...names: string[]
): readonly Buffer[] {
  const payloads = names.map((name) => encodeChange(changeOf(name)))
  return encodeAppend({ author, append, ...place }, payloads) ?? []
}

/** The name of a change that takes so many parts. */
function longName(parts: number): string {
  return 'x'.repeat((parts - 1) * 1_000_000)
}

/** A fold that has begun, and takes records at the offsets 1, 2, 3 … */
class Topic {
  readonly fold = new TopicFold(EMPTY_FOLD)
  #offset = 0

  constructor() {
    this.take(encodeGenesis(LOG_ID))
  }

  get place(): Place {
    return { version: this.fold.head, hash: this.fold.hash }
  }

  take(value: Buffer | null): string {
    return this.fold.take(this.#offset++, value).kind
  }

  takeAll(values: readonly Buffer[]): readonly string[] {
    return values.map((value) => this.take(value))
  }
}

describe('the begin of a log', () => {
  test('is its first record of that kind; what comes before it is skipped, and so are others', () => {
    const fold = new TopicFold(EMPTY_FOLD)
    expect(fold.take(0, Buffer.from('hello\n')).kind).toBe('foreign')
    expect(append(ALICE, 0, START, 'a').map((value) => fold.take(1, value).kind)).toEqual([
      'foreign',
    ])
    expect(fold.take(2, encodeGenesis(LOG_ID))).toEqual({ kind: 'genesis', logId: LOG_ID })
    expect(fold.take(3, encodeGenesis('f'.repeat(32))).kind).toBe('foreign')
    expect({ id: fold.logId, hash: fold.hash, head: fold.head }).toEqual({
      id: LOG_ID,
      hash: hashOfLog(LOG_ID),
      head: 0,
    })
  })
})

describe('an append', () => {
  test('holds when it was decided on the head at its place', () => {
    const topic = new Topic()
    expect(topic.takeAll(append(ALICE, 0, START, 'a', 'b'))).toEqual(['appended'])
    expect(topic.fold.head).toBe(2)
    expect(topic.takeAll(append(BOB, 0, topic.place, 'c'))).toEqual(['appended'])
    expect(topic.fold.head).toBe(3)
  })

  test('of two that were decided on the same head, the first in the topic holds', () => {
    const topic = new Topic()
    const bobs = append(BOB, 0, START, 'b')
    expect(topic.takeAll(append(ALICE, 0, START, 'a'))).toEqual(['appended'])
    expect(topic.takeAll(bobs)).toEqual(['stale'])
  })

  test('that its sender has sent twice holds once', () => {
    const topic = new Topic()
    const records = append(ALICE, 0, START, 'a')
    expect(topic.takeAll([...records, ...records])).toEqual(['appended', 'stale'])
    expect(topic.fold.head).toBe(1)
  })

  test('of another history is stale, though its version is that of the head', () => {
    const topic = new Topic()
    const hash = hashOfLog('f'.repeat(32))
    expect(topic.takeAll(append(ALICE, 0, { version: 0, hash }, 'a'))).toEqual(['stale'])
  })

  test.for(['not JSON', '{"schema":1}', '{}', '', '[]'])('of %j is skipped whole', (payload) => {
    const topic = new Topic()
    const good = encodeChange(changeOf('a'))
    const records = encodeAppend({ author: ALICE, append: 0, ...START }, [good, payload]) ?? []
    expect(topic.takeAll(records)).toEqual(['foreign'])
    expect(topic.place).toEqual(START)
  })

  test('of octets that are no UTF-8 is skipped', () => {
    const topic = new Topic()
    const [record = Buffer.alloc(0)] = append(ALICE, 0, START, 'a')
    expect(topic.take(Buffer.concat([record, Buffer.of(0xff)]))).toBe('foreign')
  })
})

describe('an append in parts', () => {
  test('stands where its last part stands', () => {
    const topic = new Topic()
    const [first, second, third] = append(ALICE, 0, START, longName(3))
    expect(topic.takeAll([first, second].flatMap((value) => value ?? []))).toEqual(['part', 'part'])
    expect(topic.takeAll(append(BOB, 0, START, 'b'))).toEqual(['appended'])
    expect(topic.take(third ?? null)).toBe('stale')
  })

  test('of two authors may come in between each other', () => {
    const topic = new Topic()
    const [a0, a1] = append(ALICE, 0, START, longName(2))
    const [b0, b1] = append(BOB, 0, START, longName(2))
    const records = [a0, b0, b1, a1].flatMap((value) => value ?? [])
    expect(topic.takeAll(records)).toEqual(['part', 'part', 'appended', 'stale'])
  })

  test('may have parts twice, as when it is sent once more from the first', () => {
    const topic = new Topic()
    const [a0, a1, a2] = append(ALICE, 0, START, longName(3))
    const records = [a0, a1, a0, a1, a2].flatMap((value) => value ?? [])
    expect(topic.takeAll(records)).toEqual(['part', 'part', 'part', 'part', 'appended'])
  })

  test('of which a part is missing is never whole', () => {
    const topic = new Topic()
    const [a0, , a2] = append(ALICE, 0, START, longName(3))
    const records = [a0, a2].flatMap((value) => value ?? [])
    expect(topic.takeAll(records)).toEqual(['part', 'foreign'])
    expect(topic.place).toEqual(START)
  })

  test('is dropped when its author goes on with another, or too many others are unfinished', () => {
    const topic = new Topic()
    const [a0, a1] = append(ALICE, 0, START, longName(2))
    topic.take(a0 ?? null)
    expect(topic.takeAll(append(ALICE, 1, START, 'other'))).toEqual(['appended'])
    expect(topic.take(a1 ?? null)).toBe('foreign')

    const [b0, b1] = append(BOB, 0, topic.place, longName(2))
    topic.take(b0 ?? null)
    for (let i = 0; i < UNFINISHED_MAX; i++) {
      const author = i.toString(16).padStart(16, '0')
      topic.take(append(author, 0, START, longName(2))[0] ?? null)
    }
    expect(topic.take(b1 ?? null)).toBe('foreign')
  })
})

test('a fold that goes on from what was stored, at any place, comes to the same', () => {
  const start = new Topic()
  const one = append(ALICE, 0, START, 'a')
  start.takeAll(one)
  const records = [
    ...one,
    Buffer.from('hello\n'),
    ...append(BOB, 0, start.place, longName(3)).slice(0, 2),
    ...append(ALICE, 1, START, 'stale'),
    ...append(BOB, 0, start.place, longName(3)).slice(2),
  ]
  fc.assert(
    fc.property(fc.nat({ max: records.length }), (cut) => {
      const whole = new TopicFold(EMPTY_FOLD)
      whole.take(0, encodeGenesis(LOG_ID))
      let stored: StoredPart[] = []
      const step = (fold: TopicFold, from: number, to: number): readonly string[] =>
        records.slice(from, to).map((value, i) => {
          const { kind } = fold.take(from + i + 1, value)
          for (const change of fold.takePartChanges()) {
            if ('add' in change) stored.push(change.add)
            else stored = stored.filter(({ author }) => author !== change.drop)
          }
          return kind
        })
      const before = step(whole, 0, cut)
      const state = { logId: whole.logId, head: whole.head, hash: whole.hash, parts: stored }
      const again = new TopicFold(state)
      const after = step(again, cut, records.length)
      expect([...before, ...after]).toEqual([
        'appended',
        'foreign',
        'part',
        'part',
        'stale',
        'appended',
      ])
      expect({ head: again.head, stored }).toEqual({ head: 2, stored: [] })
    }),
    { numRuns: 20 },
  )
})
