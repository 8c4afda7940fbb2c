import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sampleManifest } from '../../support/manifests.ts'
import type { CentralUnderTest } from '../../support/mesh.ts'
import { EdgeUnderTest } from '../../support/mesh.ts'
import { until } from '../../support/program.ts'
import { BROKER_START_MS } from './broker.ts'
import { agreement, KafkaMesh, positionOf, put } from './mesh.ts'

const APP = 'video.example'
const ENDPOINT = '/v1/apps/video.example./endpoints/ewr'

const mesh = new KafkaMesh()
let edge: EdgeUnderTest | undefined
beforeAll(() => mesh.startBroker(), BROKER_START_MS)
afterEach(async () => {
  await edge?.end('SIGKILL')
  await mesh.endCentrals()
})
afterAll(() => mesh.end())

async function startEdge(centrals: readonly CentralUnderTest[]): Promise<EdgeUnderTest> {
  const started = new EdgeUnderTest(mesh.folder, 'ewr', () => centrals.map(({ grpc }) => grpc), {
    replica: { kind: 'full', snapshotSeconds: 1 },
  })
  edge = started
  await started.start()
  await started.connected()
  return started
}

async function metricOf(central: CentralUnderTest, name: string): Promise<number> {
  const page = await (await central.call('GET', '/metrics')).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1])
}

test('an edge goes to another central and on from its version; it is never sent the whole state again', async () => {
  const [first, second] = await mesh.startCentrals('failover', 2)
  if (first === undefined || second === undefined) throw new Error('there are no centrals')
  await first.apply(sampleManifest())
  const edge = await startEdge([first, second])
  await edge.answers(APP, '192.0.2.1 192.0.2.2')

  // What is written at the one reaches the edges of the other.
  await put(second, ENDPOINT, { addresses: ['203.0.113.7'] })
  await edge.answers(APP, '203.0.113.7')

  await first.end('SIGKILL')
  await put(second, ENDPOINT, { addresses: ['203.0.113.8'] })
  await edge.answers(APP, '203.0.113.8')
  expect(await edge.metric('meridian_edge_replica_changes_total', { kind: 'state' })).toBe(1)

  // The edge knows more than the central that comes back to it at this moment, or as much.
  await first.start()
  await second.end('SIGKILL')
  await put(first, ENDPOINT, { addresses: ['203.0.113.9'] })
  await edge.answers(APP, '203.0.113.9')
  expect(await edge.metric('meridian_edge_replica_changes_total', { kind: 'state' })).toBe(1)
}, 60_000)

test('without Kafka central is read-only and says so, and edges notice nothing', async () => {
  const centrals = await mesh.startCentrals('read-only', 2, { answerTimeoutMs: 2_000 })
  const [central, other] = centrals
  if (central === undefined || other === undefined) throw new Error('there are no centrals')
  await central.apply(sampleManifest())
  const edge = await startEdge([central])
  await edge.answers(APP, '192.0.2.1 192.0.2.2')
  const before = await agreement(centrals)

  await mesh.broker.end('SIGKILL')
  const refusal = await until('writes to be refused', async () => {
    const answer = await put(central, ENDPOINT, { addresses: ['203.0.113.7'] })
    return answer?.status === 503 ? answer : undefined
  })
  expect(refusal.headers.get('content-type')).toContain('application/problem+json')
  expect(await refusal.text()).toMatch(
    /"central is read-only: Kafka \(topic read-only\) has been out of reach for \d+ s; nothing was changed/,
  )
  const ready = await central.call('GET', '/ready')
  expect(await ready.json()).toMatchObject({ ready: true, degraded: true })
  expect(await metricOf(central, 'meridian_central_log_kafka_following')).toBe(0)
  expect(await positionOf(central)).toEqual(before)
  expect(await edge.metric('meridian_edge_replica_connected')).toBe(1)
  expect(await edge.addresses(APP)).toBe('192.0.2.1 192.0.2.2')

  await mesh.broker.start()
  await until('writes to be taken again', async () => {
    const answer = await put(other, ENDPOINT, { addresses: ['203.0.113.7'] })
    return answer?.ok === true ? true : undefined
  })
  await edge.answers(APP, '203.0.113.7')
  expect(await (await central.call('GET', '/ready')).json()).toEqual({ ready: true })
  expect(await edge.metric('meridian_edge_replica_changes_total', { kind: 'state' })).toBe(1)
}, 60_000)

test('a write is decided on what another central has just written', async () => {
  const centrals = await mesh.startCentrals('preconditions', 2)
  const [first, second] = centrals
  if (first === undefined || second === undefined) throw new Error('there are no centrals')
  await first.apply(sampleManifest())
  const { version } = await agreement(centrals)
  // Both know the app in the same version: one of the two is too late, whichever it is.
  const answers = await Promise.all(
    centrals.map((central, i) =>
      put(central, ENDPOINT, { addresses: [`203.0.113.${i}`] }, { 'if-none-match': '*' }),
    ),
  )
  expect(new Set(answers.map((answer) => answer?.status))).toEqual(new Set([201, 412]))
  expect((await agreement(centrals)).version).toBe(version + 1)
}, 60_000)
