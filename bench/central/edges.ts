import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { describeAnswer } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import { topologyFile } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { freePort, LOOPBACK } from '../process/free-port.ts'
import { readUsage } from '../process/usage.ts'

/** As many as most machines have cores. */
const PROCESSES = 2
const START_DEADLINE_MS = 180_000
/** Between two questions to an edge: many that are asked without a pause would take the cores they need. */
const POLL_MS = 5
const ANSWERED_DEADLINE_MS = 30_000
/** Bytes of an answer table: few names are asked for. */
const TABLE_BYTES = 4 * 1024 * 1024

/** Edges that answer, in few processes, each with a client that asks it. */
export class Edges {
  readonly #children: ChildProcess[] = []
  readonly #clients: UdpClient[] = []

  /** Starts so many; `ask` waits for what they hold. */
  static async start(folder: BenchFolder, central: string, count: number): Promise<Edges> {
    const edges = new Edges()
    try {
      const each = Math.ceil(count / PROCESSES)
      const starts = Array.from({ length: PROCESSES }, (_, i) =>
        edges.#startProcess(folder, central, i * each, Math.min(each, count - i * each)),
      )
      await Promise.all(starts)
      return edges
    } catch (err) {
      edges.end()
      throw err
    }
  }

  /** Asks every edge again and again; resolves with the times (monotonic ms) at which each answers as wanted. */
  answeredAt(name: string, wanted: string): Promise<readonly number[]> {
    return Promise.all(this.#clients.map((client) => answeredAt(client, name, wanted)))
  }

  /** CPU time of all until now. */
  cpuMs(): number {
    return this.#children.reduce((sum, { pid = 0 }) => sum + readUsage(pid).cpuMs, 0)
  }

  end(): void {
    for (const client of this.#clients) client.close()
    for (const child of this.#children) child.kill('SIGKILL')
  }

  async #startProcess(
    folder: BenchFolder,
    central: string,
    first: number,
    count: number,
  ): Promise<void> {
    const child = fork(join(import.meta.dirname, 'edges-program.ts'))
    this.#children.push(child)
    const ports: number[] = []
    for (let i = 0; i < count; i++) ports.push(await freePort())
    const edges = ports.map((port, i) => ({
      id: `edge-${first + i}`,
      cluster: 'sfo',
      topology: topologyFile,
      dataDir: folder.path(`edge-${first + i}`),
      listen: { addresses: [`${LOOPBACK}:${port}`], threads: 0 },
      central: { addresses: [central] },
      replica: { kind: 'full' },
      table: { maxBytes: TABLE_BYTES },
      latency: { enabled: false },
      admin: { listen: `${LOOPBACK}:0` },
    }))
    child.send({ edges })
    const started = once(child, 'message', { signal: AbortSignal.timeout(START_DEADLINE_MS) })
    const ended = once(child, 'exit').then(() => {
      throw new Error('the process of the edges has ended')
    })
    await Promise.race([started, ended])
    // It ends with the bench, by a signal.
    ended.catch(() => undefined)
    for (const port of ports) {
      this.#clients.push(await UdpClient.open({ address: LOOPBACK, port }))
    }
  }
}

async function answeredAt(client: UdpClient, name: string, wanted: string): Promise<number> {
  const endAt = systemClock.nowMs() + ANSWERED_DEADLINE_MS
  for (;;) {
    const timed = await client.ask(name).catch(() => undefined)
    const nowMs = systemClock.nowMs()
    if (timed !== undefined && describeAnswer(timed.response) === wanted) return nowMs
    if (nowMs > endAt) throw new Error(`an edge does not answer ${name} with ${wanted}`)
    await wait(POLL_MS)
  }
}
