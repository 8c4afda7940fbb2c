import { once } from 'node:events'
import { createServer } from 'node:http'
import { AuditStore } from '../../central/audit/audit-store.ts'
import { httpOptionsSchema } from '../../central/http/options.ts'
import type { HttpServer } from '../../central/http/server.ts'
import { createHttpServer } from '../../central/http/server.ts'
import { LatencyTable } from '../../central/latency/latency-table.ts'
import { LoadKeeper } from '../../central/load/keeper.ts'
import { machineOf } from '../../central/model/machines.ts'
import { EdgeDirectory } from '../../central/registry/edges.ts'
import { PastReader } from '../../central/registry/past.ts'
import type { Registry } from '../../central/registry/registry.ts'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import type { LeaseMesh, Way } from './lease-mesh.ts'
import { MACHINES, machines } from './lease-mesh.ts'

const CLIENTS = 'lease-clients.ts'
const TOKEN = 'a-token-of-the-bench'
/** Machines that somebody who looks after many renews in one request. */
const TOGETHER = 50

/** The ways over HTTP: a server that does nothing for comparison, then those of central. */
export function httpWays(mesh: LeaseMesh): readonly Way[] {
  const { registry, keeper } = mesh
  const central = {
    clients: CLIENTS,
    count: () => keeper.stats.renewals,
    serve: async () => {
      const http = createRest(mesh)
      await http.start()
      return { port: http.address().port, stop: () => http.stop() }
    },
  }
  return [
    plainWay(),
    { what: 'REST, as agents do', ...central, orders: { requests: ofAgents(registry) } },
    { what: 'REST, registrations', ...central, orders: { requests: ofRegistrations() } },
    { what: `REST, ${TOGETHER} in a request`, ...central, orders: { requests: ofMany() } },
  ]
}

/** A server of node:http that answers everything with 204: what HTTP itself costs. */
function plainWay(): Way {
  let answers = 0
  return {
    what: 'node:http alone',
    clients: CLIENTS,
    orders: { requests: machines.map(() => requestOf('POST', '/')) },
    count: () => answers,
    serve: async () => {
      const server = createServer((_request, response) => {
        answers++
        response.statusCode = 204
        response.end()
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const bound = server.address()
      if (bound === null || typeof bound === 'string') throw new TypeError('there is no socket')
      const stop = async (): Promise<void> => {
        server.closeAllConnections()
        server.close()
      }
      return { port: bound.port, stop }
    },
  }
}

const ofAgents = ({ state }: Registry): readonly string[] =>
  machines.map((at) => {
    const { app, cluster, machine } = at
    const version = machineOf(state, at)?.version ?? 0
    return requestOf('POST', `/v1/renewals/${app}/${cluster}/${machine}?version=${version}`)
  })

const ofRegistrations = (): readonly string[] =>
  machines.map((at) => requestOf('PUT', '/v1/register', at))

const ofMany = (): readonly string[] =>
  Array.from({ length: MACHINES / TOGETHER }, (_, i) => {
    const some = machines.slice(i * TOGETHER, (i + 1) * TOGETHER)
    const keys = some.map(({ app, cluster, machine }) => ({ app, cluster, machine }))
    return requestOf('POST', '/v1/renewals', { machines: keys })
  })

/** A request with the headers that an agent sends. */
function requestOf(method: string, path: string, body?: object): string {
  const text = body === undefined ? '' : JSON.stringify(body)
  return [
    `${method} ${path} HTTP/1.1`,
    'host: 127.0.0.1:8053',
    'connection: keep-alive',
    'accept: application/json, application/problem+json',
    ...(body === undefined ? [] : ['content-type: application/json']),
    `authorization: Bearer ${TOKEN}`,
    'accept-language: *',
    'sec-fetch-mode: cors',
    'user-agent: node',
    'accept-encoding: gzip, deflate',
    `content-length: ${Buffer.byteLength(text)}`,
    '',
    text,
  ].join('\r\n')
}

function createRest({ registry, keeper }: LeaseMesh): HttpServer {
  return createHttpServer({
    http: httpOptionsSchema.parse({
      listen: '127.0.0.1:0',
      tokens: [{ name: 'bench', token: TOKEN }],
    }),
    registry,
    edges: new EdgeDirectory(),
    latencies: new LatencyTable(registry),
    loads: new LoadKeeper({ registry, clock: systemClock, logger: createLogger('warn', {}) }),
    machines: keeper,
    past: new PastReader({ registry, clock: systemClock }),
    audit: new AuditStore({
      file: ':memory:',
      clock: systemClock,
      logger: createLogger('warn', {}),
    }),
    sources: [],
    logger: createLogger('warn', {}),
    clock: systemClock,
    metrics: () => Promise.resolve({ contentType: 'text/plain', body: '' }),
    ready: () => ({ ready: true }),
    software: 'meridian/bench',
  })
}
