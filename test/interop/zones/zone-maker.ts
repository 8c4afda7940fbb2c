import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_NS,
  TYPE_SOA,
  TYPE_TXT,
} from '../../../shared/dns/codes.ts'
import { isAtOrUnder, nameFromWire } from '../../../shared/dns/name.ts'
import type { Name } from '../../../shared/dns/name.ts'
import { rdataKey } from '../../../shared/records/rdata.ts'
import type { Record } from '../../../shared/records/record.ts'
import { TYPE_DNAME } from '../../../shared/records/types.ts'
import type { Dice } from './dice.ts'
import { below, between, isWildcard, longName } from './names.ts'
import { makeRdata, plainTypes, rdataOf } from './rdata.ts'
import type { Target } from './rdata.ts'

/** A zone as one master file has it. */
export interface MadeZone {
  readonly apex: Name
  readonly records: readonly Record[]
}

/** What a zone is made from. */
export interface Plan {
  readonly apex: Name
  /** Names that get records, those of `makeNames`. */
  readonly names: readonly Name[]
  /** Names that are aliases, and of what. */
  readonly aliases: ReadonlyMap<Name, Name>
  /** Zones below this one that are served too. */
  readonly children: readonly MadeZone[]
  /** Where records lead to, in this zone and others. */
  readonly target: Target
}

interface Rrset {
  readonly ttl: number
  readonly rdata: Uint8Array[]
}

const addressTypes: readonly number[] = [TYPE_A, TYPE_AAAA]

/** Makes one zone, good by the rules of `meridian zone check` and of central. */
export class ZoneMaker {
  readonly #dice: Dice
  readonly #plan: Plan
  readonly #nodes = new Map<Name, Map<number, Rrset>>()

  constructor(dice: Dice, plan: Plan) {
    this.#dice = dice
    this.#plan = plan
  }

  make(): MadeZone {
    const { apex, names, aliases, children } = this.#plan
    this.#apex()
    for (const [name, canonical] of aliases) this.#put(name, TYPE_CNAME, [canonical])
    for (const name of names) this.#fill(name)
    for (const child of children) this.#delegateTo(child)
    this.#removeBelowRedirects()
    this.#addGlue()
    const records = [...this.#nodes].flatMap(([owner, rrsets]) =>
      [...rrsets].flatMap(([type, { ttl, rdata }]) =>
        rdata.map((each) => ({ owner, type, ttl, rdata: each })),
      ),
    )
    return { apex, records }
  }

  #apex(): void {
    const dice = this.#dice
    const { apex } = this.#plan
    const minimum = dice.pick([0, 60, 3600])
    this.#put(apex, TYPE_SOA, [`ns.${apex} Host\\.master.${apex} 1 7200 900 1209600 ${minimum}`])
    this.#put(apex, TYPE_NS, [`ns.${apex}`, 'ns.elsewhere.test.'])
    this.#put(`ns.${apex}`, TYPE_A, [makeRdata(TYPE_A, dice, () => apex)])
    for (const type of dice.some(plainTypes, 3)) this.#some(apex, type)
    // Of names below it most get too long (RFC 6672 §2.2).
    this.#put(`far.${apex}`, TYPE_DNAME, [longName(apex, dice.between(180, 250))])
  }

  #fill(name: Name): void {
    const dice = this.#dice
    const { children } = this.#plan
    if (this.#nodes.has(name) || children.some(({ apex }) => isAtOrUnder(name, apex))) return
    const role = dice.below(100)
    // RFC 4592 §4.2, §4.4: what NS and DNAME of a wildcard mean is not defined.
    const mayLead = !isWildcard(name) && !children.some((child) => isAtOrUnder(child.apex, name))
    if (role < 30) this.#some(name, TYPE_CNAME)
    else if (role < 40 && mayLead) {
      this.#some(name, TYPE_DNAME)
      for (const type of dice.some(plainTypes, 2)) this.#some(name, type)
    } else if (role < 52 && !isWildcard(name)) this.#delegate(name)
    else if (role < 94) {
      for (const type of dice.some(plainTypes, dice.between(1, 4))) this.#some(name, type)
    }
  }

  /** NS records, some with DS records and with data that they hide. */
  #delegate(name: Name): void {
    const dice = this.#dice
    const servers = [this.#plan.target]
    const inside = (labels: string): number =>
      servers.push(() => below(labels, name) ?? 'ns.elsewhere.test.')
    if (dice.percent(60)) for (const labels of ['ns1.', 'ns2.sub.']) inside(labels)
    if (dice.percent(15)) inside('')
    if (dice.percent(15)) for (let i = 0; i < 10; i++) inside(`server-number-${i}.`)
    const texts = servers.map((server) => makeRdata(TYPE_NS, dice, server))
    this.#put(name, TYPE_NS, texts)
    if (dice.percent(40)) this.#some(name, TYPE_DS)
    if (dice.percent(20)) this.#some(name, TYPE_TXT)
    const hidden = below('hidden.', name)
    if (hidden !== undefined && dice.percent(20)) this.#some(hidden, dice.pick(plainTypes))
  }

  /** The name servers of a zone that is served too, as that zone has them. */
  #delegateTo({ apex, records }: MadeZone): void {
    for (const record of records) {
      if (record.owner === apex && record.type === TYPE_NS) this.#copy(record)
    }
    if (this.#dice.percent(60)) this.#some(apex, TYPE_DS)
  }

  #copy({ owner, type, ttl, rdata }: Record): void {
    const rrsets = this.#nodes.get(owner) ?? new Map<number, Rrset>()
    const rrset = rrsets.get(type) ?? { ttl, rdata: [] }
    if (!rrset.rdata.includes(rdata)) rrset.rdata.push(rdata)
    this.#nodes.set(owner, rrsets.set(type, rrset))
  }

  /** An rrset of some records; TTLs of any size. */
  #some(name: Name, type: number): void {
    const dice = this.#dice
    const isOne = type === TYPE_CNAME || type === TYPE_DNAME
    const count = isOne ? 1 : dice.percent(3) ? 40 : dice.between(1, 3)
    const texts = Array.from({ length: count }, () => makeRdata(type, dice, this.#plan.target))
    this.#put(name, type, texts)
  }

  #put(name: Name, type: number, texts: readonly string[]): void {
    const rrsets = this.#nodes.get(name) ?? new Map<number, Rrset>()
    if (rrsets.has(type)) return
    const byKey = new Map(
      texts.map((text) => {
        const rdata = rdataOf(type, text)
        return [rdataKey(type, rdata), rdata]
      }),
    )
    // Not a CNAME record that leads to itself, which central refuses.
    if (type === TYPE_CNAME && texts.some((text) => text.toLowerCase() === name)) return
    const ttl = this.#dice.pick([0, 1, 300, 3600, 86_400, 2_147_483_647])
    rrsets.set(type, { ttl, rdata: [...byKey.values()] })
    this.#nodes.set(name, rrsets)
  }

  /** RFC 6672 §2.4: "Resource records MUST NOT exist at any subdomain of the owner of a DNAME RR" */
  #removeBelowRedirects(): void {
    const { apex } = this.#plan
    for (const name of this.#nodes.keys()) {
      const above = name === apex ? [] : [...between(name, apex), apex]
      if (above.some((at) => this.#nodes.get(at)?.has(TYPE_DNAME))) this.#nodes.delete(name)
    }
  }

  /** Addresses of name servers that stand below a cut: a zone without them cannot be reached. */
  #addGlue(): void {
    const { apex } = this.#plan
    for (const [owner, rrsets] of Array.from(this.#nodes)) {
      const servers = rrsets.get(TYPE_NS)
      if (servers === undefined) continue
      const { ttl, rdata } = servers
      const kept = rdata.filter((each) => this.#addAddress(nameFromWire(each, 0) ?? '.'))
      // A zone that is served knows best what is in it: no parent leads to what is not there.
      const found = kept.length > 0 ? kept : [rdataOf(TYPE_NS, 'ns.elsewhere.test.')]
      if (owner !== apex) rrsets.set(TYPE_NS, { ttl, rdata: found })
    }
  }

  /** Gives a name server an address where it needs one; false where there can be none. */
  #addAddress(server: Name): boolean {
    const { apex, children } = this.#plan
    if (!isAtOrUnder(server, apex) || server === apex) return true
    const child = children.find((zone) => isAtOrUnder(server, zone.apex))
    if (child !== undefined) return this.#copyAddresses(child, server)
    const above = [server, ...between(server, apex)]
    if (!above.some((at) => this.#nodes.get(at)?.has(TYPE_NS))) return true
    if (this.#nodes.get(server)?.has(TYPE_CNAME)) this.#nodes.delete(server)
    for (const at of above.slice(1)) this.#nodes.get(at)?.delete(TYPE_DNAME)
    const types = addressTypes.filter(() => this.#dice.percent(70))
    for (const type of types.length === 0 ? [TYPE_A] : types) {
      this.#put(server, type, [makeRdata(type, this.#dice, () => server)])
    }
    return true
  }

  /** Glue as the zone below has it; false when that has no such addresses. */
  #copyAddresses({ records }: MadeZone, server: Name): boolean {
    const found = records.filter(
      ({ owner, type }) => owner === server && addressTypes.includes(type),
    )
    for (const record of found) this.#copy(record)
    return found.length > 0
  }
}
