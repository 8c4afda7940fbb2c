import type { Clock } from '../../shared/clock.ts'
import { MESSAGE_MAX_BYTES } from '../../shared/dns/framing.ts'
import type { ThreadCounts } from '../counts.ts'
import type { QueryHandler, Reply } from '../listen/listener.ts'
import type { HandlerBatch } from '../listen/stream-connection.ts'
import type { ClientLocator } from '../locate/client-locator.ts'
import { Sender } from '../locate/sender.ts'
import type { TableReader } from '../table/reader.ts'
import { IGNORED, TableAnswerer } from './answer.ts'
import type { StreamMiss, StreamReply } from './stream-messages.ts'

export interface StreamHandlerOptions {
  readonly reader: TableReader
  readonly nsid: Buffer
  readonly locator: ClientLocator | undefined
  readonly counts: ThreadCounts
  readonly clock: Clock
  /** Of the clock by which entries of the table expire. */
  readonly nowSeconds: () => number
  /** Hands over what the control thread is to answer; `settle` is called with each reply. */
  readonly onMisses: (misses: readonly StreamMiss[]) => void
}

/**
 * Answers the messages of streams from the table; what is not there goes to the control thread, all of
 * a batch at once. What waits there is bounded by the connections and their messages in flight.
 */
export class StreamHandler implements HandlerBatch {
  readonly #options: StreamHandlerOptions
  readonly #answerer: TableAnswerer
  /** Where a query lies while it is answered: there is room for any answer. */
  readonly #slot = Buffer.alloc(MESSAGE_MAX_BYTES)
  readonly #waiting = new Map<number, Reply>()
  #misses: StreamMiss[] = []
  readonly #sender = new Sender()
  #lastId = 0
  #startedAt = 0
  #answered = 0

  constructor(options: StreamHandlerOptions) {
    this.#options = options
    const { reader, nsid, locator } = options
    this.#answerer = new TableAnswerer(reader, nsid, 'tcp', locator)
  }

  begin(): void {
    const { reader, clock, nowSeconds } = this.#options
    this.#startedAt = clock.nowMs()
    reader.beginBatch(nowSeconds())
  }

  end(): void {
    const { reader, clock, counts, onMisses } = this.#options
    reader.endBatch()
    if (this.#answered > 0) {
      counts.countDuration(this.#answered, (clock.nowMs() - this.#startedAt) / 1000)
      this.#answered = 0
    }
    if (this.#misses.length === 0) return
    const misses = this.#misses
    this.#misses = []
    onMisses(misses)
  }

  /** Only in a batch. */
  readonly handle: QueryHandler = (wire, client, reply) => {
    const { counts } = this.#options
    wire.copy(this.#slot)
    const size = this.#answerer.answer(
      this.#slot,
      wire.length,
      this.#sender.setText(client.address),
    )
    if (size > 0) {
      counts.countAnswer(this.#answerer.qtype, this.#answerer.rcode)
      this.#answered++
      // A copy: the answer belongs to the listener, the slot to the next query.
      reply(Buffer.from(this.#slot.subarray(0, size)))
    } else if (size === IGNORED) {
      counts.countIgnored()
      reply(undefined)
    } else {
      const { family, address, port } = client
      const id = ++this.#lastId
      this.#waiting.set(id, reply)
      // Alone in its memory: a view would be posted with all that it is a view of.
      this.#misses.push({ id, wire: new Uint8Array(wire), family, address, port })
    }
  }

  /** Passes the control thread's answer on. */
  settle({ id, answer }: StreamReply): void {
    const reply = this.#waiting.get(id)
    this.#waiting.delete(id)
    reply?.(answer && Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength))
  }
}
