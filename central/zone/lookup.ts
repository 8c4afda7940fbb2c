import { TYPE_A, TYPE_AAAA, TYPE_DS, TYPE_NS, TYPE_SOA } from '../../shared/dns/codes.ts'
import { nameFromWire, nameKey, nameToWire, parentOf } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { WireRrset, ZoneLookup, ZoneNode } from '../../shared/records/follow.ts'
import { parseRdata } from '../../shared/records/rdata.ts'
import { soaToWire } from '../../shared/records/soa.ts'
import { parseRecordType } from '../../shared/records/types.ts'
import { standingIn } from '../model/records.ts'
import type { StoredRrset } from '../model/records.ts'
import type { RegistryState, StoredZone } from '../model/state.ts'
import { serialOf, zoneOf } from '../model/state.ts'

/** How the names of the registry stand in its zones. */
export class RegistryLookup implements ZoneLookup<StoredZone> {
  readonly #state: RegistryState

  constructor(state: RegistryState) {
    this.#state = state
  }

  /** The zone that a question is for. RFC 4035 §3.1.4.1: DS at an apex is for the zone above. */
  zoneOf(name: Name, isDs: boolean): StoredZone | undefined {
    const parent = isDs ? parentOf(name) : undefined
    const above = parent === undefined ? undefined : zoneOf(this.#state, parent)
    return above ?? zoneOf(this.#state, name)
  }

  readonly find = (key: string, isDs: boolean): ZoneNode<StoredZone> | 'outside' => {
    const state = this.#state
    const name = nameOfKey(key)
    const zone = this.zoneOf(name, isDs)
    if (zone === undefined) return 'outside'
    const { apex } = zone.value
    const standing = standingIn(state, apex, name, isDs)
    if (standing.is === 'nothing') {
      return { is: 'nothing', at: '', zone, rrsets: [], hasApp: false }
    }
    const { is, at } = standing
    const told = { is, at: nameKey(at), zone }
    const rrsets = rrsetsOf(state.records.get(at))
    if (at === apex) {
      const own = rrsets.filter(({ type }) => type !== TYPE_DS && type !== TYPE_NS)
      return { ...told, rrsets: [...apexRrsets(zone), ...own], hasApp: state.apps.has(at) }
    }
    // Of the apex of a zone below only DS is of this zone.
    if (state.zones.has(at)) {
      return { ...told, rrsets: rrsets.filter(({ type }) => type === TYPE_DS), hasApp: false }
    }
    return { ...told, rrsets, hasApp: state.apps.has(at) }
  }

  /** The static addresses of a name server, which may stand below a cut. */
  addressesOf(key: string): readonly WireRrset[] {
    return rrsetsOf(this.#state.records.get(nameOfKey(key))).filter(isAddress)
  }
}

/** Whether an rrset is of addresses. */
export function isAddress({ type }: WireRrset): boolean {
  return type === TYPE_A || type === TYPE_AAAA
}

/** The name of a key; a key is never but of a name. */
export function nameOfKey(key: string): Name {
  const name = nameFromWire(Buffer.from(key, 'latin1'), 0)
  if (name === undefined) throw new TypeError('a key that is no name')
  return name
}

function apexRrsets(zone: StoredZone): readonly WireRrset[] {
  const { ns, nsTtl, soa } = zone.value
  const soaRdata = soaToWire({ ...soa, serial: serialOf(zone) })
  return [
    { type: TYPE_SOA, ttl: soa.ttl, rdata: [soaRdata] },
    { type: TYPE_NS, ttl: nsTtl, rdata: ns.map(nameToWire) },
  ]
}

/** They were checked when they were written. */
function rrsetsOf(stored: readonly StoredRrset[] | undefined): readonly WireRrset[] {
  return (stored ?? []).map(({ value }) => {
    const type = parseRecordType(value.type) ?? 0
    const rdata = value.rdata.flatMap((text) => {
      const read = parseRdata(type, text)
      return read.ok ? [read.rdata] : []
    })
    return { type, ttl: value.ttl, rdata }
  })
}
