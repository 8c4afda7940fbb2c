import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import { readSnapshotFile, writeSnapshotFile } from '../../shared/snapshot-file.ts'
import type { Startable } from '../../shared/startable.ts'
import { FullNames } from './full-names.ts'
import { hasOwn } from './names.ts'
import type { ReplicaMetrics } from './metrics.ts'
import type { NameState, ReplicaCluster, ReplicaZone } from './model.ts'
import type { Replica } from './replica.ts'
import { appLine, parseLine } from './snapshot-line.ts'
import type { Tables } from './tables.ts'

const KIND = 'meridian-edge-replica'
const FORMAT_VERSION = 6
const FILE = 'replica.snapshot'

/** Changes often come in bursts, so the first is not written before the others are there. */
const SETTLE_MS = 300
/** After a full state, or a change of the topology, the edge has all its answers to make first: so much a name. */
const SETTLE_STATE_MAX_MS = 3_000
const SETTLE_NAME_MS = 0.03
/** Names of a snapshot that are put into the tables at once. */
const NAMES_AT_ONCE = 1_000
/** Between two snapshots lies at least so many times the time that the last one took. */
const TIMES_THE_LAST = 20
/** The interval is longer by up to this share of it: edges on one machine hear of a change together. */
const SPREAD = 0.5

const headerSchema = z.object({
  logId: z.string().min(1),
  version: z.int().min(0),
  hash: z.string(),
  replica: z.string(),
})

export interface SnapshotOptions {
  readonly dataDir: string
  readonly replica: Replica
  readonly intervalMs: number
  readonly clock: Clock
  /** At least 0 and below 1. */
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: () => ReplicaMetrics
}

/**
 * Keeps a file of what the edge holds, so that it can start while central is down. Written beside the
 * serving, a moment after a change and no more often than the interval.
 */
export class ReplicaSnapshot implements Startable {
  readonly #options: SnapshotOptions
  readonly #file: string
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #writtenAt = -Infinity
  #tookMs = 0
  #isStopped = false

  constructor(options: SnapshotOptions) {
    this.#options = options
    this.#file = join(options.dataDir, FILE)
  }

  /** Restores the replica. A file that is not good is refused, counted, and left behind. */
  async start(): Promise<void> {
    const { replica, logger, metrics, dataDir } = this.#options
    await mkdir(dataDir, { recursive: true })
    const read = await this.#read()
    if (read.ok) {
      replica.restore(read.tables)
      metrics().snapshot('restored')
      logger.info({ version: read.tables.version }, 'restored the snapshot')
    } else if (read.reason !== 'absent') {
      metrics().snapshot('refused')
      logger.warn(
        { file: this.#file, reason: read.reason, detail: read.detail },
        'snapshot refused',
      )
    }
    replica.onChange((update) => {
      const isAll =
        update.is === 'change' ? update.change.clusters.length > 0 : update.is === 'state'
      const allMs = SETTLE_MS + replica.tables.names.size * SETTLE_NAME_MS
      this.#schedule(isAll ? Math.min(SETTLE_STATE_MAX_MS, allMs) : SETTLE_MS)
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#writing
    if (this.#timer !== undefined) await this.#write()
  }

  #schedule(settleMs: number): void {
    if (this.#timer !== undefined || this.#isStopped) return
    const { clock, random, intervalMs } = this.#options
    const betweenMs = msBetween({ intervalMs, tookMs: this.#tookMs, random: random() })
    const waitMs = Math.max(settleMs, this.#writtenAt + betweenMs - clock.nowMs())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#writing = this.#write().finally(() => (this.#writing = undefined))
    }, waitMs)
  }

  async #write(): Promise<void> {
    const { replica, logger, metrics, clock } = this.#options
    const { tables, hasState } = replica
    if (!hasState) return
    const { logId, version, hash } = tables
    const startedAt = clock.nowMs()
    const walk = namesOf(tables)
    try {
      const header = { logId, version, hash, replica: replica.kind }
      await writeSnapshotFile(
        this.#file,
        { kind: KIND, formatVersion: FORMAT_VERSION, ...header },
        linesOf(tables, walk.lines),
      )
      this.#writtenAt = clock.nowMs()
      this.#tookMs = this.#writtenAt - startedAt
      metrics().snapshot('written')
    } catch (err) {
      metrics().snapshot('failed')
      logger.error({ file: this.#file, detail: messageOf(err) }, 'snapshot could not be written')
    } finally {
      walk.end()
    }
  }

  /** Reads the file into tables of their own. */
  async #read(): Promise<
    | { readonly ok: true; readonly tables: Tables }
    | { readonly ok: false; readonly reason: string; readonly detail: string }
  > {
    const { replica } = this.#options
    let restoring: Restoring | undefined
    const file = await readSnapshotFile(this.#file, {
      kind: KIND,
      formatVersion: FORMAT_VERSION,
      begin: (found) => {
        const header = headerSchema.safeParse(found)
        if (!header.success) return "its header is not an edge's"
        if (header.data.replica !== replica.kind) {
          return `it is of a replica ${header.data.replica}, this one is ${replica.kind}`
        }
        restoring = new Restoring(replica.createTables(header.data.logId), header.data)
        return restoring.take
      },
    })
    if (!file.ok) return file
    if (restoring === undefined) throw new TypeError('a snapshot was read that was never begun')
    return { ok: true, tables: restoring.end() }
  }
}

/**
 * The time from one snapshot to the next, at least `intervalMs`. `tookMs`: how long the last one took;
 * `random`: at least 0 and below 1.
 */
export function msBetween(options: {
  readonly intervalMs: number
  readonly tookMs: number
  readonly random: number
}): number {
  const { intervalMs, tookMs, random } = options
  return Math.max(intervalMs, tookMs * TIMES_THE_LAST) * (1 + SPREAD * random)
}

/** Fills tables with the values of a snapshot. */
class Restoring {
  readonly #tables: Tables
  readonly #header: z.output<typeof headerSchema>
  readonly #clusters: ReplicaCluster[] = []
  readonly #zones: ReplicaZone[] = []
  readonly #networks: Network[] = []
  #names: NameState[] = []

  constructor(tables: Tables, header: z.output<typeof headerSchema>) {
    this.#tables = tables
    this.#header = header
  }

  readonly take = (value: unknown): string | undefined => {
    const parsed = parseLine(value)
    if (!parsed.ok) return parsed.detail
    const { line } = parsed
    if (line.is === 'cluster') this.#clusters.push(line.cluster)
    else if (line.is === 'zone') this.#zones.push(line.zone)
    else if (line.is === 'network') this.#networks.push(line.network)
    else {
      // Resolve may have told more than Watch had: then Watch tells it again.
      const version = Math.min(line.state.version, this.#header.version)
      this.#names.push({ ...line.state, version })
      if (this.#names.length >= NAMES_AT_ONCE) this.#apply([], [], [])
    }
    return undefined
  }

  end(): Tables {
    this.#apply(this.#clusters, this.#zones, this.#networks)
    return this.#tables
  }

  #apply(
    clusters: readonly ReplicaCluster[],
    zones: readonly ReplicaZone[],
    networks: readonly Network[],
  ): void {
    const { version, hash } = this.#header
    const names = this.#names
    this.#names = []
    const nothing = { clustersDeleted: [], zonesDeleted: [], serials: [], networksDeleted: [] }
    const sent = { acceptedEpochMs: 0, sentEpochMs: 0 }
    const change = { version, ...sent, clusters, zones, networks, names, hash, ...nothing }
    this.#tables.apply(change, () => true)
  }
}

/** The lines of the names of the present state; `end` has to be called. */
function namesOf(tables: Tables): {
  readonly lines: Iterable<unknown>
  readonly end: () => void
} {
  const { names, version } = tables
  if (names instanceof FullNames) return names.lines(version)
  const { entries, end } = names.entries(version)
  const lines = (function* (): Iterable<unknown> {
    for (const entry of entries) {
      // What Watch does not keep current may be older than the header says.
      // What does not exist, or is answered by something else, is asked for again.
      const line = entry.isWatched && hasOwn(entry) ? appLine(entry) : undefined
      if (line !== undefined) yield line
    }
  })()
  return { lines, end }
}

/**
 * The lines of the present state, `names` among them. What they are made of is taken at once, and none
 * of it is ever changed in place, so that changes which come while the file is written in slices do not
 * get in.
 */
function linesOf(tables: Tables, names: Iterable<unknown>): Iterable<unknown> {
  const clusters = [...tables.clusters.values()]
  const zones = Array.from(tables.zones.values(), ({ zone }) => zone)
  const networks = [...tables.networks.values()]
  return (function* lines(): Iterable<unknown> {
    for (const cluster of clusters) yield { is: 'cluster', cluster }
    for (const zone of zones) yield { is: 'zone', zone: { ...zone, ns: [...zone.ns] } }
    for (const network of networks) yield { is: 'network', network }
    yield* names
  })()
}
