import type { FileHandle } from 'node:fs/promises'
import { open, rename } from 'node:fs/promises'
import type { Clock } from '../../shared/clock.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import type { QueryHandler } from '../listen/listener.ts'
import type { Replica } from '../replica/replica.ts'
import type { AnswerSamples } from './answer-samples.ts'
import { decisionOf } from './decision-line.ts'

/** Lines wait for so long until they are written together. */
const FLUSH_MS = 1_000
/** Octets that wait to be written; while a disk does not take more, further lines are dropped. */
const WAITING_MAX_BYTES = 4 * 1024 * 1024

export interface DecisionLogOptions {
  readonly file: string
  /** At most, of each thread. */
  readonly perSecond: number
  readonly maxBytes: number
  readonly edge: string
  readonly replica: Pick<Replica, 'tables'>
  readonly clock: Clock
  readonly logger: Logger
  /** For tests; else FLUSH_MS. */
  readonly flushMs?: number
}

/** A file with a sample of the answers, one JSON line each. A disk that fails costs lines, never answers. */
export class DecisionLog implements Startable, AnswerSamples {
  readonly everyMs: number
  readonly #options: DecisionLogOptions
  #waiting: string[] = []
  #waitingBytes = 0
  #file: FileHandle | undefined
  #size = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #sampleAt = -Infinity
  #isFailing = false
  #isStopped = false
  logged = 0
  dropped = 0

  constructor(options: DecisionLogOptions) {
    this.#options = options
    this.everyMs = 1_000 / options.perSecond
  }

  /** Throws MeridianError MERIDIAN_CONFIG_INVALID when the file cannot be written. */
  async start(): Promise<void> {
    const { file } = this.#options
    try {
      await this.#open()
    } catch (err) {
      const message = `decisions.log: ${file} cannot be written: ${messageOf(err)}`
      throw new MeridianError('MERIDIAN_CONFIG_INVALID', message, { cause: err })
    }
  }

  /** Writes what waits, and closes the file. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearTimeout(this.#timer)
    this.#flush()
    await this.#writing
    await this.#file?.close()
    this.#file = undefined
  }

  readonly take = (answer: Uint8Array, address: string): void => {
    const { edge, replica, clock } = this.#options
    const decision = decisionOf(answer, address, { edge, replica, epochMs: clock.epochMs() })
    if (decision === undefined) return
    const line = `${JSON.stringify(decision)}\n`
    const bytes = Buffer.byteLength(line)
    if (this.#isStopped || this.#waitingBytes + bytes > WAITING_MAX_BYTES) {
      this.dropped++
      return
    }
    this.#waiting.push(line)
    this.#waitingBytes += bytes
    this.#timer ??= setTimeout(() => this.#flush(), this.#options.flushMs ?? FLUSH_MS)
  }

  /** Samples what a handler answers, as often as a data thread samples. */
  watch(handler: QueryHandler): QueryHandler {
    return (wire, client, reply) =>
      handler(wire, client, (answer) => {
        const nowMs = this.#options.clock.nowMs()
        if (answer !== undefined && nowMs >= this.#sampleAt) {
          this.#sampleAt = nowMs + this.everyMs
          this.take(answer, client.address)
        }
        reply(answer)
      })
  }

  #flush(): void {
    this.#timer = undefined
    const lines = this.#waiting
    const bytes = this.#waitingBytes
    this.#waiting = []
    if (lines.length === 0) return
    this.#writing = this.#writeAfter(this.#writing, lines, bytes)
  }

  async #writeAfter(before: Promise<void>, lines: readonly string[], bytes: number): Promise<void> {
    await before
    await this.#write(lines)
    // Until now they were memory that nobody else may take.
    this.#waitingBytes -= bytes
  }

  /** Never rejects. */
  async #write(lines: readonly string[]): Promise<void> {
    const { file, maxBytes, logger } = this.#options
    const chunk = Buffer.from(lines.join(''))
    try {
      if (this.#file === undefined) await this.#open()
      if (this.#size > 0 && this.#size + chunk.length > maxBytes) await this.#rotate()
      await this.#file?.appendFile(chunk)
      this.#size += chunk.length
      this.logged += lines.length
      this.#isFailing = false
    } catch (err) {
      this.dropped += lines.length
      await this.#file?.close().catch(() => undefined)
      this.#file = undefined
      if (this.#isFailing) return
      this.#isFailing = true
      logger.error({ file, detail: messageOf(err) }, 'the log of decisions cannot be written')
    }
  }

  async #rotate(): Promise<void> {
    const { file } = this.#options
    await this.#file?.close()
    this.#file = undefined
    await rename(file, `${file}.1`)
    await this.#open()
  }

  async #open(): Promise<void> {
    this.#file = await open(this.#options.file, 'a', 0o640)
    this.#size = (await this.#file.stat()).size
  }
}
