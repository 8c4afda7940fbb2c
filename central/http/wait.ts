import { setMaxListeners } from 'node:events'
import { z } from 'zod'
import type { Clock } from '../../shared/clock.ts'
import type { EdgeDirectory, Served } from '../registry/edges.ts'
import type { Registry } from '../registry/registry.ts'

/** Seconds that a request may wait. */
export const waitSecondsSchema = z.coerce
  .number()
  .int()
  .min(1)
  .max(60)
  .default(10)
  .meta({ description: 'Seconds to wait at most' })

/** Query of every write. */
export const waitQuerySchema = z.strictObject({
  wait: z
    .literal('edges')
    .optional()
    .meta({ description: 'Answer when every edge that is connected now serves the change' }),
  waitSeconds: waitSecondsSchema,
})

/** The query, parsed. */
export type WaitQuery = Readonly<z.output<typeof waitQuerySchema>>

/** How a wait for a version ended; `exists` is false when central itself has not come to it. */
export interface Waited extends Served {
  readonly exists: boolean
}

/** Requests that wait. All of them end at once when central stops. */
export class Waits {
  readonly #registry: Registry
  readonly #edges: EdgeDirectory
  readonly #clock: Clock
  readonly #stopping = new AbortController()
  #waiting = 0

  constructor(registry: Registry, edges: EdgeDirectory, clock: Clock) {
    this.#registry = registry
    this.#edges = edges
    this.#clock = clock
    // One listener for each request that waits; WAITS_MAX is the bound.
    setMaxListeners(0, this.#stopping.signal)
  }

  /** Waits until central has a version and every edge that is connected then serves it. */
  async forVersion(version: number, seconds: number): Promise<Waited> {
    const endAt = this.#clock.nowMs() + seconds * 1000
    if (this.#waiting >= WAITS_MAX) return this.#now(version)
    this.#waiting++
    try {
      if (this.#registry.version < version) await this.#reached(version, seconds * 1000)
      if (this.#registry.version < version) return await this.#now(version)
      const leftMs = Math.max(0, endAt - this.#clock.nowMs())
      return { exists: true, ...(await this.#served(version, leftMs)) }
    } finally {
      this.#waiting--
    }
  }

  /** Ends all waits with what is true now. */
  stop(): void {
    this.#stopping.abort()
  }

  async #now(version: number): Promise<Waited> {
    const served = await this.#edges.waitFor(version, 0)
    return { exists: this.#registry.version >= version, ...served }
  }

  /** Resolves when central has the version, the time is over, or central stops. */
  #reached(version: number, timeoutMs: number): Promise<void> {
    return this.#unlessStopped((finish) => {
      const forget = this.#registry.onChange((touched) => {
        if (touched.version >= version) finish()
      })
      const timer = setTimeout(finish, timeoutMs)
      return () => {
        forget()
        clearTimeout(timer)
      }
    })
  }

  async #served(version: number, timeoutMs: number): Promise<Served> {
    const served = this.#edges.waitFor(version, timeoutMs)
    await this.#unlessStopped((finish) => {
      void served.finally(finish)
      return () => undefined
    })
    return this.#stopping.signal.aborted ? this.#edges.waitFor(version, 0) : served
  }

  /** Runs `begin` until it calls `finish` or central stops; then calls what `begin` returned. */
  #unlessStopped(begin: (finish: () => void) => () => void): Promise<void> {
    const { signal } = this.#stopping
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener('abort', finish)
        end()
        resolve()
      }
      signal.addEventListener('abort', finish, { once: true })
      const end = begin(finish)
    })
  }
}

/** Requests that may wait at once; one more is answered with what is true now. */
const WAITS_MAX = 10_000
