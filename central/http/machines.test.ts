import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ManualClock } from '../../shared/clock.ts'
import { problemIn, smallMesh, startServer } from './server.fixture.ts'
import type { Answer, TestServer, TestServerOptions } from './server.fixture.ts'

const vm = { app: 'video.example', cluster: 'sfo', machine: 'vm-1', addresses: ['192.0.2.17'] }
const keyOf = (machine = 'vm-1'): string =>
  `/v1/register?app=video.example&cluster=sfo&machine=${machine}`

async function startWith(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await startServer(options)
  expect(await server.call('POST', '/v1/changes', { body: smallMesh })).toMatchObject({
    status: 200,
  })
  return server
}

const register = (server: TestServer, body: object = vm, query = ''): Promise<Answer> =>
  server.call('PUT', `/v1/register${query}`, { body })

const pageSchema = z.strictObject({
  items: z.array(z.looseObject({ app: z.string(), cluster: z.string(), machine: z.string() })),
  next: z.string().optional(),
})

describe('PUT /v1/register', () => {
  test('registers a machine, and then renews its lease without a change', async () => {
    const server = await startWith()
    const first = await register(server)
    expect(first).toMatchObject({
      status: 201,
      body: { ...vm, app: 'video.example.', leaseSeconds: 30, version: 2 },
    })
    const again = await register(server)
    expect(again).toMatchObject({ status: 200, body: { version: 2 } })
    expect([server.registry.version, server.machines.stats.renewals]).toEqual([2, 1])
  })

  test('takes the address that the request comes from', async () => {
    const server = await startWith()
    const { addresses: _, ...body } = vm
    expect(await register(server, body)).toMatchObject({ body: { addresses: ['127.0.0.1'] } })
  })

  test('renews by other words for the same, and by nothing else', async () => {
    const server = await startWith()
    const put = (text: string, headers = {}): Promise<Answer> =>
      server.call('PUT', '/v1/register', {
        text,
        headers: { 'content-type': 'application/json', ...headers },
      })
    const text = JSON.stringify(vm)
    await put(text)
    const again = await put(` ${text.replace('video.example', 'VIDEO.example.')}`)
    expect(again).toMatchObject({ status: 200, body: { version: 2 } })
    expect(again.headers.get('meridian-version')).toBe('2')
    expect((await put(text, { authorization: 'Bearer not-the-token' })).status).toBe(401)
    expect((await put(text.slice(1))).status).toBe(400)
    // The same words, but the machine is another one by now, or gone.
    await put(text.replace('192.0.2.17', '192.0.2.18'))
    expect(await put(text)).toMatchObject({ status: 200, body: { version: 4 } })
    await server.call('DELETE', keyOf())
    expect(await put(text)).toMatchObject({ status: 201, body: { version: 6 } })
    expect(server.machines.stats.renewals).toBe(1)
  })

  test('waits for edges when it is asked to', async () => {
    const server = await startWith()
    const answer = await register(server, vm, '?wait=edges')
    expect(answer.headers.get('meridian-edges')).toBe('0/0')
  })

  test('needs a token', async () => {
    const server = await startWith()
    for (const method of ['PUT', 'DELETE']) {
      const given = method === 'PUT' ? { body: vm } : {}
      const answer = await server.call(method, keyOf(), { ...given, anonymous: true })
      expect([method, answer.status]).toEqual([method, 401])
    }
  })

  test('names each value that is not as wanted', async () => {
    const server = await startWith()
    const body = {
      ...vm,
      machine: 'VM_1',
      addresses: Array.from({ length: 5 }, (_, i) => `192.0.2.${i}`),
      leaseSeconds: 4,
      port: 0,
    }
    const answer = await register(server, body)
    expect(answer.status).toBe(422)
    expect(problemIn(answer).errors?.map(({ path }) => path)).toEqual([
      '/machine',
      '/addresses',
      '/port',
      '/leaseSeconds',
    ])
  })

  test('refuses a URL that the config does not allow', async () => {
    const server = await startWith({
      machines: { terminate: { allow: ['http://end.example/vms'] } },
    })
    const refused = await register(server, { ...vm, terminateUrl: 'http://other.example/' })
    expect(refused.status).toBe(422)
    expect(problemIn(refused).errors).toMatchObject([
      {
        path: '/terminateUrl',
        value: 'http://other.example/',
        detail: 'is not allowed by machines.terminate.allow of central',
      },
    ])
    const taken = await register(server, { ...vm, terminateUrl: 'http://end.example/vms/1' })
    expect(taken.status).toBe(201)
  })

  test.each([
    [{ app: 'nothing.example' }, 'app-missing'],
    [{ cluster: 'nrt' }, 'cluster-missing'],
  ])('%j breaks the rule %s', async (other, code) => {
    const server = await startWith()
    const answer = await register(server, { ...vm, ...other })
    expect([answer.status, problemIn(answer).code]).toEqual([409, code])
  })
})

describe('POST /v1/renewals', () => {
  const at = (machine: string): object => ({ app: 'VIDEO.example', cluster: 'sfo', machine })
  const renew = (server: TestServer, machines: readonly object[]): Promise<Answer> =>
    server.call('POST', '/v1/renewals', { body: { machines } })

  test('renews leases without a change, and says who has to register anew', async () => {
    const clock = new ManualClock()
    const server = await startWith({ clock })
    await register(server)
    await register(server, { ...vm, machine: 'vm-2', addresses: ['192.0.2.18'] })
    const { version } = server.registry
    clock.advance(20_000)
    const answer = await renew(server, [at('vm-1'), at('vm-2'), at('vm-3')])
    expect(answer).toMatchObject({
      status: 200,
      body: {
        renewed: 2,
        unknown: [{ app: 'video.example.', cluster: 'sfo', machine: 'vm-3' }],
      },
    })
    const ends = ['vm-1', 'vm-2'].map((machine) =>
      server.machines.leaseEndsEpoch({ app: 'video.example.', cluster: 'sfo', machine }),
    )
    expect(ends).toEqual([clock.epochMs() + 30_000, clock.epochMs() + 30_000])
    expect([server.registry.version, server.machines.stats.renewals]).toEqual([version, 2])
  })

  test('does not bring back what is out', async () => {
    const server = await startWith({ machines: { terminate: { allow: ['http://127.0.0.1:1/'] } } })
    await register(server, { ...vm, terminateUrl: 'http://127.0.0.1:1/' })
    await server.call('DELETE', `${keyOf()}&why=unhealthy`)
    expect((await renew(server, [at('vm-1')])).body).toMatchObject({ renewed: 0 })
    await server.machines.stop()
  })

  test.each([
    [[], '/machines'],
    [Array.from({ length: 1_001 }, () => at('vm-1')), '/machines'],
    [[{ ...at('vm-1'), port: 1 }], '/machines/0/port'],
    [[at('No Id')], '/machines/0/machine'],
  ])('refuses what is no list of machines (%#)', async (machines, pointer) => {
    const answer = await renew(await startWith(), machines)
    expect(answer.status).toBe(422)
    expect(JSON.stringify(answer.body)).toContain(`"${pointer}"`)
  })

  test('wants a token', async () => {
    const server = await startWith()
    const answer = await server.call('POST', '/v1/renewals', {
      body: { machines: [at('vm-1')] },
      headers: { authorization: 'Bearer not-the-token' },
    })
    expect(answer.status).toBe(401)
  })
})

describe('DELETE /v1/register', () => {
  test('unregisters a machine', async () => {
    const server = await startWith()
    await register(server)
    expect(await server.call('DELETE', keyOf())).toMatchObject({ status: 204 })
    expect(await server.call('DELETE', keyOf())).toMatchObject({ status: 404 })
  })

  test('as unhealthy takes it out until it is terminated', async () => {
    const server = await startWith({ machines: { terminate: { allow: ['http://127.0.0.1:1/'] } } })
    await register(server, { ...vm, terminateUrl: 'http://127.0.0.1:1/' })
    await server.call('DELETE', `${keyOf()}&why=unhealthy`)
    expect((await server.call('GET', '/v1/machines')).body).toMatchObject({
      items: [{ machine: 'vm-1', state: 'out', why: 'unhealthy', isTerminated: true }],
    })
    await server.machines.stop()
  })
})

describe('GET /v1/machines', () => {
  test('shows machines with the ends of their leases', async () => {
    const clock = new ManualClock()
    const server = await startWith({ clock })
    await register(server, { ...vm, port: 8080 })
    clock.advance(10_000)
    const { body } = await server.call('GET', '/v1/machines')
    expect(body).toEqual({
      items: [
        {
          ...vm,
          app: 'video.example.',
          port: 8080,
          leaseSeconds: 30,
          state: 'in',
          leaseEndsEpoch: clock.epochMs() + 20_000,
          isTerminated: false,
          version: 2,
        },
      ],
    })
  })

  test('has pages in order, and filters', async () => {
    const server = await startWith()
    for (const cluster of ['sfo', 'lhr']) {
      for (const machine of ['b', 'c', 'a']) await register(server, { ...vm, cluster, machine })
    }
    const linesOf = async (query: string): Promise<readonly string[]> => {
      const lines: string[] = []
      for (let after = ''; ;) {
        const { body } = await server.call('GET', `/v1/machines?${query}${after}`)
        const page = pageSchema.parse(body)
        lines.push(...page.items.map(({ cluster, machine }) => `${cluster} ${machine}`))
        if (page.next === undefined) return lines
        after = `&after=${page.next}`
      }
    }
    const all = ['lhr a', 'lhr b', 'lhr c', 'sfo a', 'sfo b', 'sfo c']
    for (const limit of [1, 2, 4, 6]) expect(await linesOf(`limit=${limit}`)).toEqual(all)
    expect(await linesOf('limit=2&cluster=sfo')).toEqual(all.slice(3))
    expect(await linesOf('limit=2&app=video.example')).toEqual(all)
    expect(await linesOf('limit=2&app=video.example&cluster=lhr')).toEqual(all.slice(0, 3))
    expect(await linesOf('app=nothing.example')).toEqual([])
  })
})

test('a put of the app leaves the endpoints that machines have made', async () => {
  const server = await startWith()
  await server.call('DELETE', '/v1/apps/video.example/endpoints/sfo')
  await register(server)
  const put = await server.call('PUT', '/v1/apps/video.example', {
    body: { endpoints: [{ cluster: 'lhr' }] },
  })
  expect(put).toMatchObject({
    status: 200,
    body: { endpoints: [{ cluster: 'lhr' }, { cluster: 'sfo', addresses: [] }] },
  })
  const got = await server.call('GET', '/v1/apps/video.example')
  expect(got.headers.get('etag')).toBe(put.headers.get('etag'))
  const taken = await server.call('PUT', '/v1/apps/video.example/endpoints/sfo', { body: {} })
  const after = await server.call('GET', '/v1/apps/video.example/endpoints/sfo')
  expect(after.headers.get('etag')).toBe(taken.headers.get('etag'))
})

test('the log shows what became of a machine', async () => {
  const server = await startWith()
  await register(server)
  await server.call('DELETE', keyOf())
  const { body } = await server.call('GET', '/v1/events?after=1')
  expect(body).toMatchObject({
    items: [
      { actor: 'ops', events: [{ type: 'machine-registered', machine: 'vm-1' }] },
      { actor: 'ops', events: [{ type: 'machine-unregistered', machine: 'vm-1', why: 'left' }] },
    ],
  })
})
