import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_MX,
  TYPE_NS,
  TYPE_SOA,
} from '../../shared/dns/codes.ts'
import { formatRecordType, TYPE_DNAME } from '../../shared/records/types.ts'

/**
 * RFC 1034 §4.3.2 word for word, slowly, over names as text and records in lists: what answers of zones are
 * judged by. Labels are letters and asterisks only.
 */
export interface OracleZone {
  readonly apex: string
  readonly soa: string
  readonly soaTtl: number
  readonly negativeTtl: number
}

export interface OracleRecord {
  readonly name: string
  readonly type: number
  readonly ttl: number
  readonly rdata: string
}

export interface OracleData {
  readonly zones: readonly OracleZone[]
  /** SOA and NS of the zones are among them. */
  readonly records: readonly OracleRecord[]
  /** Apps, which have A records only. */
  readonly apps: ReadonlyMap<string, readonly OracleRecord[]>
}

/** Without the additional section. */
export interface OracleAnswer {
  readonly rcode: 'NOERROR' | 'NXDOMAIN' | 'YXDOMAIN' | 'REFUSED'
  readonly aa: boolean
  readonly answer: readonly string[]
  readonly authority: readonly string[]
}

const LINKS_MAX = 16

/** What a question is to be answered with. */
export function oracle(data: OracleData, qname: string, qtype: number): OracleAnswer {
  const answer: OracleRecord[] = []
  let name = qname
  const seen = new Set([qname])
  for (let links = 0; ; links++) {
    const zone = nearestZone(data, name, qtype)
    const isFirst = links === 0
    if (zone === undefined) {
      if (isFirst) return { rcode: 'REFUSED', aa: false, answer: [], authority: [] }
      return end('NOERROR', answer)
    }
    const cut = topmost(zone, name, (at) => {
      if (at === zone.apex || data.zones.some(({ apex }) => apex === at)) return false
      return typed(data, at, TYPE_NS).length > 0 && !(qtype === TYPE_DS && at === name)
    })
    const redirect = topmost(
      zone,
      name,
      (at) => at !== name && typed(data, at, TYPE_DNAME).length > 0,
    )
    if (cut !== undefined && (redirect === undefined || labels(cut) <= labels(redirect))) {
      const authority = typed(data, cut, TYPE_NS)
      return { ...end('NOERROR', answer, authority), aa: !isFirst }
    }
    let next: string
    if (redirect !== undefined) {
      const [record] = typed(data, redirect, TYPE_DNAME)
      if (record === undefined || links >= LINKS_MAX) return end('NOERROR', answer)
      if (!answer.includes(record)) answer.push(record)
      next = name.slice(0, name.length - redirect.length) + record.rdata
      if (octets(next) > 255) return end('YXDOMAIN', answer)
      answer.push({ name, type: TYPE_CNAME, ttl: record.ttl, rdata: next })
      if (qtype === TYPE_CNAME || qtype === TYPE_ANY) return end('NOERROR', answer)
    } else {
      const source = sourceOf(data, zone, name)
      if (source === undefined) return end('NXDOMAIN', answer, [negative(zone)])
      const isParents = source !== zone.apex && data.zones.some(({ apex }) => apex === source)
      const here = data.records.filter(
        (record) =>
          record.name === source &&
          (isParents
            ? record.type === TYPE_DS
            : !(source === zone.apex && record.type === TYPE_DS)),
      )
      const app = isParents ? undefined : data.apps.get(source)
      const asked = [...here, ...(app ?? [])].filter(({ type }) => type === qtype)
      if (asked.length > 0) {
        return end('NOERROR', [...answer, ...asked.map((record) => ({ ...record, name }))])
      }
      const alias = here.find(({ type }) => type === TYPE_CNAME)
      if (alias === undefined) {
        if (qtype !== TYPE_ANY) return end('NOERROR', answer, [negative(zone)])
        const any = { name, type: 13, ttl: zone.soaTtl, rdata: '"RFC8482" ""' }
        return end('NOERROR', [...answer, any])
      }
      if (links >= LINKS_MAX) return end('NOERROR', answer)
      answer.push({ ...alias, name })
      if (qtype === TYPE_ANY) return end('NOERROR', answer)
      next = alias.rdata
    }
    if (seen.has(next)) return end('NOERROR', answer)
    seen.add(next)
    name = next
  }
}

/** RFC 4035 §3.1.4.1: DS is for the zone above. */
function nearestZone(data: OracleData, name: string, qtype: number): OracleZone | undefined {
  const find = (at: string): OracleZone | undefined =>
    [at, ...above(at)]
      .map((one) => data.zones.find(({ apex }) => apex === one))
      .find((zone) => zone !== undefined)
  const parent = above(name)[0]
  return (qtype === TYPE_DS && parent !== undefined ? find(parent) : undefined) ?? find(name)
}

/** The name whose records answer: itself, else the wildcard of the closest encloser (RFC 4592 §3.3.1). */
function sourceOf(data: OracleData, zone: OracleZone, name: string): string | undefined {
  const there = [
    ...data.zones.map(({ apex }) => apex),
    ...data.records.map((record) => record.name),
    ...data.apps.keys(),
  ]
  const exists = (at: string): boolean => there.some((one) => one === at || one.endsWith(`.${at}`))
  if (exists(name)) return name
  const encloser = above(name).find((at) => at === zone.apex || exists(at))
  const wildcard = `*.${encloser}`
  return exists(wildcard) ? wildcard : undefined
}

/** The first name from the apex down to the name that is one. */
function topmost(
  zone: OracleZone,
  name: string,
  isOne: (at: string) => boolean,
): string | undefined {
  const down = [name, ...above(name)].filter(
    (at) => at === zone.apex || at.endsWith(`.${zone.apex}`),
  )
  return down.reverse().find(isOne)
}

function typed({ records }: OracleData, name: string, type: number): readonly OracleRecord[] {
  return records.filter((record) => record.name === name && record.type === type)
}

function negative({ apex, soa, negativeTtl }: OracleZone): OracleRecord {
  return { name: apex, type: TYPE_SOA, ttl: negativeTtl, rdata: soa }
}

function end(
  rcode: OracleAnswer['rcode'],
  answer: readonly OracleRecord[],
  authority: readonly OracleRecord[] = [],
): OracleAnswer {
  return { rcode, aa: true, answer: textOf(answer), authority: textOf(authority) }
}

/** Records as text; an answer is a set of rrsets (RFC 2181 §5). */
function textOf(records: readonly OracleRecord[]): readonly string[] {
  return records
    .map(({ name, ttl, type, rdata }) => `${name} ${ttl} ${formatRecordType(type)} ${rdata}`)
    .sort()
}

function above(name: string): readonly string[] {
  const names: string[] = []
  for (let at = name; at.includes('.') && at.indexOf('.') < at.length - 1;) {
    at = at.slice(at.indexOf('.') + 1)
    names.push(at)
  }
  return names
}

function labels(name: string): number {
  return name.split('.').length - 1
}

function octets(name: string): number {
  return name.length + 1
}

/** The types that questions and records of the tests have. */
export const oracleTypes = [
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_MX,
  TYPE_NS,
  TYPE_SOA,
  TYPE_DS,
  TYPE_DNAME,
  TYPE_ANY,
] as const
