import { afterAll, beforeAll, expect, it } from 'vitest'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'
import { SteadyLoad } from '../support/steady-load.ts'
import { WebServer } from '../support/web-server.ts'
import { dig } from './query-tool.ts'

const CHECK = { type: 'http' as const, intervalMs: 500, timeoutMs: 400 }
/**
 * How soon a server that does not answer is in no answer any more: two probes, each an interval and 10 %
 * after the last, the timeout of the second, and a second for processes that share a machine.
 */
const OUT_MS = 2 * 550 + CHECK.timeoutMs + 1_000
/** And how soon one that goes on is back: two good probes after the one that is under way. */
const BACK_MS = CHECK.timeoutMs + 2 * 550 + 1_000
/** Answers of each edge that are looked at when it is out. */
const ANSWERS = 15

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edges = ['sfo', 'ewr', 'lhr'].map(
  (id) => new EdgeUnderTest(folder, id, () => central.grpc, { replica: { kind: 'full' } }),
)
const failing = new WebServer('127.0.0.2')
const other = new WebServer('127.0.0.3')

beforeAll(async () => {
  await central.start()
  await Promise.all([failing.start(), other.start()])
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
          { cluster: 'sfo', addresses: [failing.address], port: failing.port },
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
  await Promise.all([failing.end(), other.end()])
  folder.remove()
})

/** The edges in turn, by one dig at a time: so much the load is bounded by. */
function startDigging(): SteadyLoad {
  let asked = 0
  return new SteadyLoad(async () => {
    const edge = edges[asked++ % edges.length]
    if (edge === undefined) throw new Error('there is no edge')
    const { status, answer, warnings } = await dig(edge.dns, '+norec', 'web.example', 'A')
    const addresses = answer.map((line) => line.split(' ').at(-1) ?? '')
    return [edge.id, status, ...warnings, ...addresses].join(' ')
  })
}

const answersOf = (server: WebServer, ids: readonly string[]): readonly string[] =>
  ids.map((id) => `${id} NOERROR ${server.address}`)
const all = edges.map(({ id }) => id).sort()
const distinct = (answers: readonly string[]): readonly string[] => [...new Set(answers)].sort()

it.each([
  ['killed', () => failing.end(), () => failing.start()],
  [
    'stopped by SIGSTOP',
    () => Promise.resolve(failing.freeze()),
    () => Promise.resolve(failing.thaw()),
  ],
])(
  'a server that is %s under the load of dig is out in time and back in time, and every query is answered',
  async (_how, stop, goOn) => {
    await until('both endpoints to be known to be up', async () => {
      const text = await (await central.call('GET', '/v1/health?state=up')).text()
      return text.includes('"sfo"') && text.includes('"lhr"') ? true : undefined
    })
    const [sfo] = edges
    await sfo?.answers('web.example', failing.address)
    const load = startDigging()
    try {
      await until('every edge to be asked', () =>
        load.answersSince(0).length > edges.length ? true : undefined,
      )
      const outBy = performance.now() + OUT_MS
      await stop()
      await until('each edge to have answered when it has to be out', () =>
        load.answersSince(outBy).length > edges.length * ANSWERS ? true : undefined,
      )
      expect(distinct(load.answersSince(outBy))).toEqual(answersOf(other, all))

      const onAt = performance.now()
      await goOn()
      await sfo?.answers('web.example', failing.address)
      expect(performance.now() - onAt).toBeLessThan(BACK_MS)
    } finally {
      await load.end()
    }
    expect(load.unanswered).toEqual([])
    // Each was answered right, too: with one of the two, where the other is not the edge's own, never with nothing.
    const right = [...answersOf(other, all), ...answersOf(failing, ['ewr', 'sfo'])]
    expect(distinct(load.answersSince(0))).toEqual(right.sort())
  },
  60_000,
)
