import { z } from 'zod'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { readSnapshotFile, writeSnapshotFile } from '../../shared/snapshot-file.ts'
import type { EventLog } from '../log/event-log.ts'
import { restore } from '../model/evolve.ts'
import { packRrsets } from '../model/packed-rrsets.ts'
import { shareEventsOf } from '../model/shares.ts'
import type { RegistryState } from '../model/state.ts'
import { emptyState } from '../model/state.ts'
import type { StoredObject } from '../model/stored-object.ts'
import type { Registry } from './registry.ts'

const KIND = 'meridian-central-state'
const FORMAT_VERSION = 2

const headerSchema = z.object({
  logId: z.string(),
  version: z.int().min(1),
  /** Hash of the log at the version: it proves that the state is of this very history. */
  hash: z.string(),
})

/**
 * The state as a file, so that a start need not replay the whole log. It is derived: one that is
 * missing, damaged or of another history is logged and left out, and the log is replayed.
 */
export class RegistrySnapshot {
  readonly #file: string
  readonly #everyChanges: number
  readonly #logger: Logger
  readonly #onWritten: (file: string, version: number) => Promise<void>
  #version = 0
  #writing: Promise<void> | undefined

  constructor(options: {
    readonly file: string
    readonly everyChanges: number
    readonly logger: Logger
    /** Called with each file that was written, which stays as it is. Never rejects. */
    readonly onWritten?: (file: string, version: number) => Promise<void>
  }) {
    this.#file = options.file
    this.#everyChanges = options.everyChanges
    this.#logger = options.logger
    this.#onWritten = options.onWritten ?? (() => Promise.resolve())
  }

  /** Reads the state back; undefined when there is none that fits the log. */
  async read(
    log: EventLog,
  ): Promise<{ readonly state: RegistryState; readonly version: number } | undefined> {
    const state = emptyState()
    let version = 0
    const file = await readSnapshotFile(this.#file, {
      kind: KIND,
      formatVersion: FORMAT_VERSION,
      begin: (found) => {
        const header = headerSchema.safeParse(found)
        if (!header.success) return 'its header is not that of a central'
        const { logId, hash } = header.data
        version = header.data.version
        if (logId !== log.id || log.hashAt(version) !== hash) return 'it is of another log'
        return (object) => {
          if (!isStoredObject(object)) return 'it holds what is no object of the registry'
          restore(state, object)
          return undefined
        }
      },
    })
    if (!file.ok) {
      if (file.reason === 'absent') return undefined
      const { detail } = file
      this.#logger.warn({ file: this.#file, detail }, 'snapshot refused, the log is replayed')
      return undefined
    }
    this.#version = version
    return { state, version }
  }

  /** Writes the state when enough changes have come since the last time. Never throws. */
  async writeIfDue(registry: Registry): Promise<void> {
    if (this.#writing !== undefined) return
    if (registry.version - this.#version >= this.#everyChanges) await this.write(registry)
  }

  /** Writes the state if anything has changed since the last time. Never throws. */
  async write(registry: Registry): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
    if (registry.version === this.#version) return
    this.#writing = this.#write(registry)
    await this.#writing
    this.#writing = undefined
  }

  async #write(registry: Registry): Promise<void> {
    const { version, logId, logHash } = registry
    try {
      await writeSnapshotFile(
        this.#file,
        { kind: KIND, formatVersion: FORMAT_VERSION, logId, version, hash: logHash },
        objectsOf(registry.state),
      )
      this.#version = version
      await this.#onWritten(this.#file, version)
    } catch (err) {
      this.#logger.error(
        { file: this.#file, detail: messageOf(err) },
        'snapshot could not be written',
      )
    }
  }
}

const objectKinds = new Set<unknown>([
  'cluster',
  'zone',
  'app',
  'rrsets',
  'verdict',
  'force',
  'machine',
  'network',
  'maintenance',
  'share',
  'source-position',
  'dead-letter',
])

/**
 * A look at the kind is enough: the checksum of the file and the format version in its header say that
 * this software wrote the line, out of a state that was checked when it came to be.
 */
function isStoredObject(value: unknown): value is StoredObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    'stored' in value &&
    'kind' in value &&
    objectKinds.has(value.kind)
  )
}

/**
 * The objects of the present state. What they are made of is taken at once, for writes go on while the
 * file is written in slices; of what is taken nothing is ever changed in place but maps of endpoints.
 */
function objectsOf(state: RegistryState): Iterable<StoredObject> {
  const clusters = [...state.clusters.values()]
  const zones = [...state.zones.values()]
  const networks = [...state.networks.values()]
  const windows = [...state.maintenance.values()]
  const apps = Array.from(state.apps.values(), ({ value, version, endpoints }) => ({
    value,
    version,
    endpoints: [...endpoints.values()],
  }))
  const rrsets = [...state.records.values()]
  // After the apps: without their endpoint, verdicts, forces and machines are not taken.
  const verdicts = [...state.health.values()].flatMap((byCluster) => [...byCluster.values()])
  const forces = [...state.forced.values()].flatMap((byCluster) => [...byCluster.values()])
  const machines = [...state.machines.values()].flatMap((byId) => [...byId.values()])
  const shares = shareEventsOf(state)
  const positions = [...state.sources.values()]
  const letters = [...state.deadLetters.values()]
  return (function* objects(): Iterable<StoredObject> {
    for (const stored of clusters) yield { kind: 'cluster', stored }
    for (const stored of zones) yield { kind: 'zone', stored }
    for (const stored of networks) yield { kind: 'network', stored }
    for (const stored of apps) yield { kind: 'app', stored }
    for (const stored of packRrsets(rrsets)) yield { kind: 'rrsets', stored }
    for (const stored of verdicts) yield { kind: 'verdict', stored }
    for (const stored of forces) yield { kind: 'force', stored }
    for (const stored of windows) yield { kind: 'maintenance', stored }
    for (const stored of machines) yield { kind: 'machine', stored }
    for (const stored of shares) yield { kind: 'share', stored }
    for (const stored of positions) yield { kind: 'source-position', stored }
    for (const stored of letters) yield { kind: 'dead-letter', stored }
  })()
}
