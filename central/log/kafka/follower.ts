import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../../shared/clock.ts'
import { MeridianError, messageOf } from '../../../shared/errors.ts'
import type { Logger } from '../../../shared/log.ts'
import { damaged, foreign } from '../log-errors.ts'
import type { LogRow } from '../sqlite-check.ts'
import { describeFailure, isKafkaError, isRefused } from './failure.ts'
import type { Outcome } from './fold.ts'
import { TopicFold } from './fold.ts'
import { encodeGenesis } from './frame.ts'
import type { CopyEnd } from './copy-format.ts'
import type { LocalCopy } from './local-copy.ts'
import { digestOf, faultOf, lossIn, otherTopic, recordGone } from './topic-faults.ts'
import type { IsOwn } from './topic-faults.ts'
import type { Fetched, TopicClient, TopicRecord } from './topic-client.ts'

/** Pauses between two tries to reach Kafka: the first, doubled up to the last. */
const PAUSE_MIN_MS = 50
const PAUSE_MAX_MS = 2_000
/** How long a broker holds a fetch back while there is nothing new. */
const FOLLOW_WAIT_MS = 500
/** The same while it is found out how far the topic reaches. */
const REACH_WAIT_MS = 50
/** Between two lines of the log about one thing that goes on. */
const TELL_EVERY_MS = 10_000

/** How it stands with Kafka. Times are those of the clock's `nowMs`. */
export type FollowState =
  | { readonly kind: 'following' }
  /** Out of reach; it is tried again and again. */
  | {
      readonly kind: 'away'
      readonly sinceAt: number
      readonly reason: string
      /** Whether the brokers answer, and do not take this user. */
      readonly isRefused: boolean
    }
  /** This central cannot go on with this topic; only people can help. */
  | { readonly kind: 'failed'; readonly error: MeridianError }

export interface FollowerOptions {
  readonly client: TopicClient
  readonly copy: LocalCopy
  readonly clock: Clock
  readonly logger: Logger
  /** For the pauses: 0 up to 1. */
  readonly random: () => number
  /** Hears of what was read, in order, when it is in the copy. */
  readonly onOutcomes: (outcomes: readonly Outcome[]) => void
  /** Whether an append that holds is of this central: it understands what it wrote. */
  readonly isOwn: IsOwn
}

/** What it has seen since the start. */
export interface FollowCounts {
  /** Records of the topic that are not of this log; they are skipped. */
  foreign: number
  /** Appends, of any central, that were decided on another head than the one at their place. */
  stale: number
  /** Times that Kafka was lost. */
  losses: number
}

/**
 * Reads the topic from where the local copy ends, folds it, and stores it, for as long as central runs.
 * Whenever Kafka comes back it first makes sure that the topic is still the one that the copy is of.
 */
export class Follower {
  readonly counts: FollowCounts = { foreign: 0, stale: 0, losses: 0 }
  readonly #options: FollowerOptions
  readonly #stop = new AbortController()
  #fold: TopicFold
  #state: FollowState
  #topicId = ''
  #end = 0
  #lag = 0
  #running: Promise<void> | undefined
  #toldAt = -Infinity
  #waiters: (() => void)[] = []

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#fold = new TopicFold(options.copy.foldState())
    const sinceAt = options.clock.nowMs()
    this.#state = { kind: 'away', sinceAt, reason: 'not reached yet', isRefused: false }
  }

  get state(): FollowState {
    return this.#state
  }

  /** Records of the topic that are not read yet, as far as is known. */
  get lag(): number {
    return this.#lag
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Ends; the client must be closed by then, or it takes as long as a request may. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  /** Resolves at the next change of the state, at the latest when it stops. */
  async changed(): Promise<void> {
    if (this.#stop.signal.aborted) return
    await new Promise<void>((resolve) => this.#waiters.push(resolve))
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let pause = PAUSE_MIN_MS
    while (!signal.aborted && this.#state.kind !== 'failed') {
      try {
        await this.#reach()
        pause = PAUSE_MIN_MS
        while (!signal.aborted) await this.#step(FOLLOW_WAIT_MS)
      } catch (err) {
        if (!signal.aborted) this.#lost(err)
      }
      const random = this.#options.random()
      await delay(pause * (0.5 + random / 2), undefined, { signal }).catch(() => undefined)
      pause = Math.min(pause * 2, PAUSE_MAX_MS)
    }
    this.#wake()
  }

  // ---- reaching ----

  /** Finds the topic and reads what is there; resolves when nothing is left to read and the log has begun. */
  async #reach(): Promise<void> {
    const { client, copy, logger } = this.#options
    client.forget()
    const found = await client.find()
    if (!found.ok) throw foreign(`topic ${client.topic}`, `it cannot hold the log: ${found.wrong}`)
    this.#topicId = found.id
    this.#fold = new TopicFold(copy.foldState())
    await this.#checkAnchor(copy.end)
    let isOver = false
    let waitMs = 0
    while (!isOver && !this.#stop.signal.aborted) {
      await this.#step(waitMs)
      waitMs = REACH_WAIT_MS
      isOver = copy.end.next >= this.#end
      if (isOver && this.#fold.logId === undefined) {
        // Whoever comes first in the topic begins the log; the other centrals take that.
        await client.send(encodeGenesis(randomBytes(16).toString('hex')))
        isOver = false
      } else if (!isOver) this.#tell('reading the topic', { offset: copy.end.next, end: this.#end })
    }
    this.#set({ kind: 'following' })
    logger.info(
      { topic: client.topic, offset: copy.end.next, version: copy.head },
      'following Kafka',
    )
  }

  /** Makes sure that the last record that was read is still where it was. */
  async #checkAnchor({ next, epoch, anchor }: CopyEnd): Promise<void> {
    if (next === 0) return
    const last = await this.#fetch(next - 1, -1, REACH_WAIT_MS)
    const [record] = last.records
    if (record === undefined) throw new Error(`the topic does not give its record ${next - 1} yet`)
    if (record.offset === next - 1 && digestOf(record) === anchor) return
    throw otherTopic(this.#options.client.topic, next - 1, epoch, this.#options.copy.path)
  }

  async #fetch(offset: number, epoch: number, waitMs: number): Promise<Fetched> {
    const { client, copy } = this.#options
    let fetched: Fetched
    try {
      fetched = await client.fetch({ topicId: this.#topicId, offset, epoch, waitMs })
    } catch (err) {
      if (!isKafkaError(err, 'OFFSET_OUT_OF_RANGE')) throw err
      throw recordGone(client.topic, offset, copy.path, err)
    }
    const fault = lossIn(client.topic, offset, fetched)
    if (fault !== undefined) throw fault
    return fetched
  }

  // ---- reading ----

  /** Reads what comes next, if anything comes in so long. */
  async #step(waitMs: number): Promise<void> {
    const { copy } = this.#options
    const { next, epoch } = copy.end
    const { records, end } = await this.#fetch(next, epoch, waitMs)
    if (end >= 0) this.#end = end
    if (records.length > 0) this.#take(records)
    this.#lag = Math.max(0, this.#end - copy.end.next)
  }

  #take(records: readonly TopicRecord[]): void {
    const { copy, client, onOutcomes, isOwn } = this.#options
    const outcomes: Outcome[] = []
    const rows: LogRow[] = []
    let last: TopicRecord | undefined
    let logId: string | undefined
    let fault: MeridianError | undefined
    for (const record of records) {
      const outcome = this.#fold.take(record.offset, record.value)
      fault = faultOf(client.topic, outcome, record.offset, isOwn)
      if (fault !== undefined) break
      if (outcome.kind === 'genesis') logId = outcome.logId
      if (outcome.kind === 'appended') rows.push(...outcome.rows)
      this.#count(outcome, record)
      outcomes.push(outcome)
      last = record
    }
    if (last !== undefined) {
      const end = { next: last.offset + 1, epoch: last.epoch, anchor: digestOf(last) }
      copy.store({ end, logId, rows, parts: this.#fold.takePartChanges() })
      try {
        onOutcomes(outcomes)
      } catch (err) {
        const reason = `what was read cannot be folded: ${messageOf(err)}`
        throw damaged(`topic ${client.topic}`, copy.head, reason, err)
      }
    }
    if (fault !== undefined) throw fault
  }

  #count(outcome: Outcome, { offset }: TopicRecord): void {
    if (outcome.kind === 'stale') this.counts.stale++
    if (outcome.kind !== 'foreign') return
    this.counts.foreign++
    const { reason } = outcome
    this.#tell('a record of the topic is not of this log, it is skipped', { offset, reason })
  }

  // ---- telling ----

  #lost(err: unknown): void {
    const { clock, logger, client } = this.#options
    if (
      err instanceof MeridianError &&
      (err.code === 'MERIDIAN_LOG_DAMAGED' || err.code === 'MERIDIAN_LOG_FOREIGN')
    ) {
      this.#set({ kind: 'failed', error: err })
      logger.error({ code: err.code, detail: err.message }, 'the topic cannot be followed any more')
      return
    }
    const reason = describeFailure(err)
    if (this.#state.kind === 'following') {
      this.counts.losses++
      this.#toldAt = -Infinity
    }
    this.#lag = 0
    const sinceAt = this.#state.kind === 'away' ? this.#state.sinceAt : clock.nowMs()
    this.#set({ kind: 'away', sinceAt, reason, isRefused: isRefused(err) })
    this.#tell('Kafka is out of reach', { topic: client.topic, reason })
  }

  #set(state: FollowState): void {
    this.#state = state
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake()
  }

  /** Logs what may go on for long, now and then. */
  #tell(message: string, fields: object): void {
    const now = this.#options.clock.nowMs()
    if (now - this.#toldAt < TELL_EVERY_MS) return
    this.#toldAt = now
    this.#options.logger.warn(fields, message)
  }
}
