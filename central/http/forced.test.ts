import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { connectEdge, problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const path = '/v1/apps/video.example/endpoints/sfo/force'
const body = { state: 'down', seconds: 3600, reason: 'new disks' }
const base = { app: 'video.example.', cluster: 'sfo', state: 'down', reason: 'new disks' }

async function startWithMesh(): Promise<TestServer> {
  const server = await startServer()
  expect(await server.call('POST', '/v1/changes', { body: smallMesh })).toMatchObject({
    status: 200,
  })
  return server
}

const forceSchema = z.looseObject({ sinceEpoch: z.number(), untilEpoch: z.number() })

describe('a forced endpoint', () => {
  test('is created, shown, forced otherwise and let go', async () => {
    const { call } = await startWithMesh()
    const created = await call('PUT', path, { body })
    expect(created).toMatchObject({ status: 201, body: { ...base, actor: 'ops' } })
    expect(created.headers.get('meridian-version')).toBe('2')
    const { sinceEpoch, untilEpoch } = forceSchema.parse(created.body)
    expect(untilEpoch - sinceEpoch).toBe(3_600_000)
    const shown = await call('GET', '/v1/forced')
    expect(shown).toMatchObject({ status: 200, body: { items: [created.body] } })

    const changed = await call('PUT', path, { body: { ...body, state: 'up' } })
    expect(changed).toMatchObject({ status: 200, body: { ...base, state: 'up' } })
    expect(await call('GET', '/v1/forced')).toMatchObject({ body: { items: [changed.body] } })

    const gone = await call('DELETE', path)
    expect(gone).toMatchObject({ status: 204, body: undefined })
    expect(gone.headers.get('meridian-version')).toBe('4')
    expect(await call('GET', '/v1/forced')).toMatchObject({ body: { items: [] } })
    const again = await call('DELETE', path)
    expect([again.status, again.headers.get('meridian-version')]).toEqual([204, '4'])
  })

  test('keeps its version, and stands in the history with who did it and why', async () => {
    const { call } = await startWithMesh()
    const before = await call('GET', '/v1/apps/video.example')
    const { body: force } = await call('PUT', path, { body })
    await call('DELETE', path)
    const after = await call('GET', '/v1/apps/video.example')
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'))
    expect(await call('GET', '/v1/events?after=1')).toMatchObject({
      body: {
        items: [
          { actor: 'ops', events: [{ type: 'endpoint-forced', ...Object(force) }] },
          { actor: 'ops', events: [{ type: 'endpoint-unforced', why: 'operator' }] },
        ],
      },
    })
  })

  test('is shown beside the verdict where there are checks', async () => {
    const { call } = await startWithMesh()
    await call('PUT', path, { body })
    expect(await call('GET', '/v1/health')).toMatchObject({ body: { items: [] } })
    await call('PUT', '/v1/apps/video.example', { body: { health: { check: { type: 'icmp' } } } })
    const { app: _, cluster: __, ...forced } = { ...base, actor: 'ops' }
    const answer = await call('GET', '/v1/health')
    expect(answer).toMatchObject({
      body: {
        items: [
          { cluster: 'lhr', state: 'unknown' },
          { cluster: 'sfo', state: 'unknown', forced },
        ],
      },
    })
    expect(JSON.stringify(answer.body).match(/forced/g)).toHaveLength(1)
  })

  test('has pages, by app and cluster', async () => {
    const { call } = await startWithMesh()
    await call('PUT', path, { body })
    await call('PUT', path.replace('sfo', 'lhr'), { body })
    const first = await call('GET', '/v1/forced?limit=1')
    expect(first.body).toMatchObject({ items: [{ cluster: 'lhr' }] })
    const { next } = z.object({ next: z.string() }).parse(first.body)
    const second = await call('GET', `/v1/forced?limit=1&after=${next}`)
    expect(second.body).toMatchObject({ items: [{ cluster: 'sfo' }] })
    expect(second.body).not.toHaveProperty('next')
  })

  test('can be waited for until every edge serves it', async () => {
    const { call, edges, registry } = await startWithMesh()
    const edge = connectEdge(edges, 'one')
    const forget = registry.onChange(({ version }) => edges.acked(edge, version))
    const answer = await call('PUT', `${path}?wait=edges`, { body })
    expect([answer.status, answer.headers.get('meridian-edges')]).toEqual([201, '1/1'])
    forget()
    const late = await call('DELETE', `${path}?wait=edges&waitSeconds=1`)
    expect([late.status, late.headers.get('meridian-edges')]).toEqual([202, '0/1'])
  })

  test.each(['PUT', 'DELETE'])('%s of what is not there is 404', async (method) => {
    const { call } = await startWithMesh()
    const given = method === 'PUT' ? { body } : {}
    const endpoint = await call(method, path.replace('sfo', 'ewr'), given)
    expect(problemIn(endpoint)).toMatchObject({
      status: 404,
      code: 'not-found',
      detail: 'endpoint ewr of app video.example. is not registered',
    })
    const app = await call(method, path.replace('video', 'no'), given)
    expect(problemIn(app)).toMatchObject({ status: 404, code: 'not-found' })
  })

  test.each([
    [{ ...body, state: 'degraded' }, '/state'],
    [{ ...body, seconds: 0 }, '/seconds'],
    [{ ...body, seconds: 2_592_001 }, '/seconds'],
    [{ ...body, seconds: 1.5 }, '/seconds'],
    [{ ...body, reason: '  ' }, '/reason'],
    [{ ...body, reason: 'x'.repeat(501) }, '/reason'],
    [{ ...body, reason: 'two\nlines' }, '/reason'],
    [{ state: 'up', seconds: 1 }, '/reason'],
    [{ ...body, untilEpoch: 1 }, '/untilEpoch'],
  ])('is refused with %j', async (given, pointer) => {
    const { call, registry } = await startWithMesh()
    const answer = await call('PUT', path, { body: given })
    expect(answer.status).toBe(422)
    expect(problemIn(answer).errors).toMatchObject([{ in: 'body', path: pointer }])
    expect(registry.version).toBe(1)
  })
})

describe('the state of an endpoint', () => {
  const endpoint = '/v1/apps/video.example/endpoints/sfo'

  test.each(['draining', 'disabled'])('%s is put, shown and taken back', async (state) => {
    const { call } = await startWithMesh()
    expect(await call('PUT', endpoint, { body: { state } })).toMatchObject({
      status: 200,
      body: { cluster: 'sfo', state, version: 2 },
    })
    expect(await call('GET', '/v1/apps/video.example')).toMatchObject({
      body: { endpoints: [{ cluster: 'lhr' }, { cluster: 'sfo', state }] },
    })
    const active = await call('PUT', endpoint, { body: {} })
    expect(active).toMatchObject({ status: 200, body: { version: 3 } })
    expect(active.body).not.toHaveProperty('state')
  })

  test('active is not to be given', async () => {
    const { call } = await startWithMesh()
    const answer = await call('PUT', endpoint, { body: { state: 'active' } })
    expect(problemIn(answer).errors).toMatchObject([{ path: '/state', value: 'active' }])
  })
})
