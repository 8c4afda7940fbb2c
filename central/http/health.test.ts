import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { EndpointVerdict } from '../model/events.ts'
import { problemIn, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const cluster = { latitude: 1, longitude: 1, addresses: ['192.0.2.1'] }
const check = { check: { type: 'tcp', port: 80 } }

/** Two apps that are checked, and one between them that is not. */
const mesh = {
  clusters: ['ewr', 'lhr', 'sfo'].map((id) => ({ id, ...cluster })),
  zones: [{ apex: 'example', ns: ['ns.example'] }],
  apps: [
    { name: 'c.example', health: check, endpoints: [{ cluster: 'sfo' }, { cluster: 'ewr' }] },
    { name: 'b.example', endpoints: [{ cluster: 'sfo' }] },
    { name: 'a.example', health: check, endpoints: [{ cluster: 'sfo' }, { cluster: 'lhr' }] },
  ],
}

const down: EndpointVerdict = {
  app: 'a.example.',
  cluster: 'sfo',
  state: 'down',
  sinceEpoch: 1_700_000_000_000,
  reports: [
    { edge: 'ewr-1', state: 'down', detail: 'connection refused' },
    { edge: 'lhr-1', state: 'up', detail: '' },
  ],
}
const up: EndpointVerdict = { ...down, app: 'c.example.', state: 'up', reports: [] }

async function startWith(...verdicts: readonly EndpointVerdict[]): Promise<TestServer> {
  const server = await startServer()
  expect(await server.call('POST', '/v1/changes', { body: mesh })).toMatchObject({ status: 200 })
  await judge(server, verdicts)
  return server
}

async function judge(
  { registry }: TestServer,
  verdicts: readonly EndpointVerdict[],
): Promise<void> {
  const result = await registry.submit({
    plan: () => verdicts.map((verdict) => ({ type: 'put-verdict', verdict })),
    actor: 'system',
    cause: 'health',
  })
  if (!result.ok || result.diff.length !== verdicts.length) {
    throw new TypeError(`not all was taken: ${JSON.stringify(result)}`)
  }
}

const pageSchema = z.strictObject({
  items: z.array(z.looseObject({ app: z.string(), cluster: z.string(), state: z.string() })),
  next: z.string().optional(),
})

/** What a list shows, all its pages together: `a.example. sfo down`. */
async function linesOf(server: TestServer, path: string): Promise<string[]> {
  const lines: string[] = []
  let after = ''
  for (;;) {
    const page = pageSchema.parse((await server.call('GET', path + after)).body)
    lines.push(...page.items.map((item) => `${item.app} ${item.cluster} ${item.state}`))
    if (page.next === undefined) return lines
    after = `&after=${page.next}`
  }
}

const all = ['a.example. lhr unknown', 'a.example. sfo down', 'c.example. ewr unknown']

describe('the health of endpoints', () => {
  test('is shown by app and cluster, with what the verdict goes by', async () => {
    const { call, registry } = await startWith(down)
    const answer = await call('GET', '/v1/health')
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.headers.get('meridian-version')).toBe(String(registry.version))
    const unknown = { state: 'unknown', reports: [] }
    expect(answer.body).toEqual({
      items: [
        { app: 'a.example.', cluster: 'lhr', ...unknown },
        down,
        { app: 'c.example.', cluster: 'ewr', ...unknown },
        { app: 'c.example.', cluster: 'sfo', ...unknown },
      ],
    })
  })

  test('has pages', async () => {
    const server = await startWith(down, up)
    expect(await linesOf(server, '/v1/health?limit=1')).toEqual([...all, 'c.example. sfo up'])
    expect(await linesOf(server, '/v1/apps/a.example/health?limit=1')).toEqual(all.slice(0, 2))
  })

  test.each([
    ['app=A.example', ['a.example. lhr unknown', 'a.example. sfo down']],
    ['app=b.example', []],
    ['app=nope.example', []],
    ['cluster=sfo', ['a.example. sfo down', 'c.example. sfo up']],
    ['cluster=nope', []],
    ['state=down', ['a.example. sfo down']],
    ['state=unknown', ['a.example. lhr unknown', 'c.example. ewr unknown']],
    ['state=degraded', []],
    ['cluster=sfo&state=up&app=c.example', ['c.example. sfo up']],
  ])('can be of %s', async (query, lines) => {
    const server = await startWith(down, up)
    expect(await linesOf(server, `/v1/health?${query}`)).toEqual(lines)
  })

  test.each(['state=dead', 'cluster=SFO', 'app=a..b', 'after=x', 'limit=0', 'zone=example'])(
    'wants a good query: %s',
    async (query) => {
      const { call } = await startServer()
      const answer = await call('GET', `/v1/health?${query}`)
      expect(answer.status).toBe(422)
      expect(problemIn(answer).errors?.[0]).toMatchObject({ in: 'query' })
    },
  )

  test('of one app is that of its endpoints, none when it has no check', async () => {
    const server = await startWith(down)
    const path = '/v1/apps/A.example/health'
    expect(await linesOf(server, path)).toEqual(['a.example. lhr unknown', 'a.example. sfo down'])
    expect(await linesOf(server, `${path}?state=down`)).toEqual(['a.example. sfo down'])
    expect(await linesOf(server, `${path}?cluster=lhr`)).toEqual(['a.example. lhr unknown'])
    expect(await linesOf(server, '/v1/apps/b.example/health')).toEqual([])
  })

  test('of an app that is not there is 404', async () => {
    const { call } = await startServer()
    const answer = await call('GET', '/v1/apps/nope.example/health')
    expect(problemIn(answer)).toMatchObject({
      status: 404,
      detail: 'app nope.example. is not registered',
    })
  })

  test('changes no version of the app, and stands in the history', async () => {
    const server = await startWith()
    const before = await server.call('GET', '/v1/apps/a.example')
    await judge(server, [down])
    const after = await server.call('GET', '/v1/apps/a.example')
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'))
    expect(after.body).toEqual(before.body)
    expect(await server.call('GET', '/v1/events?after=1')).toMatchObject({
      body: { items: [{ actor: 'system', events: [{ type: 'endpoint-health', ...down }] }] },
    })
  })
})

describe('the check of an app', () => {
  const path = '/v1/apps/a.example'
  const health = {
    check: {
      type: 'http',
      method: 'GET',
      path: '/live',
      headers: {},
      status: ['200-399'],
      intervalMs: 10_000,
      timeoutMs: 500,
      rise: 2,
      fall: 2,
    },
    enoughUpPercent: 0,
    whenNotEnough: 'fail-open',
  }

  test('is put and shown with its defaults; put without one the app is not checked', async () => {
    const server = await startWith(down)
    const body = { health: { check: { type: 'http', path: '/live', timeoutMs: 500 } } }
    expect(await server.call('PUT', path, { body })).toMatchObject({
      status: 200,
      body: { health },
    })
    expect(await server.call('GET', path)).toMatchObject({ body: { health } })
    // What another check has found out is forgotten.
    expect(await linesOf(server, '/v1/health?app=a.example')).toEqual([
      'a.example. lhr unknown',
      'a.example. sfo unknown',
    ])
    const bare = await server.call('PUT', path, { body: {} })
    expect(bare.body).not.toHaveProperty('health')
    expect(await linesOf(server, '/v1/health?app=a.example')).toEqual([])
  })

  test('of each type is put and shown', async () => {
    const { call } = await startWith()
    for (const type of ['tcp', 'tls', 'http', 'https', 'grpc', 'dns', 'icmp', 'command']) {
      const given = { type, ...(type === 'command' ? { command: 'ping' } : {}) }
      const answer = await call('PUT', path, { body: { health: { check: given } } })
      expect(answer).toMatchObject({ status: 200, body: { health: { check: given } } })
    }
  })

  test('of a manifest is applied, and shown in its diff', async () => {
    const { call } = await startWith()
    const body = { apps: [{ name: 'b.example', health: { check: { type: 'icmp' } } }] }
    const answer = await call('POST', '/v1/changes', { body })
    expect(answer).toMatchObject({
      status: 200,
      body: {
        diff: [
          {
            action: 'change',
            kind: 'app',
            id: 'b.example.',
            after: { health: { check: { type: 'icmp', intervalMs: 10_000 } } },
          },
        ],
      },
    })
    expect(await call('POST', '/v1/changes', { body })).toMatchObject({ body: { changed: 0 } })
  })
})
