import { describe, expect, test } from 'vitest'
import { smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

async function startWithMesh(): Promise<TestServer> {
  const server = await startServer()
  const answer = await server.call('POST', '/v1/changes', { body: smallMesh })
  expect(answer).toMatchObject({ status: 200, body: { version: 1, changed: 6 } })
  return server
}

describe('a cluster', () => {
  const body = { latitude: 40.7, longitude: -74.2, addresses: ['2001:DB8:0::1'] }
  const stored = { id: 'ewr', latitude: 40.7, addresses: ['2001:db8::1'], state: 'active' }

  test('is created, shown, changed and deleted', async () => {
    const { call } = await startServer()
    const created = await call('PUT', '/v1/clusters/ewr', { body })
    expect(created).toMatchObject({ status: 201, body: { ...stored, version: 1 } })
    expect(created.headers.get('meridian-version')).toBe('1')

    expect(await call('GET', '/v1/clusters/ewr')).toMatchObject({ status: 200, body: created.body })

    const changed = await call('PUT', '/v1/clusters/ewr', {
      body: { ...body, id: 'ewr', state: 'draining' },
    })
    expect(changed).toMatchObject({ status: 200, body: { state: 'draining', version: 2 } })

    const deleted = await call('DELETE', '/v1/clusters/ewr')
    expect(deleted).toMatchObject({ status: 204, body: undefined })
    expect(deleted.headers.get('meridian-version')).toBe('3')
    expect(await call('GET', '/v1/clusters/ewr')).toMatchObject({ status: 404 })
  })

  test('that is put again as it is stays at its version', async () => {
    const { call, registry } = await startServer()
    await call('PUT', '/v1/clusters/ewr', { body })
    await call('PUT', '/v1/clusters/lhr', { body })
    const again = await call('PUT', '/v1/clusters/ewr', { body })
    expect(again).toMatchObject({ status: 200, body: { version: 1 } })
    expect(again.headers.get('meridian-version')).toBe('2')
    expect(registry.version).toBe(2)
  })

  test('is shown to each writer as he wrote it, when many write at once', async () => {
    const { call } = await startServer()
    const capacities = Array.from({ length: 20 }, (_, i) => i + 1)
    const answers = await Promise.all(
      capacities.map((capacity) =>
        call('PUT', '/v1/clusters/ewr', { body: { ...body, capacity } }),
      ),
    )
    for (const [i, answer] of answers.entries()) {
      const version = Number(answer.headers.get('meridian-version'))
      expect(answer.body).toMatchObject({ capacity: i + 1, version })
    }
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1)
  })
})

describe('a zone', () => {
  test('is created with its defaults, found by any case, changed and deleted', async () => {
    const { call } = await startServer()
    const created = await call('PUT', '/v1/zones/Example.ORG', {
      body: { ns: ['ns1.example.org'] },
    })
    expect(created).toMatchObject({
      status: 201,
      body: {
        apex: 'example.org.',
        ns: ['ns1.example.org.'],
        soa: { mname: 'ns1.example.org.', rname: 'hostmaster.example.org.', minimum: 30 },
        serial: 1,
        version: 1,
      },
    })
    expect(await call('GET', '/v1/zones/example.org.')).toMatchObject({ body: created.body })
    const body = { apex: 'EXAMPLE.org', ns: ['ns2.example.org'] }
    const changed = await call('PUT', '/v1/zones/example.org', { body })
    expect(changed).toMatchObject({ status: 200, body: { serial: 2, version: 2 } })
    expect(await call('DELETE', '/v1/zones/example.org')).toMatchObject({ status: 204 })
    expect(await call('GET', '/v1/zones/example.org')).toMatchObject({ status: 404 })
  })

  test('has a serial that rises with its apps, and a version that does not', async () => {
    const { call } = await startWithMesh()
    await call('PUT', '/v1/apps/audio.example', { body: {} })
    expect(await call('GET', '/v1/zones/example')).toMatchObject({
      body: { serial: 2, version: 1 },
    })
    const again = await call('PUT', '/v1/zones/example', { body: smallMesh.zones[0] })
    expect(again).toMatchObject({ status: 200, body: { serial: 2, version: 1 } })
  })

  test('can have a label with any octet in the path', async () => {
    const { call } = await startServer()
    const path = `/v1/zones/${encodeURIComponent('a\\/b\\.c\\255.example')}`
    const created = await call('PUT', path, { body: { ns: ['ns1.example'] } })
    expect(created).toMatchObject({ status: 201, body: { apex: 'a/b\\046c\\255.example.' } })
    expect(await call('GET', path)).toMatchObject({ status: 200 })
  })
})

describe('an app', () => {
  test('keeps its endpoints when the body has none', async () => {
    const { call } = await startWithMesh()
    const changed = await call('PUT', '/v1/apps/Video.Example', { body: { ttl: { max: 20 } } })
    expect(changed).toMatchObject({
      status: 200,
      body: {
        name: 'video.example.',
        ttl: { min: 5, max: 20 },
        endpoints: [
          { cluster: 'lhr', version: 1 },
          { cluster: 'sfo', version: 1 },
        ],
        version: 2,
      },
    })
    expect(await call('GET', '/v1/apps/video.example')).toMatchObject({ body: changed.body })
  })

  test('gets exactly the endpoints that the body has', async () => {
    const { call } = await startWithMesh()
    const body = { endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.9'] }] }
    const changed = await call('PUT', '/v1/apps/video.example', { body })
    expect(changed).toMatchObject({
      status: 200,
      body: { endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.9'], version: 2 }], version: 2 },
    })
    expect(await call('GET', '/v1/apps/video.example')).toMatchObject({ body: changed.body })

    const emptied = await call('PUT', '/v1/apps/video.example', { body: { endpoints: [] } })
    expect(emptied).toMatchObject({ status: 200, body: { endpoints: [], version: 3 } })
  })

  test('that is put again as it is stays at its version', async () => {
    const { call } = await startWithMesh()
    await call('PUT', '/v1/apps/audio.example', { body: {} })
    const again = await call('PUT', '/v1/apps/video.example', { body: smallMesh.apps[0] })
    expect(again).toMatchObject({ status: 200, body: { version: 1 } })
    expect(again.headers.get('etag')).toBe('"1"')
    expect(again.headers.get('meridian-version')).toBe('2')
  })

  test('is deleted with its endpoints', async () => {
    const { call, registry } = await startWithMesh()
    expect(await call('DELETE', '/v1/apps/video.example')).toMatchObject({ status: 204 })
    expect(await call('GET', '/v1/apps/video.example/endpoints')).toMatchObject({ status: 404 })
    expect(registry.state.clusterUse.get('sfo')).toBeUndefined()
    expect(await call('DELETE', '/v1/clusters/sfo')).toMatchObject({ status: 204 })
  })
})

describe('an endpoint', () => {
  const path = '/v1/apps/video.example/endpoints/lhr'

  test('is created, shown, changed and deleted', async () => {
    const { call } = await startWithMesh()
    expect(await call('DELETE', path)).toMatchObject({ status: 204 })
    expect(await call('GET', path)).toMatchObject({ status: 404 })
    const created = await call('PUT', path, { body: { weight: 5 } })
    expect(created).toMatchObject({ status: 201, body: { cluster: 'lhr', weight: 5, version: 3 } })
    expect(await call('GET', path)).toMatchObject({ status: 200, body: created.body })
    const changed = await call('PUT', path, { body: { cluster: 'lhr', priority: 1 } })
    expect(changed).toMatchObject({ status: 200, body: { weight: 100, priority: 1, version: 4 } })
    expect(await call('GET', '/v1/apps/video.example')).toMatchObject({ body: { version: 4 } })
    expect(await call('GET', '/v1/apps/video.example/endpoints')).toMatchObject({
      body: {
        items: [
          { cluster: 'lhr', version: 4 },
          { cluster: 'sfo', version: 1 },
        ],
      },
    })
  })
})

test('HEAD answers as GET does, without the body', async () => {
  const { url, call } = await startWithMesh()
  const get = await call('GET', '/v1/apps/video.example')
  const head = await fetch(`${url}/v1/apps/video.example`, { method: 'HEAD' })
  expect(head.status).toBe(200)
  expect(await head.text()).toBe('')
  for (const name of ['etag', 'content-type', 'content-length', 'meridian-version']) {
    expect([name, head.headers.get(name)]).toEqual([name, get.headers.get(name)])
  }
})
