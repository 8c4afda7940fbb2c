import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { systemClock } from '../../shared/clock.ts'
import { connectEdge, problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const path = '/v1/maintenance/disks'
const HOUR_MS = 3_600_000

/** A time so many hours from now, as people write it. */
const at = (hours: number): string =>
  new Date(systemClock.epochMs() + hours * HOUR_MS).toISOString()

const body = { target: { cluster: 'sfo' }, from: at(1), until: at(2), reason: 'new disks' }
const now = { ...body, from: at(-1) }

async function startWithMesh(): Promise<TestServer> {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  return server
}

describe('a window of maintenance', () => {
  test('is created, shown, changed and deleted', async () => {
    const { call } = await startWithMesh()
    const shown = { id: 'disks', ...body, state: 'draining', isInForce: false, actor: 'ops' }
    const created = await call('PUT', path, { body })
    expect(created).toMatchObject({ status: 201, body: shown })
    expect(created.headers.get('meridian-version')).toBe('2')
    expect(await call('GET', '/v1/maintenance')).toMatchObject({ body: { items: [shown] } })

    const changed = await call('PUT', path, { body: { ...body, id: 'disks', state: 'disabled' } })
    expect(changed).toMatchObject({ status: 200, body: { ...shown, state: 'disabled' } })
    const again = await call('PUT', path, { body: { ...body, state: 'disabled' } })
    expect(again).toMatchObject({ status: 200, body: { ...shown, state: 'disabled' } })
    expect(again.headers.get('meridian-version')).toBe('3')

    expect((await call('DELETE', path)).status).toBe(204)
    expect(await call('GET', '/v1/maintenance')).toMatchObject({ body: { items: [] } })
    expect(problemIn(await call('DELETE', path))).toMatchObject({ status: 404, code: 'not-found' })
  })

  test('that is in force is shown with its cluster, which is another version then', async () => {
    const { call } = await startWithMesh()
    const plain = await call('GET', '/v1/clusters/sfo')
    expect(plain.body).not.toHaveProperty('maintenance')
    expect((await call('PUT', path, { body: now })).body).toMatchObject({ isInForce: true })
    await call('PUT', '/v1/maintenance/later', { body })
    await call('PUT', '/v1/maintenance/app', {
      body: { ...now, target: { cluster: 'sfo', app: 'video.example' } },
    })
    const etag = plain.headers.get('etag') ?? ''
    const shown = await call('GET', '/v1/clusters/sfo', { headers: { 'if-none-match': etag } })
    const { target: _, ...rest } = now
    expect(shown).toMatchObject({
      status: 200,
      body: {
        state: 'active',
        maintenance: [{ id: 'disks', ...rest, state: 'draining', actor: 'ops' }],
      },
    })
    expect(JSON.stringify(shown.body).match(/"actor"/g)).toHaveLength(1)
    await call('DELETE', path)
    expect((await call('GET', '/v1/clusters/sfo')).body).not.toHaveProperty('maintenance')
  })

  test('stands in the history with who did it and why', async () => {
    const { call } = await startWithMesh()
    await call('PUT', path, { body: now })
    await call('DELETE', path)
    const rest = { id: 'disks', cluster: 'sfo', reason: 'new disks', actor: 'ops' }
    expect(await call('GET', '/v1/events?after=1')).toMatchObject({
      body: {
        items: [
          {
            actor: 'ops',
            events: [
              { type: 'maintenance-put', ...rest },
              { type: 'maintenance-begun', ...rest },
            ],
          },
          { actor: 'ops', events: [{ type: 'maintenance-ended', why: 'operator', ...rest }] },
        ],
      },
    })
  })

  test('has pages, by id', async () => {
    const { call } = await startWithMesh()
    await call('PUT', '/v1/maintenance/b', { body })
    await call('PUT', '/v1/maintenance/a', { body })
    const first = await call('GET', '/v1/maintenance?limit=1')
    expect(first.body).toMatchObject({ items: [{ id: 'a' }] })
    const { next } = z.object({ next: z.string() }).parse(first.body)
    const second = await call('GET', `/v1/maintenance?limit=1&after=${next}`)
    expect(second.body).toMatchObject({ items: [{ id: 'b' }] })
    expect(second.body).not.toHaveProperty('next')
  })

  test('can be waited for until every edge serves it', async () => {
    const { call, edges, registry } = await startWithMesh()
    const edge = connectEdge(edges, 'one')
    registry.onChange(({ version }) => edges.acked(edge, version))
    const answer = await call('PUT', `${path}?wait=edges`, { body: now })
    expect([answer.status, answer.headers.get('meridian-edges')]).toEqual([201, '1/1'])
  })

  test('of what is not there is refused', async () => {
    const { call } = await startWithMesh()
    const cluster = await call('PUT', path, { body: { ...body, target: { cluster: 'ewr' } } })
    expect(problemIn(cluster)).toMatchObject({ status: 409, code: 'cluster-missing' })
    const target = { cluster: 'sfo', app: 'no.example' }
    const app = await call('PUT', path, { body: { ...body, target } })
    expect(problemIn(app)).toMatchObject({ status: 409, code: 'app-missing' })
  })

  test.each([
    [{ ...body, state: 'active' }, '/state'],
    [{ ...body, until: body.from }, '/until'],
    [{ ...body, until: at(1 + 30 * 24 + 1) }, '/until'],
    [{ ...body, from: at(-2), until: at(-1) }, '/until'],
    [{ ...body, from: '2026-12-01' }, '/from'],
    [{ ...body, from: '2026-12-01T22:00:00' }, '/from'],
    [{ ...body, from: 1 }, '/from'],
    [{ ...body, reason: ' ' }, '/reason'],
    [{ ...body, reason: 'x'.repeat(501) }, '/reason'],
    [{ ...body, target: {} }, '/target/cluster'],
    [{ ...body, target: { cluster: 'sfo', id: 'x' } }, '/target/id'],
    [{ ...body, id: 'other' }, '/id'],
  ])('is refused with %j', async (given, pointer) => {
    const { call, registry } = await startWithMesh()
    const answer = await call('PUT', path, { body: given })
    expect(answer.status).toBe(422)
    expect(problemIn(answer).errors).toMatchObject([{ in: 'body', path: pointer }])
    expect(registry.version).toBe(1)
  })

  test('is written with a token only', async () => {
    const { call } = await startWithMesh()
    for (const method of ['PUT', 'DELETE']) {
      const given = method === 'PUT' ? { body } : {}
      expect((await call(method, path, { ...given, anonymous: true })).status).toBe(401)
    }
  })
})
