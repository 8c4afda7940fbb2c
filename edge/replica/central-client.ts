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
import type { Logger } from '../../shared/log.ts'
import { isLoopback, readPem } from '../../shared/tls.ts'
import { BootstrapCentrals } from './bootstrap.ts'
import type { Centrals } from './centrals.ts'
import { ListedCentrals } from './centrals.ts'
import type { CentralOptions } from './options.ts'

export type HealthStream = ClientDuplexStream<HealthReport, CheckAssignment__Output>
export type WatchStream = ClientDuplexStream<WatchRequest, WatchResponse__Output>

export interface CentralClientParts {
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
}

/** The calls to one central at a time; `next` moves on to the next one. */
export class CentralClient {
  readonly #centrals: Centrals
  readonly #credentials: ChannelCredentials
  readonly #channelOptions: ChannelOptions
  readonly #clock: Clock
  #clients: Clients | undefined

  /** Throws when the config is not possible: PEM files unreadable, plaintext off loopback. */
  constructor(options: CentralOptions, { clock, random, logger }: CentralClientParts) {
    this.#clock = clock
    const { addresses = [], bootstrap } = options
    this.#centrals =
      bootstrap === undefined
        ? new ListedCentrals(addresses)
        : new BootstrapCentrals({ options: bootstrap, clock, random, logger })
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

  /** The central that calls go to now, as host:port; empty while none is known. */
  get address(): string {
    return this.#centrals.current?.name ?? ''
  }

  /** Finds a central where there is none to call; false when none is known. Never rejects. */
  async locate(): Promise<boolean> {
    await this.#centrals.locate()
    return this.#centrals.current !== undefined
  }

  /** The present central takes calls. */
  reached(): void {
    this.#centrals.reached()
  }

  /** Moves to the next central. Calls under way on the present one fail. */
  next(): void {
    this.#close()
    this.#centrals.failed()
  }

  /** Ends all calls. */
  stop(): void {
    this.#close()
    this.#centrals.stop()
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

  #close(): void {
    this.#clients?.close()
    this.#clients = undefined
  }

  #current(): Clients {
    this.#clients ??= this.#open()
    return this.#clients
  }

  /** Throws when no central is known. */
  #open(): Clients {
    const { current } = this.#centrals
    if (current === undefined) {
      throw new MeridianError('MERIDIAN_CENTRAL_UNREACHABLE', 'no central is known')
    }
    const { target, host } = current
    return openClients(target, this.#credentials, {
      // A certificate is of a name, also where that was resolved here.
      ...(host === undefined
        ? {}
        : { 'grpc.default_authority': host, 'grpc.ssl_target_name_override': host }),
      ...this.#channelOptions,
    })
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
  const open = options.addresses?.find((address) => !isLoopback(hostOf(address)))
  if (open !== undefined && !options.insecure) {
    const message = `central.addresses: ${open} is not loopback: central.tls is wanted, or central.insecure: true`
    throw new MeridianError('MERIDIAN_CONFIG_INVALID', message)
  }
  return credentials.createInsecure()
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '')
}
