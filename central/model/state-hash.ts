import { createHash } from 'node:crypto'
import type { RegistryState } from './state.ts'

/**
 * Returns a hash (hex) of everything in the state that is not derived. Equal on every central that has
 * folded the same log, whatever the order in which its tables were filled.
 */
export function stateHash(state: RegistryState): string {
  const hash = createHash('sha256')
  for (const id of sorted(state.clusters.keys())) hash.update(canonical(state.clusters.get(id)))
  for (const apex of sorted(state.zones.keys())) hash.update(canonical(state.zones.get(apex)))
  for (const name of sorted(state.apps.keys())) {
    const app = state.apps.get(name)
    if (app === undefined) continue
    hash.update(canonical([app.value, app.version]))
    for (const cluster of sorted(app.endpoints.keys())) {
      hash.update(canonical(app.endpoints.get(cluster)))
    }
  }
  for (const name of sorted(state.records.keys())) {
    for (const stored of state.records.get(name) ?? []) hash.update(canonical(stored))
  }
  const { health, forced, loads, withheld, regions } = state
  for (const table of [health, forced, loads, withheld, regions]) {
    for (const name of sorted(table.keys())) {
      const byPlace = table.get(name)
      for (const place of sorted(byPlace?.keys() ?? [])) {
        hash.update(canonical(byPlace?.get(place)))
      }
    }
  }
  for (const key of sorted(state.machines.keys())) {
    const machines = state.machines.get(key)
    for (const id of sorted(machines?.keys() ?? [])) hash.update(canonical(machines?.get(id)))
  }
  for (const id of sorted(state.networks.keys())) hash.update(canonical(state.networks.get(id)))
  for (const id of sorted(state.maintenance.keys())) {
    hash.update(canonical(state.maintenance.get(id)))
  }
  for (const key of sorted(state.sources.keys())) hash.update(canonical(state.sources.get(key)))
  for (const place of [...state.deadLetters.keys()].sort((a, b) => a - b)) {
    hash.update(canonical(state.deadLetters.get(place)))
  }
  return hash.digest('hex')
}

function sorted(keys: Iterable<string>): readonly string[] {
  return [...keys].sort()
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
