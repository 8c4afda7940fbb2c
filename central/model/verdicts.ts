import type { Name } from '../../shared/dns/name.ts'
import type { EndpointVerdict } from './events.ts'
import type { RegistryState } from './state.ts'

/**
 * Keeps a verdict, in a map of its own: the one before it may be shared with a draft or a reader. For `evolve`
 * only.
 */
export function putVerdict(state: RegistryState, verdict: EndpointVerdict): void {
  const { app, cluster } = verdict
  dropVerdict(state, app, cluster)
  if (verdict.state === 'unknown' || state.apps.get(app)?.endpoints.has(cluster) !== true) return
  state.health.set(app, new Map(state.health.get(app)).set(cluster, verdict))
}

/** Forgets the verdict on an endpoint, if there is one. For `evolve` only. */
export function dropVerdict(state: RegistryState, app: Name, cluster: string): void {
  const before = state.health.get(app)
  if (before?.has(cluster) !== true) return
  const verdicts = new Map(before)
  verdicts.delete(cluster)
  if (verdicts.size === 0) state.health.delete(app)
  else state.health.set(app, verdicts)
}
