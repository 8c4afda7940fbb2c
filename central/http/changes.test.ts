import { describe, expect, test } from 'vitest'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

async function startWithMesh(): Promise<TestServer> {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  return server
}

describe('a manifest', () => {
  test('becomes one change, and the same again changes nothing', async () => {
    const { call, registry } = await startServer()
    const first = await call('POST', '/v1/changes', { body: smallMesh })
    expect(first).toMatchObject({
      status: 200,
      body: {
        version: 1,
        changed: 6,
        dryRun: false,
        diff: [
          { action: 'create', kind: 'cluster', id: 'sfo', after: { id: 'sfo' } },
          { action: 'create', kind: 'cluster', id: 'lhr' },
          { action: 'create', kind: 'zone', id: 'example.' },
          { action: 'create', kind: 'app', id: 'video.example.' },
          { action: 'create', kind: 'endpoint', id: 'video.example. sfo' },
          { action: 'create', kind: 'endpoint', id: 'video.example. lhr' },
        ],
      },
    })
    expect(first.headers.get('meridian-version')).toBe('1')
    const again = await call('POST', '/v1/changes', { body: smallMesh })
    expect(again).toMatchObject({ status: 200, body: { version: 1, changed: 0, diff: [] } })
    expect(registry.version).toBe(1)
  })

  test('shows what was before and what is after', async () => {
    const { call } = await startWithMesh()
    const body = { clusters: [{ ...smallMesh.clusters[0], state: 'draining' }] }
    expect(await call('POST', '/v1/changes', { body })).toMatchObject({
      body: {
        version: 2,
        diff: [{ action: 'change', before: { state: 'active' }, after: { state: 'draining' } }],
      },
    })
  })

  test('is taken whole or not at all', async () => {
    const { call, registry } = await startServer()
    const body = {
      ...smallMesh,
      apps: [...smallMesh.apps, { name: 'x.example', endpoints: [{ cluster: 'nope' }] }],
    }
    const answer = await call('POST', '/v1/changes', { body })
    expect(answer.status).toBe(409)
    expect(problemIn(answer)).toMatchObject({
      type: 'urn:meridian:problem:cluster-missing',
      code: 'cluster-missing',
      detail: 'cluster nope is not registered, put it first',
    })
    expect([registry.version, registry.state.clusters.size]).toEqual([0, 0])
  })

  test('leaves the endpoints of an app that lists none', async () => {
    const { call } = await startWithMesh()
    const body = { apps: [{ name: 'video.example' }] }
    expect(await call('POST', '/v1/changes', { body })).toMatchObject({ body: { changed: 0 } })
    const emptied = { apps: [{ name: 'video.example', endpoints: [] }] }
    expect(await call('POST', '/v1/changes', { body: emptied })).toMatchObject({
      body: { changed: 2, diff: [{ action: 'delete' }, { action: 'delete' }] },
    })
  })

  test('with nothing in it changes nothing', async () => {
    const { call } = await startWithMesh()
    expect(await call('POST', '/v1/changes?prune=true', { body: {} })).toMatchObject({
      status: 200,
      body: { version: 1, changed: 0 },
    })
  })
})

test('a dry run shows the diff and writes nothing', async () => {
  const { call, registry } = await startServer()
  const path = '/v1/changes?dryRun=true&wait=edges'
  const answer = await call('POST', path, { body: smallMesh })
  expect(answer).toMatchObject({ status: 200, body: { version: 0, changed: 6, dryRun: true } })
  expect(answer.headers.get('meridian-edges')).toBeNull()
  expect([registry.version, registry.state.apps.size]).toEqual([0, 0])
  const broken = { apps: [{ name: 'x.example.org' }] }
  expect(await call('POST', path, { body: broken })).toMatchObject({ status: 409 })
})

describe('prune', () => {
  test('deletes what is not listed, as one change', async () => {
    const { call, registry } = await startWithMesh()
    const body = {
      clusters: [smallMesh.clusters[0]],
      apps: [{ name: 'video.example', endpoints: [{ cluster: 'sfo' }] }],
    }
    expect(await call('POST', '/v1/changes?prune=true', { body })).toMatchObject({
      body: {
        version: 2,
        diff: [
          { action: 'delete', kind: 'endpoint', id: 'video.example. lhr' },
          { action: 'delete', kind: 'cluster', id: 'lhr' },
        ],
      },
    })
    // The manifest has no list of zones, so they are not its business.
    expect(registry.state.zones.size).toBe(1)
  })

  test('that would break a rule changes nothing', async () => {
    const { call, registry } = await startWithMesh()
    const answer = await call('POST', '/v1/changes?prune=true', { body: { zones: [] } })
    expect(answer.status).toBe(409)
    expect(problemIn(answer).code).toBe('zone-in-use')
    expect(registry.version).toBe(1)
  })
})

test('a manifest may be larger than other bodies', async () => {
  const { call } = await startServer()
  const owner = 'x'.repeat(200)
  const clusters = Array.from({ length: 100 }, (_, i) => ({
    id: `c${i}`,
    latitude: 1,
    longitude: 1,
  }))
  const endpoints = clusters.map(({ id }) => ({ cluster: id, addresses: ['192.0.2.1'], owner }))
  const apps = Array.from({ length: 60 }, (_, i) => ({ name: `a${i}.example`, endpoints }))
  const body = { clusters, zones: smallMesh.zones, apps }
  expect(JSON.stringify(body).length).toBeGreaterThan(1024 * 1024)
  expect(await call('POST', '/v1/changes', { body })).toMatchObject({
    status: 200,
    body: { changed: 100 + 1 + 60 + 6_000 },
  })
})

test('a manifest of endless lists is refused before it is checked', async () => {
  const { call } = await startServer()
  const text = `{"apps":[{"endpoints":[${'1,'.repeat(600_000)}1]}]}`
  const answer = await call('POST', '/v1/changes', { text })
  expect(answer.status).toBe(422)
  expect(problemIn(answer).errors).toEqual([
    { in: 'body', path: '', detail: 'has more than 500000 list elements, send it in parts' },
  ])
})
