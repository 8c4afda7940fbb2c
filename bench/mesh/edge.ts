import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { packageRoot } from '../../shared/package-root.ts'
import type { Target } from '../client/udp-client.ts'
import { isRecord, parseJsonRecord } from '../json.ts'
import { MeridianProcess } from '../process/meridian-process.ts'
import type { Usage } from '../process/usage.ts'
import type { BenchFolder } from './folder.ts'

/** The topology of every edge of a bench: the places of a real network. */
export const topologyFile = join(packageRoot(), 'deploy/topology/pops.json')

/** How long an edge may take to hold what is waited for. */
const READY_DEADLINE_MS = 60_000
const READY_POLL_MS = 2

/** Histogram of the questions to central, with a label for their result. */
const CALLS = 'meridian_edge_replica_resolve_duration_seconds'

export interface BenchEdgeOptions {
  /** The own cluster, and the id. */
  readonly cluster: string
  readonly replica: 'full' | 'on-demand'
  /** The only core that it may run on. */
  readonly cpu?: number
  /** Data threads; one for each core that it may use without it. */
  readonly threads?: number
}

/** An edge as a process of its own; it comes back with the same data, on new ports. */
export class BenchEdge {
  readonly #folder: BenchFolder
  readonly #options: BenchEdgeOptions
  #process: MeridianProcess | undefined
  #admin = ''
  dns: Target = { address: '127.0.0.1', port: 0 }

  constructor(folder: BenchFolder, options: BenchEdgeOptions) {
    this.#folder = folder
    this.#options = options
  }

  /** When the process was spawned (monotonic ms). */
  get startedAt(): number {
    return this.#running.startedAt
  }

  usage(): Usage {
    return this.#running.usage()
  }

  /** Whether it has refused its snapshot file since it was spawned. */
  get hasRefusedSnapshot(): boolean {
    return this.#running.hasLogged('snapshot refused')
  }

  /** Spawns it and waits for its log to say that it is up, which may be before it holds anything. */
  async start(central: string): Promise<void> {
    const { cluster, replica, cpu, threads } = this.#options
    const config = this.#folder.write('edge.yaml', {
      id: cluster,
      cluster,
      topology: topologyFile,
      dataDir: this.#folder.path('edge'),
      listen: { addresses: ['127.0.0.1:0'], ...(threads === undefined ? {} : { threads }) },
      central: { addresses: [central] },
      replica: { kind: replica },
      admin: { listen: '127.0.0.1:0' },
    })
    this.#process = new MeridianProcess(
      ['edge', '--config', config],
      cpu === undefined ? {} : { cpu },
    )
    const up = await this.#process.logged('edge is up')
    const listeners: unknown = up['dns']
    const udp: unknown = Array.isArray(listeners)
      ? listeners.find((listener) => isRecord(listener) && listener['transport'] === 'udp')
      : undefined
    if (!isRecord(udp)) throw new Error(`no UDP socket in ${JSON.stringify(up)}`)
    this.dns = { address: String(udp['address']), port: Number(udp['port']) }
    this.#admin = String(up['admin'])
  }

  async end(): Promise<void> {
    await this.#process?.end()
    this.#process = undefined
  }

  /** Waits until `/ready` says ready, connected, and that it holds so many names. */
  async holds(names: number): Promise<void> {
    const endAt = systemClock.nowMs() + READY_DEADLINE_MS
    for (;;) {
      const text = await this.#get('/ready')
      const report = parseJsonRecord(text)
      const replica: unknown = report?.['replica']
      const isThere = isRecord(replica) && replica['connected'] === true
      if (report?.['ready'] === true && isThere && Number(replica['names']) >= names) return
      if (systemClock.nowMs() > endAt) {
        throw new Error(`the edge does not hold ${names} names in ${READY_DEADLINE_MS} ms: ${text}`)
      }
      await wait(READY_POLL_MS)
    }
  }

  /** How often it has asked central for a name since it was spawned. */
  async callsToCentral(): Promise<number> {
    const text = await this.#get('/metrics')
    // It has no samples before the first call, but its name is there: a new name must not count as 0.
    if (!text.includes(`# TYPE ${CALLS} `)) throw new Error(`the edge has no metric ${CALLS}`)
    const counts = text.matchAll(new RegExp(`^${CALLS}_count(?:\\{.*\\})? (\\d+)$`, 'gm'))
    return Array.from(counts, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0)
  }

  /** Size of the snapshot file in bytes. */
  snapshotBytes(): number {
    return this.#folder.sizeOf('edge', 'replica.snapshot')
  }

  /** While it does not run: the next start knows nothing but the topology. */
  removeData(): void {
    this.#folder.clear('edge')
  }

  async #get(path: string): Promise<string> {
    const response = await fetch(`${this.#admin}${path}`, { signal: AbortSignal.timeout(5_000) })
    return response.text()
  }

  get #running(): MeridianProcess {
    if (this.#process === undefined) throw new Error('the edge does not run')
    return this.#process
  }
}
