import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord, until } from '../support/program.ts'

const TTL_MAX = 60

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const full = new EdgeUnderTest(folder, 'ewr', () => central.grpc, { replica: { kind: 'full' } })
const edges = [new EdgeUnderTest(folder, 'sfo', () => central.grpc), full]
const force = '/v1/apps/web.example/endpoints/sfo/force?wait=edges'

beforeAll(async () => {
  await central.start()
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: ['web.example', 'other.example'].map((name) => ({
      name,
      ttl: { min: 0, max: TTL_MAX },
      endpoints: [
        { cluster: 'sfo', addresses: ['192.0.2.1'] },
        { cluster: 'lhr', addresses: ['198.51.100.1'] },
      ],
    })),
  })
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
  // Also the one that holds what it was asked for is to be told of it.
  for (const edge of edges) await edge.answers('web.example', '192.0.2.1')
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  folder.remove()
})

async function ttlsOf(name = 'web.example', of = edges): Promise<readonly number[]> {
  const responses = await Promise.all(of.map((edge) => edge.ask(name)))
  return responses.map(({ answers: [answer] }) => Number(answer && 'ttl' in answer && answer.ttl))
}

async function reasonsOf(): Promise<readonly unknown[]> {
  const bodies = await Promise.all(edges.map((edge) => edge.get('/v1/explain?name=web.example')))
  return bodies.map(({ body }) =>
    isRecord(body) && isRecord(body['answer']) ? body['answer']['ttlReason'] : undefined,
  )
}

/** Waits until both edges give this TTL. */
const untilTtl = (wanted: number): Promise<boolean> =>
  until(`the TTL to be ${wanted}`, async () =>
    (await ttlsOf()).every((ttl) => ttl === wanted) ? true : undefined,
  )

it('no answer outlives what was forced for a time, also when it is prolonged or ended', async () => {
  const put = (seconds: number): Promise<Response> =>
    central.call('PUT', force, { state: 'up', seconds, reason: 'for a while' })
  await put(25)
  expect(await ttlsOf()).toEqual([16, 16])
  expect(await ttlsOf('other.example')).toEqual([TTL_MAX, TTL_MAX])
  expect(await reasonsOf()).toEqual(Array(2).fill('a change of an endpoint is foreseen'))
  await put(50)
  expect(await ttlsOf()).toEqual([32, 32])
  await put(3)
  await untilTtl(1)
  await untilTtl(0)
  // It has expired, and central has said so.
  await untilTtl(TTL_MAX)
  expect(await reasonsOf()).toEqual(
    Array(2).fill("the app's ttl.max: a change is pushed, none is foreseen"),
  )
})

it('no answer outlives the beginning of maintenance of one endpoint, after a restart neither', async () => {
  const inMs = (ms: number): string => new Date(systemClock.epochMs() + ms).toISOString()
  await central.call('PUT', '/v1/maintenance/disks?wait=edges', {
    target: { cluster: 'sfo', app: 'web.example' },
    from: inMs(40_000),
    until: inMs(90_000),
    reason: 'new disks',
  })
  expect(await ttlsOf()).toEqual([32, 32])
  expect(await ttlsOf('other.example')).toEqual([TTL_MAX, TTL_MAX])
  await full.end()
  await central.end()
  await full.start()
  const [ttl] = await ttlsOf('web.example', [full])
  expect([32, 16]).toContain(ttl)
  await central.start()
  await Promise.all(edges.map((edge) => edge.connected()))
  await central.call('DELETE', '/v1/maintenance/disks?wait=edges')
  await untilTtl(TTL_MAX)
})
