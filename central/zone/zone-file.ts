import type { Name } from '../../shared/dns/name.ts'
import { isAtOrUnder } from '../../shared/dns/name.ts'
import { zoneOfRrset } from '../model/records.ts'
import type { StoredRrset } from '../model/records.ts'
import { serialOf } from '../model/state.ts'
import type { RegistryState, StoredZone } from '../model/state.ts'

/** About how many characters are handed on at a time. */
const CHUNK_CHARACTERS = 65_536

/**
 * Prints a zone as a master file (RFC 1035 §5.1), a part at a time: SOA and NS, the other records of the apex,
 * then those of the other names in the order of `names`, which are those of all records, sorted. It is
 * the zone as it is at the call, whatever changes while it is taken. Names are absolute, so that any line can
 * stand alone.
 */
export function zoneFileOf(
  state: RegistryState,
  zone: StoredZone,
  names: readonly Name[],
): Generator<string, void> {
  return print(zone, rrsetsIn(state, zone.value.apex, names))
}

/**
 * The rrsets of a zone in the order of its file; `names` are those of all records, sorted. What is returned is
 * the zone as it is now: rrsets that are in the state are never written.
 */
export function rrsetsIn(
  state: RegistryState,
  apex: Name,
  names: readonly Name[],
): readonly StoredRrset[] {
  const hasZonesBelow = [...state.zones.keys()].some(
    (other) => other !== apex && isAtOrUnder(other, apex),
  )
  const found: StoredRrset[] = []
  const addOf = (name: Name): void => {
    for (const stored of state.records.get(name) ?? []) {
      const isOther =
        (hasZonesBelow || name === apex) &&
        zoneOfRrset(state, name, stored.value.type)?.value.apex !== apex
      if (!isOther) found.push(stored)
    }
  }
  addOf(apex)
  for (const name of names) if (name !== apex && isAtOrUnder(name, apex)) addOf(name)
  return found
}

function* print(zone: StoredZone, rrsets: readonly StoredRrset[]): Generator<string, void> {
  const { apex, ns, nsTtl, soa } = zone.value
  const times = `${soa.refresh} ${soa.retry} ${soa.expire} ${soa.minimum}`
  let text =
    `; The zone ${apex} as of version ${zone.serialVersion}. Apps, which answer by policies, are not in it.\n` +
    `${apex} ${soa.ttl} IN SOA ${soa.mname} ${soa.rname} ${serialOf(zone)} ${times}\n`
  for (const server of ns) text += `${apex} ${nsTtl} IN NS ${server}\n`
  for (const { value } of rrsets) {
    for (const rdata of value.rdata) {
      text += `${value.name} ${value.ttl} IN ${value.type} ${rdata}\n`
    }
    if (text.length < CHUNK_CHARACTERS) continue
    yield text
    text = ''
  }
  yield text
}
