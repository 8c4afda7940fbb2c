import type { Clock } from '../../shared/clock.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Replica } from '../replica/replica.ts'

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

export interface ForeseenOptions {
  readonly replica: Replica
  readonly clock: Clock
}

/** Has the answers made anew as the moment of a foreseen change comes nearer. */
export class ForeseenChanges implements Startable {
  readonly #options: ForeseenOptions
  #timer: NodeJS.Timeout | undefined
  #isRunning = false

  constructor(options: ForeseenOptions) {
    this.#options = options
    options.replica.onChange((update) => {
      if (update.is === 'state') this.#wait()
      if (update.is !== 'change') return
      const { clusters, clustersDeleted } = update.change
      if (clusters.length > 0 || clustersDeleted.length > 0) this.#wait()
    })
  }

  start(): Promise<void> {
    this.#isRunning = true
    this.#wait()
    return Promise.resolve()
  }

  stop(): Promise<void> {
    this.#isRunning = false
    clearTimeout(this.#timer)
    return Promise.resolve()
  }

  #wait(): void {
    clearTimeout(this.#timer)
    if (!this.#isRunning) return
    const { replica, clock } = this.#options
    const epochMs = clock.epochMs()
    let untilMs = Infinity
    for (const { changesAt } of replica.tables.clusters.values()) {
      if (changesAt === undefined) continue
      untilMs = Math.min(untilMs, foreseenUntilMs(changesAt, epochMs) ?? Infinity)
    }
    if (untilMs === Infinity) return
    const isEarly = untilMs > TIMER_MAX_MS
    this.#timer = setTimeout(
      () => {
        if (!isEarly) replica.foresee()
        this.#wait()
      },
      Math.min(untilMs, TIMER_MAX_MS),
    )
  }
}
