import { extname } from 'node:path'
import type { Worker } from 'node:worker_threads'
import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { NETWORKS_MAX } from '../../shared/registry/limits.ts'
import type { Startable } from '../../shared/startable.ts'
import { startThread } from '../../shared/thread.ts'
import { FileWatch } from './file-watch.ts'
import type { LoadedMmdb, MmdbBounds, MmdbData, MmdbFiles } from './mmdb-load.ts'
import type { MmdbMessage, MmdbWork } from './mmdb-messages.ts'
import { PLACES_MAX } from './numbers.ts'

/** The largest mmdb file that is read: it is held in memory while it is. */
const MMDB_FILE_MAX_BYTES = 1024 * 1024 * 1024
/** Networks of an mmdb file; the largest that are sold have about ten million. */
const MMDB_NETWORKS_MAX = 20_000_000
/** Different places of an mmdb file, before coordinates are rounded: some 600 MB of them. */
const MMDB_RAW_PLACES_MAX = 2_000_000
/** Different places of an mmdb file that get numbers: the rest is for registered networks. */
const MMDB_PLACES_MAX = PLACES_MAX - NETWORKS_MAX
/** Reading mmdb files may take so long. */
const MMDB_LOAD_MS = 300_000

export interface MmdbOptions {
  readonly files: MmdbFiles
  /** Memory that its ranges may take. */
  readonly rangesMaxBytes: number
  readonly onLoaded: (data: MmdbData) => void
  readonly clock: Clock
  readonly logger: Logger
  /** For tests. */
  readonly bounds?: Partial<MmdbBounds>
  readonly stableMs?: number
  readonly pollMs?: number
  readonly loadMs?: number
}

/**
 * Keeps what mmdb files say: reads them at the start and whenever they change, on a thread of their own
 * that lives as long as that takes. Files that are not good are refused, and what was there stays.
 */
export class Mmdb implements Startable {
  /** How reading has ended, ever. */
  readonly loads = { loaded: 0, refused: 0 }
  readonly #options: MmdbOptions
  readonly #watch: FileWatch
  #data: Pick<MmdbData, 'buildEpochMs' | 'roundedDegrees'> | undefined
  #worker: Worker | undefined
  #loading: Promise<void> | undefined
  #isOld = false
  #isStopped = false

  constructor(options: MmdbOptions) {
    this.#options = options
    const { files, stableMs, pollMs } = options
    this.#watch = new FileWatch({
      files: files.asnPath === undefined ? [files.path] : [files.path, files.asnPath],
      onChange: () => this.#load(),
      ...(stableMs !== undefined && { stableMs }),
      ...(pollMs !== undefined && { pollMs }),
    })
  }

  /** What is known of the files that were read last; undefined before any. */
  get data(): Pick<MmdbData, 'buildEpochMs' | 'roundedDegrees'> | undefined {
    return this.#data
  }

  /** Does not wait for the files to be read: an edge answers without them. */
  start(): Promise<void> {
    return this.#watch.start()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#watch.stop()
    await this.#worker?.terminate()
    await this.#loading
  }

  /** Reads the files; once more when they change meanwhile. */
  #load(): void {
    if (this.#isStopped) return
    this.#isOld = true
    this.#loading ??= this.#loadAll()
  }

  async #loadAll(): Promise<void> {
    const { clock, logger, onLoaded, files } = this.#options
    while (this.#isOld && !this.#isStopped) {
      this.#isOld = false
      const startedAt = clock.nowMs()
      const loaded = await this.#read()
      if (this.#isStopped) break
      if (!loaded.ok) {
        this.loads.refused++
        logger.warn({ detail: loaded.reason }, 'mmdb refused')
        continue
      }
      const { networks, roundedDegrees, buildEpochMs, places } = loaded.data
      this.loads.loaded++
      this.#data = { buildEpochMs, roundedDegrees }
      const seconds = (clock.nowMs() - startedAt) / 1000
      const found = { networks, places: places.asns.length, roundedDegrees, seconds }
      logger.info({ file: files.path, ...found }, 'mmdb loaded')
      onLoaded(loaded.data)
    }
    this.#loading = undefined
  }

  #read(): Promise<LoadedMmdb> {
    const { files, rangesMaxBytes, bounds, loadMs = MMDB_LOAD_MS } = this.#options
    const workerData: MmdbWork = {
      is: 'mmdb',
      files,
      bounds: {
        fileMaxBytes: MMDB_FILE_MAX_BYTES,
        networksMax: MMDB_NETWORKS_MAX,
        rawPlacesMax: MMDB_RAW_PLACES_MAX,
        placesMax: MMDB_PLACES_MAX,
        rangesMaxBytes,
        ...bounds,
      },
    }
    const program = new URL(`./mmdb-thread${extname(import.meta.url)}`, import.meta.url)
    const worker = startThread(program, { workerData, name: 'mmdb' })
    this.#worker = worker
    return new Promise((resolve) => {
      let result: LoadedMmdb = refuse(files, 'could not be read: the thread ended')
      const deadline = setTimeout(() => {
        result = refuse(files, `takes longer than ${loadMs / 1000} s to read`)
        void worker.terminate()
      }, loadMs)
      worker.once('message', (message: MmdbMessage) => (result = message))
      worker.once('error', (err: Error) => {
        result = refuse(files, `could not be read: ${messageOf(err)}`)
      })
      worker.once('exit', () => {
        clearTimeout(deadline)
        this.#worker = undefined
        resolve(result)
      })
    })
  }
}

function refuse({ path }: MmdbFiles, reason: string): LoadedMmdb {
  return { ok: false, reason: `clients.mmdb.path: ${path} ${reason}` }
}
