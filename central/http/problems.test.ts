import { pino } from 'pino'
import { describe, expect, test } from 'vitest'
import { MeridianError } from '../../shared/errors.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import type { EventLog } from '../log/event-log.ts'
import type { Call } from './server.fixture.ts'
import { problemIn, smallMesh, startServer, TOKEN } from './server.fixture.ts'

const cluster = { latitude: 1, longitude: 1 }

describe('a problem', () => {
  test.each<[string, string, string, Call, number, string]>([
    ['nothing there', 'GET', '/nope', {}, 404, 'there is nothing at /nope'],
    ['a body for nothing', 'POST', '/v1/nope', { text: '{' }, 404, 'there is nothing at /v1/nope'],
    ['no such cluster', 'GET', '/v1/clusters/ewr', {}, 404, 'cluster ewr is not registered'],
    [
      'no such zone',
      'GET',
      '/v1/zones/Example.ORG',
      {},
      404,
      'zone example.org. is not registered',
    ],
    ['no such app', 'GET', '/v1/apps/x.test', {}, 404, 'app x.test. is not registered'],
    ['no such list', 'GET', '/v1/apps/x.test/endpoints', {}, 404, 'app x.test. is not registered'],
    [
      'no such endpoint',
      'GET',
      '/v1/apps/video.example/endpoints/ewr',
      {},
      404,
      'endpoint ewr of app video.example. is not registered',
    ],
    ['nothing to delete', 'DELETE', '/v1/apps/x.test', {}, 404, 'app x.test. does not exist'],
    ['bad JSON', 'PUT', '/v1/clusters/ewr', { text: '{"a":' }, 400, 'JSON'],
    ['no JSON', 'PUT', '/v1/clusters/ewr', { text: '' }, 400, 'empty'],
    ['a poisoned key', 'PUT', '/v1/clusters/ewr', { text: '{"__proto__":{}}' }, 400, 'JSON'],
    ['a bad escape', 'GET', '/v1/clusters/%zz', {}, 400, 'not a valid url'],
    [
      'text',
      'PUT',
      '/v1/clusters/ewr',
      { text: 'x', headers: { 'content-type': 'text/plain' } },
      415,
      'application/json is wanted',
    ],
    [
      'YAML',
      'POST',
      '/v1/changes',
      { text: 'clusters: []', headers: { 'content-type': 'application/yaml' } },
      415,
      'application/json is wanted',
    ],
    [
      'a body over 1 MiB',
      'PUT',
      '/v1/clusters/ewr',
      { body: { ...cluster, city: 'x'.repeat(1024 * 1024) } },
      413,
      'too large',
    ],
    ['a cluster in use', 'DELETE', '/v1/clusters/sfo', {}, 409, 'cluster sfo has 1 endpoints'],
    ['a zone in use', 'DELETE', '/v1/zones/example', {}, 409, 'zone example. has apps'],
    ['an app outside', 'PUT', '/v1/apps/x.test', { body: {} }, 409, 'lies in no zone of the mesh'],
    [
      'an endpoint of no app',
      'PUT',
      '/v1/apps/x.example/endpoints/sfo',
      { body: {} },
      409,
      'app x.example. is not registered, put it first',
    ],
  ])('for %s', async (_title, method, path, given, status, detail) => {
    const { call } = await startServer()
    await call('POST', '/v1/changes', { body: smallMesh })
    const answer = await call(method, path, given)
    expect(answer.status).toBe(status)
    expect(problemIn(answer)).toMatchObject({ status })
    expect(problemIn(answer).detail).toContain(detail)
    expect(answer.headers.get('x-request-id')).not.toBeNull()
  })
})

describe('a method that a path does not have', () => {
  test.each([
    ['PATCH', '/v1/clusters/sfo', 'DELETE, GET, HEAD, OPTIONS, PUT'],
    ['POST', '/v1/clusters', 'GET, HEAD, OPTIONS'],
    ['GET', '/v1/changes', 'OPTIONS, POST'],
    ['DELETE', '/health', 'GET, HEAD, OPTIONS'],
  ])('is 405 with Allow: %s %s', async (method, path, allow) => {
    const { call } = await startServer()
    const answer = await call(method, path, method === 'GET' ? {} : { text: '{' })
    expect(answer.status).toBe(405)
    expect(problemIn(answer).detail).toBe(`${method} is not possible here, ${allow} are`)
    expect(answer.headers.get('allow')).toBe(allow)
    const options = await call('OPTIONS', path)
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow])
  })

  test('is 501 when nobody knows it', async () => {
    const { call } = await startServer()
    expect(problemIn(await call('PROPFIND', '/v1/clusters'))).toMatchObject({ status: 501 })
  })
})

describe('a value that is not as wanted', () => {
  test.each<[string, string, string, unknown, object]>([
    [
      'in a list',
      'PUT',
      '/v1/apps/x.example',
      { endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.1', 'nope'] }] },
      {
        in: 'body',
        path: '/endpoints/0/addresses/1',
        value: 'nope',
        detail: 'is not an IPv4 or IPv6 address',
      },
    ],
    ['of the wrong type', 'PUT', '/v1/apps/x.example', [], { in: 'body', path: '' }],
    ['at all', 'PUT', '/v1/apps/x.example', undefined, { in: 'body', path: '' }],
    [
      'as a key that is unknown',
      'PUT',
      '/v1/apps/x.example',
      { 'a/~b': 1 },
      { in: 'body', path: '/a~1~0b', detail: 'is not a known key' },
    ],
    [
      'as a key that differs from the path',
      'PUT',
      '/v1/apps/x.example',
      { name: 'y.example' },
      {
        in: 'body',
        path: '/name',
        value: 'y.example.',
        detail: 'is not x.example., which the path names',
      },
    ],
    [
      'as a cluster twice',
      'PUT',
      '/v1/apps/x.example',
      { endpoints: [{ cluster: 'sfo' }, { cluster: 'sfo' }] },
      {
        in: 'body',
        path: '/endpoints/1/cluster',
        value: 'sfo',
        detail: 'is already the cluster of endpoints[0]',
      },
    ],
    [
      'in a check',
      'PUT',
      '/v1/apps/x.example',
      { health: { check: { type: 'tcp', timeoutMs: 5 } } },
      { in: 'body', path: '/health/check/timeoutMs', value: 5 },
    ],
    [
      'in a check, beside another value',
      'PUT',
      '/v1/apps/x.example',
      { health: { check: { type: 'http', intervalMs: 1_000, timeoutMs: 2_000 } } },
      { in: 'body', path: '/health/check/timeoutMs', detail: 'is greater than intervalMs' },
    ],
    [
      'as the type of a check',
      'PUT',
      '/v1/apps/x.example',
      { health: { check: { type: 'ftp' } } },
      {
        in: 'body',
        path: '/health/check/type',
        value: 'ftp',
        detail:
          "Invalid discriminator value. Expected 'tcp' | 'tls' | 'http' | 'https' | 'grpc' | " +
          "'dns' | 'icmp' | 'command'",
      },
    ],
    [
      'as a key that other types of checks have',
      'PUT',
      '/v1/apps/x.example',
      { health: { check: { type: 'tcp', path: '/' } } },
      { in: 'body', path: '/health/check/path', detail: 'is not a known key' },
    ],
    [
      'as the name of a header of a check',
      'PUT',
      '/v1/apps/x.example',
      { health: { check: { type: 'http', headers: { 'a b': 'x' } } } },
      {
        in: 'body',
        path: '/health/check/headers/a b',
        value: 'a b',
        detail: 'is not the name of a header (RFC 9110 §5.1)',
      },
    ],
    [
      'in the path',
      'PUT',
      `/v1/zones/${'a.'.repeat(200)}`,
      { ns: ['ns.example'] },
      { in: 'path', path: '/apex', detail: 'is 401 octets long in wire form, at most 255' },
    ],
    ['in the id', 'PUT', '/v1/clusters/SFO', cluster, { in: 'path', path: '/id', value: 'SFO' }],
    [
      'in a header',
      'GET',
      '/v1/clusters/sfo',
      undefined,
      { in: 'headers', path: '/if-match', value: 'x'.repeat(200) },
    ],
    [
      'in the query',
      'POST',
      '/v1/changes?prune=yes',
      {},
      { in: 'query', path: '/prune', value: 'yes' },
    ],
  ])('is named: %s', async (title, method, path, body, error) => {
    const { call } = await startServer()
    const headers = title === 'in a header' ? { 'if-match': 'x'.repeat(1_001) } : {}
    const answer = await call(method, path, { body, headers })
    expect(answer.status).toBe(422)
    expect(problemIn(answer).errors).toMatchObject([error])
  })

  test('is listed a hundred times at most', async () => {
    const { call } = await startServer()
    const body = { clusters: Array.from({ length: 500 }, () => 1) }
    const problem = problemIn(await call('POST', '/v1/changes', { body }))
    expect(problem.errors).toHaveLength(100)
    expect(problem.detail).toContain('body/clusters/0: ')
    expect(problem.detail).toContain(', and 499 more')
  })
})

/** A log that takes no writes, as when its disk is full. */
function createFullLog(): EventLog {
  const log = createMemoryLog()
  return {
    id: log.id,
    head: 0,
    append: () =>
      Promise.reject(new MeridianError('MERIDIAN_LOG_UNAVAILABLE', 'no space in /var/lib')),
    read: (after) => log.read(after),
    hashAt: (version) => log.hashAt(version),
    follow: (listener) => log.follow(listener),
    close: () => log.close(),
  }
}

test('a log that takes no writes is 503 with Retry-After, and reads go on', async () => {
  const lines: string[] = []
  const logger = pino({ level: 'warn' }, { write: (line) => lines.push(line) })
  const { call } = await startServer({ log: createFullLog(), logger })
  const answer = await call('PUT', '/v1/clusters/sfo', { body: cluster })
  expect(answer.status).toBe(503)
  expect(answer.headers.get('retry-after')).toBe('1')
  expect(problemIn(answer).detail).not.toContain('/var/lib')
  expect(await call('GET', '/v1/clusters')).toMatchObject({ status: 200, body: { items: [] } })
  // Logged once, with the cause that the client is not told, and without the token.
  expect(lines).toHaveLength(1)
  expect(lines[0]).toContain('no space in /var/lib')
  expect(lines[0]).toContain(answer.headers.get('x-request-id'))
  expect(lines[0]).not.toContain(TOKEN)
})
