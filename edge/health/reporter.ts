import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { CheckAssignment__Output } from '../../shared/rpc/generated/meridian/v1/CheckAssignment.ts'
import type { Finding as FindingMessage } from '../../shared/rpc/generated/meridian/v1/Finding.ts'
import { healthStateName } from '../../shared/rpc/health-states.ts'
import type { Published } from '../latency/publication.ts'
import { UntoldRoundTrips } from '../latency/untold.ts'
import type { HealthStream } from '../replica/central-client.ts'
import { checkTask } from './check-task.ts'
import type { CheckTask, Finding } from './task.ts'

/** How often central hears of this edge when nothing changes; health.proto says 5 s at most. */
const HEARTBEAT_MS = 4_000
/** The wait before a stream that failed is opened again; half of it is random. */
const RETRY_MS = 2_000
/** Tasks that this edge takes on; more are left to others, and counted. */
const TASKS_MAX = 50_000
/** Findings in one message. */
const FINDINGS_PER_MESSAGE = 1_000
/** Round trips in one message; health.proto says how many clusters there can be. */
const ROUND_TRIPS_PER_MESSAGE = 1_000

/** What the reporter gives tasks to. */
export interface TaskSink {
  put(task: CheckTask): void
  delete(id: number): void
  renew(): void
  readonly size: number
}

export interface ReporterOptions {
  readonly open: () => HealthStream
  readonly tasks: TaskSink
  readonly random: () => number
  readonly logger: Logger
  /** Hears of tasks that were not taken on, by why. */
  readonly onRefused: (reason: 'invalid' | 'too-many') => void
}

/**
 * The Check stream: takes the tasks that central gives, and tells what is found. It lives with a session
 * of Watch; when it ends alone it is opened again. Without it the tasks go on as they are.
 */
export class HealthReporter {
  readonly #options: ReporterOptions
  #session = ''
  #stream: HealthStream | undefined
  #retry: NodeJS.Timeout | undefined
  #heartbeat: NodeJS.Timeout | undefined
  /** By task; the latest counts. */
  readonly #pending = new Map<number, Finding>()
  readonly #roundTrips = new UntoldRoundTrips()
  #isFlushDue = false
  /** Once in a session: an older central has no such stream. */
  #isWarned = false

  constructor(options: ReporterOptions) {
    this.#options = options
  }

  /** A session with central has begun. */
  begin(session: string): void {
    this.#session = session
    this.#isWarned = false
    this.#open()
  }

  /** The session is over. */
  end(): void {
    this.#session = ''
    clearTimeout(this.#retry)
    this.#retry = undefined
    const stream = this.#stream
    this.#close()
    stream?.cancel()
  }

  /** Tells central, with all else that is found in this turn of the event loop. */
  report(finding: Finding): void {
    if (this.#stream === undefined) return
    this.#pending.set(finding.task, finding)
    this.#flushSoon()
  }

  /** Tells central of round trips as they are published now, and over each later stream again. */
  reportRoundTrips(published: Published): void {
    this.#roundTrips.put(published)
    this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      this.#flush()
    })
  }

  #open(): void {
    const { open, logger, random } = this.#options
    clearTimeout(this.#retry)
    this.#retry = undefined
    const stream = open()
    this.#stream = stream
    stream.on('data', (assignment: CheckAssignment__Output) => {
      if (stream === this.#stream) this.#take(assignment)
    })
    stream.on('drain', () => {
      if (stream === this.#stream) this.#flush()
    })
    const lose = (err?: Error): void => {
      if (stream !== this.#stream) return
      this.#close()
      if (this.#session === '') return
      if (!this.#isWarned) {
        const detail = err?.message ?? 'ended'
        logger.warn({ detail }, 'the stream of health checks is lost, it is opened again and again')
      }
      this.#isWarned = true
      this.#retry = setTimeout(() => this.#open(), RETRY_MS * (0.5 + random() / 2))
    }
    stream.on('error', lose)
    stream.on('end', () => lose())
    stream.write({ session: this.#session, findings: [] })
    this.#roundTrips.reset()
    this.#flushSoon()
    this.#heartbeat = setInterval(() => stream.write({ session: '', findings: [] }), HEARTBEAT_MS)
  }

  #close(): void {
    clearInterval(this.#heartbeat)
    this.#pending.clear()
    this.#stream = undefined
  }

  #take({ first, put, delete: deleted }: CheckAssignment__Output): void {
    const { tasks, logger, onRefused } = this.#options
    if (first) tasks.renew()
    for (const id of deleted) tasks.delete(id)
    for (const message of put) {
      if (tasks.size >= TASKS_MAX) {
        onRefused('too-many')
        continue
      }
      try {
        tasks.put(checkTask(message))
      } catch (err) {
        onRefused('invalid')
        logger.warn({ detail: messageOf(err) }, 'a health check was not understood')
      }
    }
  }

  #flush(): void {
    for (;;) {
      const stream = this.#stream
      if (stream === undefined) return
      const roundTrips = this.#roundTrips.take(ROUND_TRIPS_PER_MESSAGE)
      if (this.#pending.size === 0 && roundTrips.length === 0) return
      const findings: FindingMessage[] = []
      for (const { task, state, detail } of this.#pending.values()) {
        findings.push({ task, state: healthStateName(state), detail })
        this.#pending.delete(task)
        if (findings.length === FINDINGS_PER_MESSAGE) break
      }
      // Full: what comes until it drains is merged by task.
      if (!stream.write({ session: '', findings, roundTrips })) return
    }
  }
}
