import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord, until } from '../support/program.ts'
import { WebServer } from '../support/web-server.ts'

/** How soon a dead endpoint has to be out of the answers of every edge, checked every 500 ms. */
const OUT_MS = 1_500
/** And how soon it has to be back. */
const BACK_MS = 2_000

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edges = [
  new EdgeUnderTest(folder, 'sfo', () => central.grpc),
  new EdgeUnderTest(folder, 'ewr', () => central.grpc, { replica: { kind: 'full' } }),
  new EdgeUnderTest(folder, 'lhr', () => central.grpc, { replica: { kind: 'full' } }),
]
const [sfo, ewr, lhr] = edges
const servers = { sfo: new WebServer('127.0.0.2'), lhr: new WebServer('127.0.0.3') }
const all = Object.values(servers)

beforeAll(async () => {
  await central.start()
  await Promise.all(all.map((server) => server.start()))
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'], soa: { minimum: 60 } }],
    apps: [appOf('web.example', 'fail-open'), appOf('closed.example', 'fail-closed')],
  })
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
  await states('up up')
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  await Promise.all(all.map((server) => server.end()))
  folder.remove()
})

function appOf(name: string, whenNotEnough: 'fail-open' | 'fail-closed') {
  return {
    name,
    ttl: { min: 0, max: 60 },
    health: {
      check: { type: 'http' as const, intervalMs: 500, timeoutMs: 400 },
      whenNotEnough,
    },
    endpoints: Object.entries(servers).map(([cluster, { address, port }]) => ({
      cluster,
      addresses: [address],
      port,
    })),
  }
}

/** Waits until central holds these states of the endpoints of web.example, by cluster: lhr, sfo. */
async function states(wanted: string): Promise<void> {
  let found = ''
  await until(`web.example to be ${wanted}`, async () => {
    const response = await central.call('GET', '/v1/apps/web.example/health')
    const page: unknown = await response.json()
    const items = isRecord(page) && Array.isArray(page['items']) ? page['items'] : []
    found = items.map((item: unknown) => (isRecord(item) ? item['state'] : '')).join(' ')
    return found === wanted ? true : undefined
  }).catch((err: unknown) => {
    throw new Error(`${String(err)}; it was ${found}`)
  })
}

const ttlOf = (record: object): unknown => ('ttl' in record ? record.ttl : undefined)

/** Waits until all edges answer with an address; returns the slowest, in ms. */
async function allAnswer(name: string, wanted: string): Promise<number> {
  return Math.max(...(await Promise.all(edges.map((edge) => edge.answers(name, wanted)))))
}

describe('an endpoint that dies', () => {
  it('is out of the answers of every edge in time, and back in time', async () => {
    expect(await sfo?.addresses('web.example')).toBe('127.0.0.2')
    expect(await lhr?.addresses('web.example')).toBe('127.0.0.3')
    await servers.sfo.end()
    expect(await allAnswer('web.example', '127.0.0.3')).toBeLessThan(OUT_MS)
    await servers.sfo.start()
    expect(await sfo?.answers('web.example', '127.0.0.2')).toBeLessThan(BACK_MS)
    await states('up up')
  })

  it('and one that hangs, though it still accepts connections', async () => {
    servers.lhr.freeze()
    // The first probe that it does not answer takes its timeout longer to fail.
    expect(await allAnswer('web.example', '127.0.0.2')).toBeLessThan(OUT_MS + 400)
    servers.lhr.thaw()
    expect(await lhr?.answers('web.example', '127.0.0.3')).toBeLessThan(BACK_MS)
    await states('up up')
  })

  it('is told of with who found it out, and why', async () => {
    await servers.sfo.end()
    await states('up down')
    const response = await central.call('GET', '/v1/health?state=down&app=web.example')
    const page: unknown = await response.json()
    const items: readonly unknown[] =
      isRecord(page) && Array.isArray(page['items']) ? page['items'] : []
    const item = items.at(0)
    expect(item).toMatchObject({ app: 'web.example.', cluster: 'sfo', state: 'down' })
    expect(JSON.stringify(item)).toContain('connection refused')
    await servers.sfo.start()
    await states('up up')
  })
})

describe('when nothing works', () => {
  it('a fail-open app is answered as if all did, a fail-closed one with no address for a moment', async () => {
    await Promise.all(all.map((server) => server.end()))
    await states('down down')
    await Promise.all(edges.map((edge) => edge.answers('closed.example', 'NOERROR')))
    for (const edge of edges) {
      const { authorities } = await edge.ask('closed.example')
      // Not the 60 s of the zone: trust in a verdict is 500 ms × 2.
      expect(authorities.map(ttlOf)).toEqual([1])
    }
    expect(await sfo?.addresses('web.example')).toBe('127.0.0.2')
    expect(await lhr?.addresses('web.example')).toBe('127.0.0.3')
    await Promise.all(all.map((server) => server.start()))
    await states('up up')
    await sfo?.answers('closed.example', '127.0.0.2')
  })

  it('the TTL of an answer is that of the trust in it', async () => {
    for (const edge of edges) {
      const { answers } = await edge.ask('web.example')
      expect(answers.map(ttlOf)).toEqual([1])
    }
  })
})

describe('without central', () => {
  it('an edge goes by what it finds out itself, and by central again when it is back', async () => {
    await central.end('SIGKILL')
    await servers.sfo.end()
    // It hears of no verdict; 3 s are what it waits before its own count.
    await sfo?.answers('web.example', '127.0.0.3')
    await ewr?.answers('web.example', '127.0.0.3')
    await central.start()
    await Promise.all(edges.map((edge) => edge.connected()))
    // Central's last verdict was that it is up: it is not gone by while edges tell what they found.
    for (let i = 0; i < 20; i++) expect(await sfo?.addresses('web.example')).toBe('127.0.0.3')
    await states('up down')
    await servers.sfo.start()
    await sfo?.answers('web.example', '127.0.0.2')
  })
})

it('checks end with what they are of, and begin before the first question', async () => {
  await central.apply({ apps: [{ ...appOf('late.example', 'fail-open') }] })
  const before = await servers.sfo.asked()
  await until('a check of all three apps', async () =>
    (await servers.sfo.asked()) > before + 10 ? true : undefined,
  )
  for (const name of ['web.example', 'closed.example', 'late.example']) {
    await central.call('DELETE', `/v1/apps/${name}`)
  }
  await until('no edge to have a check', async () => {
    const tasks = await Promise.all(edges.map((edge) => edge.metric('meridian_edge_health_tasks')))
    return tasks.every((count) => count === 0) ? true : undefined
  })
  const asked = await servers.sfo.asked()
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(await servers.sfo.asked()).toBe(asked)
})
