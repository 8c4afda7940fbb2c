import { Writable } from 'node:stream'
import * as fc from 'fast-check'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { AsRegistered } from '../machines/renewal.ts'
import type { MachineKey } from '../model/events.ts'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { Answer, TestServer, TestServerOptions } from './server.fixture.ts'

const key = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1' }
const PATH = '/v1/renewals/video.example./sfo/vm-1/key'
const issued = { handle: '0123456789abcdef', secret: 's'.repeat(43), port: 8053 }

interface Given {
  readonly server: TestServer
  /** For what keys were asked. */
  readonly asked: (readonly [MachineKey, AsRegistered])[]
}

/** A server with one machine, registered at version 2 with the address that its requests come from. */
async function startWith(options: TestServerOptions = {}): Promise<Given> {
  const asked: [MachineKey, AsRegistered][] = []
  const renewals: TestServerOptions['renewals'] = {
    issue: (at, as) => {
      asked.push([at, as])
      return issued
    },
  }
  const server = await startServer({ renewals, ...options })
  await server.call('POST', '/v1/changes', { body: smallMesh })
  await server.call('PUT', '/v1/register', { body: key })
  return { server, asked }
}

const ask = ({ server }: Given, query: string, path = PATH): Promise<Answer> =>
  server.call('POST', path + query)

test.each([
  ['?version=2', PATH, undefined],
  ['?version=2&from=machine', PATH, '127.0.0.1'],
  ['?from=machine&version=2', '/v1/renewals/VIDEO.example/sfo/vm-1/key', '127.0.0.1'],
])('a key is given by %j, %s', async (query, path, address) => {
  const given = await startWith()
  const answer = await ask(given, query, path)
  expect(answer).toMatchObject({ status: 200, body: issued })
  // RFC 9111 §5.2.2.5: nobody on the way keeps the secret.
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('meridian-version')).toBe('2')
  expect(given.asked).toEqual([[key, { version: 2, address }]])
  // It is no renewal by itself.
  expect(given.server.machines.stats.renewals).toBe(0)
})

test.each([
  ['?version=1', PATH, 412, 'precondition-failed'],
  ['?version=3', PATH, 412, 'precondition-failed'],
  ['?version=2', PATH.replace('vm-1', 'vm-10'), 404, 'not-found'],
  ['?version=2', PATH.replace('sfo', 'lhr'), 404, 'not-found'],
  ['?version=2', PATH.replace('vm-1', 'VM_1'), 422, undefined],
  ['', PATH, 422, undefined],
  ['?version=0', PATH, 422, undefined],
  ['?version=x', PATH, 422, undefined],
  ['?version=2&from=elsewhere', PATH, 422, undefined],
  ['?version=2&load=5', PATH, 422, undefined],
])('by %j, %s it is not: %i %s', async (query, path, status, code) => {
  const given = await startWith()
  const answer = await ask(given, query, path)
  expect([answer.status, problemIn(answer).code]).toEqual([status, code])
  expect(given.asked).toEqual([])
})

test('a machine with another address gets none for itself', async () => {
  const given = await startWith()
  const body = { ...key, addresses: ['192.0.2.18'] }
  await given.server.call('PUT', '/v1/register', { body })
  expect(await ask(given, '?version=3&from=machine')).toMatchObject({ status: 412 })
  expect(await ask(given, '?version=3')).toMatchObject({ status: 200 })
})

test('a machine that is out gets none', async () => {
  const url = 'http://127.0.0.1:1/'
  const given = await startWith({ machines: { terminate: { allow: [url] } } })
  const { server } = given
  await server.call('PUT', '/v1/register', { body: { ...key, terminateUrl: url } })
  await server.call(
    'DELETE',
    '/v1/register?app=video.example&cluster=sfo&machine=vm-1&why=unhealthy',
  )
  expect(await ask(given, `?version=${server.registry.version}`)).toMatchObject({ status: 404 })
  expect(given.asked).toEqual([])
  await server.machines.stop()
})

test.each([
  ['wants none', undefined],
  ['takes none now', { issue: () => undefined }],
])('a central that %s says so', async (_what, renewals) => {
  const server = await startServer(renewals === undefined ? {} : { renewals })
  await server.call('POST', '/v1/changes', { body: smallMesh })
  await server.call('PUT', '/v1/register', { body: key })
  const answer = await server.call('POST', `${PATH}?version=2`)
  expect([answer.status, problemIn(answer).detail]).toEqual([
    404,
    'this central takes no renewals by datagram: machines renew over REST',
  ])
})

test('it needs a token', async () => {
  const { server, asked } = await startWith()
  const answer = await server.call('POST', `${PATH}?version=2`, { anonymous: true })
  expect([answer.status, asked]).toEqual([401, []])
})

test('it is no change: not in the audit, and the secret is nowhere', async () => {
  const logged: string[] = []
  const stream = new Writable({
    write: (line: Buffer, _encoding, done) => {
      logged.push(line.toString())
      done()
    },
  })
  const { server } = await startWith({ logger: pino({ level: 'debug' }, stream) })
  for (const query of ['?version=2', '?version=1']) await server.call('POST', PATH + query)
  await server.call('PUT', '/v1/clusters/last', { body: { latitude: 0, longitude: 0 } })
  const pageSchema = z.object({ items: z.array(z.object({ path: z.string() })) })
  const answer = await server.call('GET', '/v1/audit')
  expect(pageSchema.parse(answer.body).items.map(({ path }) => path)).toEqual([
    '/v1/changes',
    '/v1/register',
    '/v1/clusters/last',
  ])
  expect(logged.length).toBeGreaterThan(0)
  for (const text of [...logged, JSON.stringify(answer.body)]) {
    expect(text).not.toContain(issued.secret)
  }
})

test('no path or query makes central fail', async () => {
  const given = await startWith()
  const part = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => encodeURIComponent(text))
  await fc.assert(
    fc.asyncProperty(part, part, part, part, async (app, machine, name, value) => {
      const path = `/v1/renewals/${app}/sfo/${machine}/key`
      const answer = await ask(given, `?version=${value}&${name}=${value}`, path)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
    }),
    { numRuns: 100 },
  )
  expect(given.asked).toEqual([])
})
