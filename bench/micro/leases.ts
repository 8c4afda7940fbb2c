/**
 * Times leases: 50,000 machines that renew every 10 s. First the wheel alone, then the keeper (is the
 * machine as the registry has it, renew). Then over REST on loopback: a server of node:http alone for
 * comparison, each machine as an agent renews, each by the whole of its registration, and fifty in a request.
 * Last by datagrams, by the addon and by node:dgram. Clients are a process of their own. Prints the CPU time of
 * this process as a share of one core.
 *
 * The ways over HTTP have a thousand connections, each kept and used by fifty machines: what 50,000 agents
 * with one each would cost is not seen. Central keeps 3,072 and closes those beyond after each answer.
 * Datagrams have no connections: they are measured as they are.
 *
 *     node bench/micro/leases.ts [ROUNDS]
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Leases } from '../../central/machines/leases.ts'
import { systemClock } from '../../shared/clock.ts'
import { datagramWays } from './lease-datagrams.ts'
import { httpWays } from './lease-http.ts'
import { by, createLeaseMesh, machines, MACHINES } from './lease-mesh.ts'
import type { LeaseMesh, Way } from './lease-mesh.ts'

const INTERVAL_SECONDS = 10
/** As each is renewed three times in its length. */
const LEASE_SECONDS = 30
const DEFAULT_ROUNDS = 5
const ROUND_MS = 4_000
/** From the start of the clients until they are timed. */
const WARM_UP_MS = 2_000
/** For connections to be closed. */
const SETTLE_MS = 500

function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(44)}${value.toFixed(1).padStart(12)} ${unit}\n`)
}

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
  const mesh = await createLeaseMesh()
  const { registry, keeper } = mesh
  const begunAt = systemClock.nowMs()
  for (let i = 0; i < machines.length; i += 500) {
    await Promise.all(machines.slice(i, i + 500).map((machine) => keeper.register(machine, by)))
  }
  print('first registration, each', ((systemClock.nowMs() - begunAt) / MACHINES) * 1_000, 'µs')
  await round('keeper', async () => {
    for (const machine of machines) await keeper.register(machine, by)
  })
  await measureWays(rounds, mesh)
  print('changes in the log since the registrations', registry.version - 1 - MACHINES, '')
}

/** Times all ways in turns, so that whatever else the machine does meets each of them. */
async function measureWays(rounds: number, mesh: LeaseMesh): Promise<void> {
  const ways = [...httpWays(mesh), ...datagramWays(mesh)].map((way) => ({
    way,
    clients: startClients(way),
    found: [] as number[],
  }))
  await mesh.keeper.start()
  for (let i = 0; i <= rounds; i++) {
    for (const { way, clients, found } of ways) {
      const micros = await timeClients(clients, way)
      // The first round is to warm up.
      if (i > 0) found.push(micros)
    }
  }
  await mesh.keeper.stop()
  for (const { way, clients, found } of ways) {
    const sorted = found.toSorted((a, b) => a - b)
    const median = sorted[Math.floor(sorted.length / 2)] ?? NaN
    print(`${way.what}: each, median`, median, 'µs')
    print(`${way.what}: each, least`, sorted[0] ?? NaN, 'µs')
    print(`${way.what}: each, most`, sorted.at(-1) ?? NaN, 'µs')
    print(`${way.what}: of one core, median`, (median * MACHINES) / 10_000 / INTERVAL_SECONDS, '%')
    clients.kill()
  }
}

function startClients({ clients: program, orders }: Way): ChildProcess {
  const clients = fork(join(import.meta.dirname, program))
  clients.send({ ...orders, intervalMs: INTERVAL_SECONDS * 1_000 })
  return clients
}

/** Has the clients send for a while; CPU time of this process for each that it has counted, in µs. */
async function timeClients(clients: ChildProcess, { serve, count }: Way): Promise<number> {
  const { port, stop } = await serve()
  clients.send({ port })
  await setTimeout(WARM_UP_MS)
  const before = count()
  const cpu = process.cpuUsage()
  await setTimeout(ROUND_MS)
  const { user, system } = process.cpuUsage(cpu)
  const renewals = count() - before
  clients.send('rest')
  await setTimeout(SETTLE_MS)
  await stop()
  return (user + system) / renewals
}

await measure(Number(process.argv[2] ?? DEFAULT_ROUNDS))
