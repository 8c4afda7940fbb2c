import { expect, it } from 'vitest'
import { smallMesh, startServer } from './server.fixture.ts'
import type { TestServer } from './server.fixture.ts'

async function startWithMesh(): Promise<TestServer> {
  const server = await startServer()
  await server.call('POST', '/v1/changes', { body: smallMesh })
  return server
}

const [app] = smallMesh.apps
const path = `/v1/apps/${app?.name ?? ''}`

it('an endpoint with a target is put, shown and listed with its app', async () => {
  const { call } = await startWithMesh()
  const body = { target: 'CDN.test', port: 443 }
  const stored = { cluster: 'lhr', addresses: [], target: 'cdn.test.', port: 443 }
  const put = await call('PUT', `${path}/endpoints/lhr`, { body })
  expect(put).toMatchObject({ body: stored })
  expect(await call('GET', `${path}/endpoints/lhr`)).toMatchObject({ status: 200, body: stored })
  const { body: shown } = await call('GET', path)
  expect(shown).toHaveProperty('endpoints')
  expect(JSON.stringify(shown)).toContain('"target":"cdn.test."')
  expect(await call('GET', '/v1/events?after=1')).toMatchObject({
    status: 200,
    body: { items: [{ events: [{ type: 'endpoint-put', endpoint: stored }] }] },
  })
})

it('an app with a service is put and shown', async () => {
  const { call } = await startWithMesh()
  const service = { alpn: ['h2', 'h3'], port: 8443 }
  const stored = { service: { ...service, https: true, srv: true } }
  expect(await call('PUT', path, { body: { service } })).toMatchObject({
    status: 200,
    body: stored,
  })
  expect(await call('GET', path)).toMatchObject({ status: 200, body: stored })
  // The whole app is put, so that without its service it has none.
  const { body } = await call('PUT', path, { body: {} })
  expect(body).not.toHaveProperty('service')
})

it.each([
  [`${path}/endpoints/lhr`, { target: 'cdn.test', addresses: ['192.0.2.1'] }, '/target'],
  [`${path}/endpoints/lhr`, { target: '.' }, '/target'],
  [path, { service: { alpn: ['h2', 'h2'] } }, '/service/alpn'],
  [path, { endpoints: [{ cluster: 'lhr', target: app?.name }] }, '/endpoints/0/target'],
])('%s with %j is refused', async (at, body, pointer) => {
  const { call } = await startWithMesh()
  expect(await call('PUT', at, { body })).toMatchObject({
    status: 422,
    body: { errors: [{ in: 'body', path: pointer }] },
  })
})

it('a target at an apex is refused by its rule, and so is a zone over a target', async () => {
  const { call } = await startWithMesh()
  const ns = { ns: ['ns.example'] }
  const refused = { status: 409, body: { code: 'target-impossible' } }
  await call('PUT', `${path}/endpoints/lhr`, { body: { target: 'cdn.test' } })
  const zone = `/v1/zones/${app?.name ?? ''}`
  expect(await call('PUT', zone, { body: ns })).toMatchObject(refused)
  await call('DELETE', `${path}/endpoints/lhr`)
  expect(await call('PUT', zone, { body: ns })).toMatchObject({ status: 201 })
  const target = { target: 'cdn.test' }
  expect(await call('PUT', `${path}/endpoints/lhr`, { body: target })).toMatchObject(refused)
})
