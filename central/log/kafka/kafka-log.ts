import { join } from 'node:path'
import type { Clock } from '../../../shared/clock.ts'
import type { Logger } from '../../../shared/log.ts'
import type { ChangeRecord, NewChange } from '../../model/events.ts'
import type { EventLog, RecordListener } from '../event-log.ts'
import { Followers } from '../followers.ts'
import { assertVersion, unavailable } from '../log-errors.ts'
import { logFiles } from '../log-files.ts'
import { inPresentWords } from '../older-words.ts'
import { checkedRecords } from '../sqlite-records.ts'
import type { FollowCounts, FollowState } from './follower.ts'
import { Follower } from './follower.ts'
import type { Outcome } from './fold.ts'
import { LocalCopy } from './local-copy.ts'
import type { KafkaOptions } from './options.ts'
import { OwnAppends } from './own-appends.ts'
import { TopicClient } from './topic-client.ts'

/** How long a start with a local copy waits for Kafka before it serves from the copy alone. */
const START_WAIT_MS = 5_000

export interface KafkaLogOptions {
  readonly kafka: KafkaOptions
  /** Folder of the local copy. */
  readonly dataDir: string
  readonly clock: Clock
  readonly logger: Logger
  readonly random: () => number
}

/** An event log in a topic of Kafka, which any number of centrals read and write. */
export interface KafkaLog extends EventLog {
  readonly state: FollowState
  readonly counts: Readonly<FollowCounts>
  /** Records of the topic that are not read yet. */
  readonly lag: number
  /** Appends that were refused because too much waited already. */
  readonly refusedAppends: number
  /** Appends of which it was not known in time whether they were written. */
  readonly unansweredAppends: number
  /** Why writes are refused now; undefined when they are taken. */
  readonly readOnlyReason: string | undefined
}

/**
 * Opens the log and reads what is new in the topic. With a local copy it does not wait longer than 5 s for
 * a Kafka that is out of reach: the log is then for reading until Kafka is back. Without one it waits.
 * Throws MERIDIAN_LOG_FOREIGN or MERIDIAN_LOG_DAMAGED when topic or copy cannot be what is wanted, and
 * without a copy MERIDIAN_LOG_UNAVAILABLE when the brokers do not take this user.
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const { kafka, dataDir } = options
  const copy = new LocalCopy(join(dataDir, logFiles.kafka), kafka.topic)
  let log: TopicLog | undefined
  try {
    log = new TopicLog(options, copy, new TopicClient(kafka, 'log'))
    await log.open()
    return log
  } catch (err) {
    if (log === undefined) copy.close()
    else await log.close()
    throw err
  }
}

class TopicLog implements KafkaLog {
  readonly #options: KafkaLogOptions
  readonly #name: string
  readonly #copy: LocalCopy
  readonly #client: TopicClient
  readonly #follower: Follower
  readonly #followers = new Followers()
  readonly #appends: OwnAppends
  #head: number
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(options: KafkaLogOptions, copy: LocalCopy, client: TopicClient) {
    this.#options = options
    this.#name = `topic ${options.kafka.topic}`
    this.#copy = copy
    this.#client = client
    this.#head = copy.head
    this.#follower = new Follower({
      ...options,
      client,
      copy,
      onOutcomes: (outcomes) => this.#took(outcomes),
      isOwn: ({ head }) => this.#appends.changesOf(head) !== undefined,
    })
    const { clock, logger, kafka } = options
    const { answerTimeoutMs } = kafka
    this.#appends = new OwnAppends({
      name: this.#name,
      client,
      clock,
      logger,
      answerTimeoutMs,
      log: this,
      // What waits is written after the close has begun.
      hashAt: (version) => copy.reader.hashAt(version) ?? '',
    })
  }

  get id(): string {
    return this.#copy.logId ?? ''
  }

  get head(): number {
    return this.#head
  }

  get state(): FollowState {
    return this.#follower.state
  }

  get counts(): Readonly<FollowCounts> {
    return this.#follower.counts
  }

  get lag(): number {
    return this.#follower.lag
  }

  get refusedAppends(): number {
    return this.#appends.refused
  }

  get unansweredAppends(): number {
    return this.#appends.unanswered
  }

  get readOnlyReason(): string | undefined {
    const { state } = this.#follower
    if (state.kind === 'failed') return state.error.message
    if (state.kind === 'following') return undefined
    const seconds = Math.round((this.#options.clock.nowMs() - state.sinceAt) / 1000)
    return `Kafka (${this.#name}) has been out of reach for ${seconds} s`
  }

  async open(): Promise<void> {
    this.#follower.start()
    const patience = AbortSignal.timeout(START_WAIT_MS)
    const lostPatience = new Promise<void>((resolve) =>
      patience.addEventListener('abort', () => resolve(), { once: true }),
    )
    for (;;) {
      const { state } = this.#follower
      if (state.kind === 'failed') throw state.error
      if (state.kind === 'following') return
      const isServed = this.#copy.logId !== undefined
      if (!isServed && state.isRefused) {
        throw unavailable(this.#name, `the brokers refuse this central: ${state.reason}`)
      }
      // What is on its way is waited for: only a Kafka that does not answer is not.
      if (isServed && patience.aborted && this.#follower.lag === 0) {
        this.#options.logger.warn(
          { reason: state.reason },
          'Kafka is out of reach, central is read-only',
        )
        return
      }
      const changed = this.#follower.changed()
      await (patience.aborted ? changed : Promise.race([changed, lostPatience]))
    }
  }

  async append(
    expectedHead: number,
    changes: readonly NewChange[],
  ): Promise<readonly ChangeRecord[]> {
    this.#assertOpen()
    return this.#appends.append(expectedHead, changes)
  }

  read(afterVersion: number): Iterable<ChangeRecord> {
    assertVersion(afterVersion)
    const source = {
      name: this.#copy.path,
      reader: () => this.#copy.reader,
      hashAt: (version: number) => this.hashAt(version),
      assertOpen: () => this.#assertOpen(),
    }
    return checkedRecords(source, afterVersion, this.#head)
  }

  hashAt(version: number): string | undefined {
    this.#assertOpen()
    return version >= 0 && version <= this.#head ? this.#copy.reader.hashAt(version) : undefined
  }

  follow(listener: RecordListener): () => void {
    return this.#followers.add(listener)
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#appends.settle()
    const stopped = this.#follower.stop()
    await this.#client.close()
    await stopped
    this.#copy.close()
  }

  #assertOpen(): void {
    if (this.#isClosed) throw unavailable(this.#name, 'the log is closed')
  }

  // ---- what the topic says ----

  #took(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.kind === 'stale') this.#appends.lose(outcome.head)
      if (outcome.kind !== 'appended') continue
      const own = this.#appends.changesOf(outcome.head)
      const records = (own ?? outcome.changes).map((change, i) => {
        const version = this.#head + i + 1
        return own === undefined
          ? { ...change, version, events: inPresentWords(change) }
          : { ...change, version }
      })
      this.#head += records.length
      this.#followers.tell(records)
      this.#appends.resolve(outcome.head, records)
    }
  }
}
