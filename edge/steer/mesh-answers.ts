/**
 * Answers out of zones, by the way that a question takes through them (`shared/records/follow.ts`). An answer
 * that ends at an app is made of the app's own.
 */
import {
  RCODE_NOERROR,
  RCODE_NXDOMAIN,
  RCODE_YXDOMAIN,
  TYPE_A,
  TYPE_AAAA,
  TYPE_HINFO,
  TYPE_NS,
} from '../../shared/dns/codes.ts'
import { dependencyOf } from '../../shared/records/follow.ts'
import type { Dependency, End, Found, WireRrset } from '../../shared/records/follow.ts'
import { serversOf } from '../../shared/records/servers.ts'
import type { Answer } from '../query/encode.ts'
import { BlockWriter, suffixAt } from './block-writer.ts'
import type { MeshLookup } from './zone-lookup.ts'
import type { Nodata, ServedZone } from './zones.ts'

/** What ends a way, but for what is answered elsewhere. */
export type StaticEnd = Exclude<End<ServedZone>, { readonly is: 'app' | 'unknown' }>

const writer = new BlockWriter()

/** Makes the answer to the question of a name, whose way has ended. `names` hears of the names of additional records. */
export function answerFor(
  lookup: MeshLookup,
  qname: string,
  found: Found<ServedZone>,
  end: StaticEnd,
  names: (dependency: Dependency) => void = ignore,
): Answer {
  const isDirect = found.links.length === 0
  switch (end.is) {
    case 'nodata':
      return isDirect ? end.node.zone.nodata : negative(lookup, qname, found, end.node.zone)
    case 'nxdomain':
      return isDirect
        ? end.node.zone.nxdomain
        : { ...negative(lookup, qname, found, end.node.zone), rcode: RCODE_NXDOMAIN }
    case 'any':
      return isDirect ? end.node.zone.any : withRecords(lookup, qname, found, anyOf(end.node.zone))
    case 'rrset': {
      const answer = withRecords(lookup, qname, found, end.rrset)
      const additional = additionalOf(lookup, qname, found.name, end.rrset, names)
      return additional === undefined ? answer : { ...answer, additional }
    }
    case 'referral':
      return refer(lookup, qname, found, end.node.at, end.node.rrsets, names)
    case 'too-long':
      // RFC 6672 §2.2: "the DNAME ... MUST be returned with RCODE YXDOMAIN"
      return { ...withRecords(lookup, qname, found, undefined), rcode: RCODE_YXDOMAIN }
    default:
      return withRecords(lookup, qname, found, undefined)
  }
}

/** NODATA of an app where links lead to it; that of its zone where none do. */
export function nodataBehind(
  lookup: MeshLookup,
  qname: string,
  found: Found<ServedZone>,
  zone: ServedZone,
): Nodata {
  if (found.links.length === 0) return zone
  const nodataFor = (seconds: number): Answer =>
    negative(lookup, qname, found, zone, Math.min(seconds, zone.negativeTtl))
  return { nodata: nodataFor(zone.negativeTtl), nodataFor }
}

/** The answer of an app where links lead to it, itself where none do; NODATA is that of `nodataBehind`. */
export function behindLinks(
  lookup: MeshLookup,
  qname: string,
  found: Found<ServedZone>,
  app: Answer,
): Answer {
  if (found.links.length === 0 || app.authority !== undefined || app.answer === undefined)
    return app
  const apex = apexOf(lookup, qname)
  addLinks(qname, apex, found).addAnswer(found.name, app.answer)
  // What does not fit is left to the client's resolver, which asks for it by itself.
  const block = writer.take() ?? addLinks(qname, apex, found).take()
  return { ...positive, answer: block, apexBytes: apex.length }
}

const ignore = (): void => undefined

const positive: Answer = {
  rcode: RCODE_NOERROR,
  authoritative: true,
  answer: undefined,
  authority: undefined,
  additional: undefined,
  glueRequired: false,
  apexBytes: 1,
  ede: undefined,
}

/** The apex whose suffix all questions of a name have. */
function apexOf(lookup: MeshLookup, qname: string): string {
  const zone = lookup.zoneOf(qname, false)
  return qname.slice(qname.length - (zone?.apexBytes ?? 1))
}

function addLinks(qname: string, apex: string, { links }: Found<ServedZone>): BlockWriter {
  writer.begin(qname, apex)
  for (const { owner, type, ttl, rdata } of links) writer.add(owner, { type, ttl, rdata: [rdata] })
  return writer
}

function withRecords(
  lookup: MeshLookup,
  qname: string,
  found: Found<ServedZone>,
  rrset: WireRrset | undefined,
): Answer {
  const apex = apexOf(lookup, qname)
  if (rrset !== undefined) addLinks(qname, apex, found).add(found.name, rrset)
  const whole = rrset === undefined ? undefined : writer.take()
  const answer = whole ?? addLinks(qname, apex, found).take()
  return { ...positive, answer, apexBytes: apex.length }
}

/** RFC 6604 §3, RFC 2308 §2.1: rcode and SOA are those of the name that the last link leads to. */
function negative(
  lookup: MeshLookup,
  qname: string,
  found: Found<ServedZone>,
  { apexKey, negativeSoa }: ServedZone,
  ttl = negativeSoa.ttl,
): Answer {
  const answer = withRecords(lookup, qname, found, undefined)
  const apex = apexOf(lookup, qname)
  const authority = writer
    .begin(qname, apex)
    .add(apexKey, { ...negativeSoa, ttl })
    .take()
  return { ...answer, authority }
}

/** RFC 8482 §4.2. */
function anyOf({ zone }: ServedZone): WireRrset {
  const cpu = 'RFC8482'
  const rdata = Buffer.from(`${String.fromCharCode(cpu.length)}${cpu}\0`, 'latin1')
  return { type: TYPE_HINFO, ttl: zone.soa.ttl, rdata: [rdata] }
}

/** RFC 1034 §4.3.2 step 3b: the name servers of a zone that is not held, and what is known of them. */
function refer(
  lookup: MeshLookup,
  qname: string,
  found: Found<ServedZone>,
  cut: string,
  rrsets: readonly WireRrset[],
  names: (dependency: Dependency) => void,
): Answer {
  const ns = rrsets.find(({ type }) => type === TYPE_NS)
  const isDirect = found.links.length === 0
  // Without links all pointers are to the cut, of which every name that this is for ends with.
  const apex = isDirect ? cut : apexOf(lookup, qname)
  const links = isDirect ? undefined : addLinks(qname, apex, found).take()
  const authority =
    ns === undefined
      ? undefined
      : writer
          .begin(isDirect ? '' : qname, apex)
          .add(cut, ns)
          .take()
  let glueRequired = false
  writer.begin(isDirect ? '' : qname, apex)
  for (const server of ns === undefined ? [] : serversOf(ns, cut)) {
    const addresses = nameServerOf(lookup, server, found.name, names)
    for (const rrset of addresses) writer.add(server, rrset)
    // RFC 9471 §3.1: glue for in-domain name servers has to be in a referral.
    if (addresses.length > 0 && suffixAt(server, cut) >= 0) glueRequired = true
  }
  return {
    ...positive,
    // RFC 1034 §4.3.1: AA says that the server is an authority for the name of the first owner.
    authoritative: !isDirect,
    answer: links,
    authority,
    additional: writer.take(),
    glueRequired,
    apexBytes: apex.length,
  }
}

/** RFC 1034 §4.3.2 step 6: addresses of what an rrset names, as far as they are held. */
function additionalOf(
  lookup: MeshLookup,
  qname: string,
  owner: string,
  rrset: WireRrset,
  names: (dependency: Dependency) => void,
): Answer['additional'] {
  const servers = serversOf(rrset, owner)
  if (servers.size === 0) return undefined
  writer.begin(qname, apexOf(lookup, qname))
  for (const server of servers) {
    const addresses =
      rrset.type === TYPE_NS
        ? nameServerOf(lookup, server, owner, names)
        : addressesOf(lookup, server, names)
    for (const address of addresses) writer.add(server, address)
  }
  return writer.take()
}

/** Glue is for name servers only; all else is taken for an answer by whoever gets it. */
function nameServerOf(
  lookup: MeshLookup,
  server: string,
  owner: string,
  names: (dependency: Dependency) => void,
): readonly WireRrset[] {
  names({ name: server, by: 'itself' })
  const held = lookup.serverOf(server, owner).filter(isAddress)
  // RFC 1034 §4.3.2 step 3b: "Put whatever addresses are available into the additional section, using glue RRs
  // if the addresses are not available from authoritative data": those of a wildcard are.
  return held.length > 0 ? held : addressesOf(lookup, server, names)
}

function addressesOf(
  lookup: MeshLookup,
  server: string,
  names: (dependency: Dependency) => void,
): readonly WireRrset[] {
  const node = lookup.find(server, false)
  names(dependencyOf(server, node))
  if (typeof node === 'string' || (node.is !== 'name' && node.is !== 'wildcard')) return []
  return node.rrsets.filter(isAddress)
}

function isAddress({ type }: WireRrset): boolean {
  return type === TYPE_A || type === TYPE_AAAA
}
