import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../../shared/clock.ts'
import type { Logger } from '../../../shared/log.ts'
import type { ChangeRecord, NewChange } from '../../model/events.ts'
import { conflict, readOnly, unanswered, unavailable } from '../log-errors.ts'
import { encodeChange } from '../record.ts'
import { describeFailure } from './failure.ts'
import type { FollowState } from './follower.ts'
import type { AppendHead } from './frame.ts'
import { APPEND_PARTS_MAX, encodeAppend } from './frame.ts'
import type { TopicClient } from './topic-client.ts'

/** Appends that may wait for their turn. */
const WAITING_APPENDS_MAX = 10_000
/** Payload of all appends that wait. */
const WAITING_MAX_BYTES = 256 * 1024 * 1024
/** So long Kafka may be lost before writes are refused at once: a change of leaders is over by then. */
const AWAY_GRACE_MS = 1_000
/** Pause before an append is sent once more. */
const SEND_AGAIN_MS = 100

export interface OwnAppendsOptions {
  /** Of the topic, for errors. */
  readonly name: string
  readonly client: TopicClient
  readonly clock: Clock
  readonly logger: Logger
  readonly answerTimeoutMs: number
  /** What the appends are decided on. */
  readonly log: {
    readonly head: number
    readonly state: FollowState
    readonly readOnlyReason: string | undefined
  }
  /** The hash of a version that the log has. */
  readonly hashAt: (version: number) => string
}

/** An append that waits for its turn, or for its record. */
interface Append {
  readonly expectedHead: number
  readonly changes: readonly NewChange[]
  readonly payloads: readonly string[]
  readonly bytes: number
  readonly resolve: (records: readonly ChangeRecord[]) => void
  readonly reject: (err: Error) => void
}

/** The append that was sent and has not come back yet; there is one at a time. */
interface Sent {
  readonly head: AppendHead
  readonly append: Append
  readonly done: () => void
}

/** The appends of this central: sends them one by one, until the topic says what became of each. */
export class OwnAppends {
  /** Appends that were refused because too much waited already. */
  refused = 0
  /** Appends of which it was not known in time whether they were written. */
  unanswered = 0
  readonly #options: OwnAppendsOptions
  readonly #author = randomBytes(8).toString('hex')
  #count = 0
  readonly #waiting: Append[] = []
  #waitingBytes = 0
  #sent: Sent | undefined
  #pumping: Promise<void> | undefined

  constructor(options: OwnAppendsOptions) {
    this.#options = options
  }

  /** As `EventLog.append`. */
  append(expectedHead: number, changes: readonly NewChange[]): Promise<readonly ChangeRecord[]> {
    return new Promise((resolve, reject) => {
      const payloads = changes.map(encodeChange)
      const bytes = payloads.reduce((sum, payload) => sum + Buffer.byteLength(payload), 0)
      this.#admit(bytes)
      this.#waitingBytes += bytes
      this.#waiting.push({ expectedHead, changes, payloads, bytes, resolve, reject })
      this.#pumping ??= this.#pump()
    })
  }

  /** Resolves when none is under way. */
  async settle(): Promise<void> {
    await this.#pumping
  }

  /** The changes of the append that was sent and has this head; undefined when it is of another central. */
  changesOf(head: AppendHead): readonly NewChange[] | undefined {
    return this.#isSent(head) ? this.#sent?.append.changes : undefined
  }

  /** The append has come back and holds. */
  resolve(head: AppendHead, records: readonly ChangeRecord[]): void {
    if (!this.#isSent(head)) return
    this.#sent?.append.resolve(records)
    this.#sent?.done()
  }

  /** The append has come back, and another central was first. */
  lose(head: AppendHead): void {
    const sent = this.#sent
    if (sent === undefined || !this.#isSent(head)) return
    const { name, log } = this.#options
    sent.append.reject(conflict(name, sent.append.expectedHead, log.head))
    sent.done()
  }

  #isSent({ author, append }: AppendHead): boolean {
    return author === this.#author && append === this.#sent?.head.append
  }

  #admit(bytes: number): void {
    const count = this.#waiting.length
    const fits = this.#waitingBytes + bytes <= WAITING_MAX_BYTES
    if (count < WAITING_APPENDS_MAX && fits) return
    this.refused++
    throw unavailable(
      this.#options.name,
      `an append of ${bytes} bytes does not fit beside ${count} that wait with ` +
        `${this.#waitingBytes} bytes: at most ${WAITING_APPENDS_MAX} and ${WAITING_MAX_BYTES} bytes`,
    )
  }

  /** One after the other: an append is sent when it is known what those before it have become. */
  async #pump(): Promise<void> {
    for (let append = this.#waiting.shift(); append !== undefined; append = this.#waiting.shift()) {
      await this.#appendOne(append)
      this.#waitingBytes -= append.bytes
    }
    this.#pumping = undefined
  }

  async #appendOne(append: Append): Promise<void> {
    const { expectedHead, changes, payloads, resolve, reject } = append
    const { name, clock, log, answerTimeoutMs } = this.#options
    const { state } = log
    if (expectedHead !== log.head) return reject(conflict(name, expectedHead, log.head))
    if (changes.length === 0) return resolve([])
    const isLost = state.kind === 'away' && clock.nowMs() - state.sinceAt > AWAY_GRACE_MS
    if (state.kind === 'failed' || isLost) return reject(readOnly(log.readOnlyReason ?? ''))
    const hash = this.#options.hashAt(expectedHead)
    const head = { author: this.#author, append: this.#count++, version: expectedHead, hash }
    const frames = encodeAppend(head, payloads)
    if (frames === undefined) {
      return reject(unavailable(name, `an append has more than ${APPEND_PARTS_MAX} parts of 1 MB`))
    }
    const deadline = AbortSignal.timeout(answerTimeoutMs)
    const over = new AbortController()
    const failure = await new Promise<unknown>((settle) => {
      this.#sent = { head, append, done: () => settle(undefined) }
      deadline.addEventListener('abort', () => settle(deadline.reason), { once: true })
      void this.#send(frames, AbortSignal.any([deadline, over.signal]))
    })
    over.abort()
    this.#sent = undefined
    if (failure === undefined) return
    this.unanswered++
    reject(unanswered(name, answerTimeoutMs, failure))
  }

  /**
   * Sends the records of an append, and again from the first when one fails: it is not known whether that
   * one has come, and a second copy changes nothing.
   */
  async #send(frames: readonly Buffer[], signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for (const frame of frames) {
          if (!signal.aborted) await this.#options.client.send(frame)
        }
        return
      } catch (err) {
        this.#options.logger.warn({ reason: describeFailure(err) }, 'a write did not reach Kafka')
        this.#options.client.forget()
        await delay(SEND_AGAIN_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }
}
