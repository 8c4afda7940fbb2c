import { geoPoint } from '../../shared/geo/distance.ts'
import type { ClientPlace } from '../locate/place.ts'
import type { Listed } from './decide.ts'
import type { Policy } from './filters.ts'

/**
 * Cosines that differ by more are of distances that differ by six metres or more: the slope of the arc cosine is
 * 1 at least, and the Earth's radius 6,378 km. Distances are told to the metre.
 */
const COSINE_MARGIN = 1e-6

/**
 * Of many candidates those that may be the nearest to a client, found without asking how far each is, which
 * takes most of the time where plans are made for thousands of places (bench/micro/clients.ts).
 */
export class NearCandidates {
  readonly #candidates: readonly Listed[]
  readonly #points: Float64Array
  readonly #cosines: Float64Array

  constructor(candidates: readonly Listed[]) {
    this.#candidates = candidates
    this.#points = Float64Array.from(
      candidates.flatMap(({ place: { point } }) => [point.x, point.y, point.z]),
    )
    this.#cosines = new Float64Array(candidates.length)
  }

  /** All that are nearest, to the metre, maybe with some that are not; all where nothing is known of the place. */
  near(client: ClientPlace | undefined): readonly Listed[] {
    const { latitude, longitude } = client ?? {}
    if (latitude === undefined || longitude === undefined) return this.#candidates
    const { x, y, z } = geoPoint({ latitude, longitude })
    const points = this.#points
    const cosines = this.#cosines
    let most = -Infinity
    for (let i = 0; i < cosines.length; i++) {
      const at = 3 * i
      const cosine = x * (points[at] ?? 0) + y * (points[at + 1] ?? 0) + z * (points[at + 2] ?? 0)
      cosines[i] = cosine
      if (cosine > most) most = cosine
    }
    return this.#candidates.filter((_one, i) => (cosines[i] ?? 0) >= most - COSINE_MARGIN)
  }
}

/** Whether a policy answers one endpoint, the nearest to the client before all else that is left of it. */
export function isNearestFirst({ requirements, preferences, ...policy }: Policy): boolean {
  const isOne = policy.take === 1 && policy.weightOf === undefined && policy.sheds === undefined
  return isOne && requirements.length === 0 && preferences[0]?.isClientDistance === true
}
