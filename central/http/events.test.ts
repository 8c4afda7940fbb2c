import { expect, it, test } from 'vitest'
import { z } from 'zod'
import { ManualClock } from '../../shared/clock.ts'
import { appSchema, clusterSchema, zoneSchema } from '../../shared/registry/schema.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import type { EventLog } from '../log/event-log.ts'
import { EVENT_SCHEMA, type RegistryEvent } from '../model/events.ts'
import { readChanges } from './event-page.ts'
import { problemIn, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const BEGIN = Date.parse('2026-12-01T00:00:00Z')

const cluster = (id: string): RegistryEvent => ({
  type: 'cluster-put',
  cluster: clusterSchema.parse({ id, latitude: 1, longitude: 2 }),
})
const zone = (apex: string): RegistryEvent => ({
  type: 'zone-put',
  zone: zoneSchema.parse({ apex, ns: [`ns.${apex}`] }),
})
const app = (name: string): RegistryEvent => ({ type: 'app-put', app: appSchema.parse({ name }) })
const endpoint = (name: string, id: string): RegistryEvent => ({
  type: 'endpoint-put',
  app: name,
  endpoint: { cluster: id, addresses: ['192.0.2.1'], weight: 1, priority: 0 },
})
const records = (name: string): RegistryEvent => ({
  type: 'rrset-put',
  rrset: { name, type: 'TXT', ttl: 60, rdata: ['"a"'] },
})

/** A log with one change for each entry, at so many seconds after the beginning. */
async function logOf(
  changes: readonly (readonly [seconds: number, actor: string, ...events: RegistryEvent[]])[],
): Promise<EventLog> {
  const log = createMemoryLog()
  await log.append(
    0,
    changes.map(([seconds, actor, ...events], i) => ({
      schema: EVENT_SCHEMA,
      atEpoch: BEGIN + seconds * 1000,
      actor,
      cause: `request-${i + 1}`,
      events,
    })),
  )
  return log
}

const pageSchema = z.object({
  items: z.array(
    z.object({
      version: z.number(),
      events: z.array(z.looseObject({ type: z.string() })),
      omitted: z.number().optional(),
    }),
  ),
  next: z.string().optional(),
})

async function versionsOf(server: TestServer, query: string): Promise<readonly number[]> {
  const { body } = await server.call('GET', `/v1/events?${query}`)
  return pageSchema.parse(body).items.map(({ version }) => version)
}

const mesh = [
  [0, 'ops', cluster('sfo'), cluster('lhr')],
  [10, 'ops', zone('example.'), zone('shop.test.')],
  [20, 'ci', app('video.example.'), endpoint('video.example.', 'sfo')],
  [30, 'system', { type: 'app-deleted', name: 'video.example.' }],
  [40, 'ci', app('cart.shop.test.'), app('video.example.')],
  [50, 'ops', records('www.example.')],
] as const

it.each([
  ['', [1, 2, 3, 4, 5, 6]],
  ['after=4', [5, 6]],
  ['actor=ci', [3, 5]],
  ['zone=Example', [2, 3, 4, 5, 6]],
  ['zone=test', [2, 5]],
  ['zone=ample', []],
  ['app=video.example', [3, 4, 5]],
  ['app=www.example', []],
  ['name=www.example.', [6]],
  ['cluster=sfo', [1, 3]],
  ['cluster=lhr', [1]],
  ['type=app-put', [3, 5]],
  ['type=endpoint-put&app=video.example&actor=ci', [3]],
  ['type=endpoint-put&app=cart.shop.test', []],
  ['type=rrset-put&zone=example', [6]],
  ['since=2026-12-01T00:00:20Z&until=2026-12-01T00:00:40Z', [3, 4, 5]],
  ['until=2026-11-30T23:59:59Z', []],
])('?%s shows the changes of which one event fulfils all of it', async (query, versions) => {
  const server = await startServer({ log: await logOf(mesh) })
  expect(await versionsOf(server, query)).toEqual(versions)
})

test('of a change only what is asked for is shown, with the number of what is left out', async () => {
  const server = await startServer({ log: await logOf(mesh) })
  const { body } = await server.call('GET', '/v1/events?zone=shop.test&after=2')
  const { items } = pageSchema.parse(body)
  expect(items).toMatchObject([{ version: 5, omitted: 1, events: [{ type: 'app-put' }] }])
})

test('where the clock has jumped back a change is as late as the latest before it', async () => {
  const log = await logOf([
    [0, 'ops', cluster('a')],
    [100, 'ops', cluster('b')],
    [20, 'ops', cluster('c')],
    [110, 'ops', cluster('d')],
  ])
  const server = await startServer({ log })
  const at = (seconds: number): string => new Date(BEGIN + seconds * 1000).toISOString()
  expect(await versionsOf(server, `until=${at(50)}`)).toEqual([1])
  expect(await versionsOf(server, `since=${at(50)}`)).toEqual([2, 3, 4])
  expect(await versionsOf(server, `until=${at(100)}`)).toEqual([1, 2, 3])
  expect(await versionsOf(server, `since=${at(101)}`)).toEqual([4])
})

test('pages of what is found go on where the one before has ended', async () => {
  const server = await startServer({ log: await logOf(mesh) })
  const found: number[] = []
  let query: string | undefined = 'actor=ci&limit=1'
  while (query !== undefined) {
    const { body } = await server.call('GET', `/v1/events?${query}`)
    const { items, next } = pageSchema.parse(body)
    found.push(...items.map(({ version }) => version))
    query = next === undefined ? undefined : `actor=ci&limit=1&after=${next}`
  }
  expect(found).toEqual([3, 5])
})

test('a page looks at 20,000 changes at most, and says where to go on', async () => {
  const log = await logOf(
    Array.from({ length: 20_500 }, (_, i) => [i, i === 20_400 ? 'ci' : 'ops', cluster('sfo')]),
  )
  const registry = { version: log.head, read: (after: number) => log.read(after) }
  const clock = new ManualClock()
  const range = { until: Infinity, filter: { actor: 'ci' }, limit: 10 }
  const first = await readChanges(registry, clock, { ...range, after: 0 }, () => true)
  expect(first).toEqual({ items: [], scanned: 20_000, isLast: false })
  const second = await readChanges(registry, clock, { ...range, after: 20_000 }, () => true)
  expect(second).toMatchObject({ items: [{ version: 20_401 }], scanned: 20_500, isLast: true })
})

test('nobody is waited for who has gone', async () => {
  const log = await logOf(mesh)
  const registry = { version: log.head, read: (after: number) => log.read(after) }
  const range = { after: 0, until: Infinity, filter: { actor: 'nobody' }, limit: 10 }
  const page = await readChanges(registry, new ManualClock(), range, () => false)
  expect(page).toEqual({ items: [], scanned: 1, isLast: false })
})

it.each([
  ['zone=a..b', '/zone', 'empty label'],
  ['app=', '/app', ''],
  ['cluster=San%20Francisco', '/cluster', 'is not an id'],
  ['type=app-exploded', '/type', 'is not one of cluster-put, '],
  ['actor=', '/actor', ''],
  ['since=yesterday', '/since', 'is not a time such as'],
  ['after=-1', '/after', ''],
  ['limit=1001', '/limit', ''],
  ['colour=red', '/colour', 'is not a known key'],
])('?%s is refused with the place and the reason', async (query, path, reason) => {
  const server = await startServer()
  const answer = await server.call('GET', `/v1/events?${query}`)
  const { status, errors } = problemIn(answer)
  expect([status, errors?.[0]?.['path']]).toEqual([422, path])
  expect(errors?.[0]?.['detail']).toContain(reason)
})
