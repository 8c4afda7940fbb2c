/**
 * Times what central does with the reports of edges: 100,000 endpoints, each checked by three of 50 edges.
 * Prints the CPU time of this process as a share of one core, over an interval of 10 s: when every edge
 * reports everything again, which is more than it has to; and when one endpoint in a hundred goes down and
 * comes back, with the log in memory.
 *
 *     node bench/micro/verdicts.ts
 */
import { setTimeout } from 'node:timers/promises'
import { HealthKeeper } from '../../central/health/keeper.ts'
import type { CheckSession } from '../../central/health/keeper.ts'
import { createMemoryLog } from '../../central/log/memory-log.ts'
import { Registry } from '../../central/registry/registry.ts'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { manifestSchema } from '../../shared/registry/schema.ts'
import type { Finding__Output } from '../../shared/rpc/generated/meridian/v1/Finding.ts'

const APPS = 33_334
const CLUSTERS = ['a', 'b', 'c']
const EDGES = 50
const INTERVAL_MS = 10_000
/** Findings in one message, as edges send them. */
const MESSAGE = 1_000

function print(what: string, value: number): void {
  process.stdout.write(`${what.padEnd(60)}${value.toFixed(1).padStart(8)} % of a core\n`)
}

/** The share of a core that some work takes out of an interval, in percent; it may take longer than that. */
async function shareOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return ((user + system) / 1000 / INTERVAL_MS) * 100
}

const registry = new Registry({ log: createMemoryLog(), clock: systemClock })
const { clusters, zones, apps } = manifestSchema.parse({
  clusters: CLUSTERS.map((id) => ({ id, latitude: 0, longitude: 0 })),
  zones: [{ apex: 'example', ns: ['ns.example'] }],
  apps: Array.from({ length: APPS }, (_, i) => ({
    name: `app${i}.example`,
    health: { check: { type: 'tcp', port: 80 } },
    endpoints: CLUSTERS.map((cluster) => ({ cluster, addresses: ['192.0.2.1'] })),
  })),
})
await registry.submit({
  actor: 'bench',
  cause: 'bench',
  plan: () => [
    ...clusters.map((cluster) => ({ type: 'put-cluster' as const, cluster })),
    ...zones.map((zone) => ({ type: 'put-zone' as const, zone })),
    ...apps.flatMap(({ endpoints, ...app }) => [
      { type: 'put-app' as const, app },
      ...endpoints.map((endpoint) => ({ type: 'put-endpoint' as const, app: app.name, endpoint })),
    ]),
  ],
})

const keeper = new HealthKeeper({ registry, clock: systemClock, logger: createLogger('warn', {}) })
const edges: { readonly session: CheckSession; readonly tasks: Set<number> }[] = []
const settle = (): Promise<void> => setTimeout(500)

const arrival = await shareOf(async () => {
  for (let i = 0; i < EDGES; i++) {
    const tasks = new Set<number>()
    const session = keeper.connect(
      { session: `s${i}`, edge: `edge-${i}`, cluster: `c${i}` },
      ({ put, delete: gone }) => {
        for (const id of gone) tasks.delete(id)
        for (const { id } of put) tasks.add(id)
      },
    )
    edges.push({ session, tasks })
  }
  await settle()
})
print('50 edges come, all at once', arrival)

async function reportAll(stateOf: (id: number) => Finding__Output['state']): Promise<void> {
  for (const { session, tasks } of edges) {
    session.heard()
    let findings: Finding__Output[] = []
    for (const task of tasks) {
      findings.push({ task, state: stateOf(task), detail: '' })
      if (findings.length < MESSAGE) continue
      session.report(findings)
      findings = []
    }
    session.report(findings)
    keeper.tick()
    await setTimeout(0)
  }
  await settle()
  await registry.settle()
}

print('all endpoints become known', await shareOf(() => reportAll(() => 'UP')))
print('every edge reports everything again', await shareOf(() => reportAll(() => 'UP')))
print(
  'one endpoint in a hundred goes down and comes back',
  await shareOf(async () => {
    await reportAll((id) => (id % 100 === 0 ? 'DOWN' : 'UP'))
    await reportAll(() => 'UP')
  }),
)
print(
  'edges say that all is as it was, every 4 s',
  await shareOf(async () => {
    for (let i = 0; i < 3; i++) for (const { session } of edges) session.heard()
    for (let i = 0; i < 40; i++) keeper.tick()
    await settle()
  }),
)
const { up, down, unknown } = keeper.stats.endpoints
process.stdout.write(`${up} up, ${down} down, ${unknown} unknown\n`)
await keeper.stop()
