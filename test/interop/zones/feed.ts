import { TYPE_DS, TYPE_NS, TYPE_SOA } from '../../../shared/dns/codes.ts'
import { isAtOrUnder, nameFromWire } from '../../../shared/dns/name.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { formatRdata } from '../../../shared/records/rdata.ts'
import type { Record } from '../../../shared/records/record.ts'
import { formatRecordType } from '../../../shared/records/types.ts'
import type { ManifestInput } from '../../../shared/registry/schema.ts'
import type { MadeZone } from './zone-maker.ts'

type ZoneInput = NonNullable<ManifestInput['zones']>[number]
type RrsetInput = NonNullable<ManifestInput['records']>[number]
type RrsetKey = Pick<RrsetInput, 'name' | 'type'>

/** Zones as central takes them: SOA and name servers of an apex are fields of its zone. */
export function manifestOf(zones: readonly MadeZone[]): ManifestInput {
  const apexes = zones.map(({ apex }) => apex)
  const rrsets = new Map<string, RrsetInput & { rdata: string[] }>()
  for (const { apex, records } of zones) {
    for (const record of records) {
      const { owner: name, ttl, rdata } = record
      if (isOfZone(record, apex) || !isHere(record, apex, apexes)) continue
      const type = formatRecordType(record.type)
      const key = `${name} ${type}`
      const rrset = rrsets.get(key) ?? { name, type, ttl, rdata: [] }
      rrset.rdata.push(formatRdata(record.type, rdata))
      rrsets.set(key, rrset)
    }
  }
  return { zones: zones.map(zoneInput), records: [...rrsets.values()] }
}

/** What makes zones of before those of after, of the same apexes, as one change set. */
export function changeOf(
  before: readonly MadeZone[],
  after: readonly MadeZone[],
): ManifestInput & { readonly deletes: { readonly records: readonly RrsetKey[] } } {
  const manifest = manifestOf(after)
  const kept = new Set(manifest.records?.map(({ name, type }) => `${name} ${type}`))
  const records = (manifestOf(before).records ?? [])
    .filter(({ name, type }) => !kept.has(`${name} ${type}`))
    .map(({ name, type }) => ({ name, type }))
  return { ...manifest, deletes: { records } }
}

function isOfZone({ owner, type }: Record, apex: Name): boolean {
  return owner === apex && (type === TYPE_SOA || type === TYPE_NS)
}

/** What a parent has of a zone that is served too is left out, but for its DS records. */
function isHere({ owner, type }: Record, apex: Name, apexes: readonly Name[]): boolean {
  const isBelow = (at: Name): boolean => at !== apex && isAtOrUnder(at, apex)
  return !apexes.some(
    (at) => isBelow(at) && isAtOrUnder(owner, at) && !(type === TYPE_DS && owner === at),
  )
}

function zoneInput({ apex, records }: MadeZone): ZoneInput {
  const atApex = records.filter(({ owner }) => owner === apex)
  const servers = atApex.filter(({ type }) => type === TYPE_NS)
  const soa = atApex.find(({ type }) => type === TYPE_SOA)
  if (soa === undefined) throw new Error(`${apex} has no SOA record`)
  const [mname, rname, , refresh, retry, expire, minimum] = formatRdata(TYPE_SOA, soa.rdata).split(
    ' ',
  )
  return {
    apex,
    ns: servers.map(({ rdata }) => nameFromWire(rdata, 0) ?? '.'),
    nsTtl: servers[0]?.ttl,
    soa: {
      mname,
      rname,
      refresh: Number(refresh),
      retry: Number(retry),
      expire: Number(expire),
      minimum: Number(minimum),
      ttl: soa.ttl,
    },
  }
}
