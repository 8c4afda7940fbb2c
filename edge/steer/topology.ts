import { distanceKm, geoPoint } from '../../shared/geo/distance.ts'
import type { GeoPoint, Position } from '../../shared/geo/distance.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { ReplicaCluster } from '../replica/model.ts'
import { foreseenSeconds } from './foreseen.ts'

/** A cluster and how far it is from this edge. */
export interface Place {
  readonly cluster: Cluster
  readonly distanceKm: number
  readonly point: GeoPoint
  /** Of a round trip from this edge, as it was measured; undefined where it was not. */
  readonly roundTripMs: number | undefined
  /** For how many seconds an answer may be kept, as a change of the cluster is foreseen then. */
  readonly foreseenSeconds: number | undefined
}

/**
 * All clusters as seen from this edge. Made anew as a whole when the topology changes; never changed.
 */
export interface Topology {
  /** The edge's own cluster. */
  readonly own: Cluster
  readonly places: ReadonlyMap<string, Place>
}

/** What a topology depends on beside the clusters. */
export interface TopologyTimes {
  /** In ms, by cluster, as far as they were measured. */
  readonly roundTrips?: ReadonlyMap<string, number>
  /** By the wall clock: how near are changes that are foreseen. */
  readonly epochMs?: number
}

/**
 * Computes the distances from the edge's own cluster to all. `own` is where the edge stands when the
 * clusters do not hold its id (any more): an edge always knows its place.
 */
export function createTopology(
  own: Cluster,
  clusters: Iterable<ReplicaCluster>,
  { roundTrips, epochMs = 0 }: TopologyTimes = {},
): Topology {
  const list = [...clusters]
  const here = list.find((cluster) => cluster.id === own.id) ?? own
  const position: Position = { latitude: here.latitude, longitude: here.longitude }
  const places = new Map<string, Place>()
  for (const cluster of list) {
    places.set(cluster.id, {
      cluster,
      distanceKm: distanceKm(position, cluster),
      point: geoPoint(cluster),
      roundTripMs: roundTrips?.get(cluster.id),
      foreseenSeconds: foreseenSeconds(cluster.changesAt, epochMs),
    })
  }
  return { own: here, places }
}
