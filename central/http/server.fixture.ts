import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { ManualClock, systemClock } from '../../shared/clock.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/log.ts'
import { createLogger } from '../../shared/log.ts'
import type { EventLog } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { AuditStore } from '../audit/audit-store.ts'
import { PastReader } from '../registry/past.ts'
import { LatencyTable } from '../latency/latency-table.ts'
import { LoadKeeper } from '../load/keeper.ts'
import { MachineKeeper } from '../machines/keeper.ts'
import { machineOptionsSchema } from '../machines/options.ts'
import { EdgeDirectory } from '../registry/edges.ts'
import type { ConnectedEdge } from '../registry/edges.ts'
import type { RenewalServer } from '../renewal/server.ts'
import { Registry } from '../registry/registry.ts'
import type { ReadyReport } from './context.ts'
import type { Promises } from './openapi.fixture.ts'
import { createPromises } from './openapi.fixture.ts'
import { httpOptionsSchema } from './options.ts'
import type { ShownSource } from '../source/kafka-source.ts'
import { createHttpServer } from './server.ts'

/** Secret of the token `ops`, which every test server knows. */
export const TOKEN = 'a-token-of-the-tests'

let promises: Promises | undefined

/** An answer; `body` is parsed JSON, or text when it is something else, undefined when empty. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

/** What a request carries; the token of the tests, when nothing else is said. */
export interface Call {
  readonly body?: unknown
  /** Sent as it is instead of `body`. */
  readonly text?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Send no token. */
  readonly anonymous?: boolean
}

/** A REST interface that runs. */
export interface TestServer {
  readonly url: string
  readonly port: number
  readonly registry: Registry
  readonly edges: EdgeDirectory
  readonly latencies: LatencyTable
  /** Not started: a test ticks them. */
  readonly loads: LoadKeeper
  readonly machines: MachineKeeper
  readonly audit: AuditStore
  /** Calls the server and holds the answer against the OpenAPI document. */
  readonly call: (method: string, path: string, call?: Call) => Promise<Answer>
  readonly stop: () => Promise<void>
}

/** What a test may want to be different. */
export interface TestServerOptions {
  readonly log?: EventLog
  /** Of leases. */
  readonly clock?: Clock
  readonly machines?: z.input<typeof machineOptionsSchema>
  readonly renewals?: Pick<RenewalServer, 'issue'>
  readonly logger?: Logger
  readonly sources?: readonly ShownSource[]
  readonly defaultZone?: string
  readonly ready?: () => ReadyReport
  readonly metrics?: () => Promise<{ readonly contentType: string; readonly body: string }>
  readonly tokens?: readonly { readonly name: string; readonly token: string }[]
}

/** Starts a REST interface over a memory log on loopback; it stops when the test is over. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const registry = new Registry({ log: options.log ?? createMemoryLog(), clock: new ManualClock() })
  const edges = new EdgeDirectory()
  const latencies = new LatencyTable(registry)
  const logger = options.logger ?? createLogger('silent', {})
  const clock = options.clock ?? systemClock
  const loads = new LoadKeeper({ registry, clock, logger })
  const machines = new MachineKeeper({
    registry,
    options: machineOptionsSchema.parse(options.machines ?? {}),
    clock,
    random: () => 0.5,
    logger,
    foundDown: () => [],
  })
  const past = new PastReader({ registry, clock })
  const audit = new AuditStore({ file: ':memory:', clock, logger })
  await audit.start()
  const server = createHttpServer({
    http: httpOptionsSchema.parse({
      listen: '127.0.0.1:0',
      tokens: options.tokens ?? [{ name: 'ops', token: TOKEN }],
      defaultZone: options.defaultZone,
    }),
    registry,
    edges,
    latencies,
    loads,
    machines,
    renewals: options.renewals,
    past,
    audit,
    sources: options.sources ?? [],
    logger,
    clock: systemClock,
    metrics:
      options.metrics ??
      (() => Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: 'up 1\n' })),
    ready: options.ready ?? (() => ({ ready: true })),
    software: 'meridian/test',
  })
  await server.start()
  let isStopped = false
  const stop = async (): Promise<void> => {
    if (isStopped) return
    isStopped = true
    await server.stop()
    await audit.stop()
  }
  onTestFinished(stop)
  const { port } = server.address()
  const url = `http://127.0.0.1:${port}`
  // Equal for all servers, and not cheap to read.
  promises ??= createPromises(await (await fetch(`${url}/openapi.json`)).json())
  const published = promises

  const call = async (method: string, path: string, given: Call = {}): Promise<Answer> => {
    const content =
      given.text ?? (given.body === undefined ? undefined : JSON.stringify(given.body))
    const res = await fetch(url + path, {
      method,
      headers: {
        ...(given.anonymous === true ? {} : { authorization: `Bearer ${TOKEN}` }),
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...given.headers,
      },
      ...(content === undefined ? {} : { body: content }),
    })
    const text = await res.text()
    const isJson = res.headers.get('content-type')?.includes('json') === true
    const body: unknown = text === '' ? undefined : isJson ? JSON.parse(text) : text
    published.check(method, path, res, body)
    return { status: res.status, headers: res.headers, body }
  }
  return { url, port, registry, edges, latencies, loads, machines, audit, call, stop }
}

/** An edge that is connected, as the gRPC service would add it. */
export function connectEdge(edges: EdgeDirectory, id: string, ackVersion = 0): ConnectedEdge {
  const edge: ConnectedEdge = {
    session: `session-${id}`,
    id,
    cluster: 'sfo',
    replica: 'full',
    adminUrl: 'http://127.0.0.1:9301',
    software: 'meridian/test',
    remote: '127.0.0.1:40000',
    connectedEpoch: 1_700_000_000_000,
    ackVersion,
    sentVersion: ackVersion,
    names: 0,
  }
  edges.add(edge)
  return edge
}

/** A mesh of two clusters, one zone and one app on both. */
export const smallMesh = {
  clusters: [
    { id: 'sfo', latitude: 37.6, longitude: -122.4, addresses: ['192.0.2.1'] },
    { id: 'lhr', latitude: 51.5, longitude: -0.5, addresses: ['198.51.100.1'] },
  ],
  zones: [{ apex: 'example', ns: ['ns1.example'] }],
  apps: [{ name: 'video.example', endpoints: [{ cluster: 'sfo' }, { cluster: 'lhr' }] }],
}

/** The part of a problem that tests look at. */
const problemSchema = z.looseObject({
  status: z.number(),
  detail: z.string(),
  code: z.string().optional(),
  errors: z.array(z.record(z.string(), z.unknown())).optional(),
})

/** Reads an answer as a problem; throws when it is none. */
export function problemIn(answer: Answer): z.output<typeof problemSchema> {
  if (answer.headers.get('content-type')?.startsWith('application/problem+json') !== true) {
    throw new TypeError(`not a problem: ${JSON.stringify(answer.body)}`)
  }
  return problemSchema.parse(answer.body)
}
