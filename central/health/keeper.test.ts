import { expect, it } from 'vitest'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import { FINDINGS_MAX } from './findings.ts'
import { createFailingLog, manifest, TestEdge, TestHealth } from './keeper.fixture.ts'
import { VERDICTS_PER_CHANGE_MAX } from './keeper.ts'

const SFO = 'video.example. sfo'
const EWR = 'video.example. ewr'

it('gives each edge the endpoints of apps with a check, with all that a probe needs', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  expect(edge.messages).toHaveLength(1)
  expect(edge.messages[0]?.first).toBe(true)
  expect(edge.names).toEqual([EWR, SFO])
  const check = JSON.stringify(checkSchema.parse({ type: 'http', path: '/ready' }))
  expect(edge.task(SFO)).toMatchObject({
    app: 'video.example.',
    cluster: 'sfo',
    addresses: ['192.0.2.10'],
    port: 8080,
    check,
    state: 'UNKNOWN',
  })
  // Without addresses of its own it has those of its cluster; 0: without a port.
  expect(edge.task(EWR)).toMatchObject({ addresses: ['192.0.2.2', '2001:db8::2'], port: 0 })
})

it('begins with an empty assignment where there is nothing to check', async () => {
  const health = new TestHealth()
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  expect(edge.messages).toEqual([{ first: true, put: [], delete: [] }])
})

it('puts verdicts in the log: one change for all of one turn', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edges = ['sfo', 'ewr', 'lhr'].map((id) => new TestEdge(health.keeper, id))
  await health.settle()
  const before = health.registry.version
  for (const edge of edges) {
    edge.report(SFO, 'down', 'connection refused')
    edge.report(EWR, 'up')
  }
  await health.settle()
  expect(health.registry.version).toBe(before + 1)
  const [record] = health.registry.read(before)
  expect(record).toMatchObject({ actor: 'system', cause: 'health' })
  expect(record?.events.map((event) => event.type)).toEqual(['endpoint-health', 'endpoint-health'])
  const verdict = health.registry.state.health.get('video.example.')?.get('sfo')
  expect(verdict).toMatchObject({ state: 'down', sinceEpoch: health.clock.epochMs() })
  expect(verdict?.reports).toContainEqual({
    edge: 'sfo',
    state: 'down',
    detail: 'connection refused',
  })
  expect(health.keeper.stats.endpoints).toEqual({ unknown: 0, up: 1, degraded: 0, down: 1 })
})

it('writes at the next tick what could not be written, as it is then', async () => {
  const { log, setFull } = createFailingLog()
  const health = new TestHealth(log)
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  const { version } = health.registry
  setFull(true)
  edge.report(SFO, 'down')
  edge.report(EWR, 'down')
  await health.settle()
  health.keeper.tick()
  await health.settle()
  edge.report(EWR, 'up')
  await health.settle()
  expect(health.registry.version).toBe(version)
  setFull(false)
  health.keeper.tick()
  await health.settle()
  expect(health.registry.version).toBe(version + 1)
  expect(health.stateOf('video.example.', 'sfo')).toBe('down')
  expect(health.stateOf('video.example.', 'ewr')).toBe('up')
})

it('ignores and counts findings that fit no task of the session', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edges = ['e1', 'e2', 'e3', 'e4'].map((id) => new TestEdge(health.keeper, id, 'lhr'))
  await health.settle()
  const idle = edges.find((edge) => edge.task(SFO) === undefined)
  const task = edges.find((edge) => edge.task(SFO) !== undefined)?.task(SFO)?.id ?? 0
  idle?.session.report([
    { task, state: 'DOWN', detail: '' },
    { task: 4_294_967_295, state: 'DOWN', detail: '' },
  ])
  expect(health.keeper.stats).toMatchObject({ reports: 0, reportsIgnored: 2 })
})

it('refuses a message with too many findings as a whole', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  const finding = { task: edge.task(SFO)?.id ?? 0, state: 'DOWN', detail: '' } as const
  const findings = Array.from({ length: FINDINGS_MAX + 1 }, () => finding)
  expect(edge.session.report(findings)).toBe(
    'a report holds 10001 findings, at most 10000 are possible',
  )
  expect(edge.session.report(findings.slice(1))).toBeUndefined()
  expect(health.keeper.stats.reports).toBe(FINDINGS_MAX)
})

it('gives the tasks of an edge that comes back to its new stream, of the same session too', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const old = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  const next = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  expect(old.names).toEqual([])
  expect(next.names).toEqual([EWR, SFO])
  old.session.close()
  next.report(SFO, 'down')
  await health.settle()
  expect(next.names).toEqual([EWR, SFO])
  expect(health.stateOf('video.example.', 'sfo')).toBe('down')
})

it('sends many tasks in messages of a thousand, and all of one turn at once', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const apps = Array.from({ length: 2_500 }, (_, i) => ({
    name: `a${i}.example`,
    health: { check: { type: 'tcp' as const, port: 80 } },
    endpoints: [{ cluster: 'sfo' }],
  }))
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  await health.apply({ apps })
  expect(edge.messages.map((message) => message.put.length)).toEqual([2, 1000, 1000, 500])
  expect(edge.messages.map((message) => message.first)).toEqual([true, false, false, false])
  expect(edge.tasks.size).toBe(2_502)
})

it('writes more verdicts than a change may hold as several', async () => {
  const health = new TestHealth()
  const apps = Array.from({ length: VERDICTS_PER_CHANGE_MAX / 2 + 1 }, (_, i) => ({
    name: `a${i}.example`,
    health: { check: { type: 'tcp' as const, port: 80 } },
    endpoints: [{ cluster: 'sfo' }, { cluster: 'ewr' }],
  }))
  await health.apply({ ...manifest, apps })
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.settle()
  const { version } = health.registry
  const findings = [...edge.tasks.keys()].map(
    (task) => ({ task, state: 'UP', detail: '' }) as const,
  )
  edge.session.report(findings.slice(0, 5))
  edge.session.report(findings.slice(5))
  await health.settle()
  expect([...health.registry.read(version)].map((record) => record.events.length)).toEqual([
    VERDICTS_PER_CHANGE_MAX,
    2,
  ])
})

it('says nothing any more once it has stopped', async () => {
  const health = new TestHealth()
  await health.apply(manifest)
  const edge = new TestEdge(health.keeper, 'sfo')
  await health.keeper.start()
  await health.settle()
  await health.keeper.stop()
  const { version } = health.registry
  edge.report(SFO, 'down')
  edge.session.close()
  await health.settle()
  expect(health.registry.version).toBe(version)
})
