import type { Name } from '../../shared/dns/name.ts'
import { isAtOrUnder, parentOf } from '../../shared/dns/name.ts'
import { standingOf } from '../../shared/records/standing.ts'
import type { Standing } from '../../shared/records/standing.ts'
import type { Rrset } from '../../shared/registry/rrset-schema.ts'
import { countAtOrBelow } from './counts.ts'
import type { RegistryState, Stored, StoredZone } from './state.ts'
import { zoneOf } from './state.ts'

/** A static rrset with the version of the change that last touched it. */
export type StoredRrset = Stored<Rrset>

/** The rrset of a name and type, if it is there. */
export function rrsetAt(
  state: Pick<RegistryState, 'records'>,
  name: Name,
  type: string,
): StoredRrset | undefined {
  return state.records.get(name)?.find(({ value }) => value.type === type)
}

/** The zone that an rrset lies in; undefined outside the mesh. */
export function zoneOfRrset(
  state: Pick<RegistryState, 'zones'>,
  name: Name,
  type: string,
): StoredZone | undefined {
  // RFC 4035 §2.4: the DS records of an apex stand in the zone above.
  return zoneOf(state, type === 'DS' ? (parentOf(name) ?? name) : name)
}

/** The rrsets of a zone, in no order; looks at all records of the mesh. */
export function rrsetsOfZone(
  state: Pick<RegistryState, 'records' | 'zones'>,
  apex: Name,
): readonly StoredRrset[] {
  const found: StoredRrset[] = []
  for (const rrsets of state.records.values()) {
    if (!isAtOrUnder(rrsets[0]?.value.name ?? '', apex)) continue
    for (const stored of rrsets) {
      const { name, type } = stored.value
      if (zoneOfRrset(state, name, type)?.value.apex === apex) found.push(stored)
    }
  }
  return found
}

/** Keeps an rrset in place of the one before it. True when the name had none. For `evolve` only. */
export function putRrset(state: RegistryState, stored: StoredRrset): boolean {
  const { name, type, rdata } = stored.value
  const before = state.records.get(name)
  if (before === undefined) {
    countRecords(state, 'all', rdata.length)
    if (hasWildcard(name)) countRecords(state, 'wildcards', 1)
    // As most names have one rrset: a list that was appended to has room for sixteen more.
    state.records.set(name, [stored])
    return true
  }
  const replaced = before.find(({ value }) => value.type === type)
  countRecords(state, 'all', rdata.length - (replaced?.value.rdata.length ?? 0))
  // One string for the name, however many rrsets it has.
  const first = before[0]?.value.name ?? name
  const kept = { ...stored, value: { ...stored.value, name: first } }
  const others = before.filter((each) => each !== replaced)
  state.records.set(
    first,
    others.concat(kept).sort((a, b) => (a.value.type < b.value.type ? -1 : 1)),
  )
  return false
}

/** Forgets an rrset. Says whether it was there, and whether the name has none left. For `evolve` only. */
export function deleteRrset(
  state: RegistryState,
  name: Name,
  type: string,
): { readonly was: boolean; readonly isLast: boolean } {
  const before = state.records.get(name)
  const replaced = before?.find(({ value }) => value.type === type)
  if (before === undefined || replaced === undefined) return { was: false, isLast: false }
  countRecords(state, 'all', -replaced.value.rdata.length)
  if (before.length === 1 && hasWildcard(name)) countRecords(state, 'wildcards', -1)
  const others = before.filter((stored) => stored !== replaced)
  if (others.length > 0) state.records.set(name, others)
  else state.records.delete(name)
  return { was: true, isLast: others.length === 0 }
}

function countRecords(state: RegistryState, what: 'all' | 'wildcards', by: number): void {
  const sum = (state.recordCount.get(what) ?? 0) + by
  if (sum === 0) state.recordCount.delete(what)
  else state.recordCount.set(what, sum)
}

/** Where a name stands in the zone with an apex, at or above it. */
export function standingIn(
  state: Pick<RegistryState, 'records' | 'apps' | 'zones' | 'descendants'>,
  apex: Name,
  name: Name,
  isDs = false,
): Standing<Name> {
  return standingOf<Name>(
    {
      parentOf: (at) => parentOf(at) ?? apex,
      wildcardOf: (at) => (at === '.' ? '*.' : `*.${at}`),
      exists: (at) => countAtOrBelow(state, at) > 0,
      isCut: (at) => rrsetAt(state, at, 'NS') !== undefined,
      isRedirect: (at) => rrsetAt(state, at, 'DNAME') !== undefined,
    },
    { apex, name, isDs },
  )
}

/** Whether a name is a wildcard (RFC 4592 §2.1.1). */
export function isWildcard(name: Name): boolean {
  return name.startsWith('*.')
}

/** Whether a name is a wildcard, or below one: then that exists too. */
export function hasWildcard(name: Name): boolean {
  return isWildcard(name) || name.includes('.*.')
}
