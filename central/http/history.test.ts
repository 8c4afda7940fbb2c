import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import type { TestServer } from './server.fixture.ts'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'

async function startWith(): Promise<TestServer> {
  const server = await startServer()
  await server.call('POST', '/v1/changes', {
    body: {
      ...smallMesh,
      networks: [
        { id: 'wide', prefixes: ['192.0.0.0/16'], cluster: 'sfo' },
        { id: 'near', prefixes: ['192.0.2.0/24'], cluster: 'lhr' },
      ],
    },
  })
  await server.call('PUT', '/v1/apps/video.example/endpoints/lhr/force', {
    body: { state: 'down', seconds: 60, reason: 'new disks' },
  })
  await server.call('PUT', '/v1/clusters/lhr', {
    body: { latitude: 51.5, longitude: -0.5, addresses: [], state: 'draining' },
  })
  return server
}

const get = (server: TestServer, query: string, name = 'video.example') =>
  server.call('GET', `/v1/history/${name}${query}`, { anonymous: true })

describe('GET /v1/history/{name}', () => {
  test('shows an app as edges were told of it, with all clusters', async () => {
    const server = await startWith()
    const { status, headers, body } = await get(server, '?at=2')
    expect(status).toBe(200)
    expect(headers.get('meridian-version')).toBe('3')
    expect(body).toMatchObject({
      version: 2,
      atEpoch: 1_700_000_000_000,
      app: {
        name: 'video.example.',
        policy: 'nearest',
        ttl: { min: 5, max: 30 },
        trustMs: 0,
        endpoints: [
          { cluster: 'sfo', state: 'active', health: 'unknown', reports: [] },
          { cluster: 'lhr', health: 'down', forced: { state: 'down', reason: 'new disks' } },
        ],
      },
      zone: { apex: 'example.', negativeTtl: 30 },
      clusters: [{ id: 'sfo' }, { id: 'lhr', state: 'active', addresses: ['198.51.100.1'] }],
    })
    expect((await get(server, '?at=1')).body).toMatchObject({
      app: { endpoints: [{ health: 'unknown' }, { health: 'unknown' }] },
    })
    expect((await get(server, '?at=2023-11-14T22:13:20%2B00:00')).body).toMatchObject({
      version: 3,
      clusters: [{ id: 'sfo' }, { id: 'lhr', state: 'draining', addresses: [] }],
    })
  })

  test('shows what was foreseen: of the app windows on it and the end of a force, of a cluster windows', async () => {
    const server = await startServer()
    await server.call('POST', '/v1/changes', { body: smallMesh })
    const inHours = (hours: number) => systemClock.epochMs() + hours * 3_600_000
    const put = (id: string, app: object, fromEpoch: number) =>
      server.call('PUT', `/v1/maintenance/${id}`, {
        body: {
          target: { cluster: 'sfo', ...app },
          from: new Date(fromEpoch).toISOString(),
          until: new Date(inHours(9)).toISOString(),
          reason: 'new disks',
        },
      })
    const [appAt, clusterAt] = [inHours(2), inHours(1)]
    await put('app', { app: 'video.example' }, appAt)
    await put('place', {}, clusterAt)
    await server.call('PUT', '/v1/apps/video.example/endpoints/lhr/force', {
      body: { state: 'down', seconds: 60, reason: 'new disks' },
    })
    const body = async (version: number) => (await get(server, `?at=${version}`)).body
    expect(JSON.stringify(await body(1))).not.toContain('changesAtEpoch')
    expect(await body(2)).toMatchObject({ app: { changesAtEpoch: appAt } })
    expect(JSON.stringify(await body(2)).split('changesAtEpoch')).toHaveLength(2)
    expect(await body(3)).toMatchObject({
      clusters: [{ id: 'sfo', changesAtEpoch: clusterAt }, {}],
    })
    const forced = z
      .object({
        app: z.object({
          changesAtEpoch: z.number(),
          endpoints: z.tuple([
            z.unknown(),
            z.object({ forced: z.object({ untilEpoch: z.number() }) }),
          ]),
        }),
      })
      .parse(await body(4))
    expect(forced.app.changesAtEpoch).toBe(forced.app.endpoints[1].forced.untilEpoch)
  })

  test.each([
    ['192.0.2.0/25', 'near'],
    ['192.0.2.0/23', 'wide'],
    ['198.51.100.0/24', undefined],
    ['2001:db8::/32', undefined],
  ])('the client %s is in the network %s', async (client, network) => {
    const server = await startWith()
    const { body } = await get(server, `?at=3&client=${client}`)
    expect(body).toMatchObject(network === undefined ? {} : { network: { id: network } })
    expect(JSON.stringify(body).includes('"network"')).toBe(network !== undefined)
  })

  test.each([
    ['?at=0', 404, 'history begins with version 1'],
    ['?at=99', 404, 'version 99 is not there yet'],
    ['?at=1999-01-01T00:00:00Z', 404, 'history begins with'],
    ['', 422, '/at'],
    ['?at=yesterday', 422, 'is neither a version such as 42 nor a time'],
    ['?at=2026-02-30T00:00:00Z', 422, 'is neither a version'],
    ['?at=1&client=192.0.2.1/24', 422, 'has host bits'],
  ])('refuses %s', async (query, status, detail) => {
    const server = await startWith()
    const problem = problemIn(await get(server, query))
    expect(problem.status).toBe(status)
    expect(problem.detail).toContain(detail)
  })

  test('tells when an app was not registered', async () => {
    const server = await startWith()
    expect(problemIn(await get(server, '?at=2', 'nothing.example'))).toMatchObject({
      status: 404,
      detail: 'app nothing.example. was not registered at version 2',
    })
  })
})
