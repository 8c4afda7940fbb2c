import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { EVENT_SCHEMA } from '../model/events.ts'
import { TimeIndex } from './time-index.ts'

async function indexOf(times: readonly number[]) {
  const log = createMemoryLog()
  const append = (more: readonly number[]) =>
    log.append(
      log.head,
      more.map((atEpoch) => ({
        schema: EVENT_SCHEMA,
        atEpoch,
        actor: 'test',
        cause: 'test',
        events: [{ type: 'cluster-deleted' as const, id: 'x' }],
      })),
    )
  await append(times)
  const registry = {
    get version() {
      return log.head
    },
    read: (after: number) => log.read(after),
  }
  return { append, index: new TimeIndex(registry, new ManualClock()) }
}

test('the last version until a time is the one whose running maximum is not beyond it', async () => {
  const step = fc.integer({ min: -50, max: 60 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: -100, max: 2_000 }),
      async (steps, at) => {
        let time = 0
        const times = steps.map((by) => (time += by))
        const { index } = await indexOf(times)
        const upTo = (isLate: (greatest: number) => boolean): number => {
          let greatest = -Infinity
          return times.filter((each) => !isLate((greatest = Math.max(greatest, each)))).length
        }
        expect(await index.lastUntil(at)).toBe(upTo((greatest) => greatest > at))
        expect(await index.lastBefore(at)).toBe(upTo((greatest) => greatest >= at))
      },
    ),
  )
})

test('over thousands of versions too, and with what comes later', async () => {
  const times = Array.from({ length: 3_500 }, (_, i) => (i % 1_000 === 500 ? i - 400 : i))
  const { index, append } = await indexOf(times)
  expect(await index.lastUntil(-1)).toBe(0)
  expect(await index.lastUntil(999)).toBe(1_000)
  // Version 1501 says 1100, and is no earlier than those before it.
  expect(await index.lastUntil(1_499)).toBe(1_501)
  expect(await index.lastUntil(9_999)).toBe(3_500)
  await append([10_000, 5])
  expect(await index.lastUntil(9_999)).toBe(3_500)
  expect(await index.lastUntil(10_000)).toBe(3_502)
})
