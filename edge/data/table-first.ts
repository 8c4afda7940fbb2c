import type { Clock } from '../../shared/clock.ts'
import type { ThreadCounts } from '../counts.ts'
import type { QueryHandler } from '../listen/listener.ts'
import type { TableReader } from '../table/reader.ts'
import { IGNORED, TableAnswerer } from './answer.ts'

/** More than any answer over UDP, and than any query that is looked up. */
const SLOT_BYTES = 4096

export interface TableFirstOptions {
  /** Of the control thread's own. */
  readonly reader: TableReader
  readonly nsid: Buffer
  /** By address family. */
  readonly counts: Readonly<Record<4 | 6, ThreadCounts>>
  readonly clock: Clock
  /** Of the clock by which entries of the table expire. */
  readonly nowSeconds: () => number
}

/**
 * Where there are no data threads: the control thread answers datagrams from the table too, not by the
 * way through the stages. What is not there goes on to `next`.
 */
export function answerTableFirst(options: TableFirstOptions, next: QueryHandler): QueryHandler {
  const { reader, nsid, counts, clock, nowSeconds } = options
  const answerer = new TableAnswerer(reader, nsid, 'udp')
  const slot = Buffer.alloc(SLOT_BYTES)
  return (wire, client, reply) => {
    if (client.transport !== 'udp' || wire.length > slot.length) {
      next(wire, client, reply)
      return
    }
    const startedAt = clock.nowMs()
    slot.set(wire)
    reader.beginBatch(nowSeconds())
    const size = answerer.answer(slot, wire.length)
    reader.endBatch()
    if (size > 0) {
      const count = counts[client.family]
      count.countAnswer(answerer.qtype, answerer.rcode)
      count.countDuration(1, (clock.nowMs() - startedAt) / 1000)
      // A copy: the socket may keep it, and the slot is for the next query.
      reply(Buffer.from(slot.subarray(0, size)))
    } else if (size === IGNORED) {
      counts[client.family].countIgnored()
      reply(undefined)
    } else next(wire, client, reply)
  }
}
