import { Registry as MetricRegistry } from 'prom-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { registerDutyMetrics } from '../../central/duty/metrics.ts'
import { registerKafkaLogMetrics } from '../../central/log/kafka/metrics.ts'
import { sampleManifest } from '../support/manifests.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { isRecord } from '../support/program.ts'
import { read } from './files.ts'

/** What documents say of the interfaces of running programs, against the programs. */

const folder = new TestFolder()
const central = new CentralUnderTest(folder)
const edge = new EdgeUnderTest(folder, 'sfo', () => central.grpc)

beforeAll(async () => {
  await central.start()
  await central.apply(sampleManifest())
  await edge.start()
})
afterAll(async () => {
  await edge.end()
  await central.end()
  folder.remove()
})

/** Name and type of each metric, `name type`, without those that prom-client has for every process. */
function metricsIn(text: string): readonly string[] {
  return [...text.matchAll(/^# TYPE (\S+ \S+)$/gm)]
    .map(([, metric]) => metric ?? '')
    .filter((metric) => !/^meridian_(edge|central)_(process|nodejs)_/.test(metric))
}

/** Those of a central on Kafka, for which there is no broker here. */
async function kafkaMetrics(): Promise<readonly string[]> {
  const register = new MetricRegistry()
  registerKafkaLogMetrics(register, {
    state: { kind: 'following' },
    counts: { foreign: 0, stale: 0, losses: 0 },
    lag: 0,
    refusedAppends: 0,
    unansweredAppends: 0,
  })
  registerDutyMetrics(register, { isOn: () => true, centrals: () => 1 }, { dropped: 0 })
  return metricsIn(await register.metrics())
}

async function runningMetrics(): Promise<readonly string[]> {
  const ofCentral = await (await central.call('GET', '/metrics')).text()
  const ofEdge = await (await fetch(`${edge.admin}/metrics`)).text()
  const all = [...metricsIn(ofCentral), ...metricsIn(ofEdge), ...(await kafkaMetrics())]
  return [...new Set(all)].sort()
}

it('metrics.md lists every metric with its type, and no other', async () => {
  const rows = read('docs/reference/metrics.md').matchAll(/^\| `(meridian_\w+)` +\| (\w+)/gm)
  const listed = [...rows].map(([, name, type]) => `${name} ${type}`)
  expect(listed.sort()).toEqual(await runningMetrics())
})

it('metrics have base units, and counters end in _total', async () => {
  const metrics = await runningMetrics()
  expect(metrics.length).toBeGreaterThan(20)
  for (const metric of metrics) {
    expect(metric).toMatch(/^meridian_(edge|central)_[a-z0-9_]+ (counter|gauge|histogram)$/)
    expect([metric, metric.includes('_total ')]).toEqual([metric, metric.endsWith(' counter')])
    expect(metric).not.toMatch(/_(ms|milliseconds|millis|minutes|kb|mb|kilobytes|percent)(_| )/)
  }
})

it('rest.md lists every route of central, and no other', async () => {
  const document: unknown = await (await central.call('GET', '/openapi.json')).json()
  const paths: unknown = isRecord(document) ? document['paths'] : undefined
  const served = Object.entries(isRecord(paths) ? paths : {}).flatMap(([path, operations]) =>
    Object.keys(isRecord(operations) ? operations : {}).map(
      (method) => `${method.toUpperCase()} ${path}`,
    ),
  )
  expect(served.length).toBeGreaterThan(20)
  expect([...routesOf('REST of central')].sort()).toEqual(served.sort())
})

it('the admin HTTP of an edge has the routes that rest.md lists', async () => {
  const routes = [...routesOf('Admin HTTP of an edge')]
  expect(routes.length).toBeGreaterThan(4)
  for (const route of routes) {
    const [method, path] = route.split(' ')
    const { status } = await fetch(`${edge.admin}${path}`, { method: method ?? 'GET' })
    expect([route, status]).not.toEqual([route, 404])
  }
})

/** The routes in the table under a heading of rest.md. */
function* routesOf(heading: string): Iterable<string> {
  const sections = read('docs/reference/rest.md').split(/^#+ /m)
  const section = sections.find((text) => text.startsWith(`${heading}\n`)) ?? ''
  for (const [, method, path] of section.matchAll(/^\| ([A-Z]+) +\| `([^`]+)`/gm)) {
    yield `${method} ${path}`
  }
}
