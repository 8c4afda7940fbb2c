import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { packageRoot } from '../../shared/package-root.ts'
import { ask } from '../support/dns-client.ts'
import { CentralUnderTest, EdgeUnderTest, TestFolder } from '../support/mesh.ts'
import { until } from '../support/program.ts'

const killThread = pathToFileURL(join(packageRoot(), 'test/support/kill-thread.ts')).href

/** How many clients ask at a time, each query from a port of its own. */
const CLIENTS = 8

let folder: TestFolder
let central: CentralUnderTest
let edge: EdgeUnderTest

beforeEach(async () => {
  folder = new TestFolder()
  central = new CentralUnderTest(folder)
  edge = new EdgeUnderTest(
    folder,
    'sfo',
    () => central.grpc,
    { listen: { addresses: ['127.0.0.1:0'], threads: 2, streamThreads: 2 } },
    { NODE_OPTIONS: `--import=${killThread}` },
  )
  await central.start()
  await central.apply({
    clusters: [{ id: 'sfo', latitude: 37.6, longitude: -122.4 }],
    zones: [{ apex: 'example', ns: ['ns.example'] }],
    apps: [{ name: 'a.example', endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.1'] }] }],
  })
  await edge.start()
  await edge.connected()
  await edge.answers('a.example', '192.0.2.1')
})
afterEach(async () => {
  await edge.end()
  await central.end()
  folder.remove()
})

/** Clients that ask for the app until they are stopped. */
class Load {
  readonly answers = new Set<string>()
  right = 0
  lost = 0
  #stopped = false
  readonly #running: Promise<void>[]

  constructor(transport: 'udp' | 'tcp') {
    this.#running = Array.from({ length: CLIENTS }, () => this.#ask(transport))
  }

  async #ask(transport: 'udp' | 'tcp'): Promise<void> {
    while (!this.#stopped) {
      try {
        const question = { qname: 'a.example', qtype: 'A', transport, timeoutMs: 500 }
        const { rcode, answers } = await ask({ ...edge.dns, ...question })
        this.answers.add(
          `${rcode} ${answers.map((a) => (a.type === 'A' ? a.data : a.type)).join()}`,
        )
        this.right++
      } catch {
        // A thread takes with it what it had in work.
        this.lost++
      }
    }
  }

  async more(count: number): Promise<void> {
    const wanted = this.right + count
    await until(`${count} more answers`, () => (this.right >= wanted ? true : undefined))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#running)
  }
}

it.each([
  { transport: 'udp', signal: 'SIGUSR2', threads: 'meridian_edge_data_threads' },
  { transport: 'tcp', signal: 'SIGHUP', threads: 'meridian_edge_data_stream_threads' },
] as const)(
  'a thread that dies under load over $transport is replaced; the other one goes on, no answer is wrong',
  async ({ transport, signal, threads }) => {
    const load = new Load(transport)
    await load.more(200)
    const fromTable = await edge.metric('meridian_edge_data_answers_total')
    expect(fromTable).toBeGreaterThan(100)
    edge.program?.process.kill(signal)
    await until('the thread to be replaced', async () =>
      (await edge.metric(`${threads}_replaced_total`)) === 1 ? true : undefined,
    )
    await until('two threads again', async () =>
      (await edge.metric(threads)) === 2 ? true : undefined,
    )
    await load.more(200)
    await load.stop()
    expect([...load.answers]).toEqual(['NOERROR 192.0.2.1'])
    // At most what each client had in work, and what the dead one had taken in.
    expect(load.lost).toBeLessThanOrEqual(4 * CLIENTS)
    const requests = await edge.metric('meridian_edge_dns_requests_total', { proto: transport })
    expect(requests).toBeGreaterThanOrEqual(load.right)
    expect(await edge.metric('meridian_edge_data_answers_total')).toBeGreaterThan(fromTable)
  },
)
