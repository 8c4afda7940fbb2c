import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { connectEdge, problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const path = '/v1/networks/office'
const body = { prefixes: ['192.0.2.0/24', '2001:DB8:0::/48'], cluster: 'sfo', country: 'US' }
const stored = { id: 'office', ...body, prefixes: ['192.0.2.0/24', '2001:db8::/48'] }
const place = { latitude: 51.5, longitude: -0.1 }

async function startWithMesh(): Promise<TestServer> {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  return server
}

describe('a network', () => {
  test('is created, shown, moved and deleted', async () => {
    const { call } = await startWithMesh()
    const created = await call('PUT', path, { body })
    expect(created).toMatchObject({ status: 201, body: { ...stored, version: 2 } })
    expect(created.headers.get('etag')).toBe('"2"')
    expect(await call('GET', path)).toMatchObject({ status: 200, body: created.body })

    const moved = await call('PUT', path, { body: { ...place, id: 'office', prefixes: ['::/0'] } })
    expect(moved.body).toEqual({ id: 'office', prefixes: ['::/0'], ...place, version: 3 })

    const deleted = await call('DELETE', path)
    expect(deleted).toMatchObject({ status: 204, body: undefined })
    expect(deleted.headers.get('meridian-version')).toBe('4')
    expect(problemIn(await call('GET', path)).detail).toBe('network office is not registered')
  })

  test('that is put again as it is stays at its version', async () => {
    const { call, registry } = await startWithMesh()
    await call('PUT', path, { body })
    const again = await call('PUT', path, { body: { ...body, prefixes: stored.prefixes } })
    expect(again).toMatchObject({ status: 200, body: { version: 2 } })
    expect(registry.version).toBe(2)
  })

  test('is written over the version that was read, and no other', async () => {
    const { call } = await startWithMesh()
    const ifNone = { 'if-none-match': '*' }
    expect(await call('PUT', path, { body, headers: ifNone })).toMatchObject({ status: 201 })
    expect(await call('PUT', path, { body, headers: ifNone })).toMatchObject({ status: 412 })
    const ifOther = { 'if-match': '"1"' }
    expect(await call('DELETE', path, { headers: ifOther })).toMatchObject({ status: 412 })
    expect(await call('DELETE', path, { headers: { 'if-match': '"2"' } })).toMatchObject({
      status: 204,
    })
  })

  test('is not modified until it is', async () => {
    const { call } = await startWithMesh()
    await call('PUT', path, { body })
    const headers = { 'if-none-match': '"2"' }
    expect(await call('GET', path, { headers })).toMatchObject({ status: 304 })
    await call('PUT', path, { body: { ...body, country: 'GB' } })
    expect(await call('GET', path, { headers })).toMatchObject({ status: 200 })
  })

  test('is waited for until edges serve it', async () => {
    const { call, edges } = await startWithMesh()
    connectEdge(edges, 'one', 2)
    const answer = await call('PUT', `${path}?wait=edges`, { body })
    expect([answer.status, answer.headers.get('meridian-edges')]).toEqual([201, '1/1'])
  })

  test('stands in the events', async () => {
    const { call } = await startWithMesh()
    await call('PUT', path, { body })
    await call('DELETE', path)
    expect(await call('GET', '/v1/events?after=1')).toMatchObject({
      body: {
        items: [
          { events: [{ type: 'network-put', network: stored }] },
          { events: [{ type: 'network-deleted', id: 'office' }] },
        ],
      },
    })
  })
})

const pageSchema = z.object({
  items: z.array(z.looseObject({ id: z.string() })),
  next: z.string(),
})

test('networks have pages, by id, that end early where there are many prefixes', async () => {
  const { call } = await startServer()
  const prefixes = (n: number): string[] =>
    Array.from({ length: 1000 }, (_, i) => `2001:db8:${n.toString(16)}::${i.toString(16)}/128`)
  const networks = Array.from({ length: 30 }, (_, i) => ({
    id: `n${String(30 - i).padStart(2, '0')}`,
    prefixes: prefixes(i),
    ...place,
  }))
  await call('POST', '/v1/changes', { body: { networks } })
  const page = pageSchema.parse((await call('GET', '/v1/networks')).body)
  expect(page.items.map(({ id }) => id)).toEqual(
    networks
      .slice(-19)
      .map(({ id }) => id)
      .reverse(),
  )
  const second = await call('GET', `/v1/networks?limit=2&after=${page.next}`)
  expect(second.body).toMatchObject({ items: [{ id: 'n20' }, { id: 'n21' }] })
})

describe('a problem', () => {
  test.each<[string, string, object, number, string]>([
    ['host bits', path, { ...body, prefixes: ['192.0.2.1/24'] }, 422, '192.0.2.0/24 is meant'],
    ['no place', path, { prefixes: ['192.0.2.0/24'] }, 422, 'has no place'],
    ['two places', path, { ...body, ...place }, 422, 'beside coordinates'],
    ['another id', path, { ...body, id: 'lab' }, 422, 'is not office, which the path names'],
    ['a bad id', '/v1/networks/Office', body, 422, 'is not an id'],
    ['no cluster', path, { ...body, cluster: 'nrt' }, 409, 'cluster nrt is not registered'],
    [
      'a prefix of another network',
      '/v1/networks/lab',
      { ...place, prefixes: ['2001:db8:0:0::/48'] },
      409,
      'prefix 2001:db8::/48 belongs to network office',
    ],
  ])('for %s', async (_what, at, given, status, detail) => {
    const { call } = await startWithMesh()
    await call('PUT', path, { body })
    const answer = await call('PUT', at, { body: given })
    expect(answer.status).toBe(status)
    expect(problemIn(answer).detail).toContain(detail)
  })

  test('for a cluster that a network names', async () => {
    const { call } = await startServer()
    await call('PUT', '/v1/clusters/sfo', { body: place })
    await call('PUT', path, { body })
    expect(problemIn(await call('DELETE', '/v1/clusters/sfo'))).toMatchObject({
      status: 409,
      code: 'cluster-in-use',
      detail: 'cluster sfo is named by 1 networks, delete them first',
    })
  })
})

describe('a manifest', () => {
  const office = { id: 'office', ...body }
  const lab = { id: 'lab', prefixes: ['198.51.100.0/24'], ...place }

  test('puts networks with the clusters that they name, once', async () => {
    const { call } = await startServer()
    const manifest = { ...smallMesh, networks: [office, lab] }
    const dry = await call('POST', '/v1/changes?dryRun=true', { body: manifest })
    expect(dry).toMatchObject({ status: 200, body: { changed: 8, version: 0 } })
    expect(await call('POST', '/v1/changes', { body: manifest })).toMatchObject({
      body: { changed: 8, version: 1 },
    })
    expect(await call('POST', '/v1/changes', { body: manifest })).toMatchObject({
      body: { changed: 0, version: 1 },
    })
    expect(await call('GET', '/v1/status')).toMatchObject({ body: { networks: 2 } })
  })

  test('swaps prefixes between networks', async () => {
    const { call } = await startWithMesh()
    await call('POST', '/v1/changes', { body: { networks: [office, lab] } })
    const networks = [
      { ...office, prefixes: lab.prefixes },
      { ...lab, prefixes: office.prefixes },
    ]
    expect(await call('POST', '/v1/changes', { body: { networks } })).toMatchObject({
      status: 200,
      body: {
        diff: [
          { action: 'change', id: 'office' },
          { action: 'change', id: 'lab' },
        ],
      },
    })
    expect(await call('GET', '/v1/networks/lab')).toMatchObject({
      body: { prefixes: stored.prefixes },
    })
  })

  test('does not take a prefix from a network that it does not list', async () => {
    const { call, registry } = await startWithMesh()
    await call('POST', '/v1/changes', { body: { networks: [office] } })
    const networks = [{ ...lab, prefixes: ['192.0.2.0/24'] }]
    const refused = await call('POST', '/v1/changes', { body: { networks } })
    expect(problemIn(refused)).toMatchObject({ status: 409, code: 'prefix-taken' })
    expect(registry.version).toBe(2)
    expect(await call('POST', '/v1/changes?prune=true', { body: { networks } })).toMatchObject({
      body: {
        diff: [
          { action: 'delete', kind: 'network', id: 'office' },
          { action: 'create', kind: 'network', id: 'lab' },
        ],
      },
    })
  })

  test('moves a network off a cluster that it prunes', async () => {
    const { call } = await startServer()
    const sfo = { id: 'sfo', ...place }
    await call('POST', '/v1/changes', { body: { clusters: [sfo], networks: [office] } })
    const moved = {
      clusters: [{ ...sfo, id: 'ewr' }],
      networks: [{ ...office, cluster: 'ewr' }],
    }
    expect(await call('POST', '/v1/changes?prune=true', { body: moved })).toMatchObject({
      status: 200,
      body: {
        diff: [
          { action: 'create', kind: 'cluster', id: 'ewr' },
          { action: 'change', kind: 'network', id: 'office' },
          { action: 'delete', kind: 'cluster', id: 'sfo' },
        ],
      },
    })
    const none = { clusters: [], networks: [] }
    expect(await call('POST', '/v1/changes?prune=true', { body: none })).toMatchObject({
      body: {
        diff: [
          { action: 'delete', kind: 'network', id: 'office' },
          { action: 'delete', kind: 'cluster', id: 'ewr' },
        ],
      },
    })
  })
})
