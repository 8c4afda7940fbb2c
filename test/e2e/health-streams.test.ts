import { credentials, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CheckTask } from '../../shared/rpc/generated/meridian/v1/CheckTask.ts'
import type { HealthReport } from '../../shared/rpc/generated/meridian/v1/HealthReport.ts'
import type { WatchResponse__Output } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import { FakeCentral, sayGoodState } from '../support/fake-central.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

describe('an edge whose central sends bad tasks', () => {
  const good: CheckTask = {
    id: 1,
    app: 'video.example.',
    cluster: 'sfo',
    // Nobody listens there.
    addresses: ['127.0.0.1'],
    port: 1,
    check: '{"type":"tcp","intervalMs":200,"timeoutMs":100}',
    state: 'UNKNOWN',
  }
  const bad: readonly CheckTask[] = [
    { ...good, id: 2, app: 'two..dots' },
    { ...good, id: 3, cluster: 'No Id' },
    { ...good, id: 4, addresses: [] },
    { ...good, id: 5, addresses: ['not an address'] },
    { ...good, id: 6, addresses: Array.from({ length: 33 }, (_, i) => `192.0.2.${i}`) },
    { ...good, id: 7, port: 65_536 },
    { ...good, id: 8, check: '{"type":"tcp"' },
    { ...good, id: 9, check: '{"type":"telepathy"}' },
    { ...good, id: 10, check: '{"type":"tcp","intervalMs":1}' },
  ]
  const found: HealthReport[] = []
  const fake = new FakeCentral({
    onRequest: (stream, request) => {
      if (request.hello) sayGoodState(stream, 'log', 10)
    },
    onReport: (stream, report) => {
      if (report.session !== '') stream.write({ first: true, put: [...bad, good], delete: [99] })
      found.push(report)
    },
  })
  const edge = new EdgeUnderTest(folder, 'sfo', () => fake.address)
  beforeAll(async () => {
    await fake.start()
    await edge.start()
  })
  afterAll(async () => {
    await edge.end()
    fake.stop()
  })

  it('leaves them out, counts them, and does the good one', async () => {
    await until('a finding', () => found.find(({ findings }) => findings?.length === 1))
    const findings = found.flatMap((report) => report.findings ?? [])
    expect(findings).toMatchObject([{ task: 1, state: 'DOWN' }])
    expect(findings[0]?.detail).toContain('127.0.0.1')
    expect(found[0]?.session).toBe('session')
    expect(await edge.metric('meridian_edge_health_tasks')).toBe(1)
    const refused = 'meridian_edge_health_tasks_refused_total'
    expect(await edge.metric(refused, { reason: 'invalid' })).toBe(bad.length)
    expect(edge.program?.stderr).toContain('telepathy')
  })
})

describe('central whose edge talks nonsense', () => {
  const central = new CentralUnderTest(folder)
  beforeAll(() => central.start())
  afterAll(() => central.end())

  function connect() {
    const { Health, Sync } = loadProto().meridian.v1
    const clients = {
      health: new Health(central.grpc, credentials.createInsecure()),
      sync: new Sync(central.grpc, credentials.createInsecure()),
    }
    afterAll(() => {
      clients.health.close()
      clients.sync.close()
    })
    return clients
  }

  /** A Health stream that has sent its first reports; `ended` is what it ended with. */
  function report(health: ReturnType<typeof connect>['health'], ...reports: HealthReport[]) {
    const stream = health.check()
    const ended = new Promise<status | undefined>((resolve) => {
      stream.on('error', (err: Error & { code?: status }) => resolve(err.code))
      stream.on('end', () => resolve(undefined))
    })
    let assignments = 0
    stream.on('data', () => assignments++)
    for (const one of reports) stream.write(one)
    return { stream, ended, assignments: () => assignments }
  }

  async function openSession(sync: ReturnType<typeof connect>['sync']): Promise<string> {
    const stream = sync.watch()
    stream.on('error', () => undefined)
    stream.write({ hello: { protocol: 1, edgeId: 'sfo', clusterId: 'sfo', replica: 'FULL' } })
    return new Promise((resolve) => {
      stream.on('data', (message: WatchResponse__Output) => {
        if (message.welcome) resolve(message.welcome.session)
      })
    })
  }

  it('refuses a session that nobody has', async () => {
    const { health } = connect()
    expect(await report(health, { session: 'nobody' }).ended).toBe(status.NOT_FOUND)
    expect(await report(health, {}).ended).toBe(status.NOT_FOUND)
  })

  it('gives each session one stream: the latest', async () => {
    const { health, sync } = connect()
    const session = await openSession(sync)
    const first = report(health, { session })
    await until('an assignment', () => (first.assignments() > 0 ? true : undefined))
    const second = report(health, { session })
    expect(await first.ended).toBe(status.ABORTED)
    await until('an assignment', () => (second.assignments() > 0 ? true : undefined))
    // Of tasks that it was not given: ignored, and counted.
    second.stream.write({ findings: [{ task: 7, state: 'DOWN', detail: 'a lie' }] })
    await until('the lie to be counted', async () => {
      const metrics = await (await central.call('GET', '/metrics')).text()
      return /^meridian_central_health_reports_ignored_total 1$/m.test(metrics) ? true : undefined
    })
    second.stream.cancel()
  })

  it('leaves out round trips that cannot be, counts them, and keeps the others', async () => {
    await central.apply({ clusters: [{ id: 'sfo', latitude: 37.6, longitude: -122.4 }] })
    const { health, sync } = connect()
    const session = await openSession(sync)
    const roundTrips = [
      { cluster: 'atlantis', microseconds: 5 },
      { cluster: '', microseconds: 5 },
      { cluster: 'sfo', microseconds: 60_000_001 },
      { cluster: 'sfo', microseconds: 250 },
      { cluster: 'atlantis', microseconds: 0 },
    ]
    const { stream } = report(health, { session }, { roundTrips })
    const shown = await until('the good one', async () => {
      const page: unknown = await (await central.call('GET', '/v1/latencies')).json()
      return JSON.stringify(page).includes('roundTripMs') ? page : undefined
    })
    expect(shown).toEqual({ items: [{ edge: 'sfo', cluster: 'sfo', roundTripMs: 0.25 }] })
    const metrics = await (await central.call('GET', '/metrics')).text()
    expect(metrics).toContain('meridian_central_latency_ignored_total{reason="unknown-cluster"} 2')
    expect(metrics).toContain('meridian_central_latency_ignored_total{reason="too-long"} 1')
    expect(metrics).toContain('meridian_central_latency_round_trips 1')
    stream.cancel()
    await until('it to go with the stream', async () =>
      (await (await central.call('GET', '/v1/latencies')).text()) === '{"items":[]}'
        ? true
        : undefined,
    )
  })

  it('refuses more round trips in one report than there can be', async () => {
    const { health, sync } = connect()
    const session = await openSession(sync)
    const roundTrips = Array.from({ length: 1_001 }, () => ({ cluster: 'sfo', microseconds: 1 }))
    expect(await report(health, { session }, { roundTrips }).ended).toBe(status.INVALID_ARGUMENT)
  })

  it('refuses more findings in one report than there can be', async () => {
    const { health, sync } = connect()
    const session = await openSession(sync)
    const findings = Array.from({ length: 10_001 }, (_, task) => ({ task, state: 'UP' as const }))
    expect(await report(health, { session }, { findings }).ended).toBe(status.INVALID_ARGUMENT)
  })
})
