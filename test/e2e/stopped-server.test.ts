import { afterAll, beforeAll, expect, it } from 'vitest'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'
import { SteadyLoad } from '../support/steady-load.ts'
import { WebServer } from '../support/web-server.ts'

const CHECK = { type: 'http' as const, intervalMs: 500, timeoutMs: 400 }
/**
 * How soon a server that accepts and says nothing is in no answer any more: two probes, each an interval
 * and 10 % after the last, the timeout of the second, and a second for processes that share a machine.
 */
const OUT_MS = 2 * 550 + CHECK.timeoutMs + 1_000
/** And how soon one that goes on is back: two good probes after the one that is under way. */
const BACK_MS = CHECK.timeoutMs + 2 * 550 + 1_000

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edges = ['sfo', 'ewr', 'lhr'].map(
  (id) => new EdgeUnderTest(folder, id, () => central.grpc, { replica: { kind: 'full' } }),
)
const stopped = new WebServer('127.0.0.2')
const other = new WebServer('127.0.0.3')

beforeAll(async () => {
  await central.start()
  await Promise.all([stopped.start(), other.start()])
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [
      {
        name: 'web.example',
        ttl: { min: 0, max: 60 },
        health: { check: CHECK },
        endpoints: [
          { cluster: 'lhr', addresses: [other.address], port: other.port },
          { cluster: 'sfo', addresses: [stopped.address], port: stopped.port },
        ],
      },
    ],
  })
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  await Promise.all([stopped.end(), other.end()])
  folder.remove()
})

it('a server that is stopped under load is out in time and back in time, and every query is answered', async () => {
  await until('both endpoints to be known to be up', async () => {
    const response = await central.call('GET', '/v1/health?state=up')
    const text = await response.text()
    return text.includes('"sfo"') && text.includes('"lhr"') ? true : undefined
  })
  const [sfo] = edges
  await sfo?.answers('web.example', stopped.address)
  // Fails without an answer within 5 s, as dig does.
  const loads = edges.map((edge) => new SteadyLoad(() => edge.addresses('web.example')))
  const answersSince = (at: number): readonly string[] =>
    loads.flatMap((load) => load.answersSince(at))

  try {
    const outBy = performance.now() + OUT_MS
    stopped.freeze()
    await until('each edge to have answered when it has to be out', () =>
      loads.every((load) => load.answersSince(outBy).length > 20) ? true : undefined,
    )
    expect([...new Set(answersSince(outBy))]).toEqual([other.address])

    const thawedAt = performance.now()
    stopped.thaw()
    await sfo?.answers('web.example', stopped.address)
    expect(performance.now() - thawedAt).toBeLessThan(BACK_MS)
  } finally {
    await Promise.all(loads.map((load) => load.end()))
  }
  expect(loads.flatMap(({ unanswered }) => unanswered)).toEqual([])
  // Each was answered right, too: with one of the two, never with nothing.
  expect(new Set(answersSince(0))).toEqual(new Set([stopped.address, other.address]))
  for (const load of loads) expect(load.answersSince(0).length).toBeGreaterThan(100)
}, 30_000)
