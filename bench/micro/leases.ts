/**
 * Times leases: 50,000 machines that renew every 10 s. First the wheel alone, then the keeper (is the
 * machine as the registry has it, renew), then over REST on loopback, by a thousand connections that are
 * kept: a server of node:http alone for comparison, each machine as an agent renews, each by the whole of
 * its registration, and fifty in a request. Clients are a process of their own. Prints the CPU time of this
 * process as a share of one core.
 *
 *     node bench/micro/leases.ts [ROUNDS]
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { createHttpServer } from '../../central/http/server.ts'
import type { HttpServer } from '../../central/http/server.ts'
import { LoadKeeper } from '../../central/load/keeper.ts'
import { httpOptionsSchema } from '../../central/http/options.ts'
import { AuditStore } from '../../central/audit/audit-store.ts'
import { PastReader } from '../../central/registry/past.ts'
import { LatencyTable } from '../../central/latency/latency-table.ts'
import { createMemoryLog } from '../../central/log/memory-log.ts'
import { MachineKeeper } from '../../central/machines/keeper.ts'
import { Leases } from '../../central/machines/leases.ts'
import { machineOptionsSchema } from '../../central/machines/options.ts'
import type { Machine } from '../../central/model/events.ts'
import { machineOf } from '../../central/model/machines.ts'
import { EdgeDirectory } from '../../central/registry/edges.ts'
import { Registry } from '../../central/registry/registry.ts'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { appSchema, clusterSchema, zoneSchema } from '../../shared/registry/schema.ts'

const MACHINES = 50_000
const MACHINES_PER_APP = 25
const INTERVAL_SECONDS = 10
/** As each is renewed three times in its length. */
const LEASE_SECONDS = 30
/** Of those that are registered: each way to renew is measured in turns, and rests for longer than a lease. */
const LONG_LEASE_SECONDS = 600
const DEFAULT_ROUNDS = 5
const ROUND_MS = 4_000
/** From the start of the clients until they are timed. */
const WARM_UP_MS = 2_000
/** For connections to be made, or to be closed. */
const SETTLE_MS = 500
const TOKEN = 'a-token-of-the-bench'
/** Machines that somebody who looks after many renews in one request. */
const TOGETHER = 50

function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(44)}${value.toFixed(1).padStart(12)} ${unit}\n`)
}

const machines: readonly Machine[] = Array.from({ length: MACHINES }, (_, i) => ({
  app: `app${Math.floor(i / MACHINES_PER_APP)}.mesh.example.`,
  cluster: 'here',
  machine: `vm-${i}`,
  addresses: [`198.51.100.${i % 250}`],
  leaseSeconds: LONG_LEASE_SECONDS,
}))

/** CPU time of one round in µs for each machine, and as a share of a core at the interval. */
async function round(what: string, renewAll: () => void | Promise<void>): Promise<void> {
  for (let i = 0; i < 3; i++) await renewAll()
  const cpu = process.cpuUsage()
  const rounds = 10
  for (let i = 0; i < rounds; i++) await renewAll()
  const { user, system } = process.cpuUsage(cpu)
  const micros = (user + system) / rounds
  print(`${what}, each renewal`, micros / MACHINES, 'µs')
  print(`${what}, of one core`, micros / 10_000 / INTERVAL_SECONDS, '%')
}

async function measureWheel(): Promise<void> {
  const leases = new Leases()
  const keys = machines.map(({ app, cluster, machine }) => `${app} ${cluster} ${machine}`)
  let now = 0
  for (const key of keys) leases.grant(key, 1, LEASE_SECONDS * 1000)
  await round('wheel', () => {
    // Forty looks of 250 ms, and a fortieth of the machines between two.
    for (let look = 0; look < 40; look++) {
      now += 250
      for (let i = look; i < keys.length; i += 40) {
        leases.renew(keys[i] ?? '', now + LEASE_SECONDS * 1000)
      }
      leases.takeEnded(now)
    }
  })
}

async function measure(rounds: number): Promise<void> {
  await measureWheel()
  const clock = systemClock
  const logger = createLogger('warn', {})
  const registry = new Registry({ log: createMemoryLog(), clock })
  const keeper = new MachineKeeper({
    registry,
    options: machineOptionsSchema.parse({}),
    clock,
    random: Math.random,
    logger,
    foundDown: () => [],
  })
  const by = { actor: 'bench', cause: 'bench' }
  const names = [...new Set(machines.map(({ app }) => app))]
  await registry.submit({
    plan: () => [
      { type: 'put-zone', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
      {
        type: 'put-cluster',
        cluster: clusterSchema.parse({ id: 'here', latitude: 0, longitude: 0 }),
      },
      ...names.map((name) => ({ type: 'put-app' as const, app: appSchema.parse({ name }) })),
    ],
    ...by,
  })
  const begunAt = clock.nowMs()
  for (let i = 0; i < machines.length; i += 500) {
    await Promise.all(machines.slice(i, i + 500).map((machine) => keeper.register(machine, by)))
  }
  print('first registration, each', ((clock.nowMs() - begunAt) / MACHINES) * 1_000, 'µs')
  await round('keeper', async () => {
    for (const machine of machines) await keeper.register(machine, by)
  })
  await keeper.start()
  await measureRest(rounds, registry, keeper)
  await keeper.stop()
  print('changes in the log since the registrations', registry.version - 1 - MACHINES, '')
}

/** A server, what its clients send, and how it counts what it has answered. */
interface Way {
  readonly what: string
  readonly port: number
  readonly requests: readonly string[]
  readonly count: () => number
}

/** Times all ways in turns, so that whatever else the machine does meets each of them. */
async function measureRest(
  rounds: number,
  registry: Registry,
  keeper: MachineKeeper,
): Promise<void> {
  const plain = await startPlain()
  const http = startableRest(registry, keeper)
  await http.start()
  const { port } = http.address()
  const count = (): number => keeper.stats.renewals
  const ways: readonly Way[] = [
    { what: 'node:http alone', ...plain, requests: machines.map(() => requestOf('POST', '/')) },
    { what: 'REST, as agents do', port, requests: ofAgents(registry), count },
    { what: 'REST, registrations', port, requests: ofRegistrations(), count },
    { what: `REST, ${TOGETHER} in a request`, port, requests: ofMany(), count },
  ]
  const found = ways.map((): number[] => [])
  const clients = ways.map(startClients)
  for (let i = 0; i <= rounds; i++) {
    for (const [at, way] of ways.entries()) {
      const micros = await timeClients(clients[at], way)
      // The first round is to warm up.
      if (i > 0) found[at]?.push(micros)
    }
  }
  for (const [at, { what }] of ways.entries()) {
    const sorted = found[at]?.toSorted((a, b) => a - b) ?? []
    const median = sorted[Math.floor(sorted.length / 2)] ?? NaN
    print(`${what}: each, median`, median, 'µs')
    print(`${what}: each, least`, sorted[0] ?? NaN, 'µs')
    print(`${what}: each, most`, sorted.at(-1) ?? NaN, 'µs')
    print(`${what}: of one core, median`, (median * MACHINES) / 10_000 / INTERVAL_SECONDS, '%')
  }
  for (const each of clients) each.kill()
  await http.stop()
  plain.close()
}

const ofAgents = ({ state }: Registry): readonly string[] =>
  machines.map((at) => {
    const { app, cluster, machine } = at
    const version = machineOf(state, at)?.version ?? 0
    return requestOf('POST', `/v1/renewals/${app}/${cluster}/${machine}?version=${version}`)
  })

const ofRegistrations = (): readonly string[] =>
  machines.map((at) => requestOf('PUT', '/v1/register', at))

const ofMany = (): readonly string[] =>
  Array.from({ length: MACHINES / TOGETHER }, (_, i) => {
    const some = machines.slice(i * TOGETHER, (i + 1) * TOGETHER)
    const keys = some.map(({ app, cluster, machine }) => ({ app, cluster, machine }))
    return requestOf('POST', '/v1/renewals', { machines: keys })
  })

/** A request with the headers that an agent sends. */
function requestOf(method: string, path: string, body?: object): string {
  const text = body === undefined ? '' : JSON.stringify(body)
  return [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1:8053',
    'connection: keep-alive',
    'accept: application/json, application/problem+json',
    ...(body === undefined ? [] : ['content-type: application/json']),
    `authorization: Bearer ${TOKEN}`,
    'accept-language: *',
    'sec-fetch-mode: cors',
    'user-agent: node',
    'accept-encoding: gzip, deflate',
    `content-length: ${Buffer.byteLength(text)}`,
    '',
    text,
  ].join('\r\n')
}

/** A server of node:http that answers everything with 204: what HTTP itself costs. */
async function startPlain(): Promise<Pick<Way, 'port' | 'count'> & { readonly close: () => void }> {
  let answers = 0
  const server = createServer((_request, response) => {
    answers++
    response.statusCode = 204
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new TypeError('there is no socket')
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { port: bound.port, count: () => answers, close }
}

function startableRest(registry: Registry, keeper: MachineKeeper): HttpServer {
  return createHttpServer({
    http: httpOptionsSchema.parse({
      listen: '127.0.0.1:0',
      tokens: [{ name: 'bench', token: TOKEN }],
    }),
    registry,
    edges: new EdgeDirectory(),
    latencies: new LatencyTable(registry),
    loads: new LoadKeeper({ registry, clock: systemClock, logger: createLogger('warn', {}) }),
    machines: keeper,
    past: new PastReader({ registry, clock: systemClock }),
    audit: new AuditStore({
      file: ':memory:',
      clock: systemClock,
      logger: createLogger('warn', {}),
    }),
    sources: [],
    logger: createLogger('warn', {}),
    clock: systemClock,
    metrics: () => Promise.resolve({ contentType: 'text/plain', body: '' }),
    ready: () => ({ ready: true }),
    software: 'meridian/bench',
  })
}

// ---- clients ----

function startClients({ port, requests }: Way): ChildProcess {
  const clients = fork(join(import.meta.dirname, 'lease-clients.ts'))
  clients.send({ port, requests, intervalMs: INTERVAL_SECONDS * 1_000 })
  return clients
}

/** Has the clients send for a while; CPU time of this process for each that it has counted, in µs. */
async function timeClients(clients: ChildProcess | undefined, { count }: Way): Promise<number> {
  clients?.send('go')
  await setTimeout(WARM_UP_MS)
  const before = count()
  const cpu = process.cpuUsage()
  await setTimeout(ROUND_MS)
  const { user, system } = process.cpuUsage(cpu)
  const renewals = count() - before
  clients?.send('rest')
  await setTimeout(SETTLE_MS)
  return (user + system) / renewals
}

await measure(Number(process.argv[2] ?? DEFAULT_ROUNDS))
