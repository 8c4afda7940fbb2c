import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Clock } from '../../shared/clock.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { channelOptions } from '../../shared/rpc/channel.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import type { Startable } from '../../shared/startable.ts'
import { isLoopback, readPem } from '../../shared/tls.ts'
import type { HealthKeeper } from '../health/keeper.ts'
import type { LatencyTable } from '../latency/latency-table.ts'
import type { EdgeDirectory } from '../registry/edges.ts'
import type { History } from '../registry/history.ts'
import type { Registry } from '../registry/registry.ts'
import { createDnsService } from './dns-service.ts'
import type { GrpcMetrics } from './metrics.ts'
import type { GrpcOptions } from './options.ts'
import { createHealthService } from './health-service.ts'
import { createResolveService } from './resolve-service.ts'
import { WatchService } from './watch-service.ts'

/** Calls under way have so long to end before the connections are closed. */
const STOP_MS = 2_000

export interface GrpcServerOptions {
  readonly grpc: GrpcOptions
  readonly registry: Registry
  readonly history: History
  readonly edges: EdgeDirectory
  readonly keeper: Pick<HealthKeeper, 'connect'>
  readonly latencies: LatencyTable
  readonly answerDns: (wire: Buffer) => Buffer | undefined
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: GrpcMetrics
}

/** The gRPC interface of central. */
export class GrpcServer implements Startable {
  readonly #options: GrpcServerOptions
  readonly #server = new Server(channelOptions)
  readonly #watch: WatchService
  #port = 0

  constructor(options: GrpcServerOptions) {
    this.#options = options
    const { grpc, registry, clock, metrics } = options
    this.#watch = new WatchService({
      ...options,
      edgesMax: grpc.edgesMax,
      namesPerEdgeMax: grpc.namesPerEdgeMax,
      confirmStates: grpc.confirmStates,
    })
    const { meridian, coredns } = loadProto()
    this.#server.addService(meridian.v1.Sync.service, this.#watch.handlers)
    this.#server.addService(
      meridian.v1.Resolver.service,
      createResolveService({ registry, watch: this.#watch, clock, metrics }),
    )
    this.#server.addService(
      meridian.v1.Health.service,
      createHealthService({
        keeper: options.keeper,
        latencies: options.latencies,
        watch: this.#watch,
        logger: options.logger,
      }),
    )
    this.#server.addService(
      coredns.dns.DnsService.service,
      createDnsService({ answer: options.answerDns, clock, metrics }),
    )
  }

  address(): { readonly address: string; readonly port: number } {
    return { address: this.#options.grpc.listen.address, port: this.#port }
  }

  /** Throws MERIDIAN_LISTEN_FAILED, or MERIDIAN_CONFIG_UNREADABLE when a PEM file is not there. */
  async start(): Promise<void> {
    const { address, port } = this.#options.grpc.listen
    const credentials = this.#credentials()
    const target = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
    this.#port = await new Promise((resolve, reject) => {
      this.#server.bindAsync(target, credentials, (err, bound) => {
        if (err === null) resolve(bound)
        else {
          const message = `grpc.listen: ${target} cannot be listened on: ${messageOf(err)}`
          reject(new MeridianError('MERIDIAN_LISTEN_FAILED', message, { cause: err }))
        }
      })
    })
  }

  async stop(): Promise<void> {
    this.#watch.close()
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.#server.forceShutdown()
        resolve()
      }, STOP_MS)
      this.#server.tryShutdown(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #credentials(): ServerCredentials {
    const { listen, tls, insecure } = this.#options.grpc
    if (tls !== undefined) {
      return ServerCredentials.createSsl(
        tls.clientCa === undefined ? null : readPem('grpc.tls.clientCa', tls.clientCa),
        [
          {
            cert_chain: readPem('grpc.tls.cert', tls.cert),
            private_key: readPem('grpc.tls.key', tls.key),
          },
        ],
        tls.clientCa !== undefined,
      )
    }
    if (!insecure && !isLoopback(listen.address)) {
      const message = `grpc.listen: ${listen.address} is not loopback: grpc.tls is wanted, or grpc.insecure: true`
      throw new MeridianError('MERIDIAN_CONFIG_INVALID', message)
    }
    return ServerCredentials.createInsecure()
  }
}
