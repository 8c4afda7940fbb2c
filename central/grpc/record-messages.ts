import type { Name } from '../../shared/dns/name.ts'
import { parseRecordType } from '../../shared/records/types.ts'
import type { Cover as CoverMessage } from '../../shared/rpc/generated/meridian/v1/Cover.ts'
import type { NameState as NameStateMessage } from '../../shared/rpc/generated/meridian/v1/NameState.ts'
import type { Rrset as RrsetMessage } from '../../shared/rpc/generated/meridian/v1/Rrset.ts'
import type { Rrsets as RrsetsMessage } from '../../shared/rpc/generated/meridian/v1/Rrsets.ts'
import { rrsetAt, standingIn } from '../model/records.ts'
import type { StoredRrset } from '../model/records.ts'
import type { RegistryState } from '../model/state.ts'
import { zoneOf } from '../model/state.ts'

const coverKinds = { wildcard: 'WILDCARD', cut: 'CUT', redirect: 'REDIRECT' } as const

/** The rrsets of a name as edges are told of them. */
export function rrsetMessages(rrsets: readonly StoredRrset[] | undefined): RrsetMessage[] {
  return (rrsets ?? []).map(({ value }) => ({
    type: parseRecordType(value.type) ?? 0,
    ttl: value.ttl,
    rdata: [...value.rdata],
  }))
}

/** What a name is answered by in place of itself; undefined when it exists, or nothing covers it. */
export function coverMessage(state: RegistryState, name: Name): CoverMessage | undefined {
  // Nearly all meshes have apps only: nothing covers a name there.
  if (!state.recordCount.has('all')) return undefined
  const zone = zoneOf(state, name)
  if (zone === undefined) return undefined
  const standing = standingIn(state, zone.value.apex, name)
  if (standing.is === 'name' || standing.is === 'nothing') return undefined
  const { at } = standing
  const owner = rrsetsMessage(state, at)
  const glue = standing.is === 'cut' ? glueMessages(state, at) : []
  return { kind: coverKinds[standing.is], owner, glue }
}

function rrsetsMessage(state: RegistryState, name: Name): RrsetsMessage {
  return { name, rrsets: rrsetMessages(state.records.get(name)) }
}

/** The addresses of the name servers of a cut, as far as the zone has them. */
function glueMessages(state: RegistryState, cut: Name): RrsetsMessage[] {
  const glue: RrsetsMessage[] = []
  for (const text of rrsetAt(state, cut, 'NS')?.value.rdata ?? []) {
    const server = text.toLowerCase()
    const addresses = state.records
      .get(server)
      ?.filter(({ value }) => value.type === 'A' || value.type === 'AAAA')
    if (addresses === undefined || addresses.length === 0) continue
    glue.push({ name: server, rrsets: rrsetMessages(addresses) })
  }
  return glue
}

/** Characters of rdata that a message has. */
export function textOf({ rrsets, cover }: NameStateMessage): number {
  let sum = 0
  for (const rrset of rrsets ?? []) sum += textOfRrset(rrset)
  for (const { rrsets: covering } of [cover?.owner ?? {}, ...(cover?.glue ?? [])]) {
    for (const rrset of covering ?? []) sum += textOfRrset(rrset)
  }
  return sum
}

function textOfRrset({ rdata }: RrsetMessage): number {
  let sum = 0
  for (const text of rdata ?? []) sum += text.length
  return sum
}
