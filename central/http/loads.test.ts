import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

const at = (cluster: string, load?: number) => ({
  app: 'video.example.',
  cluster,
  ...(load === undefined ? {} : { load }),
})

async function startWithMesh(): Promise<TestServer> {
  const server = await startServer()
  expect(await server.call('POST', '/v1/changes', { body: smallMesh })).toMatchObject({
    status: 200,
  })
  return server
}

/** Does what the timer would. */
async function tick({ loads, registry }: TestServer): Promise<void> {
  loads.tick()
  await registry.settle()
}

describe('loads', () => {
  it('are reported many at once, and cost nothing until their step is told', async () => {
    const server = await startWithMesh()
    const { call, registry } = server
    const loads = [at('sfo', 81.5), { ...at('lhr', 0), app: 'VIDEO.example' }, at('ewr', 5)]
    expect(await call('POST', '/v1/loads', { body: { loads } })).toMatchObject({
      status: 200,
      body: { taken: 2, unknown: [at('ewr')], refused: [] },
    })
    expect(registry.version).toBe(1)
    await tick(server)
    expect(registry.version).toBe(2)
    expect(await call('GET', '/v1/loads')).toMatchObject({
      status: 200,
      body: { items: [at('lhr', 0), at('sfo', 80)] },
    })
    const events = await call('GET', '/v1/events?after=1')
    expect(events.body).toMatchObject({
      items: [
        {
          actor: 'system',
          cause: 'load',
          events: [
            { type: 'endpoint-load', ...at('sfo', 80) },
            { type: 'endpoint-load', ...at('lhr', 0) },
          ],
        },
      ],
    })
  })

  it('have pages, by app and cluster, and can be asked for by each', async () => {
    const server = await startWithMesh()
    const { call } = server
    await call('POST', '/v1/loads', { body: { loads: [at('sfo', 10), at('lhr', 20)] } })
    await tick(server)
    const first = await call('GET', '/v1/loads?limit=1')
    expect(first.body).toMatchObject({ items: [at('lhr', 20)] })
    const { next } = z.object({ next: z.string() }).parse(first.body)
    const second = await call('GET', `/v1/loads?limit=1&after=${next}`)
    expect(second.body).toEqual({ items: [at('sfo', 10)] })
    const itemsOf = async (query: string): Promise<unknown> =>
      (await call('GET', `/v1/loads?${query}`)).body
    expect(await itemsOf('cluster=sfo')).toEqual({ items: [at('sfo', 10)] })
    expect(await itemsOf('app=no.example')).toEqual({ items: [] })
    expect(await itemsOf('app=video.example&cluster=lhr')).toEqual({ items: [at('lhr', 20)] })
  })

  it('come with machines, with their registrations and their renewals', async () => {
    const server = await startWithMesh()
    const { call } = server
    const machine = { app: 'video.example', cluster: 'sfo', addresses: ['192.0.2.9'] }
    const first = { ...machine, machine: 'a', load: 30 }
    expect(await call('PUT', '/v1/register', { body: first })).toMatchObject({ status: 201 })
    const { version } = server.registry
    // Another load is no other machine.
    const again = await call('PUT', '/v1/register', { body: { ...first, load: 40 } })
    expect([again.status, server.registry.version]).toEqual([200, version])
    expect(again.body).not.toHaveProperty('load')
    const other = { ...machine, machine: 'b', addresses: ['192.0.2.8'], load: 90 }
    await call('PUT', '/v1/register', { body: other })
    const renewal = { app: 'video.example', cluster: 'sfo', machine: 'b' }
    const machines = [
      { ...renewal, load: 100 },
      { ...renewal, machine: 'c', load: 1 },
    ]
    expect(await call('POST', '/v1/renewals', { body: { machines } })).toMatchObject({
      body: { renewed: 1, unknown: [{ ...renewal, app: 'video.example.', machine: 'c' }] },
    })
    await tick(server)
    expect((await call('GET', '/v1/loads')).body).toEqual({ items: [at('sfo', 70)] })
  })

  it('are shown with what is withheld beside the health of an endpoint', async () => {
    const server = await startWithMesh()
    const { call, registry } = server
    const health = { check: { type: 'icmp' }, slowStartSeconds: 60 }
    await call('PUT', '/v1/apps/video.example', { body: { health } })
    for (const state of ['down', 'up'] as const) {
      const verdict = { app: 'video.example.', cluster: 'sfo', state, sinceEpoch: 5, reports: [] }
      await registry.submit({
        plan: () => [{ type: 'put-verdict', verdict }],
        actor: 'system',
        cause: 'health',
      })
    }
    await call('POST', '/v1/loads', { body: { loads: [at('lhr', 50)] } })
    await tick(server)
    const { body } = await call('GET', '/v1/apps/video.example/health')
    expect(body).toEqual({
      items: [
        { ...at('lhr', 50), state: 'unknown', reports: [] },
        { ...at('sfo'), state: 'up', sinceEpoch: 5, reports: [], withheldPercent: 80 },
      ],
    })
    expect((await call('GET', '/v1/events?after=3&limit=1')).body).toMatchObject({
      items: [
        { events: [{ type: 'endpoint-health' }, { type: 'endpoint-withheld', percent: 80 }] },
      ],
    })
  })

  it('are reported with a token only', async () => {
    const { call } = await startWithMesh()
    const body = { loads: [at('sfo', 1)] }
    expect(await call('POST', '/v1/loads', { body, anonymous: true })).toMatchObject({
      status: 401,
    })
  })

  it.each<[object, string]>([
    [{ loads: [] }, '/loads'],
    [{ loads: Array.from({ length: 1_001 }, () => at('sfo', 1)) }, '/loads'],
    [{ loads: [at('sfo', -1)] }, '/loads/0/load'],
    [{ loads: [at('sfo', 1_000.5)] }, '/loads/0/load'],
    [{ loads: [at('sfo')] }, '/loads/0/load'],
    [{ loads: [at('s f', 1)] }, '/loads/0/cluster'],
    [{ loads: [{ ...at('sfo', 1), app: 'a..b' }] }, '/loads/0/app'],
    [{ loads: [{ ...at('sfo', 1), machine: 'a' }] }, '/loads/0/machine'],
  ])('are refused with %j', async (body, pointer) => {
    const { call } = await startWithMesh()
    const answer = await call('POST', '/v1/loads', { body })
    expect(answer.status).toBe(422)
    expect(problemIn(answer).errors).toMatchObject([{ in: 'body', path: pointer }])
  })
})
