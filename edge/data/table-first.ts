import type { Clock } from '../../shared/clock.ts'
import type { ThreadCounts } from '../counts.ts'
import type { AtOnce } from '../listen/listener.ts'
import type { ClientLocator } from '../locate/client-locator.ts'
import { Sender } from '../locate/sender.ts'
import type { TableReader } from '../table/reader.ts'
import { IGNORED, TableAnswerer } from './answer.ts'

/** More than any answer over UDP, and than any query that is looked up. */
const SLOT_BYTES = 4096

export interface TableFirstOptions {
  /** Of the control thread's own. */
  readonly reader: TableReader
  readonly nsid: Buffer
  readonly locator: ClientLocator | undefined
  /** By address family. */
  readonly counts: Readonly<Record<4 | 6, ThreadCounts>>
  readonly clock: Clock
  /** Of the clock by which entries of the table expire. */
  readonly nowSeconds: () => number
}

/**
 * Where there are no data threads: the control thread answers datagrams from the table too, not by the
 * way through the stages.
 */
export function answerTableFirst(options: TableFirstOptions): AtOnce {
  const { reader, nsid, locator, counts, clock, nowSeconds } = options
  const answerer = new TableAnswerer(reader, nsid, 'udp', locator)
  const sender = new Sender()
  const slot = Buffer.alloc(SLOT_BYTES)
  return (wire, family, address) => {
    if (wire.length > slot.length) return undefined
    const startedAt = clock.nowMs()
    slot.set(wire)
    sender.setText(address)
    reader.beginBatch(nowSeconds())
    const size = answerer.answer(slot, wire.length, sender)
    reader.endBatch()
    const count = counts[family]
    if (size > 0) {
      count.countAnswer(answerer.qtype, answerer.rcode)
      count.countDuration(1, (clock.nowMs() - startedAt) / 1000)
      // A copy: the socket may keep it, and the slot is for the next query.
      return Buffer.from(slot.subarray(0, size))
    }
    if (size !== IGNORED) return undefined
    count.countIgnored()
    return null
  }
}
