import type { RoundTrip } from '../../shared/rpc/generated/meridian/v1/RoundTrip.ts'
import type { Published } from './publication.ts'

/** Published round trips that central does not know yet: what is to be told over one stream. */
export class UntoldRoundTrips {
  /** In µs, by cluster. */
  readonly #told = new Map<string, number>()
  #published: Published = new Map()
  #isCurrent = true

  /** These are the values from now on. */
  put(published: Published): void {
    this.#published = published
    this.#isCurrent = false
  }

  /** A new stream has begun, over which nothing has been told. */
  reset(): void {
    this.#told.clear()
    this.#isCurrent = false
  }

  /**
   * Takes up to `max` of them, which then count as told; none when all are. Those that are forgotten
   * come first: central makes room by them.
   */
  take(max: number): RoundTrip[] {
    if (this.#isCurrent) return []
    const taken: RoundTrip[] = []
    for (const cluster of this.#told.keys()) {
      if (taken.length === max) return taken
      if (this.#published.has(cluster)) continue
      this.#told.delete(cluster)
      taken.push({ cluster, microseconds: 0 })
    }
    for (const [cluster, ms] of this.#published) {
      const microseconds = Math.round(ms * 1_000)
      if (this.#told.get(cluster) === microseconds) continue
      if (taken.length === max) return taken
      this.#told.set(cluster, microseconds)
      taken.push({ cluster, microseconds })
    }
    this.#isCurrent = true
    return taken
  }
}
