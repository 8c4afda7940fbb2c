import { describe, expect, test } from 'vitest'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const records = Array.from({ length: 30 }, (_, i) => ({
  name: `h${i}.example`,
  type: 'A',
  ttl: 60,
  rdata: ['192.0.2.1'],
}))

async function startWithRecords(): Promise<TestServer> {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: { zones: smallMesh.zones, records } })
  return server
}

const most = { records: records.slice(0, 14) }

describe('a change that takes away most of a zone', () => {
  test('is refused with the numbers, and nothing is changed', async () => {
    const { call, registry } = await startWithRecords()
    const answer = await call('POST', '/v1/changes?prune=true', { body: most })
    expect(answer.status).toBe(409)
    expect(problemIn(answer)).toMatchObject({
      type: 'urn:meridian:problem:guard',
      code: 'guard',
      detail:
        'the change takes 16 of 30 rrsets out of the zone example. (53 %), at most 50 %: it has to be confirmed (confirm=true)',
    })
    expect(registry.version).toBe(1)
  })

  test('is done when it is confirmed', async () => {
    const { call } = await startWithRecords()
    const path = '/v1/changes?prune=true&confirm=true'
    expect(await call('POST', path, { body: most })).toMatchObject({ body: { changed: 16 } })
  })

  test('is shown by a dry run, which says that it has to be confirmed', async () => {
    const { call } = await startWithRecords()
    const path = '/v1/changes?prune=true&dryRun=true'
    expect(await call('POST', path, { body: most })).toMatchObject({
      status: 200,
      body: { changed: 16, guarded: expect.stringContaining('16 of 30') as unknown },
    })
  })
})

test('a zone is emptied when that is confirmed', async () => {
  const { call } = await startWithRecords()
  const answer = await call('POST', '/v1/changes?prune=true', { body: { records: [] } })
  expect(problemIn(answer).code).toBe('guard')
  const path = '/v1/changes?prune=true&confirm=true'
  expect(await call('POST', path, { body: { records: [] } })).toMatchObject({ status: 200 })
})

describe('a zone is deleted', () => {
  test('not with its records, unless that is asked for and confirmed', async () => {
    const { call, registry } = await startWithRecords()
    const codeOf = async (query: string): Promise<unknown> =>
      problemIn(await call('DELETE', `/v1/zones/example${query}`)).code
    expect(await codeOf('')).toBe('zone-in-use')
    expect(await codeOf('?confirm=true')).toBe('zone-in-use')
    expect(await codeOf('?cascade=true')).toBe('guard')
    const path = '/v1/zones/example?cascade=true&confirm=true'
    const stale = await call('DELETE', path, { headers: { 'if-match': '"7"' } })
    expect(stale).toMatchObject({ status: 412 })
    expect(await call('DELETE', path)).toMatchObject({ status: 204 })
    expect([registry.state.records.size, registry.state.zones.size]).toEqual([0, 0])
  })

  test('never with its apps', async () => {
    const { call } = await startServer()
    await call('POST', '/v1/changes', { body: smallMesh })
    const path = '/v1/zones/example?cascade=true&confirm=true'
    expect(problemIn(await call('DELETE', path)).code).toBe('zone-in-use')
  })
})

test('who deletes one object by its name means it', async () => {
  const { call } = await startServer()
  await call('POST', '/v1/changes', { body: { ...smallMesh, records: records.slice(0, 1) } })
  expect(await call('DELETE', '/v1/apps/video.example')).toMatchObject({ status: 204 })
  const path = '/v1/zones/example/rrsets/h0.example/A'
  expect(await call('DELETE', path)).toMatchObject({ status: 204 })
})

test('an app that is put with a shorter list of endpoints may lose half of them', async () => {
  const { call } = await startServer()
  const clusters = Array.from({ length: 24 }, (_, i) => ({
    id: `c${i}`,
    latitude: 1,
    longitude: 1,
  }))
  const endpoints = clusters.map(({ id }) => ({ cluster: id, addresses: ['192.0.2.1'] }))
  const apps = [{ name: 'video.example', endpoints }]
  await call('POST', '/v1/changes', { body: { clusters, zones: smallMesh.zones, apps } })
  const put = (count: number, query = '') =>
    call('PUT', `/v1/apps/video.example${query}`, {
      body: { endpoints: endpoints.slice(0, count) },
    })
  const refused = await put(11)
  expect(problemIn(refused)).toMatchObject({
    code: 'guard',
    detail: expect.stringContaining(
      '13 of 24 endpoints from the app video.example. (54 %)',
    ) as unknown,
  })
  expect(await put(12)).toMatchObject({ status: 200 })
  expect(await put(0, '?confirm=true')).toMatchObject({ status: 200 })
})
