import type { ChangeSetBody } from '../../shared/registry/change-set-schema.ts'
import type { Command } from '../model/decide.ts'
import type { RegistryState } from '../model/state.ts'
import type { Presence } from './plan.ts'
import { planManifest } from './plan.ts'

/**
 * Says which commands a change set is: what it requires, what it deletes, from the leaves up, and then
 * what makes its manifest true.
 */
export function planChangeSet(
  state: RegistryState,
  { deletes, preconditions, ...manifest }: ChangeSetBody,
  presence: Presence,
  options: { readonly prune: boolean },
): readonly Command[] {
  const requires = preconditions.map((each): Command => ({ type: 'require', ...each }))
  const explicit: readonly Command[] = [
    ...deletes.endpoints.map((key): Command => ({ type: 'delete-endpoint', ...key })),
    ...deletes.apps.map((name): Command => ({ type: 'delete-app', name })),
    ...deletes.records.map(({ name, type }): Command => ({
      type: 'delete-rrset',
      name,
      rrtype: type,
    })),
    ...deletes.zones.map((apex): Command => ({ type: 'delete-zone', apex })),
    ...deletes.networks.map((id): Command => ({ type: 'delete-network', id })),
    ...deletes.clusters.map((id): Command => ({ type: 'delete-cluster', id })),
  ]
  const planned = planManifest(state, manifest, presence, options)
  if (explicit.length === 0) return [...requires, ...planned]
  // Lists of endpoints and prune may want the same deletes; what goes with its app is gone too.
  const gone = new Set(explicit.map(deletedBy))
  const goneApps = new Set(deletes.apps)
  const left = planned.filter((command) => {
    if (command.type === 'delete-endpoint' && goneApps.has(command.app)) return false
    const key = deletedBy(command)
    return key === undefined || !gone.has(key)
  })
  return [...requires, ...explicit, ...left]
}

/** What a command deletes, in a form that compares; undefined when it deletes nothing. */
function deletedBy(command: Command): string | undefined {
  switch (command.type) {
    case 'delete-endpoint':
      return `endpoint ${command.app} ${command.cluster}`
    case 'delete-app':
      return `app ${command.name}`
    case 'delete-rrset':
      return `rrset ${command.name} ${command.rrtype}`
    case 'delete-zone':
      return `zone ${command.apex}`
    case 'delete-network':
      return `network ${command.id}`
    case 'delete-cluster':
      return `cluster ${command.id}`
    default:
      return undefined
  }
}
