import { expect, it } from 'vitest'
import { z } from 'zod'
import type { ShownSource } from '../source/kafka-source.ts'
import { problemIn, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const source: ShownSource = {
  options: { name: 'dns', kind: 'kafka', topic: 'records', zones: ['example.'] },
  state: { kind: 'following' },
  partitions: [{ partition: 0, position: 7, end: 9 }],
  results: { applied: 5, unchanged: 1, elsewhere: 0, refused: 1 },
}
const waiting: ShownSource = {
  ...source,
  options: { ...source.options, name: 'another', topic: 'others' },
  state: { kind: 'waiting', reason: 'there is no topic others' },
  partitions: [],
}

/** Writes down messages that were refused, and the position behind them. */
async function refuse(server: TestServer, ...offsets: readonly number[]): Promise<void> {
  const place = { source: 'another', topic: 'others', partition: 0 }
  const what = { key: 'www.example.|A', detail: 'why', atEpoch: 1 }
  await server.registry.submit({
    plan: () => [
      ...offsets.map((offset) => {
        const reason = offset % 2 === 0 ? 'value-invalid' : 'key-invalid'
        return { type: 'refuse-message', message: { ...place, ...what, offset, reason } } as const
      }),
      { type: 'move-source', position: { ...place, topicId: 'id', next: 42 }, from: undefined },
    ],
    actor: 'source:another',
    cause: 'others/0/1',
  })
}

const pageSchema = z.object({
  items: z.array(z.object({ number: z.int(), offset: z.int() })),
  next: z.string().optional(),
})

it('sources are listed with their lag, or why they are not followed', async () => {
  const server = await startServer({ sources: [source, waiting] })
  await refuse(server, 1)
  const { status, body } = await server.call('GET', '/v1/sources')
  expect(status).toBe(200)
  expect(body).toEqual({
    items: [
      {
        name: 'another',
        kind: 'kafka',
        topic: 'others',
        zones: ['example.'],
        state: 'waiting',
        reason: 'there is no topic others',
        partitions: [{ partition: 0, position: 42 }],
        messages: waiting.results,
      },
      {
        name: 'dns',
        kind: 'kafka',
        topic: 'records',
        zones: ['example.'],
        state: 'following',
        partitions: [{ partition: 0, position: 7, end: 9, lag: 2 }],
        messages: source.results,
      },
    ],
  })
})

it('dead letters are listed in pages, the last one first', async () => {
  const server = await startServer()
  await refuse(server, 1, 2, 3, 4, 5)
  const numbers: number[] = []
  let query = 'limit=2'
  for (;;) {
    const { body } = await server.call('GET', `/v1/dead-letters?${query}`)
    const { items, next } = pageSchema.parse(body)
    numbers.push(...items.map(({ number }) => number))
    if (next === undefined) break
    query = `limit=2&after=${next}`
  }
  expect(numbers).toEqual([5, 4, 3, 2, 1])
})

it('dead letters are found by source and reason', async () => {
  const server = await startServer()
  await refuse(server, 1, 2, 3)
  const offsetsOf = async (query: string): Promise<readonly number[]> => {
    const { body } = await server.call('GET', `/v1/dead-letters?${query}`)
    return pageSchema.parse(body).items.map(({ offset }) => offset)
  }
  expect(await offsetsOf('reason=value-invalid')).toEqual([2])
  expect(await offsetsOf('source=another&reason=key-invalid')).toEqual([3, 1])
  expect(await offsetsOf('source=dns')).toEqual([])
})

it('what a source wrote is shown among the events', async () => {
  const server = await startServer()
  await refuse(server, 4)
  const { body } = await server.call('GET', '/v1/events')
  expect(body).toMatchObject({
    items: [
      {
        events: [
          { type: 'source-refused', offset: 4 },
          { type: 'source-position', next: 42 },
        ],
      },
    ],
  })
})

it('a query that is unknown is refused', async () => {
  const server = await startServer()
  const answer = await server.call('GET', '/v1/dead-letters?topic=records')
  expect(problemIn(answer)).toMatchObject({ status: 422 })
})
