import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import type { EventFilter, ShownChange } from '../registry/event-filter.ts'
import { shownBy } from '../registry/event-filter.ts'
import type { Registry } from '../registry/registry.ts'

/** Events in one page, unless its first change has more; of that many are shown. */
const EVENTS_MAX = 20_000
/** Changes that are looked at for one page. */
const SCAN_MAX = 20_000
/** Events of them, after which no further change is looked at. */
const SCAN_EVENTS_MAX = 200_000
/** For how long reading the log holds the process up at a stretch. */
const SLICE_MS = 5

/** Changes that are wanted: after one version, up to another. */
export interface ChangeRange {
  readonly after: number
  readonly until: number
  readonly filter: EventFilter
  readonly limit: number
}

/** A part of the log. */
export interface ChangePage {
  readonly items: readonly ShownChange[]
  /** The last version that was looked at. */
  readonly scanned: number
  /** Whether that is the end of the range, as far as the log goes now. */
  readonly isLast: boolean
}

/**
 * Looks for the changes of a page. It ends early, perhaps with nothing found, when it has looked at many:
 * so no request holds the process up, however rare is what it looks for.
 */
export async function readChanges(
  registry: Pick<Registry, 'version' | 'read'>,
  clock: Clock,
  range: ChangeRange,
  isWanted: () => boolean,
): Promise<ChangePage> {
  const { after, filter, limit } = range
  const items: ShownChange[] = []
  const end = Math.min(range.until, registry.version)
  let scanned = after
  let events = 0
  let eventsScanned = 0
  if (after >= end) return { items, scanned, isLast: true }
  let sliceAt = clock.nowMs()
  for (const record of registry.read(after)) {
    const shown = shownBy(filter, record, EVENTS_MAX)
    if (shown !== undefined) {
      events += shown.events.length
      const isFull = items.length === limit || (items.length > 0 && events > EVENTS_MAX)
      if (isFull) return { items, scanned, isLast: false }
      items.push(shown)
    }
    scanned = record.version
    if (scanned >= end) break
    eventsScanned += record.events.length
    const isTired = scanned - after >= SCAN_MAX || eventsScanned >= SCAN_EVENTS_MAX
    if (isTired || !isWanted()) return { items, scanned, isLast: false }
    if (clock.nowMs() - sliceAt < SLICE_MS) continue
    await nextTurn()
    sliceAt = clock.nowMs()
  }
  return { items, scanned, isLast: true }
}
