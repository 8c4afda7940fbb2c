import type { Name } from '../../shared/dns/name.ts'
import { parentOf } from '../../shared/dns/name.ts'
import { count } from './counts.ts'
import type { StoredRrset } from './records.ts'
import { putRrset } from './records.ts'
import type { RegistryState } from './state.ts'

/*
 * Rrsets as a snapshot has them: many in one list, without the names of their fields. Of a million records
 * that halves the file and the time to read it (`bench central`: cold start from snapshot).
 */

/** Name, type, TTL, version and rdata of an rrset. */
export type PackedRrset = readonly [Name, string, number, number, readonly string[]]

/** A list ends with so many rrsets, or with the one that brings it to so many records. */
const PACKED_MAX_RRSETS = 100
const PACKED_MAX_RECORDS = 1000

/** Packs rrsets, in lists that are short enough to be written without a pause of others. */
export function* packRrsets(
  names: Iterable<readonly StoredRrset[]>,
): Generator<readonly PackedRrset[], void, undefined> {
  let packed: PackedRrset[] = []
  let records = 0
  for (const ofName of names) {
    for (const { value, version } of ofName) {
      packed.push([value.name, value.type, value.ttl, version, value.rdata])
      records += value.rdata.length
      if (packed.length < PACKED_MAX_RRSETS && records < PACKED_MAX_RECORDS) continue
      yield packed
      packed = []
      records = 0
    }
  }
  if (packed.length > 0) yield packed
}

/** Puts rrsets into a state as they were. */
export function restoreRrsets(state: RegistryState, packed: readonly PackedRrset[]): void {
  // Names that follow each other mostly have one parent, and so the same ancestors: counted at once.
  let parent: Name | undefined
  let last: Name = '.'
  let together = 0
  for (const each of packed) {
    // Not taken apart by a pattern, which goes by iterators and costs a tenth of a start.
    const name = each[0]
    const value = { name, type: each[1], ttl: each[2], rdata: each[4] }
    if (!putRrset(state, { value, version: each[3] })) continue
    const own = parentOf(name)
    if (own !== parent) {
      count(state, last, together)
      parent = own
      together = 0
    }
    last = name
    together++
  }
  count(state, last, together)
}
