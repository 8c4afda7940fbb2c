import type { ChannelCredentials, ChannelOptions, ClientDuplexStream } from '@grpc/grpc-js'
import { Channel, credentials } from '@grpc/grpc-js'
import type { Clock } from '../../shared/clock.ts'
import { MeridianError } from '../../shared/errors.ts'
import { channelOptions } from '../../shared/rpc/channel.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import type { CheckAssignment__Output } from '../../shared/rpc/generated/meridian/v1/CheckAssignment.ts'
import type { HealthReport } from '../../shared/rpc/generated/meridian/v1/HealthReport.ts'
import type { ResolveRequest } from '../../shared/rpc/generated/meridian/v1/ResolveRequest.ts'
import type { ResolveResponse__Output } from '../../shared/rpc/generated/meridian/v1/ResolveResponse.ts'
import type { WatchRequest } from '../../shared/rpc/generated/meridian/v1/WatchRequest.ts'
import type { WatchResponse__Output } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { isLoopback, readPem } from '../../shared/tls.ts'
import type { CentralOptions } from './options.ts'

export type HealthStream = ClientDuplexStream<HealthReport, CheckAssignment__Output>
export type WatchStream = ClientDuplexStream<WatchRequest, WatchResponse__Output>

/** The calls to one central at a time; `next` moves on to the next address. */
export class CentralClient {
  readonly #addresses: readonly string[]
  readonly #credentials: ChannelCredentials
  readonly #channelOptions: ChannelOptions
  #index = 0
  readonly #clock: Clock
  #clients: Clients | undefined

  /** Throws when the config is not possible: PEM files unreadable, plaintext off loopback. */
  constructor(options: CentralOptions, clock: Clock) {
    this.#clock = clock
    this.#addresses = options.addresses
    this.#credentials = createCredentials(options)
    const serverName = options.tls?.serverName
    this.#channelOptions = {
      ...channelOptions,
      // The stream is opened anew with pauses of our own. In the pool that channels share by default,
      // an address that was down keeps grpc-js's pauses, which grow to two minutes.
      'grpc.use_local_subchannel_pool': 1,
      ...(serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName }),
    }
  }

  /** The central that calls go to now, as host:port. */
  get address(): string {
    return this.#addresses[this.#index % this.#addresses.length] ?? ''
  }

  /** Moves to the next address. Calls under way on the present one fail. */
  next(): void {
    this.close()
    this.#index++
  }

  watch(): WatchStream {
    return this.#current().sync.watch()
  }

  checkHealth(): HealthStream {
    return this.#current().health.check()
  }

  /** Asks for one name. Rejects with what gRPC says, DEADLINE_EXCEEDED after `timeoutMs`. */
  resolve(request: ResolveRequest, timeoutMs: number): Promise<ResolveResponse__Output> {
    const deadline = this.#clock.epochMs() + timeoutMs
    return new Promise((resolve, reject) => {
      this.#current().resolver.resolve(request, { deadline }, (err, response) => {
        if (response !== undefined) resolve(response)
        else reject(err ?? new MeridianError('MERIDIAN_CENTRAL_INVALID', 'central sent no answer'))
      })
    })
  }

  close(): void {
    this.#clients?.close()
    this.#clients = undefined
  }

  #current(): Clients {
    this.#clients ??= openClients(this.address, this.#credentials, this.#channelOptions)
    return this.#clients
  }
}

type Clients = ReturnType<typeof openClients>

/** All services over one connection. */
function openClients(address: string, creds: ChannelCredentials, options: ChannelOptions) {
  const { Health, Sync, Resolver } = loadProto().meridian.v1
  const channel = new Channel(address, creds, options)
  const over = { channelOverride: channel }
  return {
    health: new Health(address, creds, over),
    sync: new Sync(address, creds, over),
    resolver: new Resolver(address, creds, over),
    close: () => channel.close(),
  }
}

function createCredentials(options: CentralOptions): ChannelCredentials {
  const { tls } = options
  if (tls !== undefined) {
    const read = (key: 'ca' | 'key' | 'cert'): Buffer | null => {
      const path = tls[key]
      return path === undefined ? null : readPem(`central.tls.${key}`, path)
    }
    return credentials.createSsl(read('ca'), read('key'), read('cert'))
  }
  const open = options.addresses.find((address) => !isLoopback(hostOf(address)))
  if (open !== undefined && !options.insecure) {
    const message = `central.addresses: ${open} is not loopback: central.tls is wanted, or central.insecure: true`
    throw new MeridianError('MERIDIAN_CONFIG_INVALID', message)
  }
  return credentials.createInsecure()
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
}
