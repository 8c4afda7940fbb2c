import type { ServerDuplexStream } from '@grpc/grpc-js'
import { status } from '@grpc/grpc-js'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { CheckAssignment } from '../../shared/rpc/generated/meridian/v1/CheckAssignment.ts'
import type { HealthHandlers } from '../../shared/rpc/generated/meridian/v1/Health.ts'
import type { HealthReport__Output } from '../../shared/rpc/generated/meridian/v1/HealthReport.ts'
import type { CheckSession, HealthKeeper } from '../health/keeper.ts'
import type { LatencySession, LatencyTable } from '../latency/latency-table.ts'
import type { WatchService } from './watch-service.ts'

/** An edge that says nothing for so long is gone: others are to check in its place. */
const SILENCE_MS = 20_000

type CheckStream = ServerDuplexStream<HealthReport__Output, CheckAssignment>

export interface HealthServiceOptions {
  readonly keeper: Pick<HealthKeeper, 'connect'>
  readonly latencies: LatencyTable
  readonly watch: WatchService
  readonly logger: Logger
}

/** The streams over which edges are given health checks, and tell what they find: one for each session. */
export function createHealthService(options: HealthServiceOptions): HealthHandlers {
  const streams = new Map<string, HealthCall>()
  return { Check: (stream) => new HealthCall(stream, options, streams).serve() }
}

/** What takes what comes over a stream. */
interface Connection {
  readonly checks: CheckSession
  readonly latency: LatencySession
}

/** One stream. */
class HealthCall {
  readonly #stream: CheckStream
  readonly #options: HealthServiceOptions
  /** By session. */
  readonly #all: Map<string, HealthCall>
  #session = ''
  #connection: Connection | undefined
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(stream: CheckStream, options: HealthServiceOptions, all: Map<string, HealthCall>) {
    this.#stream = stream
    this.#options = options
    this.#all = all
  }

  serve(): void {
    const stream = this.#stream
    this.#timer = setTimeout(() => {
      this.#refuse(status.DEADLINE_EXCEEDED, `no report came for ${SILENCE_MS / 1000} s`)
    }, SILENCE_MS)
    stream.on('data', (report: HealthReport__Output) => {
      try {
        if (!this.#isOver) this.#receive(report)
      } catch (err) {
        // A fault here is one edge's bad luck, not the end of central.
        this.#options.logger.error({ err, detail: messageOf(err) }, 'health met a fault')
        this.#refuse(status.INTERNAL, 'central met a fault')
      }
    })
    const close = (): void => this.#close()
    stream.on('end', () => {
      close()
      stream.end()
    })
    stream.on('cancelled', close)
    stream.on('close', close)
    stream.on('error', close)
  }

  #receive({ session, findings, roundTrips }: HealthReport__Output): void {
    this.#timer?.refresh()
    const connection = this.#connection ?? this.#connect(session)
    if (connection === undefined) return
    const { checks, latency } = connection
    checks.heard()
    const wrong =
      (findings.length > 0 ? checks.report(findings) : undefined) ?? latency.report(roundTrips)
    if (wrong !== undefined) this.#refuse(status.INVALID_ARGUMENT, wrong)
  }

  #connect(session: string): Connection | undefined {
    const { keeper, latencies, watch } = this.#options
    const edge = watch.watcherOf(session)?.edge
    if (edge === undefined) {
      this.#refuse(status.NOT_FOUND, 'the first report names no session of Watch that is open')
      return undefined
    }
    const before = this.#all.get(session)
    if (before !== undefined) before.#refuse(status.ABORTED, 'the session has another stream')
    this.#session = session
    this.#all.set(session, this)
    const vantage = { session, edge: edge.id, cluster: edge.cluster }
    this.#connection = {
      checks: keeper.connect(vantage, (message) => void this.#stream.write(message)),
      latency: latencies.open(session),
    }
    return this.#connection
  }

  #refuse(code: status, details: string): void {
    if (this.#isOver) return
    const remote = this.#stream.getPeer()
    this.#options.logger.warn({ remote, detail: details }, 'health stream refused')
    this.#close()
    this.#stream.emit('error', { code, details })
  }

  #close(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    if (this.#all.get(this.#session) === this) this.#all.delete(this.#session)
    this.#connection?.checks.close()
    this.#connection?.latency.close()
    this.#connection = undefined
  }
}
