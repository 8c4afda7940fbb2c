import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord } from '../support/program.ts'
import { WebServer } from '../support/web-server.ts'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edges = [
  new EdgeUnderTest(folder, 'sfo', () => central.grpc),
  new EdgeUnderTest(folder, 'lax', () => central.grpc, { replica: { kind: 'full' } }),
]
/** San Francisco is near to both edges. */
const near = new WebServer('127.0.0.2')
const far = new WebServer('127.0.0.3')

type AppInput = NonNullable<ManifestInput['apps']>[number]
type Health = Partial<NonNullable<AppInput['health']>>

beforeAll(async () => {
  await central.start()
  await Promise.all([near.start(), far.start()])
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [
      appOf('busy.example', {}, [
        'healthy',
        'nearest',
        { filter: 'shed-load', low: 60, high: 140 },
      ]),
      appOf('slow.example', { slowStartSeconds: 3_600 }),
      {
        ...appOf('spare.example', { whenNotEnough: 'fallback', fallback: ['nrt'] }),
        endpoints: [...endpoints(), { cluster: 'nrt', addresses: ['192.0.2.9'], port: near.port }],
      },
    ],
  })
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
  for (const name of ['busy.example', 'slow.example', 'spare.example']) {
    for (const edge of edges) await edge.answers(name, near.address)
  }
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  await Promise.all([near.end(), far.end()])
  folder.remove()
})

function endpoints() {
  return [
    { cluster: 'sfo', addresses: [near.address], port: near.port },
    { cluster: 'lhr', addresses: [far.address], port: far.port },
  ]
}

function appOf(name: string, health: Health, policy?: AppInput['policy']): AppInput {
  const check = { type: 'http' as const, intervalMs: 500, timeoutMs: 400 }
  const base = { name, ttl: { min: 0, max: 60 }, endpoints: endpoints() }
  return { ...base, health: { check, ...health }, ...(policy === undefined ? {} : { policy }) }
}

/** Waits until central tells so of an endpoint. */
async function told(name: string, cluster: string, wanted: object): Promise<void> {
  await expect
    .poll(
      async () => {
        const response = await central.call('GET', `/v1/apps/${name}/health?cluster=${cluster}`)
        const page: unknown = await response.json()
        const items: unknown = isRecord(page) ? page['items'] : undefined
        const first: unknown = Array.isArray(items) ? items.at(0) : undefined
        return first
      },
      { timeout: 10_000 },
    )
    .toMatchObject(wanted)
}

async function report(load: number): Promise<void> {
  const loads = [{ app: 'busy.example', cluster: 'sfo', load }]
  await central.call('POST', '/v1/loads', { loads })
  await told('busy.example', 'sfo', { load })
}

/** How many percent of queries an edge says that each cluster gets. */
async function drawnOf(edge: EdgeUnderTest, name: string): Promise<unknown> {
  const { body } = await edge.get(`/v1/explain?name=${name}&type=A`)
  const answer = isRecord(body) ? body['answer'] : undefined
  return isRecord(answer) ? answer['drawn'] : undefined
}

/** Asks so often that 5 standard deviations say something; which part the near one gets. */
async function nearPart(edge: EdgeUnderTest, name: string, transport: 'udp' | 'tcp') {
  let count = 0
  for (let i = 0; i < ASKS; i++) {
    const { answers } = await edge.ask(name, 'A', transport)
    const [only, ...others] = answers.flatMap((one) => (one.type === 'A' ? [one.data] : []))
    expect(others).toEqual([])
    if (only === near.address) count++
    else expect(only).toBe(far.address)
  }
  return count / ASKS
}
const ASKS = 200
/** How soon what is down has to be out of answers: two checks fail, and what follows from that. */
const OUT_MS = 3_000
const deviation = (part: number): number => Math.sqrt((part * (1 - part)) / ASKS)

describe('load that is reported', () => {
  it.each([
    [100, 0.5],
    [120, 0.25],
  ])('of %i % shifts traffic as computed, on data threads too', async (load, part) => {
    await report(load)
    for (const edge of edges) {
      const drawn = { sfo: part * 100, lhr: 100 - part * 100 }
      await expect.poll(() => drawnOf(edge, 'busy.example')).toEqual(drawn)
      for (const transport of ['udp', 'tcp'] as const) {
        const found = await nearPart(edge, 'busy.example', transport)
        expect(Math.abs(found - part)).toBeLessThan(5 * deviation(part))
      }
    }
  })

  it('shifts all of it, and none', async () => {
    await report(200)
    for (const edge of edges) {
      await edge.answers('busy.example', far.address)
      await expect.poll(() => nearPart(edge, 'busy.example', 'udp')).toBe(0)
    }
    await report(10)
    for (const edge of edges) {
      await edge.answers('busy.example', near.address)
      await expect.poll(() => nearPart(edge, 'busy.example', 'udp')).toBe(1)
    }
  })
})

describe('an endpoint that was down', () => {
  it('comes back with a fifth of its queries, also after a restart of central', async () => {
    for (const cluster of ['sfo', 'lhr']) await told('slow.example', cluster, { state: 'up' })
    await near.end()
    for (const edge of edges) await edge.answers('slow.example', far.address)
    await told('slow.example', 'sfo', { state: 'down' })
    await near.start()
    await told('slow.example', 'sfo', { state: 'up', withheldPercent: 80 })
    const drawn = { sfo: 20, lhr: 80 }
    for (const edge of edges) {
      await expect.poll(() => drawnOf(edge, 'slow.example')).toEqual(drawn)
      const found = await nearPart(edge, 'slow.example', 'udp')
      expect(Math.abs(found - 0.2)).toBeLessThan(5 * deviation(0.2))
    }
    await central.end()
    await central.start()
    await Promise.all(edges.map((edge) => edge.connected()))
    await told('slow.example', 'sfo', { withheldPercent: 80 })
    for (const edge of edges) {
      await expect.poll(() => drawnOf(edge, 'slow.example')).toEqual(drawn)
    }
  })
})

describe('a fallback set', () => {
  it('is answered while all others are down, and not before or after', async () => {
    const all = (wanted: string): Promise<number[]> =>
      Promise.all(edges.map((edge) => edge.answers('spare.example', wanted)))
    await all(near.address)
    await Promise.all([near.end(), far.end()])
    const times = await all('192.0.2.9')
    expect(Math.max(...times)).toBeLessThan(OUT_MS)
    await far.start()
    await all(far.address)
    for (const edge of edges) expect(await edge.addresses('spare.example')).toBe(far.address)
  })
})
