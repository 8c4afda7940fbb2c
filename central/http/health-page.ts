import type { HealthState } from '../../shared/registry/health.ts'
import type { EndpointVerdict } from '../model/events.ts'
import type { ShareState } from '../model/shares.ts'
import type { RegistryState, StoredApp } from '../model/state.ts'
import { viewShare } from './load-views.ts'
import type { Page } from './pages.ts'
import { encodeCursor } from './pages.ts'
import { firstAtOrAfter } from './sorted-keys.ts'
import type { HealthView } from './views.ts'
import { viewHealth } from './views.ts'

/** Which endpoints a list of health shows. */
export interface HealthQuery {
  readonly limit: number
  /** The cursor of the page before, decoded: `app cluster`. */
  readonly after?: string | undefined
  readonly cluster?: string | undefined
  readonly state?: HealthState | undefined
}

/**
 * Cuts a page out of the checked endpoints of apps, whose names are sorted: by app, then by cluster.
 * Clusters are sorted for the apps that the page shows only, so that 100,000 endpoints cost no more than
 * their names. A page ends early, with a cursor, when too much had nothing to show.
 */
export function healthPageOf(
  state: ShareState & Pick<RegistryState, 'apps' | 'health' | 'forced'>,
  names: readonly string[],
  query: HealthQuery,
): Page<HealthView> {
  const items: HealthView[] = []
  const after = query.after === undefined ? undefined : partsOf(query.after)
  let last = query.after
  let looked = 0
  let at = after === undefined ? 0 : firstAtOrAfter(names, after.app)
  for (; at < names.length; at++) {
    if (looked >= SCAN_MAX && last !== undefined) return { items, next: encodeCursor(last) }
    const name = names[at] ?? ''
    const app = state.apps.get(name)
    looked++
    if (app?.value.health === undefined) {
      last = keyOf(name, AFTER_CLUSTERS)
      continue
    }
    const verdicts = state.health.get(name)
    const forces = state.forced.get(name)
    looked += query.cluster === undefined ? app.endpoints.size : 1
    const from = name === after?.app ? after.cluster : ''
    for (const cluster of clustersAfter(from, app, verdicts, query)) {
      if (items.length === query.limit && last !== undefined) {
        return { items, next: encodeCursor(last) }
      }
      const health = viewHealth(name, cluster, verdicts?.get(cluster), forces?.get(cluster))
      items.push({ ...health, ...viewShare(state, name, cluster) })
      last = keyOf(name, cluster)
    }
    last = keyOf(name, AFTER_CLUSTERS)
  }
  return { items }
}

/** Apps and endpoints that are looked at for one page, but that an app is looked at whole. */
const SCAN_MAX = 50_000
/** Stands after every cluster: ids hold no `~`. */
const AFTER_CLUSTERS = '~'

/** The clusters of an app that the query wants to see and that come after another, sorted. */
function clustersAfter(
  from: string,
  app: StoredApp,
  verdicts: ReadonlyMap<string, EndpointVerdict> | undefined,
  { cluster, state }: HealthQuery,
): readonly string[] {
  const isWanted = (id: string): boolean =>
    id > from && (state === undefined || state === (verdicts?.get(id)?.state ?? 'unknown'))
  if (cluster !== undefined) {
    return app.endpoints.has(cluster) && isWanted(cluster) ? [cluster] : []
  }
  return [...app.endpoints.keys()].filter(isWanted).sort()
}

function keyOf(app: string, cluster: string): string {
  return `${app} ${cluster}`
}

/** The other way; neither a canonical name nor an id has a blank. */
function partsOf(key: string): { readonly app: string; readonly cluster: string } {
  const [app = '', cluster = ''] = key.split(' ', 2)
  return { app, cluster }
}
