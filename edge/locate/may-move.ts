import type { Network } from '../../shared/registry/network-schema.ts'
import type { ReplicaChange } from '../replica/model.ts'

/** What of a change clients may move by. */
type Moved = Pick<ReplicaChange, 'networks' | 'networksDeleted' | 'clusters' | 'clustersDeleted'>

/** Whether clients may be elsewhere after a change: networks are, or clusters that some of them name. */
export function mayMove(change: Moved, networks: Iterable<Network>): boolean {
  if (change.networks.length > 0 || change.networksDeleted.length > 0) return true
  const ids = new Set([...change.clusters.map(({ id }) => id), ...change.clustersDeleted])
  // Most changes are of names: for these the networks are not gone through.
  if (ids.size === 0) return false
  for (const { cluster } of networks) if (cluster !== undefined && ids.has(cluster)) return true
  return false
}
