import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import type { RegistryState } from '../model/state.ts'
import type { Registry } from './registry.ts'

/** Events of the log that are read for one look at the past: about 10 s. */
const HISTORY_EVENTS_MAX = 1_000_000
/** For how long one look holds the process up at a stretch. */
const SLICE_MS = 5

/** A moment: a version, or a time by the wall clock of central. */
export type Moment = { readonly version: number } | { readonly epochMs: number }

/** What was known at a moment. */
export interface Past {
  /** Of apps, and of what belongs to them, only the one that was asked for. */
  readonly state: RegistryState
  readonly version: number
  /** When that version was accepted. */
  readonly atEpoch: number
}

export type PastResult =
  | { readonly ok: true; readonly past: Past }
  /** `none`: there is no such moment; `too-long`: too much lies before it; `busy`: another look is under way. */
  | { readonly ok: false; readonly code: 'none' | 'too-long' | 'busy'; readonly detail: string }

/** Looks at the past: folds the log up to a moment, beside the state, one look at a time. */
export class PastReader {
  readonly #registry: Pick<Registry, 'version' | 'read'>
  readonly #clock: Clock
  readonly #eventsMax: number
  #isBusy = false

  /** `eventsMax`: for tests. */
  constructor(
    registry: Pick<Registry, 'version' | 'read'>,
    clock: Clock,
    eventsMax = HISTORY_EVENTS_MAX,
  ) {
    this.#registry = registry
    this.#clock = clock
    this.#eventsMax = eventsMax
  }

  /**
   * What was known at a moment, as far as an app goes by it. Of a time it is the last version before the
   * first that was accepted later. Ends early when it is not wanted any more.
   */
  async look(app: Name, moment: Moment, isWanted: () => boolean): Promise<PastResult> {
    if (this.#isBusy) {
      return refuse('busy', 'another look at the past is under way, try again in a few seconds')
    }
    this.#isBusy = true
    try {
      return await this.#look(app, moment, isWanted)
    } finally {
      this.#isBusy = false
    }
  }

  async #look(app: Name, moment: Moment, isWanted: () => boolean): Promise<PastResult> {
    const head = this.#registry.version
    const last = 'version' in moment ? moment.version : head
    if (last > head) {
      return refuse('none', `version ${last} is not there yet, the newest is ${head}`)
    }
    const state = emptyState()
    let version = 0
    let atEpoch = 0
    let events = 0
    let sliceAt = this.#clock.nowMs()
    for (const record of this.#registry.read(0)) {
      const isLater = 'epochMs' in moment && record.atEpoch > moment.epochMs
      if (record.version > last || isLater) {
        if (version > 0) break
        const since = `version ${record.version} of ${timeText(record.atEpoch)}`
        return refuse('none', `history begins with ${since}, nothing is known of an earlier moment`)
      }
      events += record.events.length
      if (events > this.#eventsMax) {
        const most = `at most ${this.#eventsMax} are read`
        return refuse('too-long', `more than ${events - 1} events lie before that moment, ${most}`)
      }
      evolve(state, {
        version: record.version,
        events: record.events.filter((event) => concerns(event, app)),
      })
      version = record.version
      atEpoch = record.atEpoch
      if (this.#clock.nowMs() - sliceAt < SLICE_MS) continue
      await nextTurn()
      if (!isWanted()) return refuse('busy', 'nobody waits for the answer any more')
      sliceAt = this.#clock.nowMs()
    }
    if (version === 0) return refuse('none', 'history is empty, nothing was ever registered')
    return { ok: true, past: { state, version, atEpoch } }
  }
}

/** Whether an event may matter for the answers of an app. */
function concerns(event: RegistryEvent, app: Name): boolean {
  switch (event.type) {
    case 'app-put':
      return event.app.name === app
    case 'app-deleted':
      return event.name === app
    case 'endpoint-put':
    case 'endpoint-deleted':
    case 'endpoint-health':
    case 'endpoint-forced':
    case 'endpoint-unforced':
    case 'endpoint-load':
    case 'endpoint-withheld':
    case 'region-withheld':
    case 'machine-registered':
    case 'machine-withdrawn':
    case 'machine-terminated':
    case 'machine-unregistered':
      return event.app === app
    default:
      // Places, zones, networks and maintenance are everybody's.
      return true
  }
}

function timeText(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

function refuse(code: 'none' | 'too-long' | 'busy', detail: string): PastResult {
  return { ok: false, code, detail }
}
