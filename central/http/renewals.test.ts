import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { problemIn, smallMesh, startServer, TOKEN } from './server.fixture.ts'
import type { Answer, TestServer, TestServerOptions } from './server.fixture.ts'

const key = { app: 'video.example.', cluster: 'sfo', machine: 'vm-1' }
const PATH = '/v1/renewals/video.example./sfo/vm-1'

/** A server with one machine, registered at version 2 with the address that its requests come from. */
async function startWith(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startServer(options)
  await server.call('POST', '/v1/changes', { body: smallMesh })
  await server.call('PUT', '/v1/register', { body: key })
  return server
}

const renew = (server: TestServer, query: string, path = PATH): Promise<Answer> =>
  server.call('POST', path + query)

const isShort = ({ headers }: Answer): boolean => !headers.has('x-request-id')

test.each([
  // As agents write it: these are answered on the short way.
  ['?version=2', PATH, true],
  ['?version=2&from=machine', PATH, true],
  ['?version=2&load=40.5', PATH, true],
  ['?version=2&from=machine&load=1000', PATH, true],
  // And all else that means the same.
  ['', PATH, false],
  ['?from=machine&version=2', PATH, false],
  ['?version=2', '/v1/renewals/VIDEO.example/sfo/vm-1', false],
  ['?version=2', '/v1/renewals/video%2Eexample./sfo/vm-1', false],
])('a lease is renewed by %j, %s', async (query, path, isOnShortWay) => {
  const clock = new ManualClock()
  const server = await startWith({ clock })
  clock.advance(20_000)
  const answer = await renew(server, query, path)
  expect(answer).toMatchObject({ status: 204, body: undefined })
  expect(answer.headers.get('meridian-version')).toBe('2')
  expect(server.machines.leaseEndsEpoch(key)).toBe(clock.epochMs() + 30_000)
  expect([server.registry.version, server.machines.stats.renewals]).toEqual([2, 1])
  expect(server.loads.stats.reports).toBe(query.includes('load') ? 1 : 0)
  expect(isShort(answer)).toBe(isOnShortWay)
})

test.each([
  ['?version=1', PATH, 412, 'precondition-failed'],
  ['?version=3', PATH, 412, 'precondition-failed'],
  ['?version=2', `${PATH}0`, 404, 'not-found'],
  ['?version=2', '/v1/renewals/video.example./lhr/vm-1', 404, 'not-found'],
  ['?version=2', '/v1/renewals/video.example./sfo/VM_1', 422, undefined],
  ['?version=0', PATH, 422, undefined],
  ['?version=2&load=1000.5', PATH, 422, undefined],
  ['?version=2&from=elsewhere', PATH, 422, undefined],
  ['?version=2&more=1', PATH, 422, undefined],
])('by %j, %s it is not: %i %s', async (query, path, status, code) => {
  const server = await startWith()
  const answer = await renew(server, query, path)
  expect([answer.status, problemIn(answer).code]).toEqual([status, code])
  expect(isShort(answer)).toBe(false)
  expect(server.machines.stats.renewals).toBe(0)
})

test.each([[{ anonymous: true }], [{ headers: { authorization: 'Bearer not-the-token' } }]])(
  'it needs a token (%#)',
  async (call) => {
    const server = await startWith()
    const answer = await server.call('POST', `${PATH}?version=2`, call)
    expect([answer.status, server.machines.stats.renewals]).toEqual([401, 0])
    expect(answer.headers.get('www-authenticate')).toContain('Bearer')
  },
)

test('a request with an id of its own is answered with it', async () => {
  const server = await startWith()
  const headers = { 'x-request-id': 'of-the-client' }
  const answer = await server.call('POST', `${PATH}?version=2`, { headers })
  expect([answer.status, answer.headers.get('x-request-id')]).toEqual([204, 'of-the-client'])
})

describe('a machine has to register anew', () => {
  test('when another has taken its place', async () => {
    const server = await startWith()
    const other = { ...key, addresses: ['192.0.2.18'] }
    await server.call('PUT', '/v1/register', { body: other })
    expect(await renew(server, '?version=2')).toMatchObject({ status: 412 })
    expect(await renew(server, '?version=3')).toMatchObject({ status: 204 })
  })

  test('when it is seen with another address than it is registered with', async () => {
    const server = await startWith()
    await server.call('PUT', '/v1/register', { body: { ...key, addresses: ['192.0.2.18'] } })
    const answer = await renew(server, '?version=3&from=machine')
    expect([answer.status, problemIn(answer).detail]).toEqual([
      412,
      'machine vm-1 of video.example. on sfo is registered otherwise by now: it has to register anew',
    ])
  })

  test('when it is out', async () => {
    const url = 'http://127.0.0.1:1/'
    const server = await startWith({ machines: { terminate: { allow: [url] } } })
    await server.call('PUT', '/v1/register', { body: { ...key, terminateUrl: url } })
    await server.call(
      'DELETE',
      '/v1/register?app=video.example&cluster=sfo&machine=vm-1&why=unhealthy',
    )
    const answer = await renew(server, `?version=${server.registry.version}`)
    expect([answer.status, problemIn(answer).code]).toEqual([404, 'not-found'])
    await server.machines.stop()
  })
})

test('many renewals on one connection are answered in their order', async () => {
  const server = await startWith()
  const request = (version: number): string =>
    `POST ${PATH}?version=${version} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
    `Authorization: Bearer ${TOKEN}\r\nContent-Length: 0\r\n\r\n`
  const socket = connect(server.port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (part: string) => (text += part))
  socket.write([2, 1, 2].map(request).join(''))
  const statuses = (): unknown => text.match(/(?<=HTTP\/1\.1 )\d+/g)
  await expect.poll(statuses).toEqual(['204', '412', '204'])
  socket.destroy()
})
