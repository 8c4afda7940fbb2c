import {
  CLASS_IN,
  OPCODE_QUERY,
  RCODE_BADVERS,
  RCODE_FORMERR,
  RCODE_NOERROR,
  RCODE_NOTIMP,
  RCODE_NXDOMAIN,
  RCODE_REFUSED,
  TYPE_ANY,
  TYPE_HINFO,
  TYPE_NS,
  TYPE_SOA,
} from '../../shared/dns/codes.ts'
import { blankMessage, decodeMessage, encodeMessage } from '../../shared/dns/message.ts'
import type { DnsMessage, Question, ResourceRecord } from '../../shared/dns/message.ts'
import { nameToWire } from '../../shared/dns/name.ts'
import { trustMsOfApp, trustedSeconds } from '../../shared/registry/trust.ts'
import { appRecords } from './app-records.ts'
import type { Told } from './app-records.ts'
import { effectiveEndpoint, shortestLeaseSeconds } from '../model/machines.ts'
import { maintainedState } from '../model/maintenance.ts'
import type { RegistryState, StoredApp, StoredZone } from '../model/state.ts'
import { serialOf, zoneOf } from '../model/state.ts'

/** The header (RFC 1035 §4.1.1); the qname stands behind it. */
const HEADER_BYTES = 12
/** UDP payload size that is told in OPT; over gRPC it bounds nothing. */
const UDP_SIZE = 1232

type Outcome = Pick<DnsMessage, 'rcode' | 'aa' | 'answers' | 'authorities'>

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
  const answer = encodeMessage({ ...base, ...ask(state, question) })
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

/** RFC 1034 §4.3.2, for zones that hold an SOA, name servers and apps. */
function ask(state: RegistryState, question: Question): Outcome {
  const { name, type } = question
  const zone = question.class === CLASS_IN ? zoneOf(state, name) : undefined
  if (zone === undefined) {
    return { rcode: RCODE_REFUSED, aa: false, answers: [], authorities: [] }
  }
  const isApex = name === zone.value.apex
  const app = state.apps.get(name)
  const found = (answers: readonly ResourceRecord[]): Outcome =>
    answers.length === 0
      ? { rcode: RCODE_NOERROR, aa: true, answers: [], authorities: [negativeSoa(zone)] }
      : { rcode: RCODE_NOERROR, aa: true, answers, authorities: [] }
  if (isApex && type === TYPE_SOA) return found([soa(zone, zone.value.soa.ttl)])
  if (isApex && type === TYPE_NS) {
    return found(
      zone.value.ns.map((ns) =>
        record(name, TYPE_NS, zone.value.nsTtl, { kind: 'name', name: ns }),
      ),
    )
  }
  if (app === undefined && !isApex && !state.descendants.has(name)) {
    return { rcode: RCODE_NXDOMAIN, aa: true, answers: [], authorities: [negativeSoa(zone)] }
  }
  const answers = app === undefined ? [] : recordsOf(state, app, type)
  // RFC 8482 §4.2: only "if there is no CNAME present at the owner name".
  if (type === TYPE_ANY && answers.length === 0) {
    return found([
      record(name, TYPE_HINFO, zone.value.soa.ttl, { kind: 'hinfo', cpu: 'RFC8482', os: '' }),
    ])
  }
  return found(answers)
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
