import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { z } from 'zod'
import { stateHash } from '../model/state-hash.ts'
import { manifestOf } from './manifest-of.ts'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { Answer, TestServer } from './server.fixture.ts'

const resultSchema = z.object({
  version: z.number(),
  to: z.number(),
  changed: z.number(),
  diff: z.array(z.looseObject({ action: z.string(), kind: z.string(), id: z.string() })),
  tag: z.string(),
})

async function rollBack(server: TestServer, body: object): Promise<z.output<typeof resultSchema>> {
  const answer = await server.call('POST', '/v1/rollbacks?confirm=true', { body })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  return resultSchema.parse(answer.body)
}

function lines({ diff }: z.output<typeof resultSchema>): readonly string[] {
  return diff.map(({ action, kind, id }) => `${action} ${kind} ${id}`)
}

async function startMesh(): Promise<TestServer> {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  return server
}

test('what was put, changed and deleted since is as it was, by one new change', async () => {
  const server = await startMesh()
  const before = manifestOf(server.registry.state)
  await server.call('DELETE', '/v1/apps/video.example')
  await server.call('PUT', '/v1/zones/shop.test', { body: { ns: ['ns.shop.test'] } })
  await server.call('PUT', '/v1/apps/cart.shop.test', { body: { endpoints: [{ cluster: 'sfo' }] } })
  await server.call('PUT', '/v1/clusters/lhr', { body: { latitude: 1, longitude: 1 } })
  await server.call('PUT', '/v1/clusters/ewr', {
    body: { latitude: 1, longitude: 1, addresses: ['192.0.2.9'] },
  })
  await server.call('PUT', '/v1/networks/office', {
    body: { prefixes: ['198.51.100.0/24'], cluster: 'ewr' },
  })
  const result = await rollBack(server, { to: 1 })
  expect(result).toMatchObject({ version: 8, to: 1 })
  expect(lines(result)).toEqual([
    'delete app cart.shop.test.',
    'delete zone shop.test.',
    'delete network office',
    'change cluster lhr',
    'create app video.example.',
    'create endpoint video.example. sfo',
    'create endpoint video.example. lhr',
    'delete cluster ewr',
  ])
  expect(manifestOf(server.registry.state)).toEqual(before)
  expect((await rollBack(server, { to: 1 })).changed).toBe(0)
})

test('a dry run shows all of it and changes nothing', async () => {
  const server = await startMesh()
  await server.call('DELETE', '/v1/apps/video.example')
  const result = await rollBack(server, { to: 1, dryRun: true })
  expect([result.version, result.changed, server.registry.version]).toEqual([2, 3, 2])
})

test('only the zones and apps that are named are as they were', async () => {
  const server = await startMesh()
  await server.call('PUT', '/v1/zones/shop.test', { body: { ns: ['ns.shop.test'] } })
  await server.call('PUT', '/v1/apps/cart.shop.test', { body: { endpoints: [{ cluster: 'sfo' }] } })
  await server.call('DELETE', '/v1/apps/cart.shop.test')
  await server.call('DELETE', '/v1/apps/video.example')
  const ofZone = await rollBack(server, { to: 3, zones: ['Shop.Test'], dryRun: true })
  expect(lines(ofZone)).toEqual([
    'create app cart.shop.test.',
    'create endpoint cart.shop.test. sfo',
  ])
  const ofApp = await rollBack(server, { to: 3, apps: ['video.example'] })
  expect(lines(ofApp)).toEqual([
    'create app video.example.',
    'create endpoint video.example. sfo',
    'create endpoint video.example. lhr',
  ])
})

test('an app that has come into a zone of its own goes back into the one above', async () => {
  const server = await startMesh()
  await server.call('PUT', '/v1/apps/a.sub.example', { body: { endpoints: [{ cluster: 'sfo' }] } })
  await server.call('PUT', '/v1/zones/sub.example', { body: { ns: ['ns.example'] } })
  const result = await rollBack(server, { to: 2 })
  expect(lines(result)).toEqual([
    'delete app a.sub.example.',
    'delete zone sub.example.',
    'create app a.sub.example.',
    'create endpoint a.sub.example. sfo',
  ])
})

test('records go back too', async () => {
  const server = await startServer()
  const zones = [{ apex: 'example', ns: ['ns.example'] }]
  const record = (rdata: string, type = 'TXT') => ({
    name: 'a.example',
    type,
    ttl: 60,
    rdata: [rdata],
  })
  const put = (...records: readonly object[]): Promise<Answer> =>
    server.call('POST', '/v1/changes?prune=true', { body: { zones, records } })
  await put(record('"one"'))
  await put(record('"two"'), { ...record('"x"'), name: 'b.example' })
  await put({ ...record('b.example.', 'CNAME') })
  expect(lines(await rollBack(server, { to: 2 }))).toEqual([
    'delete rrset a.example. CNAME',
    'create rrset a.example. TXT',
    'create rrset b.example. TXT',
  ])
  expect(lines(await rollBack(server, { to: 1, zones: ['example'] }))).toEqual([
    'delete rrset b.example. TXT',
    'change rrset a.example. TXT',
  ])
})

test('the guard holds: what takes away too much has to be confirmed', async () => {
  const server = await startServer()
  const zones = [{ apex: 'example', ns: ['ns.example'] }]
  await server.call('POST', '/v1/changes', { body: { zones } })
  const records = Array.from({ length: 30 }, (_, i) => ({
    name: `h${i}.example`,
    type: 'A',
    ttl: 60,
    rdata: ['192.0.2.1'],
  }))
  await server.call('POST', '/v1/changes', { body: { records } })
  const shown = await server.call('POST', '/v1/rollbacks', { body: { to: 1, dryRun: true } })
  expect(shown.body).toMatchObject({ guarded: expect.stringContaining('all 30 rrsets') as unknown })
  const refused = await server.call('POST', '/v1/rollbacks', { body: { to: 1 } })
  expect(problemIn(refused)).toMatchObject({ status: 409, code: 'guard' })
  const done = await server.call('POST', '/v1/rollbacks?confirm=true', { body: { to: 1 } })
  expect(done.body).toMatchObject({ changed: 30 })
})

test('endpoints of machines, verdicts and forces are left as they are', async () => {
  const server = await startMesh()
  const machine = { app: 'video.example', cluster: 'ewr', machine: 'vm-1' }
  await server.call('PUT', '/v1/clusters/ewr', { body: { latitude: 1, longitude: 1 } })
  await server.call('PUT', '/v1/register', { body: { ...machine, addresses: ['192.0.2.7'] } })
  const force = { state: 'down', seconds: 60, reason: 'test' }
  await server.call('PUT', '/v1/apps/video.example/endpoints/sfo/force', { body: force })
  await server.call('PUT', '/v1/apps/video.example', { body: { ttl: { max: 7 } } })
  expect(lines(await rollBack(server, { to: 2 }))).toEqual(['change app video.example.'])
  const { state } = server.registry
  expect(state.forced.get('video.example.')?.size).toBe(1)
  expect([...(state.apps.get('video.example.')?.endpoints.keys() ?? [])].sort()).toEqual([
    'ewr',
    'lhr',
    'sfo',
  ])
})

test('what was shown is what happens: another change in between is refused, one elsewhere is not', async () => {
  const server = await startMesh()
  await server.call('PUT', '/v1/apps/video.example', { body: { ttl: { max: 7 } } })
  const { tag } = await rollBack(server, { to: 1, dryRun: true })
  await server.call('PUT', '/v1/apps/video.example', { body: { ttl: { max: 8 } } })
  const refused = await server.call('POST', '/v1/rollbacks', { body: { to: 1, expect: tag } })
  expect(problemIn(refused)).toMatchObject({ status: 412 })
  expect(server.registry.version).toBe(3)
  const again = await rollBack(server, { to: 1, dryRun: true })
  const force = { state: 'down', seconds: 60, reason: 'test' }
  await server.call('PUT', '/v1/apps/video.example/endpoints/sfo/force', { body: force })
  expect(await rollBack(server, { to: 1, expect: again.tag })).toMatchObject({
    version: 5,
    changed: 1,
  })
})

test('a cluster that an endpoint would need and that is gone is named', async () => {
  const server = await startMesh()
  await server.call('DELETE', '/v1/apps/video.example')
  await server.call('DELETE', '/v1/clusters/lhr')
  const refused = await server.call('POST', '/v1/rollbacks', {
    body: { to: 1, apps: ['video.example'] },
  })
  expect(problemIn(refused)).toMatchObject({ status: 409, code: 'cluster-missing' })
  expect(server.registry.version).toBe(3)
})

it.each([
  [{ to: 9 }, 404, 'version 9 is not there yet'],
  [{ to: 0 }, 404, 'history begins with version 1'],
  [
    { to: 1, zones: ['nowhere.test'] },
    404,
    'zone nowhere.test. is not registered, and was not at 1',
  ],
  [{ to: 1, apps: ['no.example'] }, 404, 'app no.example. is not registered'],
  [{ to: 'soon' }, 422, ''],
  [{ to: 1, zones: [] }, 422, ''],
  [{ to: 1, expect: 'yes' }, 422, 'is not a tag that a dry run gave'],
])('%j is refused', async (body, status, detail) => {
  const server = await startMesh()
  const problem = problemIn(await server.call('POST', '/v1/rollbacks', { body }))
  expect(problem.status).toBe(status)
  expect(problem.detail).toContain(detail)
})

test('a roll back needs a token', async () => {
  const server = await startMesh()
  const answer = await server.call('POST', '/v1/rollbacks', { body: { to: 1 }, anonymous: true })
  expect(answer.status).toBe(401)
})

const writes: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['PUT', '/v1/zones/shop.test', { ns: ['ns.shop.test'] }],
  ['PUT', '/v1/zones/shop.test', { ns: ['ns2.shop.test'] }],
  ['DELETE', '/v1/zones/shop.test'],
  ['PUT', '/v1/zones/sub.example', { ns: ['ns.example'] }],
  ['PUT', '/v1/apps/cart.shop.test', { endpoints: [{ cluster: 'sfo' }] }],
  ['PUT', '/v1/apps/a.sub.example', { endpoints: [{ cluster: 'lhr', weight: 7 }] }],
  ['DELETE', '/v1/apps/a.sub.example'],
  ['PUT', '/v1/apps/video.example/endpoints/lhr', { target: 'cdn.example.org' }],
  ['DELETE', '/v1/apps/video.example/endpoints/lhr'],
  ['PUT', '/v1/clusters/ewr', { latitude: 1, longitude: 1, addresses: ['192.0.2.9'] }],
  ['PUT', '/v1/apps/video.example/endpoints/ewr', {}],
  ['PUT', '/v1/networks/office', { prefixes: ['198.51.100.0/24'], cluster: 'lhr' }],
  ['PUT', '/v1/networks/home', { prefixes: ['198.51.100.0/25'], cluster: 'ewr' }],
  ['DELETE', '/v1/networks/office'],
  ['DELETE', '/v1/apps/video.example'],
  ['DELETE', '/v1/clusters/ewr'],
]

test('whatever was written, any version can be brought back, and the newest after it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...writes), { maxLength: 8 }), async (list) => {
      const server = await startMesh()
      const seen = new Map([[1, manifestOf(server.registry.state)]])
      for (const [method, path, body] of list) {
        await server.call(method, path, body === undefined ? {} : { body })
        seen.set(server.registry.version, manifestOf(server.registry.state))
      }
      for (const [version, manifest] of seen) {
        await rollBack(server, { to: version })
        expect(manifestOf(server.registry.state)).toEqual(manifest)
      }
      const now = await server.call('GET', '/v1/state?hash=true')
      expect(now.body).toMatchObject({ stateHash: stateHash(server.registry.state) })
      await server.stop()
    }),
    { numRuns: 5 },
  )
})
