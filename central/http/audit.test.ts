import { expect, it, test } from 'vitest'
import { z } from 'zod'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import type { EventLog } from '../log/event-log.ts'
import { unavailable } from '../log/log-errors.ts'
import { problemIn, smallMesh, startServer, TOKEN } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const entrySchema = z.looseObject({
  outcome: z.string(),
  version: z.number(),
  requestId: z.string(),
  diff: z.array(z.looseObject({})).optional(),
})
const pageSchema = z.object({ items: z.array(entrySchema), next: z.string().optional() })

type Entry = z.output<typeof entrySchema>

/** The answers that were sent last are noted a moment later than the client has them. */
async function auditOf(server: TestServer, query = ''): Promise<readonly Entry[]> {
  await new Promise((resolve) => setImmediate(resolve))
  const answer = await server.call('GET', `/v1/audit?${query}`)
  return pageSchema.parse(answer.body).items
}

const id = (text: string): { readonly headers: Readonly<Record<string, string>> } => ({
  headers: { 'x-request-id': text },
})
const place = { latitude: 1, longitude: 2 }

test('a change is told with who, from where, by which request, and before and after', async () => {
  const server = await startServer()
  await server.call('PUT', '/v1/clusters/sfo?wait=edges', { body: place, ...id('first') })
  await server.call('PUT', '/v1/clusters/sfo', {
    body: { ...place, city: 'Here' },
    ...id('second'),
  })
  const [, second] = await auditOf(server, 'diff=true')
  expect(second).toMatchObject({
    outcome: 'accepted',
    version: 2,
    actor: 'ops',
    origin: '127.0.0.1',
    method: 'PUT',
    path: '/v1/clusters/sfo',
    requestId: 'second',
    events: [{ type: 'cluster-put' }],
    diff: [{ action: 'change', before: { id: 'sfo' }, after: { id: 'sfo', city: 'Here' } }],
  })
  expect(second?.diff?.[0]?.['before']).not.toHaveProperty('city')
})

test('what central does by itself is told without an origin', async () => {
  const server = await startServer()
  const cluster = clusterSchema.parse({ id: 'sfo', ...place })
  const plan = () => [{ type: 'put-cluster' as const, cluster }]
  await server.registry.submit({ plan, actor: 'system', cause: 'machines' })
  const [entry] = await auditOf(server)
  expect(entry).toMatchObject({ outcome: 'accepted', actor: 'system', requestId: 'machines' })
  expect(entry).not.toHaveProperty('origin')
})

it.each([
  [
    'without a token',
    'PUT',
    '/v1/clusters/sfo',
    { body: place, anonymous: true },
    401,
    'a write needs',
  ],
  [
    'with an unknown token',
    'PUT',
    '/v1/clusters/sfo',
    { body: place, headers: { authorization: 'Bearer wrong-token-wrong-token' } },
    401,
    'not one that central knows',
  ],
  [
    'with a wrong body',
    'PUT',
    '/v1/clusters/sfo',
    { body: { latitude: 'north', longitude: 2 } },
    422,
    'body/latitude',
  ],
  ['without JSON', 'POST', '/v1/changes', { text: '{' }, 400, 'Bad Request'],
  ['against a rule', 'PUT', '/v1/apps/video.example', { body: {} }, 409, 'lies in no zone'],
  [
    'on another version',
    'PUT',
    '/v1/clusters/sfo',
    { body: place, headers: { 'if-match': '"7"' } },
    412,
    'cluster sfo',
  ],
  ['of what is not there', 'DELETE', '/v1/clusters/ewr', {}, 404, 'cluster ewr'],
] as const)('a write %s is told as refused', async (_what, method, path, call, status, detail) => {
  const server = await startServer()
  const headers = { ...('headers' in call ? call.headers : {}), ...id('refused-1').headers }
  const answer = await server.call(method, path, { ...call, headers })
  expect(answer.headers.get('x-request-id')).toBe('refused-1')
  const entries = await auditOf(server)
  expect(entries).toMatchObject([
    {
      outcome: 'refused',
      version: 0,
      requestId: 'refused-1',
      origin: '127.0.0.1',
      method,
      path,
      status,
    },
  ])
  expect(entries[0]?.['detail']).toContain(detail)
  expect(entries[0]?.['actor']).toBe(status === 401 ? undefined : 'ops')
})

test('a write that the log did not take is told too', async () => {
  const log = createMemoryLog()
  const full: EventLog = {
    id: log.id,
    head: 0,
    append: () => Promise.reject(unavailable('events.sqlite', 'the disk is full')),
    follow: () => () => undefined,
    read: () => [],
    hashAt: (version) => log.hashAt(version),
    close: () => log.close(),
  }
  const server = await startServer({ log: full })
  await server.call('PUT', '/v1/clusters/sfo', { body: place })
  expect(await auditOf(server)).toMatchObject([{ outcome: 'refused', status: 503, actor: 'ops' }])
})

test('a read, a dry run, a write of what is there, and a path that is none are no attempts', async () => {
  const server = await startServer()
  await server.call('PUT', '/v1/clusters/sfo', { body: place })
  await server.call('PUT', '/v1/clusters/sfo', { body: place })
  await server.call('POST', '/v1/changes?dryRun=true', { body: smallMesh })
  await server.call('GET', '/v1/apps/none.example')
  await server.call('PUT', '/v1/nothing', { body: {} })
  await server.call('PATCH', '/v1/clusters/sfo', { body: {} })
  expect((await auditOf(server)).map(({ outcome, version }) => [outcome, version])).toEqual([
    ['accepted', 1],
  ])
})

test('refused attempts stand after the change whose state they met; pages go through all of it', async () => {
  const server = await startServer()
  const wrong = { body: { latitude: 'x' } }
  await server.call('PUT', '/v1/clusters/a', { ...wrong, ...id('r0') })
  await server.call('PUT', '/v1/clusters/a', { body: place, ...id('c1') })
  await server.call('PUT', '/v1/clusters/b', { ...wrong, ...id('r1a') })
  await server.call('PUT', '/v1/clusters/b', { ...wrong, ...id('r1b') })
  await server.call('PUT', '/v1/clusters/b', { body: place, ...id('c2') })
  await server.call('PUT', '/v1/clusters/c', { body: place, ...id('c3') })
  await server.call('PUT', '/v1/clusters/d', { ...wrong, ...id('r3') })
  const all = ['r0', 'c1', 'r1a', 'r1b', 'c2', 'c3', 'r3']
  const ids = (entries: readonly Entry[]) => entries.map(({ requestId }) => requestId)
  expect(ids(await auditOf(server))).toEqual(all)
  for (const limit of [1, 2, 3, 6]) {
    const found: string[] = []
    let query: string | undefined = `limit=${limit}`
    while (query !== undefined) {
      const page = pageSchema.parse((await server.call('GET', `/v1/audit?${query}`)).body)
      found.push(...ids(page.items))
      query = page.next === undefined ? undefined : `limit=${limit}&after=${page.next}`
    }
    expect([limit, found]).toEqual([limit, all])
  }
  expect(ids(await auditOf(server, 'outcome=refused'))).toEqual(['r0', 'r1a', 'r1b', 'r3'])
  expect(ids(await auditOf(server, 'outcome=accepted'))).toEqual(['c1', 'c2', 'c3'])
  expect(ids(await auditOf(server, 'actor=nobody'))).toEqual([])
})

test('no secret is ever in it', async () => {
  const server = await startServer()
  const secrets = [
    's3cret-header',
    's3cret-query',
    's3cret-token-of-nobody',
    's3cret-body',
    's3cret-url',
    TOKEN,
  ]
  const check = {
    type: 'http',
    path: '/health?key=s3cret-query',
    headers: { Authorization: 'Bearer s3cret-header' },
  }
  await server.call('POST', '/v1/changes', { body: smallMesh })
  await server.call('PUT', '/v1/apps/video.example', { body: { health: { check } } })
  await server.call('PUT', '/v1/register?wait=edges', {
    body: {
      app: 'video.example',
      cluster: 'sfo',
      machine: 'vm-1',
      addresses: ['192.0.2.9'],
      terminateUrl: 'https://cloud.test/end?token=s3cret-url',
    },
  })
  await server.call('PUT', '/v1/clusters/x?password=s3cret-query', {
    body: { ...place, 's3cret-body': 1, city: { password: 's3cret-body' } },
  })
  await server.call('PUT', '/v1/clusters/x', {
    body: place,
    headers: { authorization: 'Bearer s3cret-token-of-nobody' },
  })
  await server.call('PUT', '/v1/register', {
    body: {
      app: 'video.example',
      cluster: 'sfo',
      machine: 'vm-2',
      terminateUrl: 'https://user:s3cret-url@cloud.test/',
    },
  })
  const text = JSON.stringify(await auditOf(server, 'diff=true'))
  expect(text).toContain('"status":401')
  expect(text).toContain('[redacted]')
  for (const secret of secrets) expect([secret, text.includes(secret)]).toEqual([secret, false])
})

test('it is not for everybody, and cursors are its own', async () => {
  const server = await startServer()
  expect((await server.call('GET', '/v1/audit', { anonymous: true })).status).toBe(401)
  const wrong = problemIn(await server.call('GET', '/v1/audit?after=x'))
  expect(wrong.errors?.[0]).toMatchObject({ path: '/after' })
})
