import { assertNever } from '../../shared/errors.ts'
import type { PreconditionKind } from '../../shared/registry/change-set-schema.ts'
import type { Decision } from './decision.ts'
import { rrsetAt } from './records.ts'
import type { Precondition } from './rules.ts'
import { unmet } from './rules.ts'
import type { RegistryState } from './state.ts'

/** What a change set wants of an object that it may not even touch; changes nothing. */
export interface RequireCommand {
  readonly type: 'require'
  readonly kind: PreconditionKind
  /** As in a diff: id, apex, name, `name type` of an rrset, `app cluster` of an endpoint. Canonical. */
  readonly id: string
  readonly if: Precondition
}

/** As `decide`, of what is required. */
export function decideRequire(state: RegistryState, command: RequireCommand): Decision {
  const { kind, id } = command
  return unmet(command.if, stored(state, kind, id), `${kind} ${id}`) ?? { ok: true, events: [] }
}

function stored(
  state: RegistryState,
  kind: PreconditionKind,
  id: string,
): { readonly version: number } | undefined {
  // Neither a canonical name nor an id has a blank.
  const [first = '', second = ''] = id.split(' ', 2)
  switch (kind) {
    case 'cluster':
      return state.clusters.get(id)
    case 'zone':
      return state.zones.get(id)
    case 'network':
      return state.networks.get(id)
    case 'app':
      return state.apps.get(id)
    case 'endpoint':
      return state.apps.get(first)?.endpoints.get(second)
    case 'rrset':
      return rrsetAt(state, first, second)
    default:
      return assertNever(kind)
  }
}
