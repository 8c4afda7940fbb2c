import type { ServerResponse } from 'node:http'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { ChangeRecord } from '../model/events.ts'
import { shownBy, type EventFilter } from '../registry/event-filter.ts'
import type { Registry } from '../registry/registry.ts'

/*
 * Server-sent events (html.spec.whatwg.org, 9.2) of the log:
 *
 *   id: 42                     the version; a client comes back with it in Last-Event-ID
 *   event: change
 *   data: {"version":42,…}
 *
 *   :                          a heartbeat, with the version that was looked at last: nothing of
 *   id: 57                     what lies before it is wanted, so a client need not come back to it
 *
 *   event: end                 why the stream ends
 *   data: {"reason":"stopping","version":57,"detail":"…"}
 *
 * The log itself is the queue: a follower is a place in it, and is sent no more than its socket takes.
 */

/** Clients that follow at once. */
export const FOLLOWERS_MAX = 200
/** Changes that are read at once for one follower. */
const READ_MAX = 100
/** Events of them, after which no further change is read. */
const READ_EVENTS_MAX = 10_000
/** Events of one change in one message; of more the rest is left out, and counted. */
const EVENTS_MAX = 1_000
/** Without a change a comment shows after so long that the stream lives. */
const HEARTBEAT_MS = 15_000
/** A client that takes nothing for so long is too slow. */
const STALL_MS = 10_000
/** What was written last has so long to reach a client that is cut off. */
const GRACE_MS = 2_000

export interface FollowerTimes {
  readonly heartbeatMs: number
  readonly stallMs: number
}

type EndReason = 'stopping' | 'too-slow' | 'failed'

/** All clients that follow the log. */
export class Followers {
  readonly #registry: Pick<Registry, 'version' | 'read' | 'onChange'>
  readonly #logger: Logger
  readonly #times: FollowerTimes
  readonly #followers = new Set<Follower>()
  readonly #forget: () => void
  #read: { readonly after: number; readonly head: number; readonly records: ChangeRecord[] } = {
    after: -1,
    head: -1,
    records: [],
  }

  /** `times`: for tests. */
  constructor(
    registry: Pick<Registry, 'version' | 'read' | 'onChange'>,
    logger: Logger,
    times: FollowerTimes = { heartbeatMs: HEARTBEAT_MS, stallMs: STALL_MS },
  ) {
    this.#registry = registry
    this.#logger = logger
    this.#times = times
    this.#forget = registry.onChange(() => {
      for (const follower of this.#followers) follower.wake()
    })
  }

  /** Whether one more would be too many. */
  get isFull(): boolean {
    return this.#followers.size >= FOLLOWERS_MAX
  }

  get size(): number {
    return this.#followers.size
  }

  /** Sends the changes after a version, and all that come, to a response whose head is written. */
  follow(response: ServerResponse, after: number, filter: EventFilter): void {
    const follower = new Follower({
      response,
      after,
      filter,
      times: this.#times,
      recordsAfter: (version) => this.#recordsAfter(version),
      version: () => this.#registry.version,
    })
    this.#followers.add(follower)
    follower
      .run()
      .catch((err: unknown) => {
        this.#logger.error({ err }, 'a stream of changes failed')
        follower.end('failed', `central could not read its log: ${messageOf(err)}`)
      })
      .finally(() => this.#followers.delete(follower))
      .catch(() => undefined)
  }

  /** Ends all streams, and tells why. */
  stop(): void {
    this.#forget()
    for (const follower of this.#followers) follower.end('stopping', 'central stops')
  }

  /** The next changes after a version. Most followers are at the same one, so the last read serves them all. */
  #recordsAfter(after: number): readonly ChangeRecord[] {
    const head = this.#registry.version
    if (this.#read.after === after && this.#read.head === head) return this.#read.records
    const records: ChangeRecord[] = []
    let events = 0
    for (const record of this.#registry.read(after)) {
      if (record.version > head) break
      records.push(record)
      events += record.events.length
      if (records.length === READ_MAX || events > READ_EVENTS_MAX) break
    }
    // Something large is not kept for whoever may come.
    if (events <= READ_EVENTS_MAX) this.#read = { after, head, records }
    return records
  }
}

interface FollowerOptions {
  readonly response: ServerResponse
  readonly after: number
  readonly filter: EventFilter
  readonly times: FollowerTimes
  readonly recordsAfter: (version: number) => readonly ChangeRecord[]
  readonly version: () => number
}

/** One client and its place in the log. */
class Follower {
  readonly #options: FollowerOptions
  readonly #response: ServerResponse
  /** All up to this was looked at. */
  #version: number
  #isEnded = false
  #wake: (() => void) | undefined

  constructor(options: FollowerOptions) {
    this.#options = options
    this.#response = options.response
    this.#version = options.after
    this.#response.once('close', () => {
      this.#isEnded = true
      this.wake()
    })
  }

  /** Lets it look at the log again. */
  wake(): void {
    this.#wake?.()
  }

  /** Runs until the client goes or is cut off. */
  async run(): Promise<void> {
    const { recordsAfter, version, times } = this.#options
    await this.#write(': changes of the log\n\n')
    while (!this.#isEnded) {
      if (this.#version >= version()) {
        const hasChange = await this.#wait(times.heartbeatMs)
        if (!hasChange) await this.#write(`:\nid: ${this.#version}\n\n`)
        continue
      }
      for (const record of recordsAfter(this.#version)) {
        await this.#send(record)
        if (this.#isEnded) return
      }
      await nextTurn()
    }
  }

  /** Says why, and closes the stream. */
  end(reason: EndReason, detail: string): void {
    if (this.#isEnded) return
    this.#isEnded = true
    const data = JSON.stringify({ reason, version: this.#version, detail })
    this.#response.end(`event: end\ndata: ${data}\n\n`)
    // Whoever does not read what was written would keep the socket for ever.
    const timer = setTimeout(() => this.#response.destroy(), GRACE_MS)
    this.#response.once('close', () => clearTimeout(timer))
    this.wake()
  }

  async #send(record: ChangeRecord): Promise<void> {
    const shown = shownBy(this.#options.filter, record, EVENTS_MAX)
    if (shown !== undefined) {
      await this.#write(`id: ${record.version}\nevent: change\ndata: ${JSON.stringify(shown)}\n\n`)
    }
    this.#version = record.version
  }

  /** Writes, and waits until the socket has taken what waits. */
  async #write(text: string): Promise<void> {
    if (this.#isEnded || this.#response.write(text)) return
    const drained = (): void => this.wake()
    this.#response.once('drain', drained)
    const hasDrained = await this.#wait(this.#options.times.stallMs, () => {
      return !this.#response.writableNeedDrain
    })
    this.#response.off('drain', drained)
    if (hasDrained || this.#isEnded) return
    this.end('too-slow', 'the client took nothing for too long; come back with the last id')
  }

  /** Waits until it is woken, for what it waits for; false when the time is over before. */
  async #wait(timeoutMs: number, isDone: () => boolean = () => true): Promise<boolean> {
    if (this.#isEnded) return true
    return new Promise((resolve) => {
      const finish = (isInTime: boolean): void => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve(isInTime)
      }
      const timer = setTimeout(() => finish(false), timeoutMs)
      this.#wake = () => {
        if (this.#isEnded || isDone()) finish(true)
      }
    })
  }
}
