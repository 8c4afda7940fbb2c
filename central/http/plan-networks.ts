import type { Network } from '../../shared/registry/network-schema.ts'
import type { Command } from '../model/decide.ts'
import type { RegistryState } from '../model/state.ts'

/**
 * Says which commands put the networks of a manifest. A prefix may go from one of them to another, in
 * whatever order they stand; those that get fewer prefixes go first, so that the sum of all is at no step
 * greater than before and after.
 */
export function planNetworkPuts(
  state: RegistryState,
  networks: readonly Network[],
): readonly Command[] {
  const released = new Map<string, string>()
  const lesser: Network[] = []
  const others: Network[] = []
  for (const network of networks) {
    const before = state.networks.get(network.id)?.value.prefixes ?? []
    const kept = new Set(network.prefixes)
    for (const prefix of before) if (!kept.has(prefix)) released.set(prefix, network.id)
    if (network.prefixes.length < before.length) lesser.push(network)
    else others.push(network)
  }
  return [...lesser, ...others].map((network) => ({
    type: 'put-network',
    network,
    ...(released.size === 0 ? {} : { released }),
  }))
}
