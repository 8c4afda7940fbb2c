import { randomBytes } from 'node:crypto'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { status } from '@grpc/grpc-js'
import type { Clock } from '../../shared/clock.ts'
import { parseName } from '../../shared/dns/name.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { idSchema } from '../../shared/registry/schema.ts'
import type { Hello__Output } from '../../shared/rpc/generated/meridian/v1/Hello.ts'
import type { Interest__Output } from '../../shared/rpc/generated/meridian/v1/Interest.ts'
import type { SyncHandlers } from '../../shared/rpc/generated/meridian/v1/Sync.ts'
import type { WatchRequest__Output } from '../../shared/rpc/generated/meridian/v1/WatchRequest.ts'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import { PROTOCOL_VERSION } from '../../shared/rpc/proto.ts'
import type { ConnectedEdge, EdgeDirectory } from '../registry/edges.ts'
import type { History } from '../registry/history.ts'
import type { Registry } from '../registry/registry.ts'
import type { GrpcMetrics } from './metrics.ts'
import { Watcher } from './watcher.ts'

/** An edge that acknowledges nothing for so long is cut off; it comes back by itself. */
const ACK_TIMEOUT_MS = 60_000
/** An edge has so long to say Hello and to name what it holds. */
const HELLO_TIMEOUT_MS = 30_000
/** Messages that an edge has not taken yet: of a full state, parts of a thousand names. */
const UNSENT_MAX = 2
/** The longest text that Hello may carry in a field. */
const TEXT_MAX = 300

type WatchStream = ServerDuplexStream<WatchRequest__Output, WatchResponse>

export interface WatchServiceOptions {
  readonly registry: Registry
  readonly history: History
  readonly edges: EdgeDirectory
  readonly edgesMax: number
  readonly namesPerEdgeMax: number
  /** An operator has said that edges may take any state. */
  readonly confirmStates: boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: GrpcMetrics
}

/** The streams of all connected edges. */
export class WatchService {
  readonly #options: WatchServiceOptions
  readonly #watchers = new Map<string, Watcher>()
  readonly #streams = new Set<WatchStream>()
  #isPumpDue = false

  constructor(options: WatchServiceOptions) {
    this.#options = options
    options.registry.onChange(() => this.#pumpSoon())
  }

  readonly handlers: SyncHandlers = { Watch: (stream) => this.#serve(stream) }

  /** The watcher of a session, while its stream is open. */
  watcherOf(session: string): Watcher | undefined {
    return this.#watchers.get(session)
  }

  /** Ends all streams; the edges come back to whoever listens then. */
  close(): void {
    for (const stream of this.#streams) end(stream, status.UNAVAILABLE, 'central stops')
  }

  /** Changes that come in one turn of the event loop reach the edges as one. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return
    this.#isPumpDue = true
    setImmediate(() => {
      this.#isPumpDue = false
      for (const watcher of this.#watchers.values()) watcher.pump()
    })
  }

  #serve(stream: WatchStream): void {
    const { edges, logger, metrics } = this.#options
    if (this.#streams.size >= this.#options.edgesMax) {
      metrics.watchRefused()
      end(
        stream,
        status.RESOURCE_EXHAUSTED,
        `${this.#options.edgesMax} edges are connected already`,
      )
      return
    }
    this.#streams.add(stream)
    let watcher: Watcher | undefined
    let pendingHello: Hello__Output | undefined
    let lastAckAt = this.#options.clock.nowMs()
    const openedAt = lastAckAt

    const refuse = (code: status, detail: string): void => {
      metrics.watchRefused()
      logger.warn({ remote: stream.getPeer(), detail }, 'watch refused')
      end(stream, code, detail)
    }
    const timer = setInterval(() => {
      const now = this.#options.clock.nowMs()
      if (watcher === undefined || !watcher.isReady) {
        if (now - openedAt > HELLO_TIMEOUT_MS) refuse(status.DEADLINE_EXCEEDED, 'no Hello came')
      } else if (watcher.isOwedAck && now - lastAckAt > ACK_TIMEOUT_MS) {
        refuse(status.DEADLINE_EXCEEDED, `no Ack came for ${ACK_TIMEOUT_MS / 1000} s`)
      } else if (!watcher.isOwedAck) {
        lastAckAt = now
      }
    }, 5_000)

    const close = (): void => {
      clearInterval(timer)
      this.#streams.delete(stream)
      if (watcher === undefined) return
      this.#watchers.delete(watcher.edge.session)
      edges.remove(watcher.edge)
      logger.info({ edge: watcher.edge.id }, 'edge disconnected')
      watcher = undefined
    }

    const onHello = (hello: Hello__Output): void => {
      const wrong = watcher === undefined ? this.#wrongHello(hello) : 'a second Hello came'
      if (wrong !== undefined) {
        refuse(status.INVALID_ARGUMENT, wrong)
        return
      }
      const { registry } = this.#options
      if (hello.logId === registry.logId && hello.fromVersion > registry.version) {
        const detail = `the edge is at version ${hello.fromVersion}, central at ${registry.version}`
        refuse(status.FAILED_PRECONDITION, detail)
        return
      }
      watcher = this.#createWatcher(stream, hello)
      this.#watchers.set(watcher.edge.session, watcher)
      edges.add(watcher.edge)
      logger.info({ edge: watcher.edge.id, replica: watcher.edge.replica }, 'edge connected')
      if (watcher.edge.replica === 'full') this.#begin(stream, watcher, hello)
      else pendingHello = hello
    }

    const onInterest = (watcher: Watcher, interest: Interest__Output): void => {
      for (const text of interest.add) {
        const parsed = parseName(text)
        if (!parsed.ok) {
          refuse(status.INVALID_ARGUMENT, `interest.add ${JSON.stringify(text)} ${parsed.reason}`)
          return
        }
        if (!watcher.ask(parsed.name, interest.sequence)) {
          const { namesPerEdgeMax } = this.#options
          refuse(status.RESOURCE_EXHAUSTED, `more than ${namesPerEdgeMax} names are asked for`)
          return
        }
      }
      for (const name of interest.remove) watcher.unwatch(name, interest.sequence)
      if (watcher.isReady) watcher.pump()
      else if (interest.last && pendingHello !== undefined) {
        this.#begin(stream, watcher, pendingHello)
        pendingHello = undefined
      }
    }

    const onRequest = (request: WatchRequest__Output): void => {
      if (request.hello) onHello(request.hello)
      else if (watcher === undefined) refuse(status.INVALID_ARGUMENT, 'Hello is wanted first')
      else if (request.interest) onInterest(watcher, request.interest)
      else if (request.ack) {
        if (request.ack.version > watcher.edge.sentVersion) {
          refuse(
            status.INVALID_ARGUMENT,
            `ack of version ${request.ack.version}, which was not sent`,
          )
          return
        }
        lastAckAt = this.#options.clock.nowMs()
        edges.acked(watcher.edge, request.ack.version)
        watcher.acked(request.ack.version)
      }
    }
    stream.on('data', (request: WatchRequest__Output) => {
      try {
        onRequest(request)
      } catch (err) {
        // A fault here is one edge's bad luck, not the end of central.
        logger.error({ err, detail: messageOf(err) }, 'watch met a fault')
        refuse(status.INTERNAL, 'central met a fault')
      }
    })
    stream.on('end', () => {
      close()
      stream.end()
    })
    stream.on('cancelled', close)
    stream.on('close', close)
    stream.on('error', close)
  }

  #wrongHello(hello: Hello__Output): string | undefined {
    if (hello.protocol !== PROTOCOL_VERSION) {
      return `protocol ${hello.protocol} is not spoken here, ${PROTOCOL_VERSION} is wanted`
    }
    for (const key of ['edgeId', 'clusterId'] as const) {
      const checked = idSchema.safeParse(hello[key])
      if (!checked.success)
        return `${key} ${JSON.stringify(hello[key].slice(0, TEXT_MAX))} is not an id`
    }
    for (const key of ['adminUrl', 'software', 'logId', 'fromHash'] as const) {
      if (hello[key].length > TEXT_MAX) return `${key} is longer than ${TEXT_MAX} characters`
    }
    return undefined
  }

  #createWatcher(stream: WatchStream, hello: Hello__Output): Watcher {
    const { registry, history, namesPerEdgeMax, clock, metrics } = this.#options
    const edge: ConnectedEdge = {
      session: randomBytes(12).toString('hex'),
      id: hello.edgeId,
      cluster: hello.clusterId,
      replica: hello.replica === 'FULL' ? 'full' : 'on-demand',
      adminUrl: hello.adminUrl,
      software: hello.software,
      remote: stream.getPeer(),
      connectedEpoch: clock.epochMs(),
      // An edge that holds nothing of this log answers by no version of it.
      ackVersion: this.#isOurHistory(hello) ? hello.fromVersion : 0,
      sentVersion: 0,
      names: 0,
    }
    return new Watcher({
      source: registry,
      history,
      edge,
      namesMax: namesPerEdgeMax,
      clock,
      send: (message) => {
        metrics.watchSent(message.part ? 'state' : 'change')
        stream.write(message, () => this.#watchers.get(edge.session)?.pump())
      },
      // Not what `write` returns: a stream of gRPC takes sixteen messages, of any size, until it is full.
      hasRoom: () => stream.writableLength < UNSENT_MAX,
    })
  }

  /** Whether what the edge holds is of the history that this central's log has. */
  #isOurHistory(hello: Hello__Output): boolean {
    const { registry } = this.#options
    return hello.logId === registry.logId && registry.hashAt(hello.fromVersion) === hello.fromHash
  }

  #begin(stream: WatchStream, watcher: Watcher, hello: Hello__Output): void {
    const { registry, history, metrics, logger } = this.#options
    const isOurs = this.#isOurHistory(hello)
    if (hello.logId === registry.logId && !isOurs) {
      const { edgeId: edge, fromVersion: version } = hello
      logger.warn({ edge, version }, 'edge has another history of this log')
    }
    const canResume = isOurs && history.since(hello.fromVersion) !== undefined
    metrics.watchBegun(canResume ? 'resume' : 'full')
    stream.write({
      welcome: {
        protocol: PROTOCOL_VERSION,
        session: watcher.edge.session,
        logId: registry.logId,
        version: registry.version,
        fullState: !canResume,
        confirmed: isOurs || this.#options.confirmStates,
      },
    })
    if (canResume) watcher.edge.sentVersion = hello.fromVersion
    watcher.begin(canResume ? hello.fromVersion : undefined)
  }
}

function end(stream: WatchStream, code: status, details: string): void {
  stream.emit('error', { code, details })
}
