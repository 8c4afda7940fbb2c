import type { Name } from '../../shared/dns/name.ts'
import { parentOf } from '../../shared/dns/name.ts'
import type { RegistryState } from './state.ts'

/* What is derived from the state by counting. All but `countAtOrBelow` is for `evolve` only. */

/** What says how much stands at a name. */
type Standing = Pick<RegistryState, 'zones' | 'apps' | 'records' | 'descendants'>

/** How many apps, zone apexes and names with records stand at a name or below it. */
export function countAtOrBelow(state: Standing, name: Name): number {
  const own =
    Number(state.zones.has(name)) + Number(state.apps.has(name)) + Number(state.records.has(name))
  return own + (state.descendants.get(name) ?? 0)
}

/** Counts what stands at a name, at all above it: the name itself says what it has. */
export function count(state: RegistryState, name: Name, by: number): void {
  for (const at of ancestorsOf(name)) add(state.descendants, at, by)
}

/** Counts an app. */
export function countApp(state: RegistryState, name: Name, by: 1 | -1): void {
  count(state, name, by)
  for (const at of ancestorsOf(name)) add(state.appsBelow, at, by)
}

/** Counts an endpoint on a cluster. */
export function use(state: RegistryState, cluster: string, by: 1 | -1): void {
  add(state.clusterUse, cluster, by)
}

function add(table: RegistryState['clusterUse'], key: string, by: number): void {
  const sum = (table.get(key) ?? 0) + by
  if (sum === 0) table.delete(key)
  else table.set(key, sum)
}

/**
 * The names above one, the nearest first. Those of the last name are remembered, as names that follow each
 * other in a log mostly have one parent: strings that are cut anew have to be hashed anew, three of a name
 * a million times in a replay (`bench central`: cold start by replay).
 */
function ancestorsOf(name: Name): readonly Name[] {
  const dot = name.indexOf('.')
  const isOfLast =
    remembered.parent.length === name.length - dot - 1 && name.endsWith(remembered.parent)
  if (isOfLast) return remembered.ancestors
  const ancestors: Name[] = []
  for (let at = parentOf(name); at !== undefined; at = parentOf(at)) ancestors.push(at)
  const [parent = ''] = ancestors
  // The parent of a name of one label is written otherwise than at its end.
  if (parent.length > 1) remembered = { parent, ancestors }
  return ancestors
}

let remembered: { readonly parent: Name; readonly ancestors: readonly Name[] } = {
  parent: 'example.',
  ancestors: ['example.', '.'],
}
