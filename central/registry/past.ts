import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { RegistryEvent } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { emptyState } from '../model/state.ts'
import type { RegistryState } from '../model/state.ts'
import type { DiffEntry } from './diff.ts'
import { diffOf } from './diff.ts'
import type { BaseState } from './older-states.ts'
import type { Registry } from './registry.ts'
import { TimeIndex } from './time-index.ts'

/** Events of the log that are read for one look at the past: about 10 s. */
const HISTORY_EVENTS_MAX = 1_000_000
/** For how long one look holds the process up at a stretch. */
const SLICE_MS = 5

/** A moment: a version, or a time by the wall clock of central. */
export type Moment = { readonly version: number } | { readonly epochMs: number }

/** What was known at a moment. */
export interface Past {
  /** Of apps, and of what belongs to them, perhaps only the one that was asked for. */
  readonly state: RegistryState
  readonly version: number
  /** When that version was accepted. */
  readonly atEpoch: number
}

/** Why there is no answer. */
export interface NoPast {
  readonly ok: false
  /** `none`: there is no such moment; `too-long`: too much lies before it; `busy`: another look is under way. */
  readonly code: 'none' | 'too-long' | 'busy'
  readonly detail: string
}

export type PastResult = { readonly ok: true; readonly past: Past } | NoPast

export type PastDiffs =
  { readonly ok: true; readonly diffs: ReadonlyMap<number, readonly DiffEntry[]> } | NoPast

export interface PastReaderOptions {
  readonly registry: Pick<Registry, 'version' | 'read'>
  readonly clock: Clock
  readonly times?: TimeIndex
  /** Gives a state from which a look may begin: one that is kept of a version below this. */
  readonly baseBefore?: (version: number) => Promise<BaseState | undefined>
  /** For tests. */
  readonly eventsMax?: number
}

/** Looks at the past: folds the log up to a moment, beside the state, one look at a time. */
export class PastReader {
  readonly times: TimeIndex
  readonly #registry: Pick<Registry, 'version' | 'read'>
  readonly #clock: Clock
  readonly #baseBefore: NonNullable<PastReaderOptions['baseBefore']>
  readonly #eventsMax: number
  #isBusy = false

  constructor(options: PastReaderOptions) {
    const { registry, clock } = options
    this.#registry = registry
    this.#clock = clock
    this.times = options.times ?? new TimeIndex(registry, clock)
    this.#baseBefore = options.baseBefore ?? (() => Promise.resolve(undefined))
    this.#eventsMax = options.eventsMax ?? HISTORY_EVENTS_MAX
  }

  /**
   * What was known at a moment, as far as an app goes by it. Of a time it is the last version before the
   * first that was accepted later. Ends early when it is not wanted any more.
   */
  look(app: Name, moment: Moment, isWanted: () => boolean): Promise<PastResult> {
    return this.#alone(() => this.#look(moment, isWanted, (event) => concerns(event, app)))
  }

  /** As `look`, of all that was known. */
  lookAtAll(moment: Moment, isWanted: () => boolean): Promise<PastResult> {
    return this.#alone(() => this.#look(moment, isWanted))
  }

  /** What each of some versions did, in the words of a diff; `versions` rise. */
  diffsOf(versions: readonly number[], isWanted: () => boolean): Promise<PastDiffs> {
    return this.#alone(async () => {
      const diffs = new Map<number, DiffEntry[]>()
      const last = versions.at(-1)
      if (last === undefined) return { ok: true, diffs }
      const wanted = new Set(versions)
      const before = (state: RegistryState, version: number, event: RegistryEvent): void => {
        if (!wanted.has(version)) return
        const entries = diffs.get(version) ?? []
        diffs.set(version, entries)
        entries.push(diffOf(state, event))
      }
      const first = versions[0] ?? last
      const result = await this.#fold({ first, last, isWanted, before })
      return result.ok ? { ok: true, diffs } : result
    })
  }

  async #alone<T>(look: () => Promise<T | NoPast>): Promise<T | NoPast> {
    if (this.#isBusy) {
      return refuse('busy', 'another look at the past is under way, try again in a few seconds')
    }
    this.#isBusy = true
    try {
      return await look()
    } finally {
      this.#isBusy = false
    }
  }

  async #look(
    moment: Moment,
    isWanted: () => boolean,
    isOfInterest?: (event: RegistryEvent) => boolean,
  ): Promise<PastResult> {
    const head = this.#registry.version
    const last = 'version' in moment ? moment.version : await this.times.lastUntil(moment.epochMs)
    if (last > head) {
      return refuse('none', `version ${last} is not there yet, the newest is ${head}`)
    }
    if (last > 0) {
      return this.#fold({ first: last, last, isWanted, ...(isOfInterest && { isOfInterest }) })
    }
    for (const { version, atEpoch } of this.#registry.read(0)) {
      const since = `version ${version} of ${timeText(atEpoch)}`
      return refuse('none', `history begins with ${since}, nothing is known of an earlier moment`)
    }
    return refuse('none', 'history is empty, nothing was ever registered')
  }

  /** Folds up to `last`, from a state that is kept of a version below `first` where there is one. */
  async #fold({ first, last, isWanted, isOfInterest, before }: Fold): Promise<PastResult> {
    const base = await this.#baseBefore(first)
    const state = base?.state ?? emptyState()
    let version = base?.version ?? 0
    let atEpoch = 0
    let events = 0
    let sliceAt = this.#clock.nowMs()
    for (const record of this.#registry.read(version)) {
      if (record.version > last) break
      events += record.events.length
      if (events > this.#eventsMax) {
        const most = `at most ${this.#eventsMax} are read`
        return refuse('too-long', `more than ${events - 1} events lie before that moment, ${most}`)
      }
      version = record.version
      atEpoch = record.atEpoch
      for (const event of record.events) {
        before?.(state, version, event)
        if (isOfInterest?.(event) !== false) evolve(state, { version, events: [event] })
      }
      if (this.#clock.nowMs() - sliceAt < SLICE_MS) continue
      await nextTurn()
      if (!isWanted()) return refuse('busy', 'nobody waits for the answer any more')
      sliceAt = this.#clock.nowMs()
    }
    return { ok: true, past: { state, version, atEpoch } }
  }
}

interface Fold {
  readonly first: number
  readonly last: number
  readonly isWanted: () => boolean
  readonly isOfInterest?: (event: RegistryEvent) => boolean
  /** Called with the state before each event. */
  readonly before?: (state: RegistryState, version: number, event: RegistryEvent) => void
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

function refuse(code: NoPast['code'], detail: string): NoPast {
  return { ok: false, code, detail }
}
