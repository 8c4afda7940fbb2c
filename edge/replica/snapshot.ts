import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { readSnapshotFile, writeSnapshotFile } from '../../shared/snapshot-file.ts'
import type { Startable } from '../../shared/startable.ts'
import type { ReplicaMetrics } from './metrics.ts'
import type { NameState, ReplicaChange, ReplicaZone } from './model.ts'
import type { NameEntry } from './names.ts'
import type { Replica } from './replica.ts'
import type { Line } from './snapshot-line.ts'
import { appLine, parseLine } from './snapshot-line.ts'
import type { Tables } from './tables.ts'

const KIND = 'meridian-edge-replica'
const FORMAT_VERSION = 2
const FILE = 'replica.snapshot'

/** Changes often come in bursts, so the first is not written before the others are there. */
const SETTLE_MS = 300
/** After a full state the edge has all its answers to make first. */
const SETTLE_STATE_MS = 3_000

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
      replica.restore(read)
      metrics().snapshot('restored')
      logger.info({ version: read.change.version }, 'restored the snapshot')
    } else if (read.reason !== 'absent') {
      metrics().snapshot('refused')
      logger.warn(
        { file: this.#file, reason: read.reason, detail: read.detail },
        'snapshot refused',
      )
    }
    replica.onChange(({ is }) => this.#schedule(is === 'state' ? SETTLE_STATE_MS : SETTLE_MS))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#writing
    if (this.#timer !== undefined) await this.#write()
  }

  #schedule(settleMs: number): void {
    if (this.#timer !== undefined || this.#isStopped) return
    const { clock, intervalMs } = this.#options
    const waitMs = Math.max(settleMs, this.#writtenAt + intervalMs - clock.nowMs())
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
    const walk = tables.names.entries(version)
    try {
      const header = { logId, version, hash, replica: replica.kind }
      await writeSnapshotFile(
        this.#file,
        { kind: KIND, formatVersion: FORMAT_VERSION, ...header },
        linesOf(tables, walk.entries),
      )
      this.#writtenAt = clock.nowMs()
      metrics().snapshot('written')
    } catch (err) {
      metrics().snapshot('failed')
      logger.error({ file: this.#file, detail: messageOf(err) }, 'snapshot could not be written')
    } finally {
      walk.end()
    }
  }

  async #read(): Promise<
    | { readonly ok: true; readonly logId: string; readonly change: ReplicaChange }
    | { readonly ok: false; readonly reason: string; readonly detail: string }
  > {
    const file = await readSnapshotFile(this.#file, { kind: KIND, formatVersion: FORMAT_VERSION })
    if (!file.ok) return file
    const header = headerSchema.safeParse(file.header)
    if (!header.success)
      return { ok: false, reason: 'foreign', detail: "its header is not an edge's" }
    const { replica } = this.#options
    if (header.data.replica !== replica.kind) {
      const detail = `it is of a replica ${header.data.replica}, this one is ${replica.kind}`
      return { ok: false, reason: 'foreign', detail }
    }
    const lines: Line[] = []
    for (const value of file.values) {
      const parsed = parseLine(value)
      if (!parsed.ok) return { ok: false, reason: 'foreign', detail: parsed.detail }
      lines.push(parsed.line)
    }
    return { ok: true, logId: header.data.logId, change: changeOf(header.data, lines) }
  }
}

/**
 * The lines of the present state, of which `names` are the entries. What they are made of is taken at
 * once, and none of it is ever changed in place, so that changes which come while the file is written
 * in slices do not get in.
 */
function linesOf(tables: Tables, names: Iterable<NameEntry>): Iterable<unknown> {
  const clusters = [...tables.clusters.values()]
  const zones = Array.from(tables.zones.values(), ({ zone }) => zone)
  return (function* lines(): Iterable<unknown> {
    for (const cluster of clusters) yield { is: 'cluster', cluster }
    for (const zone of zones) yield { is: 'zone', zone: { ...zone, ns: [...zone.ns] } }
    for (const entry of names) {
      // What Watch does not keep current may be older than the header says.
      const line = entry.isWatched ? appLine(entry) : undefined
      if (line !== undefined) yield line
    }
  })()
}

function changeOf(
  { version, hash }: z.output<typeof headerSchema>,
  lines: readonly Line[],
): ReplicaChange {
  const clusters = []
  const zones: ReplicaZone[] = []
  const names: NameState[] = []
  for (const line of lines) {
    if (line.is === 'cluster') clusters.push(line.cluster)
    else if (line.is === 'zone') zones.push(line.zone)
    else {
      // Resolve may have told more than Watch had: then Watch tells it again.
      names.push({ ...line.state, version: Math.min(line.state.version, version) })
    }
  }
  return {
    version,
    acceptedEpochMs: 0,
    clusters,
    clustersDeleted: [],
    zones,
    zonesDeleted: [],
    serials: [],
    names,
    hash,
  }
}
