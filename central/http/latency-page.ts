import { z } from 'zod'
import type { LatencyRow } from '../latency/latency-table.ts'
import type { ConnectedEdge } from '../registry/edges.ts'
import type { Page } from './pages.ts'
import { encodeCursor } from './pages.ts'

/** A round trip, as it is shown. */
export const latencyViewSchema = z
  .strictObject({
    edge: z.string().meta({ description: 'The edge that has measured it' }),
    cluster: z.string(),
    roundTripMs: z.number().meta({ description: 'Of TCP handshakes, smoothed; ms' }),
  })
  .meta({ id: 'Latency' })

/** What a page of round trips has. */
export type LatencyView = z.output<typeof latencyViewSchema>

/** Which round trips a list shows. */
export interface LatencyQuery {
  readonly limit: number
  /** The cursor of the page before, decoded: `edge cluster`. */
  readonly after?: string | undefined
  readonly edge?: string | undefined
  readonly cluster?: string | undefined
}

/** Where the round trips are. */
export interface LatencySource {
  /** Those that are connected, by id; of two with one id the later counts. */
  readonly edges: readonly ConnectedEdge[]
  readonly rowOf: (session: string) => LatencyRow | undefined
  readonly isCluster: (id: string) => boolean
}

/** Cuts a page out of the round trips, by edge, then by cluster. Only the rows that it shows are sorted. */
export function latencyPageOf(source: LatencySource, query: LatencyQuery): Page<LatencyView> {
  const items: LatencyView[] = []
  // Neither an id of an edge nor one of a cluster has a blank.
  const [fromEdge = '', fromCluster = ''] = query.after?.split(' ', 2) ?? []
  let last: string | undefined
  for (const [edge, session] of sessionsOf(source.edges)) {
    if (edge < fromEdge || (query.edge !== undefined && edge !== query.edge)) continue
    const row = source.rowOf(session)
    const from = edge === fromEdge ? fromCluster : ''
    for (const cluster of clustersAfter(from, row, query.cluster)) {
      const microseconds = row?.get(cluster)
      // One that was deleted just now: its edge is about to say that it does not know it any more.
      if (microseconds === undefined || !source.isCluster(cluster)) continue
      if (items.length === query.limit && last !== undefined) {
        return { items, next: encodeCursor(last) }
      }
      items.push({ edge, cluster, roundTripMs: microseconds / 1_000 })
      last = `${edge} ${cluster}`
    }
  }
  return { items }
}

function sessionsOf(edges: readonly ConnectedEdge[]): ReadonlyMap<string, string> {
  return new Map(edges.map(({ id, session }) => [id, session]))
}

/** The clusters of a row that come after another, sorted; of one cluster only, where one is given. */
function clustersAfter(
  from: string,
  row: LatencyRow | undefined,
  cluster: string | undefined,
): readonly string[] {
  if (row === undefined) return []
  if (cluster !== undefined) return cluster > from && row.has(cluster) ? [cluster] : []
  return [...row.keys()].filter((id) => id > from).sort()
}
