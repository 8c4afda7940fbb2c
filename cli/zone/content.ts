import { TYPE_DS, TYPE_NS, TYPE_SOA } from '../../shared/dns/codes.ts'
import { nameFromWire } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { uintAt } from '../../shared/records/fields.ts'
import { formatRdata, rdataKey, rdataNames } from '../../shared/records/rdata.ts'
import type { Record } from '../../shared/records/record.ts'
import { formatRecordType } from '../../shared/records/types.ts'
import type { Rrset } from '../../shared/registry/rrset-schema.ts'

/** A zone as central takes it, without what no zone file has. */
export interface ZoneFields {
  readonly apex: Name
  readonly ns: readonly Name[]
  readonly nsTtl: number
  readonly soa: {
    readonly mname: Name
    readonly rname: Name
    readonly refresh: number
    readonly retry: number
    readonly expire: number
    readonly minimum: number
    readonly ttl: number
  }
}

/** What a zone file becomes. */
export interface ZoneContent {
  readonly zone: ZoneFields
  /** Of the SOA record; central has serials of its own. */
  readonly serial: number
  /** All but SOA and NS of the apex, in the order of the file. */
  readonly rrsets: readonly Rrset[]
}

interface Collected {
  readonly owner: Name
  readonly type: number
  readonly ttl: number
  readonly rdata: string[]
  /** What they are compared by; made with the second one. */
  keys: Set<string> | undefined
  readonly first: Uint8Array
}

/** Puts the records of a zone together: into the fields of the zone, and into rrsets. */
export class ZoneCollector {
  readonly #rrsets = new Map<string, Collected>()
  #soa: Record | undefined

  /** Adds a record; one that is there already is passed over (RFC 2181 §5). */
  add(record: Record): void {
    const { owner, type, ttl, rdata } = record
    if (type === TYPE_SOA) {
      this.#soa ??= record
      return
    }
    const key = `${owner} ${type}`
    const text = formatRdata(type, rdata)
    const before = this.#rrsets.get(key)
    if (before === undefined) {
      const added = { owner, type, ttl, rdata: [text], keys: undefined, first: rdata }
      this.#rrsets.set(key, added)
      return
    }
    before.keys ??= new Set([rdataKey(type, before.first)])
    const same = rdataKey(type, rdata)
    if (before.keys.has(same)) return
    before.keys.add(same)
    before.rdata.push(text)
  }

  /** What the records are, once they have passed the rules of a zone; half a sentence when they cannot be. */
  finish(): ZoneContent | string {
    const soa = this.#soa
    const ns = soa && this.#rrsets.get(`${soa.owner} ${TYPE_NS}`)
    if (soa === undefined || ns === undefined) return 'has no SOA and NS records'
    if (this.#rrsets.has(`${soa.owner} ${TYPE_DS}`)) {
      // RFC 4035 §2.4: DS records stand in the zone above the cut.
      return `has DS records at ${soa.owner}, which belong to the zone above`
    }
    const { rdata } = soa
    const numbersAt = rdata.length - 20
    const names = rdataNames(TYPE_SOA, rdata).map(({ at }) => nameFromWire(rdata, at))
    const number = (index: number): number => uintAt(rdata, numbersAt + 4 * index, 4)
    const rrsets: Rrset[] = []
    for (const each of this.#rrsets.values()) {
      if (each === ns) continue
      const { owner, type, ttl } = each
      rrsets.push({ name: owner, type: formatRecordType(type), ttl, rdata: each.rdata })
    }
    return {
      zone: {
        apex: soa.owner,
        ns: ns.rdata.map((text) => text.toLowerCase()),
        nsTtl: ns.ttl,
        soa: {
          mname: names[0] ?? soa.owner,
          rname: names[1] ?? soa.owner,
          refresh: number(1),
          retry: number(2),
          expire: number(3),
          minimum: number(4),
          ttl: soa.ttl,
        },
      },
      serial: number(0),
      rrsets,
    }
  }
}
