import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_MX,
  TYPE_NS,
  TYPE_SOA,
  TYPE_SRV,
} from '../dns/codes.ts'
import { isAtOrUnder, nameFromWire, parentOf } from '../dns/name.ts'
import type { Name } from '../dns/name.ts'
import { rdataKey, rdataNames } from '../records/rdata.ts'
import type { Record } from '../records/record.ts'
import { formatRecordType, TYPE_DNAME } from '../records/types.ts'
import { FindingList } from './findings.ts'
import type { ErrorRule, Findings, WarningRule } from './findings.ts'
import type { Place } from './parser.ts'

/** The most records of a zone: what has been checked of it is in memory, some 600 octets for each. */
const ZONE_RECORDS_MAX = 2_000_000

/** Records of one owner and type, without duplicates. */
interface Rrset {
  readonly type: number
  readonly ttl: number
  readonly rdatas: Uint8Array[]
  readonly places: Place[]
  /** What the rdatas are compared by; made with the second of them. */
  keys: Set<string> | undefined
}

/** Checks the records of one zone against the rules: all are added, then `finish` says what is wrong. */
export class ZoneCheck {
  readonly #names = new Map<Name, Rrset[]>()
  readonly #errors = new FindingList()
  readonly #warnings = new FindingList()
  readonly #recordsMax: number
  #apex: Name | undefined
  #records = 0

  /** `apex`: where the zone begins; else it is the owner of the first SOA record. */
  constructor(apex?: Name, { recordsMax = ZONE_RECORDS_MAX }: { recordsMax?: number } = {}) {
    this.#apex = apex
    this.#recordsMax = recordsMax
  }

  /** Adds a record that was read at a place. */
  add(record: Record, place: Place): void {
    if (++this.#records > this.#recordsMax) {
      if (this.#records > this.#recordsMax + 1) return
      this.#error('zone-too-large', place, `the zone has more than ${this.#recordsMax} records`)
      return
    }
    const { owner, type, ttl, rdata } = record
    if (type === TYPE_SOA) this.#apex ??= owner
    const rrsets = this.#names.get(owner)
    const rrset = rrsets?.find((it) => it.type === type)
    if (rrset !== undefined) {
      this.#addTo(rrset, record, place)
      return
    }
    const added = { type, ttl, rdatas: [rdata], places: [place], keys: undefined }
    if (rrsets === undefined) this.#names.set(owner, [added])
    else rrsets.push(added)
  }

  #addTo(rrset: Rrset, { owner, type, ttl, rdata }: Record, place: Place): void {
    const what = `${owner} ${formatRecordType(type)}`
    // RFC 2181 §5.2: "the TTLs of all RRs in an RRSet must be the same"
    if (ttl !== rrset.ttl) {
      const first = lineOf(rrset.places[0])
      this.#error('ttl-differs', place, `${what} has TTL ${ttl}, and ${rrset.ttl} ${first}`)
    }
    rrset.keys ??= new Set(rrset.rdatas.map((it) => rdataKey(type, it)))
    const key = rdataKey(type, rdata)
    // RFC 2181 §5: "It is meaningless for two records to ever have label, class, type and data all equal"
    if (rrset.keys.has(key)) {
      this.#warning('duplicate', place, `${what} stands in the zone already with the same data`)
      return
    }
    rrset.keys.add(key)
    rrset.rdatas.push(rdata)
    rrset.places.push(place)
  }

  /** Looks at the zone as a whole. */
  finish(): Findings {
    this.#checkApex()
    const apex = this.#apex
    if (apex !== undefined) {
      const cuts = new Set<Name>()
      const dnames = new Set<Name>()
      for (const [owner, rrsets] of this.#names) {
        if (owner !== apex && has(rrsets, TYPE_NS)) cuts.add(owner)
        if (has(rrsets, TYPE_DNAME)) dnames.add(owner)
      }
      for (const [owner, rrsets] of this.#names) {
        this.#checkOwner(owner, rrsets, apex, dnames)
        this.#checkTargets(owner, rrsets, apex, cuts)
      }
    }
    return {
      apex,
      errors: this.#errors.first(),
      warnings: this.#warnings.first(),
      errorCount: this.#errors.count,
      warningCount: this.#warnings.count,
    }
  }

  #checkApex(): void {
    const apex = this.#apex
    const rrsets = apex === undefined ? undefined : this.#names.get(apex)
    const soa = rrsets?.find(({ type }) => type === TYPE_SOA)
    const place = soa?.places[0] ?? rrsets?.[0]?.places[0]
    if (soa === undefined) {
      this.#error('soa-missing', place, `${apex ?? 'the zone'} has no SOA record, one is wanted`)
    }
    if (soa?.places[1] !== undefined) {
      const count = soa.rdatas.length
      this.#error('soa-multiple', soa.places[1], `${apex} has ${count} SOA records, one is wanted`)
    }
    if (apex !== undefined && !has(rrsets ?? [], TYPE_NS)) {
      this.#error('ns-missing', place, `${apex} has no NS record, one at least is wanted`)
    }
  }

  #checkOwner(owner: Name, rrsets: readonly Rrset[], apex: Name, dnames: ReadonlySet<Name>): void {
    const place = rrsets[0]?.places[0]
    if (!isAtOrUnder(owner, apex)) {
      this.#error('out-of-zone', place, `${owner} is not in the zone ${apex}`)
      return
    }
    const soa = rrsets.find(({ type }) => type === TYPE_SOA)
    if (soa !== undefined && owner !== apex) {
      const message = `${owner} has an SOA record, which only the apex ${apex} has`
      this.#error('soa-not-at-apex', soa.places[0], message)
    }
    this.#checkAliases(owner, rrsets, apex)
    if (owner.startsWith('*.')) this.#checkWildcard(owner, rrsets)
    // RFC 6672 §2.4: "Resource records MUST NOT exist at any subdomain of the owner of a DNAME RR"
    const above = dnames.size === 0 ? undefined : ancestorIn(parentOf(owner), apex, dnames)
    if (above !== undefined) {
      this.#error('below-dname', place, `${owner} is below the DNAME record of ${above}`)
    }
  }

  #checkAliases(owner: Name, rrsets: readonly Rrset[], apex: Name): void {
    for (const { type, places } of rrsets) {
      if (type !== TYPE_CNAME && type !== TYPE_DNAME) continue
      const mnemonic = formatRecordType(type)
      const rule = type === TYPE_CNAME ? 'cname-multiple' : 'dname-multiple'
      // RFC 2181 §10.1: "there may be only one such canonical name for any one alias"; RFC 6672 §2.4
      if (places[1] !== undefined) {
        const message = `${owner} has ${places.length} ${mnemonic} records, one is wanted`
        this.#error(rule, places[1], message)
      }
      // RFC 1034 §3.6.2: "If a CNAME RR is present at a node, no other data should be present"
      const other = rrsets.find((it) => !besideCname.includes(it.type))
      if (type === TYPE_CNAME && other !== undefined) {
        const message = `${owner} has a CNAME record, and ${formatRecordType(other.type)} ${lineOf(other.places[0])}`
        this.#error('cname-and-other-data', places[0], message)
      }
      // RFC 6672 §2.3: not at the same name as NS, unless that is the apex.
      if (type === TYPE_DNAME && owner !== apex && has(rrsets, TYPE_NS)) {
        this.#error('dname-and-ns', places[0], `${owner} has NS records beside its DNAME record`)
      }
    }
  }

  /** RFC 4592 §4.2, §4.4: what NS and DNAME records of a wildcard would mean is not defined. */
  #checkWildcard(owner: Name, rrsets: readonly Rrset[]): void {
    for (const { type, places } of rrsets) {
      if (type !== TYPE_NS && type !== TYPE_DNAME) continue
      const message = `${owner} is a wildcard, which cannot have ${formatRecordType(type)} records`
      this.#error('wildcard-impossible', places[0], message)
    }
  }

  /** The names that NS, MX and SRV records lead to. */
  #checkTargets(owner: Name, rrsets: readonly Rrset[], apex: Name, cuts: ReadonlySet<Name>): void {
    for (const { type, rdatas, places } of rrsets) {
      if (type !== TYPE_NS && type !== TYPE_MX && type !== TYPE_SRV) continue
      const what = `${owner} ${formatRecordType(type)}`
      for (const [i, rdata] of rdatas.entries()) {
        const target = nameFromWire(rdata, rdataNames(type, rdata)[0]?.at ?? 0)
        if (target === undefined || !isAtOrUnder(target, apex)) continue
        const atTarget = this.#names.get(target) ?? []
        // RFC 2181 §10.3: the name "must not be an alias".
        if (has(atTarget, TYPE_CNAME)) {
          this.#warning(
            'target-is-cname',
            places[i],
            `${what} leads to ${target}, an alias (CNAME)`,
          )
        } else if (type === TYPE_NS && !has(atTarget, TYPE_A) && !has(atTarget, TYPE_AAAA)) {
          this.#checkServer({ owner, target, apex, place: places[i] }, cuts)
        }
      }
    }
  }

  /** A name server of this zone or below it that has no address record here. */
  #checkServer(
    {
      owner,
      target,
      apex,
      place,
    }: { owner: Name; target: Name; apex: Name; place: Place | undefined },
    cuts: ReadonlySet<Name>,
  ): void {
    // RFC 1034 §4.2.1: glue is necessary only where the name of the server is below the cut.
    if (ancestorIn(target, apex, cuts) !== undefined) {
      const message = `${owner} NS leads to ${target}, below a cut: an A or AAAA record of it is wanted`
      this.#error('glue-missing', place, message)
    } else if (!this.#isByWildcard(target, apex)) {
      const message = `${owner} NS leads to ${target}, which has no A or AAAA record in the zone`
      this.#warning('ns-without-address', place, message)
    }
  }

  /** RFC 4592 §3.3.1: a name that does not exist has what the wildcard at its closest encloser has. */
  #isByWildcard(name: Name, apex: Name): boolean {
    if (this.#names.has(name)) return false
    for (let at = parentOf(name); at !== undefined && isAtOrUnder(at, apex); at = parentOf(at)) {
      const wildcard = this.#names.get(at === '.' ? '*.' : `*.${at}`)
      if (wildcard !== undefined) return has(wildcard, TYPE_A) || has(wildcard, TYPE_AAAA)
      if (this.#names.has(at)) return false
    }
    return false
  }

  #error(rule: ErrorRule, place: Place | undefined, message: string): void {
    this.#errors.add(rule, place, message)
  }

  #warning(rule: WarningRule, place: Place | undefined, message: string): void {
    this.#warnings.add(rule, place, message)
  }
}

const TYPE_SIG = 24
const TYPE_KEY = 25
const TYPE_NXT = 30
const TYPE_RRSIG = 46
const TYPE_NSEC = 47
/** RFC 2181 §10.1: SIG, KEY and NXT may stand beside a CNAME; RFC 4035 §2.5: so may RRSIG and NSEC. */
const besideCname = [TYPE_CNAME, TYPE_SIG, TYPE_KEY, TYPE_NXT, TYPE_RRSIG, TYPE_NSEC]

function has(rrsets: readonly Rrset[], type: number): boolean {
  return rrsets.some((rrset) => rrset.type === type)
}

/** The first of a name and those above it, down from the apex, that is in a set; the apex itself too. */
function ancestorIn(name: Name | undefined, apex: Name, set: ReadonlySet<Name>): Name | undefined {
  for (let at = name; at !== undefined && isAtOrUnder(at, apex); at = parentOf(at)) {
    if (set.has(at)) return at
  }
  return undefined
}

function lineOf(place: Place | undefined): string {
  return place === undefined ? '' : `at ${place.file}:${place.line}`
}
