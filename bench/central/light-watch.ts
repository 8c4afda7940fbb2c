import { connect } from 'node:http2'
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'
import type { WatchRequest } from '../../shared/rpc/generated/meridian/v1/WatchRequest.ts'
import type { WatchResponse__Output } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { loadProto, PROTOCOL_VERSION } from '../../shared/rpc/proto.ts'

/* gRPC over HTTP/2 by hand: the client of grpc-js costs more than what is measured. */

/** Before each message: a flag for compression, and its length (gRPC over HTTP/2, Length-Prefixed-Message). */
const PREFIX_BYTES = 5

/** What an edge does with what it is told. */
export type Manner = 'acknowledges' | 'never-acknowledges' | 'never-reads'

/** A Watch stream over a connection of its own, with a full replica that is not kept. */
export class LightWatch {
  readonly #session: ClientHttp2Session
  readonly #stream: ClientHttp2Stream
  readonly #manner: Manner
  readonly #onVersion: (version: number) => void
  #begun: Buffer = Buffer.alloc(0)

  /**
   * Opens it. `onVersion` hears of each version that the edge was told of, the end of the full state
   * included; `onEnd` when central or the network has ended it.
   */
  constructor(
    central: string,
    edgeId: string,
    manner: Manner,
    { onVersion, onEnd }: { onVersion: (version: number) => void; onEnd: (why: string) => void },
  ) {
    this.#manner = manner
    this.#onVersion = onVersion
    this.#session = connect(`http://${central}`)
    this.#session.on('error', (err: Error) => onEnd(err.message))
    this.#stream = this.#session.request({
      ':method': 'POST',
      ':path': '/meridian.v1.Sync/Watch',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    this.#stream.on('error', (err: Error) => onEnd(err.message))
    this.#stream.on('close', () => onEnd('it was closed'))
    this.#write({
      hello: { protocol: PROTOCOL_VERSION, edgeId, clusterId: 'sfo', replica: 'FULL' },
    })
    // Without a listener nothing is read, and the window of the stream stays shut (RFC 9113 §5.2).
    if (manner !== 'never-reads') this.#stream.on('data', (bytes: Buffer) => this.#read(bytes))
  }

  close(): void {
    this.#session.destroy()
  }

  #write(request: WatchRequest): void {
    const message = watch.requestSerialize(request)
    const prefix = Buffer.alloc(PREFIX_BYTES)
    prefix.writeUInt32BE(message.length, 1)
    this.#stream.write(Buffer.concat([prefix, message]))
  }

  #read(bytes: Buffer): void {
    let buf = this.#begun.length === 0 ? bytes : Buffer.concat([this.#begun, bytes])
    while (buf.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + buf.readUInt32BE(1)
      if (buf.length < end) break
      this.#take(watch.responseDeserialize(buf.subarray(PREFIX_BYTES, end)))
      buf = buf.subarray(end)
    }
    this.#begun = buf
  }

  #take({ part, change }: WatchResponse__Output): void {
    const version = change?.version ?? (part?.last === true ? part.change?.version : undefined)
    if (version === undefined) return
    if (this.#manner === 'acknowledges') this.#write({ ack: { version } })
    this.#onVersion(version)
  }
}

const watch = loadProto().meridian.v1.Sync.service.Watch
