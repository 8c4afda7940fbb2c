import { describe, expect, test } from 'vitest'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { Call, TestServer } from './server.fixture.ts'

async function startWithZone(): Promise<TestServer> {
  const server = await startServer({ defaultZone: 'Example' })
  await server.call('POST', '/v1/changes', { body: smallMesh })
  return server
}

describe('records of a name', () => {
  test('are created once, shown, replaced and deleted', async () => {
    const { call, registry } = await startWithZone()
    const body = { name: 'vm1', value: '192.0.2.1', ttl: 60 }
    const shown = { name: 'vm1.example.', type: 'A', ttl: 60, values: ['192.0.2.1'], version: 2 }
    expect(await call('POST', '/a', { body })).toMatchObject({ status: 201, body: shown })
    expect(await call('POST', '/a', { body })).toMatchObject({ status: 409 })
    expect(await call('POST', '/a/vm1', { body: { ip: '192.0.2.2' } })).toMatchObject({
      status: 409,
      body: { detail: 'vm1.example. has A records already: PUT replaces them' },
    })
    expect(await call('GET', '/a/vm1')).toMatchObject({ status: 200, body: shown })
    // Without a TTL it stays as it is.
    const put = await call('PUT', '/a/vm1', { body: { values: ['192.0.2.3', '192.0.2.2'] } })
    const values = ['192.0.2.2', '192.0.2.3']
    expect(put).toMatchObject({ status: 200, body: { ttl: 60, values, version: 3 } })
    expect(registry.state.records.get('vm1.example.')).toMatchObject([{ value: { rdata: values } }])
    expect(await call('DELETE', '/a/vm1')).toMatchObject({ status: 204 })
    expect(await call('GET', '/a/vm1')).toMatchObject({
      status: 404,
      body: { detail: 'vm1.example. has no A records' },
    })
    expect(await call('DELETE', '/a/vm1')).toMatchObject({ status: 404 })
    expect(await call('PUT', '/a/vm1', { body: { ip: '192.0.2.1' } })).toMatchObject({
      status: 201,
      body: { ttl: 300 },
    })
  })

  test('are listed by type', async () => {
    const { call } = await startWithZone()
    for (const name of ['b', 'a']) await call('PUT', `/a/${name}`, { body: { ip: '192.0.2.1' } })
    await call('PUT', '/txt/a', { body: { text: 'x' } })
    expect(await call('GET', '/a?limit=1')).toMatchObject({
      status: 200,
      body: { items: [{ name: 'a.example.', type: 'A' }], next: expect.any(String) as unknown },
    })
    expect(await call('GET', '/txt')).toMatchObject({ body: { items: [{ values: ['"x"'] }] } })
  })

  test('keep to the rules, tokens and conditions of all writes', async () => {
    const { call } = await startWithZone()
    const body = { ip: '192.0.2.1' }
    expect(await call('PUT', '/a/vm1', { body, anonymous: true })).toMatchObject({ status: 401 })
    expect(await call('POST', '/a', { body, anonymous: true })).toMatchObject({ status: 401 })
    expect(await call('DELETE', '/a/vm1', { anonymous: true })).toMatchObject({ status: 401 })
    await call('PUT', '/a/vm1', { body })
    const stale = await call('PUT', '/a/vm1', { body, headers: { 'if-match': '"1"' } })
    expect(stale).toMatchObject({ status: 412 })
    const cname = await call('PUT', '/cname/vm1', { body: { target: 'www' } })
    expect([cname.status, problemIn(cname).code]).toEqual([409, 'cname-and-other-data'])
  })
})

describe('values', () => {
  test.each([
    ['aaaa', { address: '2001:DB8::1' }, ['2001:db8::1']],
    ['cname', { value: 'www' }, ['www.example.']],
    ['cname', { target: 'www.example' }, ['www.example.']],
    ['cname', { target: 'cdn.example.org' }, ['cdn.example.org.']],
    ['cname', { target: '@' }, ['example.']],
    ['txt', { text: 'v=spf1 "-all" \\ é' }, ['"v=spf1 \\"-all\\" \\\\ \\195\\169"']],
    ['txt', { value: '"one" "two"' }, ['"one" "two"']],
    ['txt', { value: 'x'.repeat(256) }, [`"${'x'.repeat(255)}" "x"`]],
    ['mx', { value: '10 mail' }, ['10 mail.example.']],
    ['mx', { values: ['10 a', '20 b.test'] }, ['10 a.example.', '20 b.test.']],
    ['mx', { preference: 5, target: 'mail.test.' }, ['5 mail.test.']],
    ['srv', { value: '1 2 5060 sip.test' }, ['1 2 5060 sip.test.']],
    ['srv', { port: 5060, target: 'sip' }, ['0 0 5060 sip.example.']],
  ])('/%s: %j', async (type, body, values) => {
    const { call } = await startWithZone()
    const put = await call('PUT', `/${type}/x`, { body })
    expect(put).toMatchObject({ status: 201, body: { values } })
    // What is shown can be put again as it is.
    expect(await call('PUT', `/${type}/x`, { body: { values } })).toMatchObject({
      status: 200,
      body: { version: 2 },
    })
  })

  test.each([
    ['a', {}, 'has no values'],
    ['a', { ip: '192.0.2.1', value: '192.0.2.2' }, 'has value and ip, one of them is wanted'],
    ['a', { ip: '192.0.2.256' }, 'is not an IPv4 address'],
    ['a', { ip: 7 }, 'is not a text or a list of texts'],
    ['a', { ip: '192.0.2.1', ttl: 2 ** 31 }, '/ttl'],
    ['a', { ip: '192.0.2.1', name: 'y' }, 'is not x.example., which the path names'],
    ['mx', { value: 'mail' }, 'is not a preference'],
    ['a', { ip: '192.0.2.1', proxied: true }, 'is not a known key'],
  ])('/%s: %j is refused', async (type, body, detail) => {
    const { call } = await startWithZone()
    const answer = await call('PUT', `/${type}/x`, { body })
    expect(answer.status).toBe(422)
    expect(problemIn(answer).detail).toContain(detail)
  })
})

describe('names', () => {
  test.each([
    ['vm1', 'vm1.example.'],
    ['VM1.Example', 'vm1.example.'],
    ['a.b', 'a.b.example.'],
    ['a.b.example.', 'a.b.example.'],
    ['@', 'example.'],
    ['www.example.org', 'www.example.org.example.'],
  ])('%s is %s', async (text, name) => {
    const { call } = await startWithZone()
    const body = { name: text, text: 'x' }
    expect(await call('POST', '/txt', { body })).toMatchObject({ status: 201, body: { name } })
  })

  test.each([
    ['outside of the zone', 'www.test.', 409, 'does not lie in the zone example.'],
    ['that are none', 'a..b', 422, '"a..b" is not a domain name'],
    [
      'of an app',
      'video',
      409,
      'video.example. is an app, which answers A itself: see /v1/apps/video.example.',
    ],
  ])('%s are refused', async (_what, name, status, detail) => {
    const { call } = await startWithZone()
    const answers = [
      await call('PUT', `/a/${name}`, { body: { ip: '192.0.2.1' } }),
      await call('POST', '/a', { body: { name, ip: '192.0.2.1' } }),
      await call('DELETE', `/a/${name}`),
    ]
    for (const answer of answers) {
      expect([answer.status, problemIn(answer).detail]).toEqual([
        status,
        expect.stringContaining(detail),
      ])
    }
  })

  test('POST without one is refused', async () => {
    const { call } = await startWithZone()
    const answer = await call('POST', '/a', { body: { ip: '192.0.2.1' } })
    expect([answer.status, problemIn(answer).detail]).toEqual([422, 'body/name: is missing'])
  })

  test('of apps may have other records beside', async () => {
    const { call } = await startWithZone()
    expect(await call('PUT', '/txt/video', { body: { text: 'x' } })).toMatchObject({ status: 201 })
  })
})

test('the manifest is all of the zone, and changes nothing when it is applied', async () => {
  const { call } = await startWithZone()
  await call('PUT', '/a/vm1', { body: { ip: '192.0.2.1' } })
  const manifest = await call('GET', '/')
  expect(manifest).toMatchObject({
    status: 200,
    body: {
      zones: [{ apex: 'example.' }],
      records: [{ name: 'vm1.example.', type: 'A', ttl: 300, rdata: ['192.0.2.1'] }],
      apps: [{ name: 'video.example.', endpoints: [{ cluster: 'lhr' }, { cluster: 'sfo' }] }],
    },
  })
  const applied = await call('POST', '/v1/changes', { body: manifest.body })
  expect(applied).toMatchObject({ status: 200, body: { changed: 0 } })
})

describe('without a default zone', () => {
  const body = { name: 'x', value: '192.0.2.1' }
  const put = { body }
  const calls: readonly { readonly method: string; readonly path: string; readonly call?: Call }[] =
    [
      { method: 'GET', path: '/' },
      { method: 'GET', path: '/a' },
      { method: 'GET', path: '/mx/x' },
      { method: 'POST', path: '/a', call: put },
      { method: 'PUT', path: '/a/x', call: put },
      { method: 'DELETE', path: '/a/x' },
    ]

  test.each(calls)('$method $path is not found, and why', async ({ method, path, call: sent }) => {
    const { call } = await startServer()
    const answer = await call(method, path, sent)
    expect([answer.status, problemIn(answer).detail]).toEqual([
      404,
      'these routes are of one zone, and http.defaultZone names none; /v1/zones/{apex}/rrsets has all',
    ])
  })

  test('that is registered they say so', async () => {
    const { call } = await startServer({ defaultZone: 'example' })
    expect(problemIn(await call('GET', '/a')).detail).toBe(
      'zone example., which http.defaultZone names, is not registered',
    )
  })
})
