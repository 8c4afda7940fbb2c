import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { callCli } from '../../cli/cli.fixture.ts'
import { pops } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord } from '../support/program.ts'

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edges = ['sfo', 'lhr'].map(
  (id) => new EdgeUnderTest(folder, id, () => central.grpc, { replica: { kind: 'full' } }),
)
const name = 'past.example'
const endpoints = [
  { cluster: 'sfo', addresses: ['192.0.2.1'] },
  { cluster: 'lhr', addresses: ['192.0.2.2'], weight: 300 },
]

beforeAll(async () => {
  await central.start()
  await central.apply({
    clusters: pops(),
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [{ name, endpoints }],
  })
  await Promise.all(edges.map((edge) => edge.start()))
  await Promise.all(edges.map((edge) => edge.connected()))
})
afterAll(async () => {
  await Promise.all(edges.map((edge) => edge.end()))
  await central.end()
  folder.remove()
})

/** What of an explanation does not depend on when it was asked for. */
const partSchema = z.object({
  edge: z.string(),
  endpoints: z.array(z.unknown()),
  steps: z.array(z.unknown()),
  answer: z.unknown(),
})

async function explainedNow(): Promise<readonly unknown[]> {
  const bodies = await Promise.all(edges.map((edge) => edge.get(`/v1/explain?name=${name}&type=A`)))
  return bodies.map(({ body }) => partSchema.parse(body))
}

async function explainedAt(at: string): Promise<readonly unknown[]> {
  const explained: unknown[] = []
  for (const { id } of edges) {
    const args = ['explain', name, '--edge', id, '--at', at, '--url', central.url]
    const { code, out, err } = await callCli([...args, '--output', 'json'])
    expect([code, err]).toEqual([0, ''])
    explained.push(partSchema.parse(JSON.parse(out)))
  }
  return explained
}

it('edges are explained as they explained themselves then, also after a restart of central', async () => {
  const force = { state: 'down', seconds: 600, reason: 'new disks' }
  const changes: readonly (readonly [string, string, object])[] = [
    ['PUT', `/v1/apps/${name}/endpoints/lhr/force?wait=edges`, force],
    ['PUT', `/v1/clusters/sfo?wait=edges`, { latitude: 37, longitude: -122, state: 'draining' }],
    ['POST', '/v1/changes?wait=edges', { apps: [{ name, endpoints, policy: 'weighted' }] }],
    ['POST', '/v1/changes?wait=edges', { apps: [{ name, endpoints: endpoints.slice(1) }] }],
  ]
  const seen = new Map([[await central.version(), await explainedNow()]])
  for (const [method, path, body] of changes) {
    await central.call(method, path, body)
    seen.set(await central.version(), await explainedNow())
  }
  expect(seen.size).toBe(changes.length + 1)
  await central.end()
  await central.start()
  await Promise.all(edges.map((edge) => edge.connected()))
  for (const [version, explained] of seen) {
    expect(await explainedAt(String(version))).toEqual(explained)
  }
})

it('a time is a moment too; before the log began there is nothing, and the answer says since when', async () => {
  const events: unknown = await (await central.call('GET', '/v1/events?limit=1')).json()
  const items = isRecord(events) && Array.isArray(events['items']) ? events['items'] : []
  const first: unknown = items[0]
  const began = new Date(isRecord(first) ? Number(first['atEpoch']) : Number.NaN).toISOString()
  const args = ['explain', name, '--edge', 'sfo', '--url', central.url, '--at']
  const then = await callCli([...args, began])
  expect(then.out).toContain(`version  1, as of ${began}`)
  expect(then.code).toBe(0)
  const before = await callCli([...args, '2001-01-01T00:00:00Z'])
  expect(before.err).toContain(`history begins with version 1 of ${began}`)
  expect(before.code).toBe(1)
})
