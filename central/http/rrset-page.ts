import type { Name } from '../../shared/dns/name.ts'
import { isAtOrUnder } from '../../shared/dns/name.ts'
import { zoneOfRrset } from '../model/records.ts'
import type { StoredRrset } from '../model/records.ts'
import type { RegistryState } from '../model/state.ts'
import type { Page } from './pages.ts'
import { encodeCursor } from './pages.ts'
import { firstAtOrAfter } from './sorted-keys.ts'

/** Which rrsets of a zone a list shows. */
export interface RrsetQuery {
  readonly limit: number
  /** The cursor of the page before, decoded: `name type`. */
  readonly after?: string | undefined
  readonly name?: Name | undefined
  readonly type?: string | undefined
}

/**
 * Cuts a page out of the rrsets of a zone: by name, then by type. `names` are those of all records of the
 * mesh, sorted. A page ends early, with a cursor, when too much had nothing to show.
 */
export function rrsetPageOf(
  state: Pick<RegistryState, 'records' | 'zones'>,
  names: readonly Name[],
  apex: Name,
  query: RrsetQuery,
): Page<StoredRrset> {
  const keys = query.name === undefined ? names : [query.name]
  const items: StoredRrset[] = []
  const after = query.after === undefined ? undefined : partsOf(query.after)
  let last = query.after
  let looked = 0
  for (
    let at = after === undefined ? 0 : firstAtOrAfter(keys, after.name);
    at < keys.length;
    at++
  ) {
    if (looked++ >= SCAN_MAX && last !== undefined) return { items, next: encodeCursor(last) }
    const name = keys[at] ?? ''
    if (isAtOrUnder(name, apex)) {
      for (const stored of state.records.get(name) ?? []) {
        const { type } = stored.value
        if (name === after?.name && type <= after.type) continue
        if (query.type !== undefined && query.type !== type) continue
        if (zoneOfRrset(state, name, type)?.value.apex !== apex) continue
        if (items.length === query.limit && last !== undefined) {
          return { items, next: encodeCursor(last) }
        }
        items.push(stored)
        last = `${name} ${type}`
      }
    }
    last = `${name} ${AFTER_TYPES}`
  }
  return { items }
}

/** Names that are looked at for one page. */
const SCAN_MAX = 50_000
/** Stands after every type: mnemonics hold no `~`. */
const AFTER_TYPES = '~'

/** A key in its parts; neither a canonical name nor a type has a blank. */
function partsOf(key: string): { readonly name: Name; readonly type: string } {
  const [name = '', type = ''] = key.split(' ', 2)
  return { name, type }
}
