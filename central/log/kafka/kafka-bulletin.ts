import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../../shared/log.ts'
import type { Bulletin } from '../../duty/bulletin.ts'
import type { Note } from '../../duty/notes.ts'
import { encodeMessages, parseMessage } from '../../duty/notes.ts'
import { describeFailure } from './failure.ts'
import type { KafkaOptions } from './options.ts'
import { TopicClient } from './topic-client.ts'

/** Notes that wait to be sent; beyond them the oldest are dropped. */
const WAITING_NOTES_MAX = 20_000
/** Longest message, in bytes; one note is far shorter than what Kafka takes. */
const MESSAGE_MAX_BYTES = 500_000
/** Notes of so long travel together. */
const GATHER_MS = 50
/** How long a broker holds a fetch back while there is nothing new. */
const WAIT_MS = 500
/** Pauses between two tries to reach Kafka: the first, doubled up to the last. */
const PAUSE_MIN_MS = 100
const PAUSE_MAX_MS = 2_000

/** Tells notes by a topic beside the one of the log, which keeps them for minutes only. */
export class KafkaBulletin implements Bulletin {
  readonly id = randomBytes(8).toString('hex')
  dropped = 0
  readonly #client: TopicClient
  readonly #logger: Logger
  readonly #stop = new AbortController()
  readonly #noteListeners: ((from: string, note: Note) => void)[] = []
  readonly #reachedListeners: (() => void)[] = []
  #waiting: Note[] = []
  #isReached = false
  #running: Promise<void> | undefined
  #sending: Promise<void> | undefined

  constructor(kafka: KafkaOptions, logger: Logger) {
    this.#client = new TopicClient({ ...kafka, topic: `${kafka.topic}-duty` }, 'notes')
    this.#logger = logger
  }

  async start(): Promise<void> {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    await this.#sending
    await this.#send()
    this.#stop.abort()
    await this.#client.close()
    await this.#running
  }

  onNote(listener: (from: string, note: Note) => void): void {
    this.#noteListeners.push(listener)
  }

  onReached(listener: () => void): void {
    this.#reachedListeners.push(listener)
  }

  post(note: Note): void {
    if (!this.#isReached || this.#stop.signal.aborted) {
      this.dropped++
      return
    }
    this.#waiting.push(note)
    if (this.#waiting.length > WAITING_NOTES_MAX) {
      this.#waiting.shift()
      this.dropped++
    }
    this.#sending ??= this.#sendSoon()
  }

  async #sendSoon(): Promise<void> {
    const { signal } = this.#stop
    await delay(GATHER_MS, undefined, { signal }).catch(() => undefined)
    await this.#send()
    this.#sending = undefined
    if (this.#waiting.length > 0 && !signal.aborted) this.#sending = this.#sendSoon()
  }

  async #send(): Promise<void> {
    const notes = this.#waiting
    this.#waiting = []
    try {
      for (const value of encodeMessages(this.id, notes, MESSAGE_MAX_BYTES)) {
        await this.#client.send(value)
      }
    } catch (err) {
      this.dropped += notes.length
      this.#logger.debug({ reason: describeFailure(err) }, 'notes to other centrals were lost')
      this.#client.forget()
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let pause = PAUSE_MIN_MS
    while (!signal.aborted) {
      try {
        await this.#follow()
      } catch (err) {
        if (this.#isReached) pause = PAUSE_MIN_MS
        this.#isReached = false
        const reason = describeFailure(err)
        if (!signal.aborted) this.#logger.warn({ reason }, 'other centrals cannot be heard')
      }
      await delay(pause, undefined, { signal }).catch(() => undefined)
      pause = Math.min(pause * 2, PAUSE_MAX_MS)
    }
  }

  async #follow(): Promise<void> {
    const client = this.#client
    client.forget()
    const found = await client.find()
    if (!found.ok) throw new Error(`topic ${client.topic}: ${found.wrong}`)
    // What was told before is of no use any more.
    let offset = await client.endOffset()
    this.#isReached = true
    this.post({ kind: 'joined' })
    for (const listener of this.#reachedListeners) listener()
    while (!this.#stop.signal.aborted) {
      const place = { topicId: found.id, offset, epoch: -1, waitMs: WAIT_MS }
      for (const record of (await client.fetch(place)).records) {
        offset = record.offset + 1
        const message = parseMessage(record.value)
        for (const note of message?.notes ?? []) {
          for (const listener of this.#noteListeners) listener(message?.from ?? '', note)
        }
      }
    }
  }
}
