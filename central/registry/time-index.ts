import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import type { Registry } from './registry.ts'

/** For how long reading the log holds the process up at a stretch. */
const SLICE_MS = 5
/** Versions from one mark to the next: so many records are read for one question. */
const MARK_VERSIONS = 1_000

/**
 * Which version was the newest at a time. The wall clock may have jumped back between two changes: the
 * time of a version is the greatest that stands in it or in any before it, so that times rise with
 * versions and every time has one last version. Made when somebody asks, by reading the whole log once.
 */
export class TimeIndex {
  readonly #registry: Pick<Registry, 'version' | 'read'>
  readonly #clock: Clock
  /** The time of version `(i + 1) * MARK_VERSIONS` at i. */
  readonly #marks: number[] = []
  /** What is read of the log. */
  #version = 0
  #time = -Infinity
  #reading: Promise<void> | undefined

  constructor(registry: Pick<Registry, 'version' | 'read'>, clock: Clock) {
    this.#registry = registry
    this.#clock = clock
  }

  /** The last version whose time is not after this; 0 when there is none. */
  lastUntil(epochMs: number): Promise<number> {
    return this.#lastBefore((time) => time > epochMs)
  }

  /** The last version whose time is before this; 0 when there is none. */
  lastBefore(epochMs: number): Promise<number> {
    return this.#lastBefore((time) => time >= epochMs)
  }

  /** The version before the first that is too late. */
  async #lastBefore(isTooLate: (time: number) => boolean): Promise<number> {
    while (this.#version < this.#registry.version) {
      this.#reading ??= this.#readOn().finally(() => (this.#reading = undefined))
      await this.#reading
    }
    let low = 0
    let high = this.#marks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isTooLate(this.#marks[middle] ?? Infinity)) high = middle
      else low = middle + 1
    }
    // As times rise by the greatest so far, the first that is too late is so by itself.
    const start = low * MARK_VERSIONS
    let last = start
    if (start >= this.#version) return start
    for (const { version, atEpoch } of this.#registry.read(start)) {
      if (version > start + MARK_VERSIONS || isTooLate(atEpoch)) break
      last = version
    }
    // The log may be a moment ahead of the state.
    return Math.min(last, this.#registry.version)
  }

  async #readOn(): Promise<void> {
    let sliceAt = this.#clock.nowMs()
    for (const { version, atEpoch } of this.#registry.read(this.#version)) {
      this.#version = version
      this.#time = Math.max(this.#time, atEpoch)
      if (version % MARK_VERSIONS === 0) this.#marks.push(this.#time)
      if (this.#clock.nowMs() - sliceAt < SLICE_MS) continue
      await nextTurn()
      sliceAt = this.#clock.nowMs()
    }
  }
}
