import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { encodeCursor, pageOf } from './pages.ts'
import { problemIn, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const keys = ['a', 'b', 'c', 'd', 'e']

describe('a page', () => {
  const entryOf = (key: string) => ({ item: key, weight: 1 })

  test('has a next one only when there is more', () => {
    expect(pageOf(keys, { limit: 2 }, entryOf)).toEqual({
      items: ['a', 'b'],
      next: encodeCursor('b'),
    })
    expect(pageOf(keys, { limit: 2, after: 'b' }, entryOf).items).toEqual(['c', 'd'])
    expect(pageOf(keys, { limit: 2, after: 'd' }, entryOf)).toEqual({ items: ['e'] })
    expect(pageOf(keys, { limit: 5 }, entryOf)).toEqual({ items: keys })
    expect(pageOf([], { limit: 5 }, entryOf)).toEqual({ items: [] })
  })

  test('goes on where its cursor was, when that key is gone', () => {
    expect(pageOf(['a', 'd'], { limit: 5, after: 'b' }, entryOf)).toEqual({ items: ['d'] })
  })

  test('ends early when its items are heavy, but has one at least', () => {
    const heavy = (key: string) => ({ item: key, weight: 15_000 })
    expect(pageOf(keys, { limit: 5 }, heavy)).toEqual({ items: ['a'], next: encodeCursor('a') })
    const heavier = (key: string) => ({ item: key, weight: 1_000_000 })
    expect(pageOf(keys, { limit: 5, after: 'd' }, heavier)).toEqual({ items: ['e'] })
  })

  test('ends, with a next one, when too many keys had nothing to show', () => {
    const many = Array.from({ length: 60_000 }, (_, i) => String(i).padStart(6, '0'))
    const none = pageOf<string>(many, { limit: 5 }, () => undefined)
    expect(none).toEqual({ items: [], next: encodeCursor('049999') })
    const rest = pageOf<string>(many, { limit: 5, after: '049999' }, () => undefined)
    expect(rest).toEqual({ items: [] })
  })
})

const pageSchema = z.strictObject({
  items: z.array(z.looseObject({ name: z.string().optional(), id: z.string().optional() })),
  next: z.string().optional(),
})

async function readAll(server: TestServer, path: string, after?: string): Promise<string[]> {
  const found: string[] = []
  let next = after
  do {
    const cursor = next === undefined ? '' : `&after=${next}`
    const page = pageSchema.parse((await server.call('GET', path + cursor)).body)
    found.push(...page.items.map((item) => item.name ?? item.id ?? ''))
    next = page.next
  } while (next !== undefined)
  return found
}

async function startWithApps(): Promise<TestServer> {
  const server = await startServer()
  const apps = Array.from({ length: 50 }, (_, i) => ({
    name: `a${i}.${i % 5 === 0 ? 'sub.' : ''}example`,
    endpoints: i % 2 === 0 ? [{ cluster: 'sfo' }] : [],
  }))
  const body = {
    clusters: [{ id: 'sfo', latitude: 1, longitude: 1, addresses: ['192.0.2.1'] }],
    zones: ['example', 'sub.example'].map((apex) => ({ apex, ns: ['ns.example'] })),
    apps,
  }
  expect(await server.call('POST', '/v1/changes', { body })).toMatchObject({ status: 200 })
  return server
}

describe('a list over HTTP', () => {
  test('is read whole by its cursors, in order', async () => {
    const server = await startWithApps()
    const names = await readAll(server, '/v1/apps?limit=7')
    expect(names).toHaveLength(50)
    expect(names).toEqual([...server.registry.state.apps.keys()].sort())
  })

  test('shows what stays once, whatever is written meanwhile', async () => {
    const server = await startWithApps()
    const before = [...server.registry.state.apps.keys()].sort()
    const first = pageSchema.parse((await server.call('GET', '/v1/apps?limit=10')).body)
    // One that was shown goes, one that was not goes, and new ones come on either side.
    await server.call('DELETE', `/v1/apps/${first.items[9]?.name}`)
    await server.call('DELETE', `/v1/apps/${before[20]}`)
    await server.call('PUT', '/v1/apps/a.example', { body: {} })
    await server.call('PUT', '/v1/apps/zzz.example', { body: {} })
    const rest = await readAll(server, '/v1/apps?limit=10', first.next)
    expect(rest).toEqual([...before.slice(10, 20), ...before.slice(21), 'zzz.example.'])
  })

  test('of apps can be of one zone, of one cluster, or both', async () => {
    const server = await startWithApps()
    expect(await readAll(server, '/v1/apps?limit=3&zone=SUB.example')).toHaveLength(10)
    expect(await readAll(server, '/v1/apps?limit=3&zone=example')).toHaveLength(40)
    expect(await readAll(server, '/v1/apps?limit=3&cluster=sfo')).toHaveLength(25)
    expect(await readAll(server, '/v1/apps?limit=3&zone=sub.example&cluster=sfo')).toHaveLength(5)
    expect(await readAll(server, '/v1/apps?limit=3&zone=example.org')).toEqual([])
  })

  test('has clusters, zones and endpoints in order too', async () => {
    const server = await startWithApps()
    await server.call('PUT', '/v1/clusters/ewr', { body: { latitude: 1, longitude: 1 } })
    expect(await readAll(server, '/v1/clusters?limit=1')).toEqual(['ewr', 'sfo'])
    const zones = await server.call('GET', '/v1/zones?limit=1')
    expect(zones).toMatchObject({ body: { items: [{ apex: 'example.' }] } })
    const endpoints = await server.call('GET', '/v1/apps/a2.example/endpoints?limit=1')
    expect(endpoints).toMatchObject({ body: { items: [{ cluster: 'sfo' }] } })
  })

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=1&limit=2',
    'after=',
    'after=a%2Fb',
    'x=1',
  ])('wants a good query: %s', async (query) => {
    const { call } = await startServer()
    const answer = await call('GET', `/v1/clusters?${query}`)
    expect(answer.status).toBe(422)
    expect(problemIn(answer).errors?.[0]).toMatchObject({ in: 'query' })
  })
})

test('the history has pages by version', async () => {
  const { call } = await startServer()
  for (const capacity of [1, 2, 3]) {
    await call('PUT', '/v1/clusters/sfo', { body: { latitude: 1, longitude: 1, capacity } })
  }
  const first = await call('GET', '/v1/events?limit=2')
  expect(first).toMatchObject({ body: { items: [{ version: 1 }, { version: 2 }], next: '2' } })
  expect(await call('GET', '/v1/events?limit=2&after=2')).toMatchObject({
    body: { items: [{ version: 3, events: [{ type: 'cluster-put' }] }] },
  })
  const last = pageSchema.parse((await call('GET', '/v1/events?after=2')).body)
  expect(last.next).toBeUndefined()
  expect(await call('GET', '/v1/events?after=3')).toMatchObject({ body: { items: [] } })
  expect(await call('GET', '/v1/events?after=99')).toMatchObject({ body: { items: [] } })
  expect(await call('GET', '/v1/events?after=-1')).toMatchObject({ status: 422 })
})
