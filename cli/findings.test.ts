import { afterEach, expect, it } from 'vitest'
import { callCli, startFakeCentral } from './cli.fixture.ts'
import type { FakeCentral } from './cli.fixture.ts'

const servers: FakeCentral[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

const explanation = {
  name: 'video.example.',
  type: 'A',
  edge: 'lhr-1',
  cluster: 'lhr',
  source: 'app',
  version: 42,
  steps: [
    {
      filter: 'healthy',
      kept: ['sfo'],
      dropped: [{ cluster: 'lhr', reason: 'the endpoint is down' }],
    },
  ],
  answer: { rcode: 'NOERROR', ttl: 30, ttlReason: 'so', records: [] },
  stale: false,
}
const health = [
  {
    app: 'video.example.',
    cluster: 'lhr',
    state: 'down',
    sinceEpoch: 1_700_000_000_000,
    reports: [{ edge: 'ewr', state: 'down', detail: 'refused' }],
  },
]
const path = 'GET /v1/apps/video.example./health?limit=1000'

async function start(script: Parameters<typeof startFakeCentral>[0]): Promise<FakeCentral> {
  const server = await startFakeCentral(script)
  servers.push(server)
  return server
}

async function explain(central: FakeCentral, ...args: readonly string[]) {
  const edge = await start({ 'GET /v1/explain?name=video.example.&type=A': { body: explanation } })
  const where = ['--edge', edge.url, '--url', central.url]
  return callCli(['explain', 'video.example', ...where, ...args])
}

it('what the edge says is joined with what central knows: since when, by whose reports', async () => {
  const central = await start({ [path]: { body: { items: health } } })
  const { code, out, err } = await explain(central)
  expect([code, err]).toEqual([0, ''])
  expect(out).toContain(
    '  dropped  lhr: the endpoint is down since 2023-11-14T22:13:20.000Z, as ewr report\n',
  )
  expect(out).toMatch(
    /\n\nhealth, as central knows it:\n {2}lhr down since \S+\n {4}ewr reports down: refused\n$/,
  )
})

it('JSON has it beside what the edge answered, which stays as it is', async () => {
  const central = await start({ [path]: { body: { items: health } } })
  const { out } = await explain(central, '--output', 'json')
  const [{ app: _, ...finding } = {}] = health
  expect(JSON.parse(out)).toEqual({ ...explanation, health: [finding] })
})

it('without central the edge is shown all the same, and what is missing is said', async () => {
  const central = await start({})
  await central.close()
  servers.splice(servers.indexOf(central), 1)
  const { code, out, err } = await explain(central)
  expect(code).toBe(0)
  expect(out).toContain('  dropped  lhr: the endpoint is down\n')
  expect(err).toMatch(/^since when and by whose reports is not known: cannot reach central at /)
})

it('an app that nobody looks at, or that is gone, has nothing to be added', async () => {
  for (const script of [{ [path]: { body: { items: [] } } }, {}]) {
    const { code, out, err } = await explain(await start(script))
    expect([code, err]).toEqual([0, ''])
    expect(out).not.toContain('health, as central knows it')
  }
})
