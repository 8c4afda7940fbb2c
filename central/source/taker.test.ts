import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { zoneSchema } from '../../shared/registry/schema.ts'
import type { EventLog } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { Registry } from '../registry/registry.ts'
import { rawMessage, streamRecord } from './messages.fixture.ts'
import { sourcesSchema } from './options.ts'
import type { Cursor, Slice } from './taker.ts'
import { MessageTaker } from './taker.ts'
import type { TopicMessage } from './topic.ts'

async function createRegistry(log: EventLog = createMemoryLog()): Promise<Registry> {
  const registry = new Registry({ log, clock: new ManualClock() })
  const zone = zoneSchema.parse({ apex: 'example', ns: ['ns.example'] })
  await registry.submit({ plan: () => [{ type: 'put-zone', zone }], actor: 'ops', cause: '1' })
  return registry
}

function createTaker(registry: Registry): MessageTaker {
  const [options] = sourcesSchema.parse([
    {
      kind: 'kafka',
      name: 'dns',
      topic: 'records',
      brokers: ['127.0.0.1:9092'],
      zones: ['example'],
    },
  ])
  if (options === undefined) throw new TypeError('there are no options')
  return new MessageTaker(options, { registry, clock: new ManualClock() })
}

/** Messages with an address each, the first at an offset. */
function messagesFrom(offset: number, count: number, under = 'example'): readonly TopicMessage[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `h${offset + i}.${under}`
    const value = streamRecord(name, 'A', `192.0.2.${offset + i}`)
    return { offset: offset + i, ...rawMessage(`${name}|A`, value) }
  })
}

function sliceOf(messages: readonly TopicMessage[]): Slice {
  const next = (messages.at(-1)?.offset ?? 0) + 1
  return { topicId: 'id', partition: 0, messages, next }
}

const fresh = (): Cursor => ({ next: 0, taken: undefined, end: 0 })

describe('messages that are taken', () => {
  it('are one change, which says whose they were', async () => {
    const registry = await createRegistry()
    const cursor = fresh()
    const taker = createTaker(registry)
    expect(await taker.take(sliceOf(messagesFrom(3, 2)), cursor)).toBe(true)
    expect(await taker.take(sliceOf(messagesFrom(5, 1)), cursor)).toBe(true)
    expect(cursor).toMatchObject({ next: 6, taken: 6 })
    expect(taker.results).toEqual({ applied: 3, unchanged: 0, elsewhere: 0, refused: 0 })
    const changes = Array.from(registry.read(1), ({ actor, cause, events }) => ({
      actor,
      cause,
      events: events.map(({ type }) => type),
    }))
    expect(changes).toEqual([
      {
        actor: 'source:dns',
        cause: 'records/0/3-4',
        events: ['rrset-put', 'rrset-put', 'source-position'],
      },
      {
        actor: 'source:dns',
        cause: 'records/0/5',
        events: ['rrset-put', 'source-position'],
      },
    ])
  })

  it('by two at once are written once, and the slower one goes on behind them', async () => {
    const registry = await createRegistry()
    const takers = [createTaker(registry), createTaker(registry)]
    const cursors = [fresh(), fresh()]
    const slice = sliceOf(messagesFrom(0, 4))
    const taken = await Promise.all(takers.map((one, i) => one.take(slice, cursors[i] ?? fresh())))
    expect(taken.filter(Boolean)).toHaveLength(1)
    expect(cursors).toMatchObject([
      { next: 4, taken: 4 },
      { next: 4, taken: 4 },
    ])
    expect(registry.version).toBe(2)
    expect(takers.reduce((sum, { results }) => sum + results.applied, 0)).toBe(4)
  })

  it('of other zones cost no change, but now and then', async () => {
    const registry = await createRegistry()
    const cursor = fresh()
    const taker = createTaker(registry)
    for (let offset = 0; offset < 9_999; offset += 1_111) {
      const [message] = messagesFrom(0, 1, 'test')
      if (message === undefined) throw new TypeError('there is no message')
      await taker.take({ ...sliceOf([message]), next: offset + 1_111 }, cursor)
    }
    expect([registry.version, cursor.next, cursor.taken]).toEqual([1, 9_999, undefined])
    await taker.take({ ...sliceOf(messagesFrom(0, 1, 'test')), next: 10_000 }, cursor)
    expect([registry.version, cursor.taken]).toEqual([2, 10_000])
    expect(taker.results.elsewhere).toBe(10)
  })

  it('stay to be taken when the log takes nothing', async () => {
    const log = createMemoryLog()
    const registry = await createRegistry(log)
    const cursor = fresh()
    const taker = createTaker(registry)
    await log.close()
    await expect(taker.take(sliceOf(messagesFrom(0, 1)), cursor)).rejects.toThrow('is closed')
    expect(cursor).toEqual(fresh())
    expect(taker.results.applied).toBe(0)
  })
})
