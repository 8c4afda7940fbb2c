import { describe, expect, test } from 'vitest'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const a = (name: string, address = '192.0.2.1') => ({
  name,
  type: 'A',
  ttl: 60,
  rdata: [address],
})

async function startWithRecords(): Promise<TestServer> {
  const server = await startServer()
  const body = { ...smallMesh, records: [a('a.example'), a('b.example')] }
  await server.call('POST', '/v1/changes', { body })
  return server
}

describe('deletes', () => {
  test('go first, and the diff has both', async () => {
    const { call } = await startWithRecords()
    const body = {
      deletes: { records: [{ name: 'A.example', type: 'a' }] },
      records: [{ name: 'a.example', type: 'CNAME', ttl: 60, rdata: ['b.example.'] }],
    }
    expect(await call('POST', '/v1/changes', { body })).toMatchObject({
      status: 200,
      body: {
        version: 2,
        changed: 2,
        diff: [
          { action: 'delete', kind: 'rrset', id: 'a.example. A', before: { ttl: 60 } },
          { action: 'create', kind: 'rrset', id: 'a.example. CNAME' },
        ],
      },
    })
  })

  test('take away every kind of object, from the leaves up', async () => {
    const { call, registry } = await startWithRecords()
    const deletes = {
      clusters: ['sfo', 'lhr'],
      zones: ['example'],
      records: [
        { name: 'a.example', type: 'A' },
        { name: 'b.example', type: 'A' },
      ],
      apps: ['video.example'],
      endpoints: [{ app: 'video.example', cluster: 'lhr' }],
    }
    const path = '/v1/changes?confirm=true&diff=false'
    expect(await call('POST', path, { body: { deletes } })).toMatchObject({
      status: 200,
      body: { counts: { cluster: { delete: 2 }, zone: { delete: 1 }, rrset: { delete: 2 } } },
    })
    const { zones, apps, records, clusters } = registry.state
    expect([zones.size, apps.size, records.size, clusters.size]).toEqual([0, 0, 0, 0])
  })

  test('that a list of endpoints or prune wants too are done once', async () => {
    const { call } = await startWithRecords()
    const body = {
      apps: [{ name: 'video.example', endpoints: [{ cluster: 'sfo' }] }],
      records: [a('b.example')],
      deletes: {
        endpoints: [{ app: 'video.example', cluster: 'lhr' }],
        records: [{ name: 'a.example', type: 'A' }],
      },
    }
    expect(await call('POST', '/v1/changes?prune=true', { body })).toMatchObject({
      status: 200,
      body: { changed: 2, diff: [{ kind: 'endpoint' }, { kind: 'rrset' }] },
    })
    const again = { apps: body.apps, deletes: { apps: ['video.example'] } }
    expect(await call('POST', '/v1/changes', { body: again })).toMatchObject({
      status: 200,
      body: { diff: [{ action: 'delete' }, { action: 'create' }, { action: 'create' }] },
    })
  })

  test.each([
    ['what is not there', { records: [{ name: 'c.example', type: 'A' }] }, 404, 'not-found'],
    ['what is in use', { clusters: ['sfo'] }, 409, 'cluster-in-use'],
  ])('of %s are refused with all else', async (_what, deletes, status, code) => {
    const { call, registry } = await startWithRecords()
    const answer = await call('POST', '/v1/changes', {
      body: { records: [a('c2.example')], deletes },
    })
    expect([answer.status, problemIn(answer).code]).toEqual([status, code])
    expect(registry.version).toBe(1)
  })

  test.each([
    [
      {
        records: [
          { name: 'a.example', type: 'A' },
          { name: 'A.example.', type: 'a' },
        ],
      },
      '/deletes/records/1',
    ],
    [{ apps: ['x.example', 'X.example'] }, '/deletes/apps/1'],
    [{ apps: 'x.example' }, '/deletes/apps'],
    [{ names: [] }, '/deletes/names'],
    [{ records: [{ name: 'a.example' }] }, '/deletes/records/0/type'],
  ])('%j is not as wanted', async (deletes, path) => {
    const { call } = await startWithRecords()
    const answer = await call('POST', '/v1/changes', { body: { deletes } })
    expect(answer.status).toBe(422)
    expect(problemIn(answer).errors).toEqual([expect.objectContaining({ path })])
  })
})

describe('preconditions', () => {
  test.each([
    [{ kind: 'zone', id: 'Example', version: 1 }],
    [{ kind: 'cluster', id: 'sfo', exists: true }],
    [{ kind: 'network', id: 'office', absent: true }],
    [{ kind: 'app', id: 'video.example', exists: true }],
    [{ kind: 'endpoint', id: 'video.example. sfo', version: 1 }],
    [{ kind: 'rrset', id: 'A.example a', version: 1 }],
    [{ kind: 'rrset', id: 'a.example MX', absent: true }],
  ])('%j holds', async (precondition) => {
    const { call } = await startWithRecords()
    const body = { preconditions: [precondition], records: [a('c.example')] }
    expect(await call('POST', '/v1/changes', { body })).toMatchObject({ status: 200 })
  })

  test.each([
    [
      { kind: 'zone', id: 'example', version: 2 },
      'zone example. is at version 1, version 2 is wanted',
    ],
    [
      { kind: 'rrset', id: 'a.example A', absent: true },
      'rrset a.example. A is at version 1, it must not exist',
    ],
    [
      { kind: 'app', id: 'x.example', exists: true },
      'app x.example. does not exist, it must exist',
    ],
  ])('%j does not hold, and nothing is changed', async (precondition, detail) => {
    const { call, registry } = await startWithRecords()
    const body = { preconditions: [precondition], records: [a('c.example')] }
    const answer = await call('POST', '/v1/changes', { body })
    expect([answer.status, problemIn(answer)]).toMatchObject([
      412,
      { code: 'precondition-failed', detail },
    ])
    expect(registry.version).toBe(1)
  })

  test('are of the state before the deletes', async () => {
    const { call } = await startWithRecords()
    const body = {
      preconditions: [{ kind: 'rrset', id: 'a.example. A', exists: true }],
      deletes: { records: [{ name: 'a.example', type: 'A' }] },
    }
    expect(await call('POST', '/v1/changes', { body })).toMatchObject({ status: 200 })
  })

  test.each([
    [{ kind: 'zone', id: 'example' }, '', 'has 0 of version, exists and absent, one is wanted'],
    [{ kind: 'zone', id: 'example', exists: true, version: 1 }, '', 'has 2 of version'],
    [{ kind: 'zone', id: 'a..b', exists: true }, '/id', 'has an empty label'],
    [{ kind: 'rrset', id: 'a.example', exists: true }, '/id', 'is not two words'],
    [{ kind: 'rrset', id: 'a.example NOPE', exists: true }, '/id', 'is not a type'],
    [{ kind: 'file', id: 'x', exists: true }, '/kind', ''],
  ])('%j is not as wanted', async (precondition, path, detail) => {
    const { call } = await startWithRecords()
    const answer = await call('POST', '/v1/changes', { body: { preconditions: [precondition] } })
    expect(answer.status).toBe(422)
    const wanted = {
      path: `/preconditions/0${path}`,
      detail: expect.stringContaining(detail) as unknown,
    }
    expect(problemIn(answer).errors).toEqual([expect.objectContaining(wanted)])
  })
})

test('ten thousand rrsets are one change, shown by their number', async () => {
  const { call, registry } = await startServer()
  const records = Array.from({ length: 10_000 }, (_, i) => a(`h${i}.example`))
  const body = { zones: smallMesh.zones, records }
  expect(await call('POST', '/v1/changes?diff=false', { body })).toEqual(
    expect.objectContaining({
      status: 200,
      body: {
        version: 1,
        changed: 10_001,
        counts: {
          zone: { create: 1, change: 0, delete: 0 },
          rrset: { create: 10_000, change: 0, delete: 0 },
        },
        dryRun: false,
      },
    }),
  )
  expect(registry.state.records.size).toBe(10_000)
  // One of them that is wrong is named, and none is changed.
  records[7_777] = a('h7777.example', '192.0.2.256')
  const answer = await call('POST', '/v1/changes?diff=false', { body })
  expect(answer.status).toBe(422)
  expect(problemIn(answer).errors).toMatchObject([
    { path: '/records/7777/rdata/0', value: '192.0.2.256' },
  ])
  expect(registry.version).toBe(1)
})
