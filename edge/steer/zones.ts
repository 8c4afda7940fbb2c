import {
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  TYPE_HINFO,
  TYPE_NS,
  TYPE_SOA,
} from '../../shared/dns/codes.ts'
import { nameKey, nameToWire } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import { soaToWire } from '../../shared/records/soa.ts'
import type { Answer } from '../query/encode.ts'
import { encodeRecords } from '../query/records.ts'
import type { RecordBlock } from '../query/records.ts'
import type { ReplicaZone } from '../replica/model.ts'

/** The answer for a name that exists to a type that it has not. */
export interface Nodata {
  readonly nodata: Answer
  /** NODATA that may be kept for so many seconds at most. */
  readonly nodataFor: (seconds: number) => Answer
}

/** A zone with the answers that are the same for all names in it, encoded once. */
export interface ServedZone extends Nodata {
  readonly zone: ReplicaZone
  /** As `nameKey` gives it. */
  readonly apexKey: string
  readonly apexBytes: number
  /** SOA and NS. */
  readonly apexRrsets: readonly WireRrset[]
  /** The SOA of negative answers. */
  readonly negativeSoa: WireRrset
  /** min(SOA MINIMUM, SOA TTL), in seconds. */
  readonly negativeTtl: number
  readonly soa: Answer
  readonly ns: Answer
  readonly nxdomain: Answer
  /** RFC 8482 §4.2: the answer to ANY for a name that exists. */
  readonly any: Answer
}

/** Of a zone, NODATA of so many different TTLs is kept; more are made anew each time. */
const SHORTER_MAX = 100

function serveZone(zone: ReplicaZone): ServedZone {
  const { apex, soa, serial } = zone
  const apexKey = nameKey(apex)
  const apexBytes = apexKey.length
  // RFC 2308 §5: the TTL of a negative answer is the lesser of the SOA's MINIMUM and its own TTL.
  const negativeTtl = Math.min(soa.minimum, soa.ttl)
  const rdata = { ...soa, serial }
  const soaFor = (ttl: number): RecordBlock =>
    encodeRecords([{ owner: 'apex', type: TYPE_SOA, ttl, rdata }], apex)
  const soaRdata = [soaToWire(rdata)]
  const build = (answer: Partial<Answer>): Answer => ({
    rcode: RCODE_NOERROR,
    authoritative: true,
    answer: undefined,
    authority: undefined,
    additional: undefined,
    glueRequired: false,
    apexBytes,
    ede: undefined,
    ...answer,
  })
  const block = (records: Parameters<typeof encodeRecords>[0]): RecordBlock =>
    encodeRecords(records, apex)
  const nodata = build({ authority: soaFor(negativeTtl) })
  const shorter = new Map<number, Answer>()
  const nodataFor = (seconds: number): Answer => {
    if (seconds >= negativeTtl) return nodata
    const known = shorter.get(seconds)
    if (known !== undefined) return known
    const answer = build({ authority: soaFor(seconds) })
    if (shorter.size < SHORTER_MAX) shorter.set(seconds, answer)
    return answer
  }
  const nxdomain = build({ rcode: RCODE_NXDOMAIN, authority: nodata.authority })
  return {
    zone,
    apexKey,
    apexBytes,
    apexRrsets: [
      { type: TYPE_SOA, ttl: soa.ttl, rdata: soaRdata },
      { type: TYPE_NS, ttl: zone.nsTtl, rdata: zone.ns.map(nameToWire) },
    ],
    negativeSoa: { type: TYPE_SOA, ttl: negativeTtl, rdata: soaRdata },
    negativeTtl,
    soa: build({ answer: block([{ owner: 'qname', type: TYPE_SOA, ttl: soa.ttl, rdata }]) }),
    ns: build({
      answer: block(
        zone.ns.map((name) => ({ owner: 'qname', type: TYPE_NS, ttl: zone.nsTtl, rdata: name })),
      ),
    }),
    nodata,
    nodataFor,
    nxdomain,
    any: build({
      answer: block([
        { owner: 'qname', type: TYPE_HINFO, ttl: soa.ttl, rdata: { cpu: 'RFC8482', os: '' } },
      ]),
    }),
  }
}

/** Zones whose apexes are equally long are compared one by one up to so many. */
const COMPARED_MAX = 4

/** The zones of the mesh by apex. */
export class ZoneTable {
  readonly #zones = new Map<string, ServedZone>()
  /** The apexes in wire form, by their octets: most names have one suffix that is as long as an apex. */
  readonly #apexes: (Buffer[] | undefined)[] = []

  get size(): number {
    return this.#zones.size
  }

  has(apex: Name): boolean {
    return this.#zones.has(nameKey(apex))
  }

  /** As `has`, by the apex as `nameKey` gives it. */
  hasKey(key: string): boolean {
    return this.#zones.has(key)
  }

  put(zone: ReplicaZone): void {
    const key = nameKey(zone.apex)
    if (!this.#zones.has(key)) (this.#apexes[key.length] ??= []).push(Buffer.from(key, 'latin1'))
    this.#zones.set(key, serveZone(zone))
  }

  delete(apex: Name): void {
    const key = nameKey(apex)
    if (!this.#zones.delete(key)) return
    const wire = Buffer.from(key, 'latin1')
    const left = this.#apexes[key.length]?.filter((other) => !other.equals(wire)) ?? []
    this.#apexes[key.length] = left.length === 0 ? undefined : left
  }

  setSerial(apex: Name, serial: number): void {
    const served = this.#zones.get(nameKey(apex))
    if (served !== undefined && served.zone.serial !== serial) this.put({ ...served.zone, serial })
  }

  values(): Iterable<ServedZone> {
    return this.#zones.values()
  }

  /**
   * The zone that a name lies in, the longest apex at or above it; undefined outside the mesh.
   * `lqname`: lower case wire form. `from`: offset of the label to begin with.
   */
  find(lqname: string, from = 0): ServedZone | undefined {
    for (let off = from; off < lqname.length; off += 1 + lqname.charCodeAt(off)) {
      if (this.#apexes[lqname.length - off] === undefined) continue
      const zone = this.#zones.get(off === 0 ? lqname : lqname.slice(off))
      if (zone !== undefined) return zone
    }
    return undefined
  }

  /** As `find`, for a name in octets; the apex that it gives is the key of its zone. */
  findApex(lqname: Buffer): Buffer | undefined {
    // In bounds: the name ends in its only zero octet.
    for (let off = 0; off < lqname.length; off += 1 + (lqname[off] ?? 0)) {
      const apexes = this.#apexes[lqname.length - off]
      if (apexes === undefined) continue
      if (apexes.length > COMPARED_MAX) {
        const key = lqname.toString('latin1', off)
        if (this.#zones.has(key)) return Buffer.from(key, 'latin1')
        continue
      }
      for (const apex of apexes) if (endsWith(lqname, off, apex)) return apex
    }
    return undefined
  }
}

/** Whether the octets from `off` on are those of `apex`, which are as many. */
function endsWith(lqname: Buffer, off: number, apex: Buffer): boolean {
  for (let i = 0; i < apex.length; i++) if (lqname[off + i] !== apex[i]) return false
  return true
}
