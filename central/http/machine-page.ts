import type { MachineKey } from '../model/events.ts'
import { endpointKey } from '../model/machines.ts'
import type { RegistryState } from '../model/state.ts'
import type { MachineView } from './machine-views.ts'
import { viewMachine } from './machine-views.ts'
import type { Page } from './pages.ts'
import { encodeCursor } from './pages.ts'

/** Which machines a list shows. */
export interface MachineQuery {
  readonly limit: number
  /** The cursor of the page before, decoded: `app cluster machine`. */
  readonly after?: string | undefined
  readonly app?: string | undefined
  readonly cluster?: string | undefined
}

/**
 * Cuts a page out of the machines, by app, cluster and id. Endpoints are sorted for each page, those
 * after the cursor only: there are at most MACHINES_MAX with a machine (20 ms).
 */
export function machinePageOf(
  state: Pick<RegistryState, 'machines' | 'apps'>,
  query: MachineQuery,
  leaseEndsEpoch: (at: MachineKey) => number | undefined,
): Page<MachineView> {
  const items: MachineView[] = []
  let last: string | undefined
  for (const key of endpointKeysOf(state, query)) {
    const machines = state.machines.get(key)
    for (const id of [...(machines?.keys() ?? [])].sort()) {
      const stored = machines?.get(id)
      const at = `${key} ${id}`
      if (stored === undefined || (query.after !== undefined && at <= query.after)) continue
      if (items.length === query.limit && last !== undefined) {
        return { items, next: encodeCursor(last) }
      }
      items.push(viewMachine(stored, leaseEndsEpoch(stored.value)))
      last = at
    }
  }
  return { items }
}

/** Keys of the endpoints with machines that the query wants to see, sorted. */
function endpointKeysOf(
  state: Pick<RegistryState, 'machines' | 'apps'>,
  { app, cluster, after = '' }: MachineQuery,
): readonly string[] {
  if (app !== undefined && cluster !== undefined) return [endpointKey(app, cluster)]
  const all =
    app === undefined
      ? state.machines.keys()
      : Array.from(state.apps.get(app)?.endpoints.keys() ?? [], (id) => endpointKey(app, id))
  // The endpoint of the cursor itself may have more; no id has what comes before a blank.
  const from = after.slice(0, after.lastIndexOf(' '))
  const isWanted = (key: string): boolean =>
    key >= from && (cluster === undefined || key.endsWith(` ${cluster}`))
  return [...all].filter(isWanted).sort()
}
