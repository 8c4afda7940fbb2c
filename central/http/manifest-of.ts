import type { AppWithEndpoints, Manifest } from '../../shared/registry/schema.ts'
import type { RegistryState, StoredApp, Table } from '../model/state.ts'

/**
 * Returns what operators have put, as a manifest that gives the same when it is applied: each list by its
 * key. Verdicts, forces, maintenance, loads and machines are in no manifest, and neither are endpoints that
 * are there for machines.
 */
export function manifestOf(state: RegistryState): Manifest {
  const { clusters, zones, records, networks, apps } = state
  return {
    clusters: sorted(clusters).map(({ value }) => value),
    zones: sorted(zones).map(({ value }) => value),
    records: sorted(records).flatMap((rrsets) => rrsets.map(({ value }) => value)),
    networks: sorted(networks).map(({ value }) => value),
    apps: sorted(apps).map(manifestAppOf),
  }
}

/** An app with the endpoints that operators have put. */
export function manifestAppOf({ value, endpoints }: StoredApp): AppWithEndpoints {
  const own = [...endpoints.values()].filter(({ isForMachines }) => isForMachines !== true)
  const byCluster = own.map((endpoint) => endpoint.value)
  return { ...value, endpoints: byCluster.sort((a, b) => (a.cluster < b.cluster ? -1 : 1)) }
}

function sorted<T>(table: Table<string, T>): T[] {
  return [...table.keys()].sort().flatMap((key) => {
    const value = table.get(key)
    return value === undefined ? [] : [value]
  })
}
