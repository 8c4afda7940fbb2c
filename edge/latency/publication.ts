import type { Clock } from '../../shared/clock.ts'

/** Values are handed on so far apart: each time answers are made anew. */
export const PUBLICATION_MS = 10_000

/** Round trips in ms by the ids of clusters; those of which nothing is known are not in it. */
export type Published = ReadonlyMap<string, number>

export interface PublicationOptions {
  readonly clock: Clock
  readonly setTimer: (run: () => void, ms: number) => () => void
  /** The values as they are now. */
  readonly read: () => Iterable<readonly [id: string, ms: number]>
  /** Gets all values when any has changed. */
  readonly onChange: (published: Published) => void
}

/** Hands values on, all together, when any has changed; what changes soon after waits and goes as one. */
export class Publication {
  readonly #options: PublicationOptions
  #published: Published = new Map()
  #handedOnAt = -Infinity
  #cancelTimer: (() => void) | undefined
  #count = 0

  constructor(options: PublicationOptions) {
    this.#options = options
  }

  /** What was handed on last: the same object as long as nothing has changed, and never changed itself. */
  get published(): Published {
    return this.#published
  }

  /** How often values were handed on. */
  get count(): number {
    return this.#count
  }

  /** Some value may have changed. */
  touch(): void {
    const { clock, setTimer } = this.#options
    const ms = this.#handedOnAt + PUBLICATION_MS - clock.nowMs()
    this.#cancelTimer ??= setTimer(() => this.#handOn(), Math.max(0, ms))
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #handOn(): void {
    this.#cancelTimer = undefined
    const { clock, read, onChange } = this.#options
    const published = new Map(read())
    if (isSame(published, this.#published)) return
    this.#published = published
    this.#handedOnAt = clock.nowMs()
    this.#count++
    onChange(published)
  }
}

function isSame(a: Published, b: Published): boolean {
  if (a.size !== b.size) return false
  for (const [id, ms] of a) if (b.get(id) !== ms) return false
  return true
}
