import { distanceKm } from '../../shared/geo/distance.ts'
import type { Position } from '../../shared/geo/distance.ts'
import type { Cluster } from '../../shared/registry/schema.ts'

/** A cluster and how far it is from this edge. */
export interface Place {
  readonly cluster: Cluster
  readonly distanceKm: number
}

/**
 * All clusters as seen from this edge. Made anew as a whole when the topology changes; never changed.
 */
export interface Topology {
  /** The edge's own cluster. */
  readonly own: Cluster
  readonly places: ReadonlyMap<string, Place>
}

/**
 * Computes the distances from the edge's own cluster to all. `own` is where the edge stands when the
 * clusters do not hold its id (any more): an edge always knows its place.
 */
export function createTopology(own: Cluster, clusters: Iterable<Cluster>): Topology {
  const list = [...clusters]
  const here = list.find((cluster) => cluster.id === own.id) ?? own
  const position: Position = { latitude: here.latitude, longitude: here.longitude }
  const places = new Map<string, Place>()
  for (const cluster of list) {
    places.set(cluster.id, { cluster, distanceKm: distanceKm(position, cluster) })
  }
  return { own: here, places }
}
