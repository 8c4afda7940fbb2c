import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord, until } from '../support/program.ts'
import { WebServer } from '../support/web-server.ts'

/** How long a machine has to be down until it is ended. */
const DOWN_MS = 5_000

const folder = new TestFolder()
const ended: unknown[] = []
const hook = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', (part: string) => (text += part))
  request.on('end', () => {
    ended.push(JSON.parse(text))
    response.writeHead(204).end()
  })
})
const service = new WebServer('127.0.0.2')
let central: CentralUnderTest
let edges: readonly EdgeUnderTest[] = []
let hookUrl = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  const address = hook.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('it has no port')
  hookUrl = `http://127.0.0.1:${address.port}/end`
  await service.start()
  central = new CentralUnderTest(folder, { machines: { terminate: { allow: [hookUrl] } } })
  await central.start()
  const health = { check: { type: 'http' as const, intervalMs: 500, timeoutMs: 400 } }
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: ['alone', 'pair', 'forced'].map((name) => ({ name: `${name}.example`, health })),
  })
  edges = ['sfo', 'ewr'].map((id) => new EdgeUnderTest(folder, id, () => central.grpc))
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  await service.end()
  hook.close()
  folder.remove()
})

async function register(app: string, machine: string, addresses: readonly string[]): Promise<void> {
  await central.call('PUT', '/v1/register', {
    app,
    cluster: 'sfo',
    machine,
    addresses,
    port: service.port,
    leaseSeconds: 600,
    terminateUrl: hookUrl,
    endAfterDownSeconds: DOWN_MS / 1_000,
  })
}

async function itemsOf(path: string): Promise<readonly Record<string, unknown>[]> {
  const page: unknown = await (await central.call('GET', path)).json()
  const items: unknown[] = isRecord(page) && Array.isArray(page['items']) ? page['items'] : []
  return items.filter(isRecord)
}

async function allAre(state: string): Promise<void> {
  await until(`all endpoints to be ${state}`, async () => {
    const items = await itemsOf('/v1/health')
    return items.length === 3 && items.every((item) => item['state'] === state) ? true : undefined
  })
}

async function eventsOf(machine: string): Promise<readonly Record<string, unknown>[]> {
  const changes = await itemsOf('/v1/events?limit=1000')
  return changes
    .flatMap(({ events }): unknown[] => (Array.isArray(events) ? events : []))
    .filter(isRecord)
    .filter((event) => event['machine'] === machine)
}

it('a machine that is down for as long as it said is withdrawn, ended and unregistered', async () => {
  await register('alone.example', 'vm-1', [service.address])
  await register('pair.example', 'vm-2', [service.address])
  await register('pair.example', 'vm-3', ['127.0.0.3'])
  await register('forced.example', 'vm-4', [service.address])
  await until('the machine to work', async () => {
    const items = await itemsOf('/v1/health?app=alone.example')
    return items[0]?.['state'] === 'up' ? true : undefined
  })
  expect(await itemsOf('/v1/machines?app=alone.example')).toMatchObject([
    { machine: 'vm-1', endAfterDownSeconds: 5, state: 'in' },
  ])
  await service.end()
  await allAre('down')
  await central.call('PUT', '/v1/apps/forced.example/endpoints/sfo/force', {
    state: 'down',
    seconds: 600,
    reason: 'an operator looks at it',
  })
  const downAt = performance.now()
  // What central held to be down before its start counts for nothing until edges say so again.
  await central.end()
  await central.start()
  await Promise.all(edges.map((edge) => edge.connected()))
  await until('the machine to be ended', () => (ended.length > 0 ? true : undefined))
  expect(performance.now() - downAt).toBeGreaterThan(DOWN_MS)
  await until('the machine to be unregistered', async () =>
    (await itemsOf('/v1/machines?app=alone.example')).length === 0 ? true : undefined,
  )
  const why = 'failed-health'
  expect(ended).toEqual([{ app: 'alone.example.', cluster: 'sfo', machine: 'vm-1', why }])
  expect(await eventsOf('vm-1')).toMatchObject([
    { type: 'machine-registered' },
    { type: 'machine-withdrawn', why },
    { type: 'machine-terminated', why, ok: true },
    { type: 'machine-unregistered', why },
  ])
  // One of two in an endpoint, and one that an operator has forced down, are left alone.
  for (const machine of ['vm-2', 'vm-3', 'vm-4']) {
    expect((await eventsOf(machine)).map(({ type }) => type)).toEqual(['machine-registered'])
  }
})
