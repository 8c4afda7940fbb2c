/**
 * Times the health checks of an edge: 10,000 TCP checks at an interval of 10 s, against one listener on
 * loopback in a process of its own. Prints the CPU time of this process as a share of one core.
 *
 *     node bench/micro/prober.ts [SECONDS]
 */
import { fork } from 'node:child_process'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { Prober } from '../../edge/health/prober.ts'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { checkSchema } from '../../shared/registry/check-schema.ts'

const CHECKS = 10_000
const INTERVAL_MS = 10_000
const DEFAULT_SECONDS = 30
/** Until the first two rounds are over, and the code is compiled. */
const WARM_UP_MS = 15_000
/** What tells this file that it is to be the listener. */
const LISTEN = 'listen'

function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(44)}${value.toFixed(1).padStart(12)} ${unit}\n`)
}

/** Accepts and reads until its parent is gone. */
function listen(): void {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.resume()
  })
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('it has no port')
    process.send?.(address.port)
  })
  process.once('disconnect', () => process.exit())
}

async function measure(seconds: number): Promise<void> {
  const listener = fork(import.meta.filename, [LISTEN])
  const port = await new Promise<unknown>((resolve) => void listener.once('message', resolve))
  let turns = 0
  const prober = new Prober({
    options: { probesMax: 256, commands: {} },
    clock: systemClock,
    random: Math.random,
    logger: createLogger('warn', {}),
    onFinding: () => turns++,
  })
  const check = checkSchema.parse({ type: 'tcp', intervalMs: INTERVAL_MS })
  await prober.start()
  for (let id = 0; id < CHECKS; id++) {
    prober.put({
      id,
      app: `app${id}.mesh.example.`,
      cluster: 'here',
      addresses: ['127.0.0.1'],
      port: Number(port),
      check,
      state: 'unknown',
    })
  }
  await setTimeout(WARM_UP_MS)
  const { good, bad, unknown } = prober.stats.probes.tcp
  const lateMs = prober.stats.delayedMs
  const cpu = process.cpuUsage()
  const begunAt = systemClock.nowMs()
  await setTimeout(seconds * 1_000)
  const { user, system } = process.cpuUsage(cpu)
  const wallMs = systemClock.nowMs() - begunAt
  const counts = prober.stats.probes.tcp
  const probes = counts.good + counts.bad + counts.unknown - good - bad - unknown
  print('probes per second', (probes / wallMs) * 1_000, '')
  print('good', ((counts.good - good) / probes) * 100, '%')
  print('CPU time, of one core', (user + system) / 10 / wallMs, '%')
  print('CPU time of one probe', (user + system) / probes, 'µs')
  print('late for want of room, each', ((prober.stats.delayedMs - lateMs) / probes) * 1_000, 'µs')
  print('memory (RSS)', process.memoryUsage.rss() / 1_048_576, 'MiB')
  print('findings told', turns, '')
  await prober.stop()
  listener.disconnect()
}

if (process.argv[2] === LISTEN) listen()
else await measure(Number(process.argv[2] ?? DEFAULT_SECONDS))
