/**
 * Times leases: 50,000 machines that renew every 10 s. First the wheel alone, then the keeper (is the
 * machine as the registry has it, renew), then over REST on loopback with connections that are kept: each
 * machine for itself, and fifty in a request; clients are a process of their own. Prints the CPU time of this process as a share of one core.
 *
 *     node bench/micro/leases.ts [SECONDS]
 */
import { fork } from 'node:child_process'
import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { createHttpServer } from '../../central/http/server.ts'
import { LoadKeeper } from '../../central/load/keeper.ts'
import { httpOptionsSchema } from '../../central/http/options.ts'
import { LatencyTable } from '../../central/latency/latency-table.ts'
import { createMemoryLog } from '../../central/log/memory-log.ts'
import { MachineKeeper } from '../../central/machines/keeper.ts'
import { Leases } from '../../central/machines/leases.ts'
import { machineOptionsSchema } from '../../central/machines/options.ts'
import type { Machine } from '../../central/model/events.ts'
import { EdgeDirectory } from '../../central/registry/edges.ts'
import { Registry } from '../../central/registry/registry.ts'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { appSchema, clusterSchema, zoneSchema } from '../../shared/registry/schema.ts'

const MACHINES = 50_000
const MACHINES_PER_APP = 25
const INTERVAL_SECONDS = 10
const LEASE_SECONDS = 30
const DEFAULT_SECONDS = 20
const WARM_UP_MS = 5_000
const TOKEN = 'a-token-of-the-bench'
const CONNECTIONS = 64
/** Machines that somebody who looks after many renews in one request. */
const TOGETHER = 50
/** What tells this file that it is to be the clients. */
const CLIENTS = 'clients'

function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(44)}${value.toFixed(1).padStart(12)} ${unit}\n`)
}

const machines: readonly Machine[] = Array.from({ length: MACHINES }, (_, i) => ({
  app: `app${Math.floor(i / MACHINES_PER_APP)}.mesh.example.`,
  cluster: 'here',
  machine: `vm-${i}`,
  addresses: [`198.51.100.${i % 250}`],
  leaseSeconds: LEASE_SECONDS,
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

async function measure(seconds: number): Promise<void> {
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
  await measureRest(seconds, registry, keeper, 1)
  await measureRest(seconds, registry, keeper, TOGETHER)
}

async function measureRest(
  seconds: number,
  registry: Registry,
  keeper: MachineKeeper,
  together: number,
): Promise<void> {
  const http = createHttpServer({
    http: httpOptionsSchema.parse({
      listen: '127.0.0.1:0',
      tokens: [{ name: 'bench', token: TOKEN }],
    }),
    registry,
    edges: new EdgeDirectory(),
    latencies: new LatencyTable(registry),
    loads: new LoadKeeper({ registry, clock: systemClock, logger: createLogger('warn', {}) }),
    machines: keeper,
    logger: createLogger('warn', {}),
    clock: systemClock,
    metrics: () => Promise.resolve({ contentType: 'text/plain', body: '' }),
    ready: () => ({ ready: true }),
    software: 'meridian/bench',
  })
  await keeper.start()
  await http.start()
  const clients = fork(import.meta.filename, [
    CLIENTS,
    String(http.address().port),
    String(together),
  ])
  await setTimeout(WARM_UP_MS)
  const before = keeper.stats.renewals
  const cpu = process.cpuUsage()
  const begunAt = systemClock.nowMs()
  await setTimeout(seconds * 1_000)
  const { user, system } = process.cpuUsage(cpu)
  const wallMs = systemClock.nowMs() - begunAt
  const renewals = keeper.stats.renewals - before
  const how = together === 1 ? 'REST' : `REST, ${together} in a request`
  print(`${how}: renewals per second`, (renewals / wallMs) * 1_000, '')
  print(`${how}: each renewal`, (user + system) / renewals, 'µs')
  print(`${how}: of one core`, (user + system) / 10 / wallMs, '%')
  print('changes in the log since the registrations', registry.version - 1 - MACHINES, '')
  clients.kill()
  await http.stop()
  await keeper.stop()
}

/** Sends the renewals in their rhythm, each machine once in the interval; takes a core. */
function beClients(port: number, together: number): void {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const bodies: string[] = []
  for (let i = 0; i < MACHINES; i += together) {
    const some = machines.slice(i, i + together)
    const keys = some.map(({ app, cluster, machine }) => ({ app, cluster, machine }))
    bodies.push(JSON.stringify(together === 1 ? some[0] : { machines: keys }))
  }
  const [method, path] = together === 1 ? ['PUT', '/v1/register'] : ['POST', '/v1/renewals']
  const begunAt = systemClock.nowMs()
  let sent = 0
  const send = (): void => {
    const due = ((systemClock.nowMs() - begunAt) / 1_000) * (bodies.length / INTERVAL_SECONDS)
    for (; sent < due; sent++) {
      const body = bodies[sent % bodies.length] ?? ''
      const headers = {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      }
      const asked = request({ agent, port, host: '127.0.0.1', method, path, headers }, (response) =>
        response.resume(),
      )
      asked.on('error', () => undefined)
      asked.end(body)
    }
  }
  // They never sleep: on loopback the kernel charges waking them to the process that answers.
  const spin = (): void => {
    send()
    setImmediate(spin)
  }
  spin()
  process.once('disconnect', () => process.exit())
}

if (process.argv[2] === CLIENTS) beClients(Number(process.argv[3]), Number(process.argv[4]))
else await measure(Number(process.argv[2] ?? DEFAULT_SECONDS))
