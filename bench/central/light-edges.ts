import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { systemClock } from '../../shared/clock.ts'
import { isRecord } from '../json.ts'

/** Their own work is to be spread over cores too. */
const PROCESSES = 2
const OPEN_DEADLINE_MS = 180_000
const TOLD_DEADLINE_MS = 30_000

/** Edges that only listen and acknowledge: connections of their own, in a few processes. */
export class LightEdges {
  readonly #children: readonly ChildProcess[]
  /** By version, when the last edge of each process was told (wall clock ms). */
  readonly #told = new Map<number, number[]>()
  readonly #waiting = new Set<() => void>()
  #open = 0
  #ended: string | undefined

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children
    for (const child of children) {
      child.on('message', (message) => this.#hear(message))
      child.once('exit', () => this.#hear({ ended: 'their process has ended' }))
    }
  }

  /** Opens so many, each with a full replica. Resolves when all have the state. */
  static async open(central: string, count: number): Promise<LightEdges> {
    const program = join(import.meta.dirname, 'watchers-program.ts')
    const edges = new LightEdges(Array.from({ length: PROCESSES }, () => fork(program)))
    const each = Math.ceil(count / PROCESSES)
    edges.#children.forEach((child, i) => {
      const first = i * each
      child.send({ central, first, count: Math.min(each, count - first) })
    })
    await edges.#until(OPEN_DEADLINE_MS, 'not all edges have the state', () =>
      edges.#open === count ? true : undefined,
    )
    return edges
  }

  /** When the last of all was told of a version (wall clock ms). */
  toldAt(version: number): Promise<number> {
    return this.#until(TOLD_DEADLINE_MS, `not all edges were told of version ${version}`, () => {
      const times = this.#told.get(version)
      return times?.length === PROCESSES ? Math.max(...times) : undefined
    })
  }

  close(): void {
    for (const child of this.#children) child.removeAllListeners().kill()
  }

  #hear(message: unknown): void {
    if (!isRecord(message)) return
    const { open, version, atEpochMs, ended } = message
    if (typeof open === 'number') this.#open += open
    if (typeof ended === 'string') this.#ended ??= ended
    if (typeof version === 'number' && typeof atEpochMs === 'number') {
      const times = this.#told.get(version) ?? []
      times.push(atEpochMs)
      this.#told.set(version, times)
    }
    for (const look of this.#waiting) look()
  }

  /** Waits until `look` gives a value; it is asked again with each message. */
  #until<T>(deadlineMs: number, what: string, look: () => T | undefined): Promise<T> {
    const endAt = systemClock.nowMs() + deadlineMs
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(), deadlineMs)
      const finish = (): void => {
        const found = look()
        const isLate = systemClock.nowMs() >= endAt
        if (found === undefined && this.#ended === undefined && !isLate) return
        clearTimeout(timer)
        this.#waiting.delete(finish)
        if (found === undefined) reject(new Error(`${what}: ${this.#ended ?? `${deadlineMs} ms`}`))
        else resolve(found)
      }
      this.#waiting.add(finish)
      finish()
    })
  }
}
