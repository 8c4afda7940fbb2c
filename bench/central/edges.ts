import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { describeAnswer } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import { BenchEdge } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'

/** Between two questions to an edge: many that are asked without a pause would take the cores they need. */
const POLL_MS = 15
const ANSWERED_DEADLINE_MS = 30_000
/** Bytes of an answer table: few names are asked for. */
const TABLE_BYTES = 4 * 1024 * 1024

/** Edges that answer, each a process of its own, each with a client that asks it. */
export class Edges {
  readonly #edges: BenchEdge[] = []
  readonly #clients: UdpClient[] = []

  /** Starts one more. */
  async start(folder: BenchFolder, central: string): Promise<void> {
    const edge = new BenchEdge(folder, {
      id: `edge-${this.#edges.length}`,
      cluster: 'sfo',
      replica: 'full',
      threads: 1,
      tableBytes: TABLE_BYTES,
    })
    this.#edges.push(edge)
    await edge.start(central)
    this.#clients.push(await UdpClient.open(edge.dns))
  }

  /** Asks every edge again and again; resolves with the times (monotonic ms) at which each answers as wanted. */
  answeredAt(name: string, wanted: string): Promise<readonly number[]> {
    return Promise.all(this.#clients.map((client) => answeredAt(client, name, wanted)))
  }

  /** CPU time of all until now. */
  cpuMs(): number {
    return this.#edges.reduce((sum, edge) => sum + edge.usage().cpuMs, 0)
  }

  async end(): Promise<void> {
    for (const client of this.#clients) client.close()
    await Promise.all(this.#edges.map((edge) => edge.end()))
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
