import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import { describeFailure, isKafkaError } from '../log/kafka/failure.ts'
import { positionOf } from '../model/sources.ts'
import type { Registry } from '../registry/registry.ts'
import type { SourceOptions } from './options.ts'
import type { MessageResult } from './plan-batch.ts'
import { MessageTaker } from './taker.ts'
import type { Cursor } from './taker.ts'
import type { FetchedPartition, FoundTopic, SourceTopic } from './topic.ts'

/** Messages that become one change: some 10 ms of work, so that nobody waits long for his turn. */
const BATCH_MAX_MESSAGES = 500
/** How long a broker holds a fetch back while there is nothing new. */
const FETCH_WAIT_MS = 500
/** After so long the topic is looked at anew: it may have more partitions, or be another one. */
const REFRESH_MS = 30_000
/** Between two looks at what is waited for: the duty, a zone, the topic. */
const LOOK_MS = 500
/** Pauses between two tries after something has failed: the first, doubled up to the last. */
const PAUSE_MIN_MS = 50
const PAUSE_MAX_MS = 2_000
/** Between two lines of the log about one thing that goes on. */
const TELL_EVERY_MS = 10_000

/** How it stands with a source. */
export type SourceState =
  | { readonly kind: 'following' }
  /** Another central of this log has the duty. */
  | { readonly kind: 'standby' }
  /** For a zone or the topic, which operators have to make. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** Kafka is out of reach, or the log takes no writes; it is tried again and again. */
  | { readonly kind: 'failing'; readonly reason: string }

/** What is shown of a source. */
export interface ShownSource {
  readonly options: Pick<SourceOptions, 'name' | 'kind' | 'topic' | 'zones'>
  readonly state: SourceState
  readonly partitions: readonly PartitionStatus[]
  readonly results: Readonly<Record<MessageResult, number>>
}

/** Where a source is in one partition. */
export interface PartitionStatus {
  readonly partition: number
  /** Offset of the next message. */
  readonly position: number
  /** Offset behind the last message that is there. */
  readonly end: number
}

export interface KafkaSourceParts {
  readonly options: SourceOptions
  readonly topic: SourceTopic
  readonly registry: Pick<Registry, 'state' | 'submit'>
  /** Whether this central is the one that lets messages into the log. */
  readonly isOnDuty: () => boolean
  readonly clock: Clock
  readonly logger: Logger
  /** For the pauses: 0 up to 1. */
  readonly random: () => number
}

/**
 * Follows one topic: what its messages want becomes changes of the log, and each change has the position behind
 * its messages. So after a crash, or on another central, it goes on right behind what was taken, and of two
 * centrals that read the same messages one writes.
 */
export class KafkaSource implements Startable, ShownSource {
  readonly options: SourceOptions
  readonly #parts: KafkaSourceParts
  readonly #taker: MessageTaker
  readonly #stop = new AbortController()
  readonly #cursors = new Map<number, Cursor>()
  #state: SourceState = { kind: 'standby' }
  #losses = 0
  #pauseMs = PAUSE_MIN_MS
  /** A fetch was refused because the topic has no such offset. */
  #isOutOfRange = false
  #running: Promise<void> | undefined
  readonly #toldAt = new Map<string, number>()

  constructor(parts: KafkaSourceParts) {
    this.options = parts.options
    this.#parts = parts
    this.#taker = new MessageTaker(parts.options, parts)
  }

  get state(): SourceState {
    return this.#state
  }

  /** What became of the messages that were read since the start. */
  get results(): Readonly<Record<MessageResult, number>> {
    return this.#taker.results
  }

  /** How many were refused since the start, by reason. */
  get reasons(): ReadonlyMap<string, number> {
    return this.#taker.reasons
  }

  /** Times that it could not go on. */
  get losses(): number {
    return this.#losses
  }

  /** By partition; empty until the topic was found. */
  get partitions(): readonly PartitionStatus[] {
    return Array.from(this.#cursors, ([partition, { next, end }]) => ({
      partition,
      position: next,
      end,
    })).sort((a, b) => a.partition - b.partition)
  }

  async start(): Promise<void> {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#parts.topic.close()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const obstacle = this.#obstacle()
      if (obstacle !== undefined) {
        this.#set(obstacle)
        this.#cursors.clear()
        await this.#sleep(LOOK_MS)
        continue
      }
      try {
        const found = await this.#parts.topic.find()
        if (found === undefined) {
          this.#set({ kind: 'waiting', reason: `there is no topic ${this.options.topic}` })
          await this.#sleep(LOOK_MS)
        } else {
          this.#begin(found)
          await this.#follow(found)
        }
      } catch (err) {
        if (signal.aborted) return
        this.#lost(err)
        await this.#sleep(this.#pauseMs * (0.5 + this.#parts.random() / 2))
        this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_MAX_MS)
      }
    }
  }

  /** What keeps it from reading; undefined when nothing does. */
  #obstacle(): SourceState | undefined {
    if (!this.#parts.isOnDuty()) return { kind: 'standby' }
    const { zones } = this.#parts.registry.state
    const missing = this.options.zones.find((apex) => !zones.has(apex))
    if (missing === undefined) return undefined
    // Its messages are not refused one by one because it came too late.
    return { kind: 'waiting', reason: `there is no zone ${missing}, put it first` }
  }

  // ---- reading ----

  /** Finds where to go on in each partition. */
  #begin({ id, ranges }: FoundTopic): void {
    const { state } = this.#parts.registry
    const source = this.options.name
    this.#cursors.clear()
    for (const [partition, { start, end }] of ranges) {
      const taken = positionOf(state, { source, topicId: id, partition })
      // The end of a partition may be told too low for a moment after a broker was lost.
      const isGone = taken !== undefined && (taken < start || (taken > end && this.#isOutOfRange))
      if (isGone) {
        const message = 'the topic lacks the position now, it is read from its first message'
        this.#parts.logger.warn({ source, partition, position: taken, start, end }, message)
      }
      this.#cursors.set(partition, { next: isGone ? start : (taken ?? start), taken, end })
    }
    this.#isOutOfRange = false
    this.#set({ kind: 'following' })
  }

  /** Reads from all brokers that lead a partition, until it is time to look at the topic anew. */
  async #follow({ id, byLeader }: FoundTopic): Promise<void> {
    const { clock } = this.#parts
    const round = new AbortController()
    const untilAt = clock.nowMs() + REFRESH_MS
    const mayGoOn = (): boolean =>
      !this.#stop.signal.aborted &&
      !round.signal.aborted &&
      clock.nowMs() < untilAt &&
      this.#obstacle() === undefined
    const readers = Array.from(byLeader.values(), async (partitions) => {
      try {
        while (mayGoOn()) await this.#step(id, partitions, mayGoOn)
      } catch (err) {
        round.abort()
        throw err
      }
    })
    const ended = await Promise.allSettled(readers)
    for (const reader of ended) if (reader.status === 'rejected') throw reader.reason
  }

  async #step(
    topicId: string,
    partitions: readonly number[],
    mayGoOn: () => boolean,
  ): Promise<void> {
    const offsets = new Map(partitions.map((one) => [one, this.#cursors.get(one)?.next ?? 0]))
    let fetched: readonly FetchedPartition[]
    try {
      fetched = await this.#parts.topic.fetch(topicId, offsets, FETCH_WAIT_MS)
    } catch (err) {
      if (isKafkaError(err, 'OFFSET_OUT_OF_RANGE')) this.#isOutOfRange = true
      throw err
    }
    this.#pauseMs = PAUSE_MIN_MS
    for (const part of fetched) {
      const cursor = this.#cursors.get(part.partition)
      if (cursor === undefined) continue
      cursor.end = Math.max(part.end, part.next)
      await this.#take(topicId, part, cursor, mayGoOn)
    }
    const lag = lagOf(this.partitions)
    if (lag > 0) {
      const { applied, refused } = this.results
      this.#tell('info', 'reading the topic', { lag, applied, refused })
    }
  }

  /** Makes changes of what was fetched, slice by slice. */
  async #take(
    topicId: string,
    { partition, messages, next }: FetchedPartition,
    cursor: Cursor,
    mayGoOn: () => boolean,
  ): Promise<void> {
    for (let from = 0; from < messages.length; from += BATCH_MAX_MESSAGES) {
      if (!mayGoOn()) return
      const slice = messages.slice(from, from + BATCH_MAX_MESSAGES)
      const isLast = from + slice.length === messages.length
      const behind = isLast ? next : (slice.at(-1)?.offset ?? 0) + 1
      const taken = { topicId, partition, messages: slice, next: behind }
      const refused = this.results.refused
      if (!(await this.#taker.take(taken, cursor))) return
      if (this.results.refused > refused) {
        const message = 'messages were refused, see the dead letters'
        this.#tell('warn', message, { refused: this.results.refused })
      }
    }
    cursor.next = Math.max(cursor.next, next)
  }

  // ---- telling ----

  #lost(err: unknown): void {
    if (this.#state.kind === 'following') this.#losses++
    const reason = describeFailure(err)
    this.#set({ kind: 'failing', reason })
    this.#tell('warn', 'the topic cannot be followed now', { reason })
  }

  #set(state: SourceState): void {
    const before = this.#state
    this.#state = state
    if (before.kind === state.kind && state.kind !== 'waiting') return
    const { name: source, topic } = this.options
    const { logger } = this.#parts
    if (state.kind === 'following') logger.info({ source, topic }, 'following the topic')
    const hasChanged = before.kind !== 'waiting' || state.kind !== 'waiting'
    if (state.kind === 'waiting' && (hasChanged || before.reason !== state.reason)) {
      logger.warn({ source, topic, reason: state.reason }, 'the topic is not followed yet')
    }
  }

  /** Logs what may go on for long, now and then. */
  #tell(level: 'info' | 'warn', message: string, fields: object): void {
    const now = this.#parts.clock.nowMs()
    if (now - (this.#toldAt.get(message) ?? -Infinity) < TELL_EVERY_MS) return
    this.#toldAt.set(message, now)
    const { name: source, topic } = this.options
    this.#parts.logger[level]({ source, topic, ...fields }, message)
  }

  async #sleep(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stop.signal }).catch(() => undefined)
  }
}

/** Messages that are not read yet, as far as is known. */
function lagOf(partitions: readonly PartitionStatus[]): number {
  return partitions.reduce((sum, { position, end }) => sum + Math.max(0, end - position), 0)
}
