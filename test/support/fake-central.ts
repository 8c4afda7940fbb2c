import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { CheckAssignment } from '../../shared/rpc/generated/meridian/v1/CheckAssignment.ts'
import type { HealthReport__Output } from '../../shared/rpc/generated/meridian/v1/HealthReport.ts'
import type { ResolveResponse } from '../../shared/rpc/generated/meridian/v1/ResolveResponse.ts'
import type { WatchRequest__Output } from '../../shared/rpc/generated/meridian/v1/WatchRequest.ts'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { loadProto } from '../../shared/rpc/proto.ts'

export type FakeHealthStream = ServerDuplexStream<HealthReport__Output, CheckAssignment>
export type FakeStream = ServerDuplexStream<WatchRequest__Output, WatchResponse>

/** A gRPC server that says what a test wants it to, right or wrong. It counts the streams. */
export class FakeCentral {
  readonly #server = new Server()
  readonly streams: FakeStream[] = []
  address = ''

  constructor(behaviour: {
    readonly onRequest: (stream: FakeStream, request: WatchRequest__Output) => void
    readonly onReport?: (stream: FakeHealthStream, report: HealthReport__Output) => void
    readonly resolve?: (name: string) => ResolveResponse
  }) {
    const { Health, Sync, Resolver } = loadProto().meridian.v1
    this.#server.addService(Health.service, {
      Check: (stream: FakeHealthStream) => {
        stream.on('error', () => undefined)
        stream.on('data', (report: HealthReport__Output) => behaviour.onReport?.(stream, report))
        stream.on('end', () => stream.end())
      },
    })
    this.#server.addService(Sync.service, {
      Watch: (stream: FakeStream) => {
        this.streams.push(stream)
        stream.on('error', () => undefined)
        stream.on('data', (request: WatchRequest__Output) => behaviour.onRequest(stream, request))
        stream.on('end', () => stream.end())
      },
    })
    this.#server.addService(Resolver.service, {
      Resolve: (
        call: { request: { name: string } },
        callback: (err: null, response: ResolveResponse) => void,
      ) => {
        const response = behaviour.resolve?.(call.request.name)
        // Without one this central never answers.
        if (response !== undefined) callback(null, response)
      },
    })
  }

  async start(address = '127.0.0.1:0'): Promise<void> {
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (err, bound) =>
        err === null ? resolve(bound) : reject(err),
      )
    })
    this.address = `127.0.0.1:${port}`
  }

  stop(): void {
    this.#server.forceShutdown()
  }
}

/** What a good central says to Hello: a full state of one zone, one cluster and one app. */
export function sayGoodState(stream: FakeStream, logId: string, version: number): void {
  stream.write({
    welcome: { protocol: 1, session: 'session', logId, version, fullState: true },
  })
  stream.write({
    part: {
      first: true,
      last: true,
      change: {
        version,
        clusters: [{ id: 'sfo', latitude: 37.6, longitude: -122.4 }],
        zones: [
          {
            apex: 'example.',
            ns: ['ns.example.'],
            nsTtl: 60,
            soa: { mname: 'ns.example.', rname: 'h.example.', minimum: 30, ttl: 60 },
          },
        ],
        names: [
          {
            name: 'video.example.',
            kind: 'APP',
            version,
            app: {
              policy: 'nearest',
              ttlMin: 5,
              ttlMax: 30,
              endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.1'] }],
            },
          },
        ],
      },
    },
  })
}
