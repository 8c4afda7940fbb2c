import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { packageRoot } from '../../shared/package-root.ts'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { ask } from './dns-client.ts'
import { isRecord, ProgramUnderTest, until } from './program.ts'

export const popsFile = join(packageRoot(), 'deploy/topology/pops.json')

/** A token that the central under test takes. */
export const token = 'a-token-for-the-tests'

type Config = Readonly<Record<string, unknown>>

/** A folder for one test; removed by `remove`. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'meridian-test-'))

  file(name: string): string {
    return join(this.path, name)
  }

  write(name: string, value: unknown): string {
    const file = this.file(name)
    writeFileSync(file, typeof value === 'string' ? value : stringify(value))
    return file
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** A central as a process of its own. It comes back on the same ports with the same data. */
export class CentralUnderTest {
  readonly #folder: TestFolder
  readonly #config: Config
  grpc = '127.0.0.1:0'
  http = '127.0.0.1:0'
  program: ProgramUnderTest | undefined

  constructor(folder: TestFolder, config: Config = {}) {
    this.#folder = folder
    this.#config = config
  }

  get url(): string {
    return `http://${this.http}`
  }

  async start(): Promise<void> {
    const { grpc = {}, ...rest } = this.#config
    const config = this.#folder.write('central.yaml', {
      dataDir: this.#folder.file('central'),
      grpc: { listen: this.grpc, ...(isRecord(grpc) ? grpc : {}) },
      http: { listen: this.http, tokens: [{ name: 'test', token }] },
      ...rest,
    })
    this.program = new ProgramUnderTest(['central', '--config', config])
    const up = await this.program.logged('central is up')
    this.grpc = socketOf(up['grpc'])
    this.http = socketOf(up['http'])
  }

  async end(signal?: NodeJS.Signals): Promise<void> {
    await this.program?.end(signal)
    this.program = undefined
  }

  /** Calls REST; rejects on anything but 2xx. */
  async call(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (response.ok) return response
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  }

  async apply(manifest: ManifestInput): Promise<void> {
    await this.call('POST', '/v1/changes', manifest)
  }

  async version(): Promise<number> {
    const status: unknown = await (await this.call('GET', '/v1/status')).json()
    return isRecord(status) ? Number(status['version']) : Number.NaN
  }
}

/** An edge as a process of its own. It comes back with the same data, on new ports. */
export class EdgeUnderTest {
  readonly id: string
  readonly #folder: TestFolder
  readonly #config: Config
  readonly #central: () => readonly string[]
  readonly #env: NodeJS.ProcessEnv
  dns = { address: '127.0.0.1', port: 0 }
  admin = ''
  program: ProgramUnderTest | undefined

  /** `config` goes over what an edge of the cluster `id` has by default. */
  constructor(
    folder: TestFolder,
    id: string,
    central: () => string | readonly string[],
    config: Config = {},
    env: NodeJS.ProcessEnv = {},
  ) {
    this.#env = env
    this.id = id
    this.#folder = folder
    this.#config = config
    this.#central = () => [central()].flat()
  }

  async start(): Promise<void> {
    const { central = {}, ...rest } = this.#config
    mkdirSync(this.#folder.file(`edge-${this.id}`), { recursive: true })
    const config = this.#folder.write(`edge-${this.id}.yaml`, {
      id: this.id,
      cluster: this.id,
      topology: popsFile,
      dataDir: this.#folder.file(`edge-${this.id}`),
      listen: { addresses: ['127.0.0.1:0'], ...listenOfTheSuite() },
      central: { addresses: this.#central(), ...(isRecord(central) ? central : {}) },
      replica: { snapshotSeconds: 1 },
      admin: { listen: '127.0.0.1:0' },
      ...rest,
    })
    this.program = new ProgramUnderTest(['edge', '--config', config], { env: this.#env })
    const up = await this.program.logged('edge is up')
    const listeners = Array.isArray(up['dns']) ? up['dns'] : []
    const first: unknown = listeners[0]
    if (isRecord(first)) {
      this.dns = { address: String(first['address']), port: Number(first['port']) }
    }
    this.admin = String(up['admin'])
  }

  async end(signal?: NodeJS.Signals): Promise<void> {
    await this.program?.end(signal)
    this.program = undefined
  }

  ask(qname: string, qtype = 'A', transport: 'udp' | 'tcp' = 'udp') {
    return ask({ ...this.dns, qname, qtype, transport })
  }

  /** The addresses that a name is answered with, in order; the rcode when there are none. */
  async addresses(qname: string, qtype = 'A'): Promise<string> {
    const response = await this.ask(qname, qtype)
    const found = response.answers.flatMap((answer) =>
      answer.type === 'A' || answer.type === 'AAAA' ? [answer.data] : [],
    )
    return found.length > 0 ? found.sort().join(' ') : response.rcode
  }

  /** Waits until a name is answered as wanted; returns how long that took, in ms. */
  async answers(qname: string, wanted: string, qtype = 'A', deadlineMs?: number): Promise<number> {
    const startedAt = performance.now()
    let last = ''
    await until(
      `${qname} ${qtype} at ${this.id} to be ${wanted}`,
      async () => {
        last = await this.addresses(qname, qtype)
        return last === wanted ? true : undefined
      },
      deadlineMs,
    ).catch((err: unknown) => {
      throw new Error(`${String(err)}; it was ${last}`)
    })
    return performance.now() - startedAt
  }

  async get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const response = await fetch(`${this.admin}${path}`)
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }

  /** Sums the samples of a metric, of those whose labels contain all the given ones. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    const { body } = await this.get('/metrics')
    let sum = 0
    for (const line of String(body).split('\n')) {
      const [, metric, labelText = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (metric !== name) continue
      const fits = Object.entries(labels).every(([key, label]) =>
        labelText.includes(`${key}="${label}"`),
      )
      if (fits) sum += Number(value)
    }
    return sum
  }

  async connected(): Promise<void> {
    await until(`edge ${this.id} to be connected`, async () =>
      (await this.metric('meridian_edge_replica_connected')) === 1 ? true : undefined,
    )
  }
}

function socketOf(value: unknown): string {
  if (!isRecord(value)) throw new Error(`no address in ${JSON.stringify(value)}`)
  return `${String(value['address'])}:${Number(value['port'])}`
}

/** What the suite wants of edges that a test wants nothing of: `npm run test:dgram` has no data threads. */
function listenOfTheSuite(): Config {
  const threads = process.env['TEST_LISTEN_THREADS']
  return threads === undefined ? {} : { threads: Number(threads) }
}
