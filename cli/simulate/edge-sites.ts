import { z } from 'zod'
import { MeridianError } from '../../shared/errors.ts'
import { geoPoint } from '../../shared/geo/distance.ts'
import type { GeoPoint } from '../../shared/geo/distance.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { RestClient } from '../client.ts'
import { pathOf } from '../keys.ts'
import { readAll } from './present.ts'
import type { World } from './world.ts'

/** Clusters that count as edges: each of them is looked at with all clusters around it. */
const EDGE_SITES_MAX = 2_000

/** An edge, and where it is. */
export interface EdgeSite {
  readonly id: string
  readonly cluster: Cluster
  readonly point: GeoPoint
  /** In ms, by cluster, as the edge has measured them. */
  readonly roundTrips: ReadonlyMap<string, number>
}

/** Which edges clients ask. */
export interface EdgeSites {
  /** `clusters`: each cluster counts as one. */
  readonly kind: 'connected' | 'clusters'
  /** By id. */
  readonly sites: readonly EdgeSite[]
}

const edgeView = z.object({ id: z.string(), cluster: z.string() })
const latencyView = z.object({ edge: z.string(), cluster: z.string(), roundTripMs: z.number() })

/**
 * Finds the edges: those that are connected, or each cluster as one, where none is or `kind` says so.
 * Edges on clusters that neither world has are left out.
 */
export async function findEdgeSites(
  client: RestClient,
  kind: EdgeSites['kind'] | undefined,
  now: World,
  later: World,
): Promise<EdgeSites> {
  const edges =
    kind === 'clusters' ? [] : readAll(edgeView, 'edges', await client.list(pathOf('edges')))
  if (edges.length > 0) {
    const measured = new Map<string, Map<string, number>>()
    const rows = readAll(latencyView, 'latencies', await client.list(pathOf('latencies')))
    for (const { edge, cluster, roundTripMs } of rows) {
      const row = measured.get(edge) ?? new Map<string, number>()
      measured.set(edge, row.set(cluster, roundTripMs))
    }
    const sites = edges.flatMap(({ id, cluster: at }) => {
      const cluster = now.clusters.get(at) ?? later.clusters.get(at)
      const roundTrips = measured.get(id) ?? new Map<string, number>()
      return cluster === undefined ? [] : [siteOf(id, cluster, roundTrips)]
    })
    if (sites.length > 0) return { kind: 'connected', sites: sorted(sites) }
  }
  if (kind === 'connected') {
    throw failed('no edge is connected; --edges clusters takes each cluster for one')
  }
  // An edge that is to come draws no clients yet, but in a mesh that has none.
  const clusters = now.clusters.size > 0 ? now.clusters : later.clusters
  if (clusters.size === 0) throw failed('there is no cluster, so there are no edges')
  if (clusters.size > EDGE_SITES_MAX) {
    throw failed(
      `no edge is connected, and ${clusters.size} clusters are more than the ${EDGE_SITES_MAX} that can count as edges`,
    )
  }
  const sites = Array.from(clusters.values(), (cluster) => siteOf(cluster.id, cluster, new Map()))
  return { kind: 'clusters', sites: sorted(sites) }
}

function siteOf(id: string, cluster: Cluster, roundTrips: ReadonlyMap<string, number>): EdgeSite {
  return { id, cluster, point: geoPoint(cluster), roundTrips }
}

function sorted(sites: readonly EdgeSite[]): readonly EdgeSite[] {
  return sites.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

function failed(message: string): MeridianError {
  return new MeridianError('MERIDIAN_REQUEST_FAILED', message)
}
