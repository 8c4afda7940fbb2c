import {
  CLASS_IN,
  OPCODE_QUERY,
  RCODE_BADVERS,
  RCODE_FORMERR,
  RCODE_NOERROR,
  RCODE_NOTIMP,
  RCODE_NXDOMAIN,
  RCODE_REFUSED,
  RCODE_YXDOMAIN,
  TYPE_ANY,
  TYPE_HINFO,
  TYPE_NS,
  TYPE_SOA,
} from '../../shared/dns/codes.ts'
import { blankMessage, decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import type { DnsMessage, Question, ResourceRecord } from '../../shared/dns/message.ts'
import { nameKey, nameToWire } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { follow, rrsetOf } from '../../shared/records/follow.ts'
import type { WireRrset, ZoneNode } from '../../shared/records/follow.ts'
import { serversOf } from '../../shared/records/servers.ts'
import { trustMsOfApp, trustedSeconds } from '../../shared/registry/trust.ts'
import { appRecords } from './app-records.ts'
import type { Told } from './app-records.ts'
import { effectiveEndpoint, shortestLeaseSeconds } from '../model/machines.ts'
import { maintainedState } from '../model/maintenance.ts'
import type { RegistryState, StoredApp, StoredZone } from '../model/state.ts'
import { serialOf } from '../model/state.ts'
import { isAddress, nameOfKey, RegistryLookup } from './lookup.ts'

/** The header (RFC 1035 §4.1.1); the qname stands behind it. */
const HEADER_BYTES = 12
/** UDP payload size that is told in OPT; over gRPC it bounds nothing. */
const UDP_SIZE = 1232
/** Octets for records: a message has 65,535, with the header, the longest question and OPT. */
const RECORDS_MAX_BYTES = 65_000
/** Type, class, TTL and RDLENGTH (RFC 1035 §3.2.1). */
const RECORD_FIXED_BYTES = 10
/** Rdata of another kind than octets: an SOA record with the longest names. */
const OTHER_RDATA_MAX_BYTES = 530

type Outcome = Pick<DnsMessage, 'rcode' | 'aa' | 'answers' | 'authorities' | 'additionals'>

/**
 * Answers a DNS query from the registry, in wire form each way. An app is answered with all its endpoints that
 * work, whose choice is the edges' business. Undefined for what deserves no
 * answer: an answer, or less than a header.
 */
export function answerQuery(state: RegistryState, wire: Buffer): Buffer | undefined {
  if (wire.length < HEADER_BYTES || ((wire[2] ?? 0) & 0x80) !== 0) return undefined
  const query = decodeMessage(wire)
  if (query === undefined) return encodeMessage({ ...echo(wire), rcode: RCODE_FORMERR })
  const question = query.questions[0]
  const base = { ...echo(wire), questions: query.questions, edns: ednsOf(query) }
  const fail = (rcode: number): Buffer => encodeMessage({ ...base, rcode })
  if (query.opcode !== OPCODE_QUERY) return encodeMessage({ ...echo(wire), rcode: RCODE_NOTIMP })
  // RFC 9619: a QUERY has one question.
  if (question === undefined || query.questions.length > 1) {
    return encodeMessage({ ...echo(wire), rcode: RCODE_FORMERR })
  }
  // RFC 6891 §6.1.3.
  if ((query.edns?.version ?? 0) > 0) return fail(RCODE_BADVERS)
  const answer = encodeMessage({ ...base, ...fitted(ask(state, question)) })
  // The question goes back as it came, case and all; in both messages it stands uncompressed at 12.
  wire.copy(answer, HEADER_BYTES, HEADER_BYTES, HEADER_BYTES + nameToWire(question.name).length)
  return answer
}

function echo(wire: Buffer): DnsMessage {
  const flags = wire.readUInt16BE(2)
  return {
    ...blankMessage,
    id: wire.readUInt16BE(0),
    qr: true,
    opcode: (flags >> 11) & 0xf,
    rd: (flags & 0x0100) !== 0,
    cd: (flags & 0x0010) !== 0,
  }
}

function ednsOf(query: DnsMessage): DnsMessage['edns'] {
  if (query.edns === undefined) return undefined
  return { udpSize: UDP_SIZE, version: 0, dnssecOk: query.edns.dnssecOk, options: [] }
}

/** RFC 1034 §4.3.2; out of the registry nothing is ever unknown. */
function ask(state: RegistryState, { name, type, class: qclass }: Question): Outcome {
  const lookup = new RegistryLookup(state)
  if (qclass !== CLASS_IN || lookup.zoneOf(name, false) === undefined) {
    return { ...nothing, rcode: RCODE_REFUSED, aa: false }
  }
  const found = follow(lookup, nameKey(name), type)
  const { end } = found
  const answers = found.links.map((link) =>
    record(nameOfKey(link.owner), link.type, link.ttl, bytes(link.rdata)),
  )
  const owner = nameOfKey(found.name)
  switch (end.is) {
    case 'rrset':
      return {
        ...nothing,
        answers: [...answers, ...records(owner, end.rrset)],
        additionals: additionalOf(lookup, end.rrset, found.name),
      }
    case 'app':
      return askApp(state, { answers, owner, node: end.node, type })
    case 'any':
      return { ...nothing, answers: [...answers, minimalAny(owner, end.node.zone)] }
    case 'nodata':
      return { ...nothing, answers, authorities: [negativeSoa(end.node.zone)] }
    case 'nxdomain':
      // RFC 6604 §3: the rcode is that of the name that the last CNAME leads to.
      return {
        ...nothing,
        rcode: RCODE_NXDOMAIN,
        answers,
        authorities: [negativeSoa(end.node.zone)],
      }
    case 'referral':
      return { ...nothing, ...referral(lookup, end.node), aa: answers.length > 0, answers }
    case 'too-long':
      // RFC 6672 §2.2
      return { ...nothing, rcode: RCODE_YXDOMAIN, answers }
    default:
      return { ...nothing, answers }
  }
}

const nothing: Outcome = {
  rcode: RCODE_NOERROR,
  aa: true,
  answers: [],
  authorities: [],
  additionals: [],
}

/** The end of a question at an app, to which `answers` lead. */
function askApp(
  state: RegistryState,
  {
    answers,
    owner,
    node,
    type,
  }: {
    readonly answers: readonly ResourceRecord[]
    readonly owner: Name
    readonly node: ZoneNode<StoredZone>
    readonly type: number
  },
): Outcome {
  const app = state.apps.get(nameOfKey(node.at))
  // A wildcard's records have the name that was asked for (RFC 4592 §2.2.1).
  const own = (app === undefined ? [] : recordsOf(state, app, type)).map((one) => ({
    ...one,
    name: owner,
  }))
  if (own.length > 0) return { ...nothing, answers: [...answers, ...own] }
  // RFC 8482 §4.2: only "if there is no CNAME present at the owner name".
  if (type === TYPE_ANY) return { ...nothing, answers: [minimalAny(owner, node.zone)] }
  return { ...nothing, answers, authorities: [negativeSoa(node.zone)] }
}

/** RFC 1034 §4.3.2 step 3b. */
function referral(
  lookup: RegistryLookup,
  { at, rrsets }: ZoneNode<StoredZone>,
): Pick<Outcome, 'authorities' | 'additionals'> {
  const ns = rrsetOf(rrsets, TYPE_NS)
  if (ns === undefined) return { authorities: [], additionals: [] }
  return { authorities: records(nameOfKey(at), ns), additionals: additionalOf(lookup, ns, at) }
}

/** RFC 1034 §4.3.2 step 6: addresses of what an rrset names, as far as they are static. */
function additionalOf(
  lookup: RegistryLookup,
  rrset: WireRrset,
  owner: string,
): readonly ResourceRecord[] {
  const additional: ResourceRecord[] = []
  for (const server of serversOf(rrset, owner)) {
    for (const address of addressesOf(lookup, server, rrset.type)) {
      additional.push(...records(nameOfKey(server), address))
    }
  }
  return additional
}

/** What stands below a cut is told of name servers only; one may exist by a wildcard alone. */
function addressesOf(lookup: RegistryLookup, server: string, type: number): readonly WireRrset[] {
  const held = type === TYPE_NS ? lookup.addressesOf(server) : []
  if (held.length > 0) return held
  const node = lookup.find(server, false)
  const isOwn = node !== 'outside' && (node.is === 'name' || node.is === 'wildcard')
  return isOwn ? node.rrsets.filter(isAddress) : []
}

/** RFC 8482 §4.2. */
function minimalAny(name: Name, zone: StoredZone): ResourceRecord {
  return record(name, TYPE_HINFO, zone.value.soa.ttl, { kind: 'hinfo', cpu: 'RFC8482', os: '' })
}

/** What a message has room for, whose names are not compressed: RFC 2181 §9, the additional section goes first. */
function fitted(outcome: Outcome): Outcome & Pick<DnsMessage, 'tc'> {
  const { answers, authorities, additionals } = outcome
  const needed = bytesOf(answers) + bytesOf(authorities)
  if (needed > RECORDS_MAX_BYTES) {
    return { ...outcome, tc: true, answers: [], authorities: [], additionals: [] }
  }
  const isWhole = needed + bytesOf(additionals) <= RECORDS_MAX_BYTES
  return { ...outcome, tc: false, additionals: isWhole ? additionals : [] }
}

/** At least as many octets as records take. */
function bytesOf(records: readonly ResourceRecord[]): number {
  let sum = 0
  for (const { name, rdata } of records) {
    sum += nameToWire(name).length + RECORD_FIXED_BYTES
    sum += rdata.kind === 'bytes' ? rdata.bytes.length : OTHER_RDATA_MAX_BYTES
  }
  return sum
}

function recordsOf(state: RegistryState, app: StoredApp, type: number): readonly ResourceRecord[] {
  const { name, ttl, health } = app.value
  const verdicts = state.health.get(name)
  const forces = state.forced.get(name)
  const works: Told[] = []
  const drains: Told[] = []
  const down: Told[] = []
  // Of the fallback set, which is answered where nothing else works.
  const spare: Told[] = []
  const spareDown: Told[] = []
  for (const id of [...app.endpoints.keys()].sort()) {
    const cluster = state.clusters.get(id)?.value
    const stored = app.endpoints.get(id)
    const endpoint = stored && effectiveEndpoint(state, name, stored)
    if (cluster === undefined || endpoint === undefined) continue
    const states = [
      maintainedState(state, cluster.state, id),
      maintainedState(state, endpoint.state ?? 'active', id, name),
    ]
    if (states.includes('disabled')) continue
    const isDraining = states.includes('draining')
    const hasOwn = endpoint.addresses.length > 0 || endpoint.target !== undefined
    const addresses = hasOwn ? endpoint.addresses : cluster.addresses
    if (addresses.length === 0 && endpoint.target === undefined) continue
    const told = (forces?.get(id) ?? verdicts?.get(id))?.state
    const isSpare = health?.fallback?.includes(id) === true
    const list =
      told === 'down' ? (isSpare ? spareDown : down) : isSpare ? spare : isDraining ? drains : works
    list.push({ endpoint, addresses, isDegraded: told === 'degraded' })
  }
  const isClosed = health?.whenNotEnough === 'fail-closed'
  const lists = [works, drains, spare, spareDown, isClosed ? [] : down]
  const trustMs = trustMsOfApp(health?.check, shortestLeaseSeconds(state, app))
  return appRecords(app.value, lists, type, (chosen) => {
    const isDegraded = chosen.some((told) => told.isDegraded)
    return trustedSeconds(ttl.min, ttl.max, trustMs, isDegraded)
  })
}

function records(name: Name, { type, ttl, rdata }: WireRrset): readonly ResourceRecord[] {
  return rdata.map((one) => record(name, type, ttl, bytes(one)))
}

function bytes(rdata: Uint8Array): ResourceRecord['rdata'] {
  return { kind: 'bytes', bytes: Buffer.from(rdata) }
}

/** RFC 2308 §3, §5: the SOA of a negative answer has the lesser of MINIMUM and its own TTL. */
function negativeSoa(zone: StoredZone): ResourceRecord {
  return soa(zone, Math.min(zone.value.soa.minimum, zone.value.soa.ttl))
}

function soa(zone: StoredZone, ttl: number): ResourceRecord {
  const { mname, rname, refresh, retry, expire, minimum } = zone.value.soa
  return record(zone.value.apex, TYPE_SOA, ttl, {
    kind: 'soa',
    mname,
    rname,
    serial: serialOf(zone),
    refresh,
    retry,
    expire,
    minimum,
  })
}

function record(
  name: string,
  type: number,
  ttl: number,
  rdata: ResourceRecord['rdata'],
): ResourceRecord {
  return { name, type, class: CLASS_IN, ttl, rdata }
}
