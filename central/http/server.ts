import { createServer as createPlainServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Clock } from '../../shared/clock.ts'
import type { SocketAddress } from '../../shared/config/socket-address.ts'
import { formatSocketAddress } from '../../shared/config/socket-address.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import { isLoopback, readPem } from '../../shared/tls.ts'
import type { AuditStore } from '../audit/audit-store.ts'
import type { LatencyTable } from '../latency/latency-table.ts'
import type { LoadKeeper } from '../load/keeper.ts'
import type { MachineKeeper } from '../machines/keeper.ts'
import type { EdgeDirectory } from '../registry/edges.ts'
import type { PastReader } from '../registry/past.ts'
import type { Registry } from '../registry/registry.ts'
import type { RenewalServer } from '../renewal/server.ts'
import type { ShownSource } from '../source/kafka-source.ts'
import { createApp, HEADERS_MAX_BYTES } from './app.ts'
import { createIdentify, createRequireToken } from './auth.ts'
import type { HttpApp, HttpContext, MetricsPage, ReadyReport } from './context.ts'
import { Followers } from './followers.ts'
import { boundKeptConnections } from './kept-connections.ts'
import type { HttpOptions } from './options.ts'
import { withShortWay } from './short-way.ts'
import { SortedKeys } from './sorted-keys.ts'
import { Waits } from './wait.ts'

/** What the REST interface is made of. */
export interface HttpServerOptions {
  readonly http: HttpOptions
  readonly registry: Registry
  readonly edges: EdgeDirectory
  readonly latencies: LatencyTable
  readonly loads: LoadKeeper
  readonly machines: MachineKeeper
  /** Gives keys for renewals by datagram; default: none are taken. */
  readonly renewals?: Pick<RenewalServer, 'issue'> | undefined
  readonly past: PastReader
  readonly audit: AuditStore
  readonly sources: readonly ShownSource[]
  readonly logger: Logger
  readonly clock: Clock
  readonly metrics: () => Promise<MetricsPage>
  readonly ready: () => ReadyReport
  /** Name and version of this software, for `/v1/status`. */
  readonly software: string
}

/** The REST interface of central. */
export interface HttpServer extends Startable {
  /** Where it listens. Throws before `start` has resolved. */
  address(): SocketAddress
}

/**
 * Creates the REST interface of central. `start` throws MERIDIAN_CONFIG_INVALID for plain HTTP off
 * loopback, MERIDIAN_CONFIG_UNREADABLE for a bad certificate, MERIDIAN_LISTEN_FAILED for a taken port.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { http, registry, edges, clock } = options
  const logger = options.logger.child({ component: 'http' })
  let running: { readonly app: HttpApp; readonly stop: () => Promise<void> } | undefined

  return {
    start: async () => {
      refusePlainOffLoopback(http)
      const create = serverCreator(http)
      const identify = createIdentify(http.tokens)
      const waits = new Waits(registry, edges, clock)
      const followers = new Followers(registry, logger)
      const { state } = registry
      const clusterIds = new SortedKeys(state.clusters)
      const networkIds = new SortedKeys(state.networks)
      const apexes = new SortedKeys(state.zones)
      const appNames = new SortedKeys(state.apps)
      const recordNames = new SortedKeys(state.records)
      const context: HttpContext = {
        registry,
        edges,
        latencies: options.latencies,
        loads: options.loads,
        machines: options.machines,
        renewals: options.renewals,
        past: options.past,
        followers,
        audit: options.audit,
        sources: options.sources,
        clock,
        metrics: options.metrics,
        ready: options.ready,
        software: options.software,
        requireToken: createRequireToken(identify),
        clusterIds,
        networkIds,
        apexes,
        appNames,
        recordNames,
        defaultZone: http.defaultZone,
        waits,
      }
      const short = { identify, machines: options.machines, loads: options.loads, registry }
      const app = await createApp(context, logger, (listener) =>
        create(withShortWay(listener, short)),
      )
      await listen(app, http.listen)
      const forget = registry.onChange((touched) => {
        clusterIds.update(touched.clusters)
        networkIds.update(touched.networks)
        apexes.update(touched.zones)
        appNames.update(touched.names)
        recordNames.update(touched.names)
      })
      const stop = async (): Promise<void> => {
        forget()
        waits.stop()
        followers.stop()
        // A request that is still on its way in may take its time, but not ours.
        const timer = setTimeout(() => app.server.closeAllConnections(), STOP_GRACE_MS)
        await app.close()
        clearTimeout(timer)
      }
      running = { app, stop }
      logger.info({ address: formatSocketAddress(addressOf(app)) }, 'listening')
    },
    stop: async () => {
      await running?.stop()
      running = undefined
    },
    address: () => {
      if (running === undefined) throw new TypeError('the REST interface has not been started')
      return addressOf(running.app)
    },
  }
}

/** From the first octet of a request to the last one of its body. */
const REQUEST_TIMEOUT_MS = 120_000
/** From the first octet of a request to the end of its headers. */
const HEADERS_TIMEOUT_MS = 10_000
/** Without a request on a connection; longer than the minute that many proxies keep theirs. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000
/** Without an octet in either direction; longer than the longest wait for edges. */
const SOCKET_TIMEOUT_MS = 90_000
/** From the stop to the end of connections that still have a request. */
const STOP_GRACE_MS = 2_000
/** Connections at once; one more is closed at once. */
const CONNECTIONS_MAX = 4_096
/** Connections that are kept after an answer; those beyond are closed, so that there is room for new ones. */
const CONNECTIONS_KEPT_MAX = 3_072

function refusePlainOffLoopback(http: HttpOptions): void {
  if (isLoopback(http.listen.address) || http.tls !== undefined || http.insecure) return
  const text = formatSocketAddress(http.listen)
  const message = `http.listen: ${text} is not loopback, http.tls or http.insecure: true is wanted`
  throw new MeridianError('MERIDIAN_CONFIG_INVALID', message)
}

function serverCreator({ tls }: HttpOptions): (listener: RequestListener) => Server {
  const limits = {
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: HEADERS_MAX_BYTES,
  }
  const secrets = tls && {
    cert: readPem('http.tls.cert', tls.cert),
    key: readPem('http.tls.key', tls.key),
  }
  return (listener) => {
    const server = secrets
      ? createSecure({ ...limits, ...secrets }, listener)
      : createPlainServer(limits, listener)
    server.setTimeout(SOCKET_TIMEOUT_MS)
    server.maxConnections = CONNECTIONS_MAX
    boundKeptConnections(server, CONNECTIONS_KEPT_MAX)
    return server
  }
}

function createSecure(
  options: Parameters<typeof createTlsServer>[0],
  listener: RequestListener,
): Server {
  try {
    return createTlsServer(options, listener)
  } catch (err) {
    const message = `http.tls: certificate and key cannot be used: ${messageOf(err)}`
    throw new MeridianError('MERIDIAN_CONFIG_UNREADABLE', message, { cause: err })
  }
}

async function listen(app: HttpApp, { address, port }: SocketAddress): Promise<void> {
  try {
    await app.listen({ host: address, port })
  } catch (err) {
    await app.close()
    const text = formatSocketAddress({ address, port })
    const message = `http.listen: ${text} cannot be listened on: ${messageOf(err)}`
    throw new MeridianError('MERIDIAN_LISTEN_FAILED', message, { cause: err })
  }
}

function addressOf(app: HttpApp): SocketAddress {
  const bound = app.server.address()
  if (bound === null || typeof bound === 'string') throw new TypeError('there is no socket')
  return { address: bound.address, port: bound.port }
}
