import { expect, test } from 'vitest'
import { stateHash } from '../model/state-hash.ts'
import { connectEdge, problemIn, smallMesh, startServer } from './server.fixture.ts'

test('the status counts what is there', async () => {
  const { call, edges, registry } = await startServer()
  await call('POST', '/v1/changes', { body: smallMesh })
  connectEdge(edges, 'one')
  expect((await call('GET', '/v1/status')).body).toEqual({
    version: 1,
    logId: registry.logId,
    hash: registry.logHash,
    clusters: 2,
    zones: 1,
    networks: 0,
    apps: 1,
    endpoints: 2,
    edges: 1,
    software: 'meridian/test',
  })
})

test('the status has a hash of the state that follows the state', async () => {
  const { call, registry } = await startServer()
  for (const capacity of [1, 2]) {
    const body = { latitude: 1, longitude: 1, capacity }
    await call('PUT', '/v1/clusters/sfo', { body })
    expect(await call('GET', '/v1/status?hash=true')).toMatchObject({
      body: { stateHash: stateHash(registry.state) },
    })
  }
})

test('edges are shown by id, without their session', async () => {
  const { call, edges } = await startServer()
  connectEdge(edges, 'two', 4)
  const { session, ...shown } = connectEdge(edges, 'one', 3)
  expect(await call('GET', '/v1/edges')).toMatchObject({
    body: { items: [{ id: 'one' }, { id: 'two' }] },
  })
  expect((await call('GET', '/v1/edges/one')).body).toEqual(shown)
  expect(JSON.stringify((await call('GET', '/v1/edges')).body)).not.toContain(session)
  expect(await call('GET', '/v1/edges/three')).toMatchObject({ status: 404 })
})

test('ready is 503 when central is not', async () => {
  let ready = true
  const { call } = await startServer({ ready: () => ({ ready, log: 'sqlite' }) })
  expect(await call('GET', '/ready')).toMatchObject({ status: 200, body: { ready: true } })
  ready = false
  expect(await call('GET', '/ready')).toMatchObject({
    status: 503,
    body: { ready: false, log: 'sqlite' },
  })
  expect(await call('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } })
})

test('metrics are given as they are made', async () => {
  const { call } = await startServer()
  const answer = await call('GET', '/metrics')
  expect(answer).toMatchObject({ status: 200, body: 'up 1\n' })
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4')
})

test('what goes wrong inside is a 500 that tells nothing of it', async () => {
  const metrics = () => Promise.reject(new Error('the secret path /var/lib'))
  const { call } = await startServer({ metrics })
  const answer = await call('GET', '/metrics')
  expect(answer.status).toBe(500)
  expect(problemIn(answer).detail).toBe('central could not answer, its log says why')
  expect(JSON.stringify(answer.body)).not.toContain('secret')
})
