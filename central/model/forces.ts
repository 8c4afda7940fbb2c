import type { Name } from '../../shared/dns/name.ts'
import type { EndpointForce } from './events.ts'
import type { RegistryState } from './state.ts'

/** How many endpoints are forced; at most `FORCED_MAX`. */
export function countForces(state: Pick<RegistryState, 'forced'>): number {
  let count = 0
  for (const byCluster of state.forced.values()) count += byCluster.size
  return count
}

/**
 * Keeps a force in place of the one before it, in a map of its own: the old one may be shared with a draft
 * or a reader. Without its endpoint it is not kept.
 */
export function putForce(
  state: Pick<RegistryState, 'apps' | 'forced'>,
  force: EndpointForce,
): void {
  const { app, cluster } = force
  if (state.apps.get(app)?.endpoints.has(cluster) !== true) return
  state.forced.set(app, new Map(state.forced.get(app)).set(cluster, force))
}

/** Takes the force of an endpoint out, if there is one. */
export function dropForce(state: Pick<RegistryState, 'forced'>, app: Name, cluster: string): void {
  const before = state.forced.get(app)
  if (before?.has(cluster) !== true) return
  const rest = new Map(before)
  rest.delete(cluster)
  if (rest.size === 0) state.forced.delete(app)
  else state.forced.set(app, rest)
}
