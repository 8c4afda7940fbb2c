import type { Name } from '../../shared/dns/name.ts'
import { parentOf } from '../../shared/dns/name.ts'
import type { NameState } from '../../shared/rpc/generated/meridian/v1/NameState.ts'
import type { RegistryState } from '../model/state.ts'
import type { TouchedSince } from '../registry/history.ts'
import { nameStateMessage, watchedNameMessage } from './messages.ts'
import { textOf } from './record-messages.ts'

/** A Change with more text of records is the full state instead: a message has a bound. */
const CHANGE_TEXT_MAX_CHARACTERS = 2_097_152

/**
 * What the names that were touched are now, as far as an edge hears of them: of all, or of the keys of
 * `held`. Undefined when it is too much for one Change.
 */
export function touchedNames(
  state: RegistryState,
  { names, covers, version }: TouchedSince,
  held: 'all' | ReadonlyMap<Name, unknown>,
): NameState[] | undefined {
  const told: NameState[] = []
  let text = 0
  const add = (message: NameState): boolean => {
    told.push(message)
    text += textOf(message)
    return text <= CHANGE_TEXT_MAX_CHARACTERS
  }
  if (held === 'all') {
    for (const name of names) if (!add(nameStateMessage(state, name, version))) return undefined
    return told
  }
  for (const name of names) {
    if (held.has(name) && !add(watchedNameMessage(state, name, version))) return undefined
  }
  if (covers.size === 0) return told
  for (const name of held.keys()) {
    if (names.has(name) || !isBelow(name, covers)) continue
    if (!add(watchedNameMessage(state, name, version))) return undefined
  }
  return told
}

/** Whether a name is one of some, or below. */
function isBelow(name: Name, covers: ReadonlySet<Name>): boolean {
  for (let at: Name | undefined = name; at !== undefined; at = parentOf(at)) {
    if (covers.has(at)) return true
  }
  return false
}
