import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { packageRoot } from '../../shared/package-root.ts'
import type { Target } from '../client/udp-client.ts'
import { isRecord, parseJsonRecord } from '../json.ts'
import { MeridianProcess } from '../process/meridian-process.ts'
import type { Usage } from '../process/usage.ts'
import type { BenchFolder } from './folder.ts'
import { sumOfMetric } from './metrics.ts'

/** The topology of the edges of a bench that are given no other: the places of a real network. */
export const topologyFile = join(packageRoot(), 'deploy/topology/pops.json')

/** How long an edge may take to hold what is waited for, and so much more for each name. */
const READY_DEADLINE_MS = 60_000
const READY_DEADLINE_MS_PER_NAME = 0.2
const READY_POLL_MS = 2

/** Histogram of the questions to central, with a label for their result. */
const CALLS = 'meridian_edge_replica_resolve_duration_seconds'

export interface BenchEdgeOptions {
  /** The own cluster, and the id without another. */
  readonly cluster: string
  /** Without one there is only this edge in the folder. */
  readonly id?: string
  readonly replica: 'full' | 'on-demand'
  /** The only core that it may run on. */
  readonly cpu?: number
  /** Data threads; one for each core that it may use without it. */
  readonly threads?: number
  /** File of another topology. */
  readonly topology?: string
  /** What the answer table may take, in bytes. */
  readonly tableBytes?: number
  /** Prefixes of senders that are believed when they tell the subnet of their client. */
  readonly trusted?: readonly string[]
  /** Names that an on-demand replica holds at most. */
  readonly namesMax?: number
}

/** An edge as a process of its own; it comes back with the same data, on new ports. */
export class BenchEdge {
  readonly #folder: BenchFolder
  readonly #options: BenchEdgeOptions
  /** Of its data and its config in the folder. */
  readonly #name: string
  #process: MeridianProcess | undefined
  #admin = ''
  dns: Target = { address: '127.0.0.1', port: 0 }

  constructor(folder: BenchFolder, options: BenchEdgeOptions) {
    this.#folder = folder
    this.#options = options
    this.#name = options.id ?? 'edge'
  }

  /** When the process was spawned (monotonic ms). */
  get startedAt(): number {
    return this.#running.startedAt
  }

  usage(): Usage {
    return this.#running.usage()
  }

  /** CPU time of the control thread until now, in ms. */
  controlCpuMs(): number {
    return this.#running.mainThreadCpuMs()
  }

  /** Lets each of its threads run on one core only, by its name; `data` are those that answer over UDP. */
  pinThreads(cpuOf: (name: string) => number): void {
    this.#running.pinThreads(cpuOf)
  }

  /** Whether it has refused its snapshot file since it was spawned. */
  get hasRefusedSnapshot(): boolean {
    return this.#running.hasLogged('snapshot refused')
  }

  /** Spawns it and waits for its log to say that it is up, which may be before it holds anything. */
  async start(central: string): Promise<void> {
    const { cluster, id, replica, cpu, threads, topology, tableBytes, namesMax, trusted } =
      this.#options
    const config = this.#folder.write(`${this.#name}.yaml`, {
      id: id ?? cluster,
      cluster,
      topology: topology ?? topologyFile,
      dataDir: this.#folder.path(this.#name),
      listen: { addresses: ['127.0.0.1:0'], ...(threads === undefined ? {} : { threads }) },
      central: { addresses: [central] },
      replica: { kind: replica, ...(namesMax === undefined ? {} : { namesMax }) },
      ...(tableBytes === undefined ? {} : { table: { maxBytes: tableBytes } }),
      ...(trusted === undefined ? {} : { clients: { ecs: { trusted } } }),
      // What is measured is not to wait for handshakes with the addresses of a bench.
      latency: { enabled: false },
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
    const deadlineMs = READY_DEADLINE_MS + names * READY_DEADLINE_MS_PER_NAME
    const endAt = systemClock.nowMs() + deadlineMs
    for (;;) {
      const text = await this.#get('/ready')
      const report = parseJsonRecord(text)
      const replica: unknown = report?.['replica']
      const isThere = isRecord(replica) && replica['connected'] === true
      if (report?.['ready'] === true && isThere && Number(replica['names']) >= names) return
      if (systemClock.nowMs() > endAt) {
        throw new Error(`the edge does not hold ${names} names in ${deadlineMs} ms: ${text}`)
      }
      await wait(READY_POLL_MS)
    }
  }

  /** How often it has asked central for a name since it was spawned. */
  async callsToCentral(): Promise<number> {
    return this.metric(CALLS, '_count')
  }

  /** The sum of a metric over its labels; `suffix` says which series of a histogram. */
  async metric(name: string, suffix: '' | '_count' | '_sum' = ''): Promise<number> {
    return sumOfMetric(await this.#get('/metrics'), name, suffix)
  }

  /** Size of the snapshot file in bytes. */
  snapshotBytes(): number {
    return this.#folder.sizeOf(this.#name, 'replica.snapshot')
  }

  /** While it does not run: the next start knows nothing but the topology. */
  removeData(): void {
    this.#folder.clear(this.#name)
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
