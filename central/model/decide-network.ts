import { assertNever } from '../../shared/errors.ts'
import { NETWORK_PREFIXES_TOTAL_MAX, NETWORKS_MAX } from '../../shared/registry/limits.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { Decision, Refusal } from './decision.ts'
import { accept, reject } from './decision.ts'
import type { Precondition } from './rules.ts'
import { notFoundUnless, put, tooMany, unmet } from './rules.ts'
import type { RegistryState } from './state.ts'

/** What somebody wants of a network. */
export type NetworkCommand =
  | {
      readonly type: 'put-network'
      readonly network: Network
      readonly if?: Precondition
      /**
       * Prefixes that the same change set takes from the network that has them now: by prefix its id. Only
       * with them can two networks swap prefixes.
       */
      readonly released?: ReadonlyMap<string, string>
    }
  | { readonly type: 'delete-network'; readonly id: string; readonly if?: Precondition }

/** As `decide`, of networks. Costs as much as the network has prefixes, however many others there are. */
export function decideNetwork(state: RegistryState, command: NetworkCommand): Decision {
  switch (command.type) {
    case 'put-network':
      return decidePut(state, command)
    case 'delete-network': {
      const before = state.networks.get(command.id)
      const refusal = unmet(command.if ?? 'any', before, `network ${command.id}`)
      if (refusal !== undefined) return notFoundUnless(command.if, before, refusal)
      return accept({ type: 'network-deleted', id: command.id })
    }
    default:
      return assertNever(command)
  }
}

function decidePut(
  state: RegistryState,
  command: Extract<NetworkCommand, { type: 'put-network' }>,
): Decision {
  const { network, released } = command
  const before = state.networks.get(network.id)
  const refusal =
    unmet(command.if, before, `network ${network.id}`) ??
    tooMany(before, state.networks.size, NETWORKS_MAX, 'networks') ??
    withoutCluster(state, network) ??
    prefixTaken(state, network, released) ??
    tooManyPrefixes(state, network)
  return refusal ?? put(before?.value, network, { type: 'network-put', network })
}

function withoutCluster(state: RegistryState, { cluster }: Network): Refusal | undefined {
  return cluster === undefined || state.clusters.has(cluster)
    ? undefined
    : reject('cluster-missing', `cluster ${cluster} is not registered, put it first`)
}

function prefixTaken(
  state: RegistryState,
  { id, prefixes }: Network,
  released: ReadonlyMap<string, string> | undefined,
): Refusal | undefined {
  for (const prefix of prefixes) {
    const holder = state.prefixes.get(prefix)
    if (holder === undefined || holder === id || released?.get(prefix) === holder) continue
    const detail = `prefix ${prefix} belongs to network ${holder}, take it out there first`
    return reject('prefix-taken', detail)
  }
  return undefined
}

function tooManyPrefixes(state: RegistryState, { id, prefixes }: Network): Refusal | undefined {
  const wanted = new Set(prefixes)
  let sum = state.prefixes.size
  for (const prefix of prefixes) if (!state.prefixes.has(prefix)) sum++
  for (const prefix of state.networks.get(id)?.value.prefixes ?? []) {
    if (!wanted.has(prefix) && state.prefixes.get(prefix) === id) sum--
  }
  if (sum <= state.prefixes.size || sum <= NETWORK_PREFIXES_TOTAL_MAX) return undefined
  const detail = `all networks would have ${sum} prefixes, at most ${NETWORK_PREFIXES_TOTAL_MAX} are possible`
  return reject('too-many', detail)
}
