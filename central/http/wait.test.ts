import { describe, expect, test } from 'vitest'
import { problemIn, connectEdge, smallMesh, startServer } from './server.fixture.ts'

const path = '/v1/clusters/sfo?wait=edges'
const body = { latitude: 1, longitude: 1 }

describe('a write with wait=edges', () => {
  test('is answered when every edge serves it', async () => {
    const { call, edges, registry } = await startServer()
    const [one, two] = [connectEdge(edges, 'one'), connectEdge(edges, 'two')]
    registry.onChange(({ version }) => {
      edges.acked(one, version)
      setImmediate(() => edges.acked(two, version))
    })
    const answer = await call('PUT', path, { body })
    expect(answer).toMatchObject({ status: 201, body: { id: 'sfo', version: 1 } })
    expect(answer.headers.get('meridian-edges')).toBe('2/2')
    expect(two.ackVersion).toBe(1)
  })

  test('is answered with 202 and the same body when the time is over', async () => {
    const { call, edges, registry } = await startServer()
    const fast = connectEdge(edges, 'fast')
    connectEdge(edges, 'slow')
    registry.onChange(({ version }) => edges.acked(fast, version))
    const answer = await call('PUT', `${path}&waitSeconds=1`, { body })
    expect(answer).toMatchObject({ status: 202, body: { id: 'sfo', version: 1 } })
    expect(answer.headers.get('meridian-edges')).toBe('1/2')
    expect(answer.headers.get('meridian-version')).toBe('1')
  })

  test('does not wait for edges that go away', async () => {
    const { call, edges, registry } = await startServer()
    const gone = connectEdge(edges, 'gone')
    registry.onChange(() => setImmediate(() => edges.remove(gone)))
    const answer = await call('POST', '/v1/changes?wait=edges', { body: smallMesh })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('meridian-edges')).toBe('0/0')
  })

  test('that changes nothing waits for the version that is there', async () => {
    const { call, edges } = await startServer()
    await call('PUT', '/v1/clusters/sfo', { body })
    connectEdge(edges, 'one', 1)
    const answer = await call('PUT', path, { body })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('meridian-edges')).toBe('1/1')
    const deleted = await call('DELETE', `${path}&waitSeconds=1`)
    expect(deleted).toMatchObject({ status: 202, body: undefined })
  })

  test('says nothing of edges when that was not asked for', async () => {
    const { call, edges } = await startServer()
    connectEdge(edges, 'one')
    const answer = await call('PUT', '/v1/clusters/sfo', { body })
    expect([answer.status, answer.headers.get('meridian-edges')]).toEqual([201, null])
  })

  test.each(['wait=all', 'wait=edges&waitSeconds=0', 'wait=edges&waitSeconds=61'])(
    'wants a good query: %s',
    async (query) => {
      const { call, registry } = await startServer()
      expect(await call('PUT', `/v1/clusters/sfo?${query}`, { body })).toMatchObject({
        status: 422,
      })
      expect(registry.version).toBe(0)
    },
  )

  test('is answered at once when central stops', async () => {
    const { call, edges, registry, stop } = await startServer()
    connectEdge(edges, 'slow')
    registry.onChange(() => setImmediate(() => void stop()))
    const answer = await call('PUT', `${path}&waitSeconds=60`, { body })
    expect(answer.status).toBe(202)
    expect(answer.headers.get('meridian-edges')).toBe('0/1')
  })
})

describe('a wait for a version', () => {
  test('ends when every edge has it', async () => {
    const { call, edges } = await startServer()
    await call('PUT', '/v1/clusters/sfo', { body })
    const edge = connectEdge(edges, 'one')
    const waiting = call('GET', '/v1/versions/1')
    edges.acked(edge, 1)
    expect(await waiting).toMatchObject({ status: 200, body: { version: 1, edges: 1, served: 1 } })
  })

  test('ends with 504 when the time is over', async () => {
    const { call, edges } = await startServer()
    await call('PUT', '/v1/clusters/sfo', { body })
    connectEdge(edges, 'one')
    const answer = await call('GET', '/v1/versions/1?waitSeconds=1')
    expect(answer.status).toBe(504)
    expect(problemIn(answer)).toMatchObject({
      detail: '0 of 1 edges serve version 1 after 1 s',
      edges: 1,
      served: 0,
    })
  })

  test('also waits for central to come to it', async () => {
    const { call, edges, registry } = await startServer()
    const edge = connectEdge(edges, 'one')
    registry.onChange(({ version }) => edges.acked(edge, version))
    const waiting = call('GET', '/v1/versions/2')
    await call('PUT', '/v1/clusters/sfo', { body })
    await call('PUT', '/v1/clusters/lhr', { body })
    expect(await waiting).toMatchObject({ status: 200, body: { version: 2, edges: 1, served: 1 } })
    const never = await call('GET', '/v1/versions/9?waitSeconds=1')
    expect(never.status).toBe(504)
    expect(problemIn(never).detail).toBe('central is at version 2, 9 did not come in 1 s')
  })
})
