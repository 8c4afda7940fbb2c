import type { Cluster } from '../../shared/registry/schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'

/** Between two longitudes, in degrees: the golden angle, so that no two clusters share one. */
const STEP_DEGREES = 180 * (3 - Math.sqrt(5))

/** The first of any number of made-up clusters. */
export const FIRST_CLUSTER = 'c00000'

/** Makes clusters that lie evenly all over the globe, on a spiral from pole to pole. */
export function createClusters(count: number): readonly Cluster[] {
  return Array.from({ length: count }, (_, i) => {
    // Bands of equal height have equal areas on a sphere (Archimedes).
    const height = 1 - (2 * i + 1) / count
    return clusterSchema.parse({
      id: `c${String(i).padStart(5, '0')}`,
      latitude: (Math.asin(height) * 180) / Math.PI,
      longitude: ((i * STEP_DEGREES) % 360) - 180,
    })
  })
}
