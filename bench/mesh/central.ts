import { isRecord } from '../json.ts'
import { MeridianProcess } from '../process/meridian-process.ts'
import type { MeridianProcessOptions } from '../process/meridian-process.ts'
import type { Usage } from '../process/usage.ts'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import type { BenchFolder } from './folder.ts'

const TOKEN = 'a-token-for-the-bench'
/** A chunk of apps is the largest thing that is sent. */
const CALL_TIMEOUT_MS = 60_000

/** A central as a process of its own; it comes back with the same data, on new ports. */
export class BenchCentral {
  readonly #folder: BenchFolder
  readonly #options: MeridianProcessOptions
  readonly #config: object
  #process: MeridianProcess | undefined
  grpc = ''
  #http = ''

  /** `config` goes over what it has by default. */
  constructor(folder: BenchFolder, options: MeridianProcessOptions = {}, config: object = {}) {
    this.#folder = folder
    this.#options = options
    this.#config = config
  }

  /** Where REST is. */
  get url(): string {
    return this.#http
  }

  /** What whoever writes has to show. */
  get token(): string {
    return TOKEN
  }

  /** Where the inspector of its process listens; throws unless that was started with `--inspect`. */
  get inspectorUrl(): string {
    return this.#running.inspectorUrl
  }

  /** What a write has to come with. */
  get headers(): Readonly<Record<string, string>> {
    return { authorization: `Bearer ${TOKEN}` }
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
    return this.#running.hasLogged('snapshot refused, the log is replayed')
  }

  /** Spawns it and waits for its log to say that it is up; returns what it says. */
  async start(): Promise<Readonly<Record<string, unknown>>> {
    const config = this.#folder.write('central.yaml', {
      dataDir: this.#folder.path('central'),
      grpc: { listen: '127.0.0.1:0' },
      http: { listen: '127.0.0.1:0', tokens: [{ name: 'bench', token: TOKEN }] },
      ...this.#config,
    })
    this.#process = new MeridianProcess(['central', '--config', config], this.#options)
    const up = await this.#process.logged('central is up')
    this.grpc = socketOf(up['grpc'])
    this.#http = `http://${socketOf(up['http'])}`
    return up
  }

  async end(): Promise<void> {
    await this.#process?.end()
    this.#process = undefined
  }

  /** Size of the snapshot file in bytes. */
  snapshotBytes(): number {
    return this.#folder.sizeOf('central', 'state.snapshot')
  }

  /** Size of the event log in bytes, without what is in its WAL. */
  logBytes(): number {
    return this.#folder.sizeOf('central', 'events.sqlite')
  }

  /** While it does not run: the next start replays the whole log. */
  removeSnapshot(): void {
    this.#folder.clear('central', 'state.snapshot')
  }

  /** Calls REST; rejects on anything but 2xx, and when there is a body that is no JSON object. */
  async call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(`${this.#http}${path}`, {
      method,
      headers: {
        ...this.headers,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`)
    const value: unknown = text === '' ? {} : JSON.parse(text)
    if (!isRecord(value)) throw new Error(`${method} ${path}: ${text} is not a JSON object`)
    return value
  }

  /** Puts all that a manifest lists, as one change. */
  async apply(manifest: ManifestInput): Promise<void> {
    await this.call('POST', '/v1/changes', manifest)
  }

  get #running(): MeridianProcess {
    if (this.#process === undefined) throw new Error('central does not run')
    return this.#process
  }
}

function socketOf(value: unknown): string {
  if (!isRecord(value)) throw new Error(`no address in ${JSON.stringify(value)}`)
  return `${String(value['address'])}:${Number(value['port'])}`
}
