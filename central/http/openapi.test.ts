import { expect, test } from 'vitest'
import { compileSchema, createPromises, documentSchema } from './openapi.fixture.ts'
import type { OpenapiDocument } from './openapi.fixture.ts'
import { startServer } from './server.fixture.ts'

async function fetchDocument(): Promise<OpenapiDocument> {
  const { url } = await startServer()
  return documentSchema.parse(await (await fetch(`${url}/openapi.json`)).json())
}

test('the document lists every route', async () => {
  const { paths } = await fetchDocument()
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  )
  expect(routes.sort()).toEqual([
    'delete /a/{name}',
    'delete /aaaa/{name}',
    'delete /cname/{name}',
    'delete /mx/{name}',
    'delete /srv/{name}',
    'delete /txt/{name}',
    'delete /v1/apps/{name}',
    'delete /v1/apps/{name}/endpoints/{cluster}',
    'delete /v1/apps/{name}/endpoints/{cluster}/force',
    'delete /v1/clusters/{id}',
    'delete /v1/maintenance/{id}',
    'delete /v1/networks/{id}',
    'delete /v1/register',
    'delete /v1/zones/{apex}',
    'delete /v1/zones/{apex}/rrsets/{name}/{type}',
    'get /',
    'get /a',
    'get /a/{name}',
    'get /aaaa',
    'get /aaaa/{name}',
    'get /cname',
    'get /cname/{name}',
    'get /health',
    'get /metrics',
    'get /mx',
    'get /mx/{name}',
    'get /ready',
    'get /srv',
    'get /srv/{name}',
    'get /txt',
    'get /txt/{name}',
    'get /v1/apps',
    'get /v1/apps/{name}',
    'get /v1/apps/{name}/endpoints',
    'get /v1/apps/{name}/endpoints/{cluster}',
    'get /v1/apps/{name}/health',
    'get /v1/audit',
    'get /v1/clusters',
    'get /v1/clusters/{id}',
    'get /v1/dead-letters',
    'get /v1/edges',
    'get /v1/edges/{id}',
    'get /v1/events',
    'get /v1/events/stream',
    'get /v1/forced',
    'get /v1/health',
    'get /v1/history/{name}',
    'get /v1/latencies',
    'get /v1/loads',
    'get /v1/machines',
    'get /v1/maintenance',
    'get /v1/networks',
    'get /v1/networks/{id}',
    'get /v1/sources',
    'get /v1/state',
    'get /v1/status',
    'get /v1/versions/{version}',
    'get /v1/zones',
    'get /v1/zones/{apex}',
    'get /v1/zones/{apex}/file',
    'get /v1/zones/{apex}/rrsets',
    'get /v1/zones/{apex}/rrsets/{name}/{type}',
    'post /a',
    'post /a/{name}',
    'post /aaaa',
    'post /aaaa/{name}',
    'post /cname',
    'post /cname/{name}',
    'post /mx',
    'post /mx/{name}',
    'post /srv',
    'post /srv/{name}',
    'post /txt',
    'post /txt/{name}',
    'post /v1/changes',
    'post /v1/loads',
    'post /v1/log/verify',
    'post /v1/renewals',
    'post /v1/renewals/{app}/{cluster}/{machine}',
    'post /v1/renewals/{app}/{cluster}/{machine}/key',
    'post /v1/rollbacks',
    'put /a/{name}',
    'put /aaaa/{name}',
    'put /cname/{name}',
    'put /mx/{name}',
    'put /srv/{name}',
    'put /txt/{name}',
    'put /v1/apps/{name}',
    'put /v1/apps/{name}/endpoints/{cluster}',
    'put /v1/apps/{name}/endpoints/{cluster}/force',
    'put /v1/clusters/{id}',
    'put /v1/maintenance/{id}',
    'put /v1/networks/{id}',
    'put /v1/register',
    'put /v1/zones/{apex}',
    'put /v1/zones/{apex}/rrsets/{name}/{type}',
  ])
})

test('every operation has its own id, its path parameters, and a token where it writes', async () => {
  const { paths } = await fetchDocument()
  const ids: string[] = []
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      ids.push(operation.operationId)
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
      expect(inPath.every((parameter) => parameter.required === true)).toBe(true)
      // Who asked from where is not for everybody.
      const isGuarded = method !== 'get' || path === '/v1/audit'
      expect([method, path, operation.security !== undefined]).toEqual([method, path, isGuarded])
    }
  }
  expect(new Set(ids).size).toBe(ids.length)
})

test('every schema is JSON Schema whose references exist', async () => {
  const document = await fetchDocument()
  let compiled = 0
  for (const operations of Object.values(document.paths)) {
    for (const operation of Object.values(operations)) {
      const bodies = [operation.requestBody, ...Object.values(operation.responses)]
      const contents = bodies.flatMap((body) => Object.values(body?.content ?? {}))
      for (const { schema } of [...contents, ...(operation.parameters ?? [])]) {
        compileSchema(document, schema)
        compiled++
      }
    }
  }
  expect(compiled).toBeGreaterThan(100)
})

test('the document says what a request may leave out', async () => {
  const { paths } = await fetchDocument()
  const body = paths['/v1/zones/{apex}']?.['put']?.requestBody?.content['application/json']?.schema
  expect(body).toMatchObject({ type: 'object', required: ['ns'], additionalProperties: false })
})

test('the other tests do see an answer that breaks its promise', async () => {
  const { url } = await startServer()
  const promises = createPromises(await (await fetch(`${url}/openapi.json`)).json())
  const json = { headers: { 'content-type': 'application/json' } }
  const path = '/v1/clusters/sfo?x'
  const good = { id: 'sfo', latitude: 1, longitude: 1, addresses: [], state: 'active', version: 1 }
  promises.check('GET', path, new Response('', json), good)
  const bad = { ...good, version: 'one' }
  expect(() => promises.check('GET', path, new Response('', json), bad)).toThrow('version')
  const found = new Response('', { ...json, status: 302 })
  expect(() => promises.check('GET', path, found, good)).toThrow('not promised')
})
