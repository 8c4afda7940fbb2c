import type { Network } from '../../shared/registry/network-schema.ts'
import type { RegistryState, Stored } from './state.ts'

/**
 * Keeps a network in place of the one before it. A prefix that another network has taken meanwhile stays
 * with that one: a change may hand prefixes from one network to another in any order. For `evolve` only.
 */
export function putNetwork(state: RegistryState, stored: Stored<Network>): void {
  const { id, cluster, prefixes } = stored.value
  release(state, id)
  for (const prefix of prefixes) state.prefixes.set(prefix, id)
  useCluster(state, cluster, 1)
  state.networks.set(id, stored)
}

/** Forgets a network, if it is there. For `evolve` only. */
export function deleteNetwork(state: RegistryState, id: string): void {
  release(state, id)
  state.networks.delete(id)
}

/** Takes out what was derived of a network. */
function release(state: RegistryState, id: string): void {
  const before = state.networks.get(id)?.value
  for (const prefix of before?.prefixes ?? []) {
    if (state.prefixes.get(prefix) === id) state.prefixes.delete(prefix)
  }
  useCluster(state, before?.cluster, -1)
}

function useCluster(state: RegistryState, cluster: string | undefined, by: 1 | -1): void {
  if (cluster === undefined) return
  const sum = (state.clusterNetworks.get(cluster) ?? 0) + by
  if (sum === 0) state.clusterNetworks.delete(cluster)
  else state.clusterNetworks.set(cluster, sum)
}
