import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { clusterSchema, isCanonicalEndpoint, policies } from '../../shared/registry/schema.ts'
import type { Endpoint } from '../../shared/registry/schema.ts'
import { readSnapshotFile, writeSnapshotFile } from '../../shared/snapshot-file.ts'
import type { Startable } from '../../shared/startable.ts'
import type { ReplicaMetrics } from './metrics.ts'
import type { NameState, ReplicaChange, ReplicaZone } from './model.ts'
import type { NameEntry } from './names.ts'
import type { Replica } from './replica.ts'
import type { Tables } from './tables.ts'

const KIND = 'meridian-edge-replica'
const FORMAT_VERSION = 1
const FILE = 'replica.snapshot'

/** Changes often come in bursts, so the first is not written before the others are there. */
const SETTLE_MS = 300

const ttl = z.int().min(0)
const version = z.int().min(0)

const headerSchema = z.object({
  logId: z.string().min(1),
  version,
  hash: z.string(),
  replica: z.string(),
})

const lineSchema = z.discriminatedUnion('is', [
  z.object({ is: z.literal('cluster'), cluster: clusterSchema }),
  z.object({
    is: z.literal('zone'),
    zone: z.object({
      apex: z.string(),
      ns: z.array(z.string()),
      nsTtl: ttl,
      soa: z.object({
        mname: z.string(),
        rname: z.string(),
        refresh: ttl,
        retry: ttl,
        expire: ttl,
        minimum: ttl,
        ttl,
      }),
      serial: z.int().min(0),
    }),
  }),
  z.object({
    is: z.literal('app'),
    name: z.string(),
    version,
    app: z.object({
      policy: z.enum(policies),
      ttlMin: ttl,
      ttlMax: ttl,
      // Had been checked when they were written; their schema would take half of the time of a start.
      endpoints: z.custom<readonly Endpoint[]>(
        (value) => Array.isArray(value) && value.every(isCanonicalEndpoint),
      ),
    }),
  }),
])
type Line = z.output<typeof lineSchema>

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
    replica.onChange(() => this.#schedule())
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    await this.#writing
    if (this.#timer !== undefined) await this.#write()
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isStopped) return
    const { clock, intervalMs } = this.#options
    const waitMs = Math.max(SETTLE_MS, this.#writtenAt + intervalMs - clock.nowMs())
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
      const line = lineSchema.safeParse(value)
      if (!line.success) {
        return { ok: false, reason: 'foreign', detail: line.error.issues[0]?.message ?? '' }
      }
      lines.push(line.data)
    }
    return { ok: true, logId: header.data.logId, change: changeOf(header.data, lines) }
  }
}

/**
 * The lines of the present state, of which `names` are the entries. What they are made of is taken at
 * once, and none of it is ever changed in place, so that changes which come while the file is written
 * in slices do not get in.
 */
function linesOf(tables: Tables, names: Iterable<NameEntry>): Iterable<Line> {
  const clusters = [...tables.clusters.values()]
  const zones = Array.from(tables.zones.values(), ({ zone }) => zone)
  return (function* lines(): Iterable<Line> {
    for (const cluster of clusters) yield { is: 'cluster', cluster }
    for (const zone of zones) yield { is: 'zone', zone: { ...zone, ns: [...zone.ns] } }
    for (const { name, version, app, isWatched } of names) {
      // What Watch does not keep current may be older than the header says.
      if (app === undefined || !isWatched) continue
      yield { is: 'app', name, version, app: { ...app, endpoints: [...app.endpoints] } }
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
      names.push({
        kind: 'app',
        name: line.name,
        version: Math.min(line.version, version),
        app: line.app,
      })
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
