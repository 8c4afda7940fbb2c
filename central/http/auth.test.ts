import { describe, expect, test } from 'vitest'
import { createIdentify } from './auth.ts'
import { startServer } from './server.fixture.ts'

const identify = createIdentify([
  { name: 'ops', token: 'first-secret-of-tests' },
  { name: 'ci', token: 'second-secret-äöü-tests' },
])

describe('the Authorization header', () => {
  test.each([
    ['a token', 'Bearer first-secret-of-tests', 'ops'],
    ['any case of the scheme (RFC 9110 §11.1)', 'bEARER  first-secret-of-tests ', 'ops'],
    [
      'octets of UTF-8',
      `Bearer ${Buffer.from('second-secret-äöü-tests').toString('latin1')}`,
      'ci',
    ],
  ])('with %s names the actor', (_title, authorization, actor) => {
    expect(identify(authorization)).toEqual({ ok: true, actor })
  })

  test.each([
    ['nothing', undefined],
    ['another scheme', 'Basic Zmlyc3Qtc2VjcmV0'],
    ['a scheme alone', 'Bearer '],
    ['a token and more', 'Bearer first-secret-of-tests x'],
  ])('with %s gets a challenge without an error (RFC 6750 §3.1)', (_title, authorization) => {
    expect(identify(authorization)).toMatchObject({
      ok: false,
      challenge: 'Bearer realm="meridian"',
    })
  })

  test.each(['Bearer x', 'Bearer first-secret-of-test', 'Bearer first-secret-of-testsx'])(
    'with an unknown token gets invalid_token: %s',
    (authorization) => {
      const identity = identify(authorization)
      expect(identity).toMatchObject({ ok: false })
      expect(JSON.stringify(identity)).toContain('invalid_token')
      expect(JSON.stringify(identity)).not.toContain('secret')
    },
  )

  test('knows nobody when there are no tokens', () => {
    expect(createIdentify([])('Bearer first-secret-of-tests')).toMatchObject({ ok: false })
  })
})

const writes = [
  ['PUT', '/v1/clusters/sfo'],
  ['DELETE', '/v1/clusters/sfo'],
  ['PUT', '/v1/zones/example'],
  ['DELETE', '/v1/zones/example'],
  ['PUT', '/v1/apps/video.example'],
  ['DELETE', '/v1/apps/video.example'],
  ['PUT', '/v1/apps/video.example/endpoints/sfo'],
  ['DELETE', '/v1/apps/video.example/endpoints/sfo'],
  ['PUT', '/v1/apps/video.example/endpoints/sfo/force'],
  ['DELETE', '/v1/apps/video.example/endpoints/sfo/force'],
  ['PUT', '/v1/networks/office'],
  ['DELETE', '/v1/networks/office'],
  ['POST', '/v1/changes'],
] as const

test('every write wants a token, before its body is looked at', async () => {
  const { call, registry } = await startServer()
  for (const [method, path] of writes) {
    const answer = await call(method, path, { anonymous: true, text: '{not json' })
    expect([path, answer.status]).toEqual([path, 401])
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="meridian"')
  }
  expect(registry.version).toBe(0)
})

test('reads are open', async () => {
  const { call } = await startServer()
  for (const path of ['/v1/clusters', '/v1/zones', '/v1/apps', '/v1/events', '/v1/edges']) {
    const answer = await call('GET', path, { anonymous: true })
    expect([path, answer.status]).toEqual([path, 200])
  }
})

test('the name of the token and the id of the request stand in the log', async () => {
  const { call } = await startServer({
    tokens: [
      { name: 'alice', token: 'the-secret-of-alice' },
      { name: 'bob', token: 'the-secret-of-bob-too' },
    ],
  })
  const put = await call('PUT', '/v1/clusters/sfo', {
    body: { latitude: 1, longitude: 1 },
    headers: { authorization: 'Bearer the-secret-of-bob-too', 'x-request-id': 'deploy/42' },
  })
  expect(put.status).toBe(201)
  expect(put.headers.get('x-request-id')).toBe('deploy/42')
  expect(await call('GET', '/v1/events')).toMatchObject({
    body: { items: [{ actor: 'bob', cause: 'deploy/42' }] },
  })
})

test.each(['', 'a b', 'x'.repeat(129), 'ä', '"quoted"'])(
  'a request id that is not short and plain is replaced: %s',
  async (id) => {
    const { call } = await startServer()
    const headers = { 'x-request-id': Buffer.from(id).toString('latin1') }
    const answer = await call('GET', '/health', { headers })
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  },
)
