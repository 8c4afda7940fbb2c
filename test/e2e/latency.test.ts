import { afterAll, beforeAll, expect, it } from 'vitest'
import { sampleManifest } from '../support/manifests.ts'
import type { FakeHealthStream } from '../support/fake-central.ts'
import { FakeCentral, sayGoodState } from '../support/fake-central.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord, until } from '../support/program.ts'

/** A first value takes five rounds within two intervals: about 10 s. */
const FIRST_VALUE_MS = 25_000
const TEST_MS = 2 * FIRST_VALUE_MS
/** Nobody listens there, on any address of loopback: a refusal is an answer too. */
const latency = { intervalSeconds: 5, port: 1 }

// ---- a mesh, in which one cluster has an address ----

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const sfo = new EdgeUnderTest(folder, 'sfo', () => central.grpc, { latency })
const lhr = new EdgeUnderTest(folder, 'lhr', () => central.grpc, {
  latency: { ...latency, enabled: false },
})

async function latencies(query = ''): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const page: unknown = await (await central.call('GET', `/v1/latencies${query}`)).json()
  return isRecord(page) && Array.isArray(page['items']) ? page['items'].filter(isRecord) : []
}

// ---- an edge whose central ends the first stream of reports, once it has been told ----

const otherFolder = new TestFolder()
const streams: FakeHealthStream[] = []
const told: { readonly stream: number; readonly cluster: string }[] = []
const fake = new FakeCentral({
  onRequest: (stream, request) => {
    if (!request.hello) return
    sayGoodState(stream, 'log', 10)
    const cluster = { id: 'sfo', latitude: 37.6, longitude: -122.4, addresses: ['127.0.0.1'] }
    stream.write({ change: { version: 11, clusters: [cluster] } })
  },
  onReport: (stream, report) => {
    if (report.session !== '') streams.push(stream)
    for (const { cluster, microseconds } of report.roundTrips) {
      if (microseconds > 0) told.push({ stream: streams.length, cluster })
    }
    if (report.roundTrips.length > 0 && streams.length === 1) stream.end()
  },
})
const cutOff = new EdgeUnderTest(otherFolder, 'sfo', () => fake.address, { latency })

beforeAll(async () => {
  await Promise.all([central.start(), fake.start()])
  const { clusters = [], ...rest } = sampleManifest()
  const withAddress = clusters.map((cluster) =>
    cluster.id === 'lhr' ? { ...cluster, addresses: ['127.0.0.1'] } : cluster,
  )
  await central.apply({ ...rest, clusters: withAddress })
  await Promise.all([sfo.start(), lhr.start(), cutOff.start()])
  await Promise.all([sfo.connected(), lhr.connected()])
})
afterAll(async () => {
  await Promise.all([sfo.end(), lhr.end(), cutOff.end()])
  await central.end()
  fake.stop()
  folder.remove()
  otherFolder.remove()
})

it(
  'central shows what edges measure, while they are connected',
  async () => {
    const [shown] = await until(
      'the round trips of sfo',
      async () => {
        const items = await latencies()
        return items.length > 0 ? items : undefined
      },
      FIRST_VALUE_MS,
    )
    expect(shown).toMatchObject({ edge: 'sfo', cluster: 'lhr' })
    expect(Number(shown?.['roundTripMs'])).toBeGreaterThan(0)
    expect(Number(shown?.['roundTripMs'])).toBeLessThan(1_000)
    expect((await latencies('?edge=sfo&cluster=lhr')).length).toBe(1)
    expect(await latencies('?edge=lhr')).toEqual([])
    const clusters = 'meridian_edge_latency_clusters'
    expect(await sfo.metric(clusters, { state: 'known' })).toBe(1)
    // Not enabled there.
    expect(await lhr.metric(clusters)).toBe(0)
    // Nothing of it is an event.
    const events = await (await central.call('GET', '/v1/events')).text()
    expect(events).not.toMatch(/latenc|roundTrip/)
    await sfo.end()
    await until('the round trips of sfo to go', async () =>
      (await latencies()).length === 0 ? true : undefined,
    )
  },
  TEST_MS,
)

it(
  'an edge tells all that it knows over a new stream',
  async () => {
    await until(
      'a report over the second stream',
      () => told.find(({ stream }) => stream === 2),
      FIRST_VALUE_MS,
    )
    expect(told).toEqual([
      { stream: 1, cluster: 'sfo' },
      { stream: 2, cluster: 'sfo' },
    ])
  },
  TEST_MS,
)
