import type { Clock } from '../../shared/clock.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { Startable } from '../../shared/startable.ts'
import type { ReplicaApp } from '../replica/model.ts'
import type { Replica, ReplicaUpdate } from '../replica/replica.ts'

/** A change that was foreseen may be told so much later: until then it is about to come. */
const LATE_MS = 10_000
/** The longest that a timer waits. */
const TIMER_MAX_MS = 3_600_000

/**
 * For how many seconds an answer may be kept that a change at `changesAt` (ms since 1970) ends: the power
 * of 2 below the time that is left, so that answers have to be made anew when that has halved, and not
 * each second. Undefined where no change is foreseen.
 */
export function foreseenSeconds(
  changesAt: number | undefined,
  epochMs: number,
): number | undefined {
  if (changesAt === undefined) return undefined
  const seconds = (changesAt - epochMs) / 1000
  if (seconds < 1) return seconds * 1000 > -LATE_MS ? 0 : undefined
  return 2 ** Math.floor(Math.log2(seconds))
}

/** In how many ms `foreseenSeconds` gives something else; undefined for never. */
export function foreseenUntilMs(changesAt: number, epochMs: number): number | undefined {
  const seconds = foreseenSeconds(changesAt, epochMs)
  if (seconds === undefined) return undefined
  const leftMs = changesAt - epochMs
  // One more: at the border itself it is as before.
  return (seconds === 0 ? leftMs + LATE_MS : leftMs - seconds * 1000) + 1
}

/** The app with what is foreseen of it at a moment; itself where that is as before. */
export function foreseeApp(app: ReplicaApp, epochMs: number): ReplicaApp {
  const seconds = foreseenSeconds(app.changesAt, epochMs)
  if (seconds === app.foreseenSeconds) return app
  const { foreseenSeconds: _, ...told } = app
  return seconds === undefined ? told : { ...told, foreseenSeconds: seconds }
}

export interface ForeseenOptions {
  readonly replica: Replica
  readonly clock: Clock
}

/** Has the answers made anew as the moment of a foreseen change comes nearer. */
export class ForeseenChanges implements Startable {
  readonly #options: ForeseenOptions
  #timer: NodeJS.Timeout | undefined
  /** When the timer is to go off, by the wall clock. */
  #wakesAt = Infinity
  #isRunning = false

  constructor(options: ForeseenOptions) {
    this.#options = options
    options.replica.onChange((update) => this.#take(update))
  }

  start(): Promise<void> {
    this.#isRunning = true
    this.#waitAnew()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#isRunning = false
    clearTimeout(this.#timer)
    return Promise.resolve()
  }

  /** What has come may be due sooner than all else; what is gone is found out when it would have been due. */
  #take(update: ReplicaUpdate): void {
    const { tables } = this.#options.replica
    if (update.is === 'state') this.#waitAnew()
    else if (update.is === 'learned') this.#waitFor(tables.changesAtOf(update.key))
    else if (update.is === 'change') {
      for (const { changesAt } of update.change.clusters) this.#waitFor(changesAt)
      for (const { name } of update.change.names) this.#waitFor(tables.changesAtOf(nameKey(name)))
    }
  }

  #waitAnew(): void {
    this.#wakesAt = Infinity
    clearTimeout(this.#timer)
    for (const changesAt of this.#options.replica.tables.changeTimes()) this.#waitFor(changesAt)
  }

  #waitFor(changesAt: number | undefined): void {
    if (changesAt === undefined || !this.#isRunning) return
    const epochMs = this.#options.clock.epochMs()
    const untilMs = foreseenUntilMs(changesAt, epochMs)
    if (untilMs === undefined) return
    const waitMs = Math.min(untilMs, TIMER_MAX_MS)
    if (epochMs + waitMs >= this.#wakesAt) return
    this.#wakesAt = epochMs + waitMs
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#foresee(), waitMs)
  }

  #foresee(): void {
    if (!this.#options.replica.foresee()) {
      this.#waitAnew()
      return
    }
    // Nothing that is told meanwhile is due sooner.
    this.#wakesAt = -Infinity
    this.#timer = setTimeout(() => this.#foresee(), 0)
  }
}
