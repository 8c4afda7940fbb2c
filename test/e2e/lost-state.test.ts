import { rmSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { sampleManifest } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const lost = (edge: EdgeUnderTest) =>
  edge.metric('meridian_edge_replica_rejects_total', { reason: 'lost-much' })

it(
  'a central that has lost its log takes nothing from edges, until somebody confirms it',
  { timeout: 60_000 },
  async () => {
    const central = new CentralUnderTest(folder)
    await central.start()
    await central.apply(sampleManifest())
    const kinds = { sfo: 'full', ewr: 'on-demand' }
    const edges = Object.entries(kinds).map(
      ([id, kind]) => new EdgeUnderTest(folder, id, () => central.grpc, { replica: { kind } }),
    )
    await Promise.all(edges.map((edge) => edge.start()))
    const addresses = '192.0.2.1 192.0.2.2'
    await Promise.all(edges.map((edge) => edge.answers('video.example', addresses)))

    await central.end()
    rmSync(folder.file('central'), { recursive: true })
    await central.start()
    for (const edge of edges) {
      await until('the edge to refuse the state', async () => (await lost(edge)) > 0 || undefined)
      expect(await edge.addresses('video.example')).toBe(addresses)
      const said = await edge.program?.logged('state of central refused')
      expect(said?.['detail']).toContain('lacks 1 of 1 zones')
      expect(await edge.get('/ready')).toMatchObject({ status: 200, body: { degraded: true } })
    }

    await central.end()
    const confirming = new CentralUnderTest(folder, { grpc: { confirmStates: true } })
    confirming.grpc = central.grpc
    confirming.http = central.http
    await confirming.start()
    await Promise.all(edges.map((edge) => edge.answers('video.example', 'REFUSED')))
    await Promise.all(edges.map((edge) => edge.end()))
    await confirming.end()
  },
)
