import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { callCli } from '../../cli/cli.fixture.ts'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edges = ['sfo', 'lhr'].map(
  (id) => new EdgeUnderTest(folder, id, () => central.grpc, { replica: { kind: 'full' } }),
)

type AppInput = NonNullable<ManifestInput['apps']>[number]
const name = 'moved.example'
const endpoints = [
  { cluster: 'sfo', addresses: ['192.0.2.1'], weight: 10 },
  { cluster: 'lhr', addresses: ['192.0.2.2'], weight: 90, priority: 1 },
]
const clusterOf: Readonly<Record<string, string>> = { '192.0.2.1': 'sfo', '192.0.2.2': 'lhr' }

beforeAll(async () => {
  await central.start()
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [{ name, endpoints, policy: 'nearest' }],
  })
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  folder.remove()
})

const reportSchema = z.object({
  edges: z.object({ kind: z.string(), count: z.number() }),
  apps: z.array(
    z.object({
      name: z.string(),
      moved: z.number(),
      clusters: z.array(
        z.object({ cluster: z.string(), nowPercent: z.number(), thenPercent: z.number() }),
      ),
    }),
  ),
})

/** One query by each edge: what a simulation says of it is what the edges answer together. */
const log = folder.write(
  'queries.log',
  edges.map(({ id }) => `192.0.2.9 ${id} ${name} A\n`).join(''),
)

async function simulated(app: Partial<AppInput>) {
  const file = folder.write('proposed.yaml', { apps: [{ name, endpoints, ...app }] })
  const args = ['simulate', '-f', file, '--queries', log, '--url', central.url, '--output', 'json']
  const { code, out, err } = await callCli(args)
  expect([code, err.includes('error')]).toEqual([0, false])
  return reportSchema.parse(JSON.parse(out))
}

/** How many percent of the edges answer with which cluster. */
async function answered(): Promise<Readonly<Record<string, number>>> {
  const shares: Record<string, number> = {}
  for (const edge of edges) {
    const cluster = clusterOf[await edge.addresses(name)] ?? 'none'
    shares[cluster] = (shares[cluster] ?? 0) + 100 / edges.length
  }
  return shares
}

it.each<Partial<AppInput>>([
  { policy: 'failover' },
  { policy: 'nearest', endpoints: endpoints.slice(1) },
  { policy: ['healthy', { filter: 'country', rules: {}, default: ['lhr'] }, 'nearest'] },
])('what is simulated is what edges answer once it is applied: %j', async (app) => {
  await central.call('POST', '/v1/changes?wait=edges', {
    apps: [{ name, endpoints, policy: 'nearest' }],
  })
  const version = await central.version()
  const before = await answered()
  const { edges: asked, apps } = await simulated(app)
  expect(asked).toEqual({ kind: 'connected', count: edges.length })
  const rows = apps[0]?.clusters ?? []
  expect(Object.fromEntries(rows.map((row) => [row.cluster, row.nowPercent]))).toEqual({
    sfo: before['sfo'] ?? 0,
    lhr: before['lhr'] ?? 0,
  })
  expect(await central.version()).toBe(version)

  await central.call('POST', '/v1/changes?wait=edges', { apps: [{ name, endpoints, ...app }] })
  const after = await answered()
  expect(Object.fromEntries(rows.map((row) => [row.cluster, row.thenPercent]))).toEqual({
    sfo: after['sfo'] ?? 0,
    lhr: after['lhr'] ?? 0,
  })
  const moved = (edges.length * Math.abs((after['sfo'] ?? 0) - (before['sfo'] ?? 0))) / 100
  expect(apps[0]?.moved).toBe(moved)
})

it('clients are made up where no log is given; drawn answers count by their shares', async () => {
  const file = folder.write('weighted.yaml', { policy: 'weighted', apps: [name] })
  const args = ['simulate', '-f', file, '--clients', '500', '--edges', 'clusters']
  const { code, out } = await callCli([...args, '--url', central.url])
  expect(code).toBe(0)
  expect(out).toContain('308 clusters, each taken for an edge')
  expect(out).toMatch(/^lhr .* 90\.0 % /m)
  expect(out).toMatch(/^sfo .* 10\.0 % /m)
})
