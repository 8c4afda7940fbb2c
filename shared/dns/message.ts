import dnsPacket from 'dns-packet'
import type {
  Answer,
  BufferAnswer,
  DecodedPacket,
  Packet,
  Question as PacketQuestion,
} from 'dns-packet'
import ipaddr from 'ipaddr.js'
import { assertNever } from '../errors.ts'
import {
  EDNS_FLAG_DO,
  FLAG_AA,
  FLAG_AD,
  FLAG_CD,
  FLAG_RA,
  FLAG_RD,
  FLAG_TC,
  FLAG_Z,
  OPCODE_MASK,
  OPCODE_SHIFT,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_HINFO,
  TYPE_MX,
  TYPE_NS,
  TYPE_OPT,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_TXT,
} from './codes.ts'
import { decodeOptions, encodeOptions } from './edns.ts'
import type { EdnsOption } from './edns.ts'
import { MESSAGE_MAX_BYTES } from './framing.ts'
import { walkMessage } from './message-walk.ts'
import type { QuestionPlace, RecordPlace, Walk } from './message-walk.ts'
import { nameToWire, toName } from './name.ts'
import type { Name } from './name.ts'

/**
 * Whole messages as plain values, for control paths, tools and tests; the hot path has its own code.
 *
 * `dns-packet` takes the rdata apart and puts messages together. What it would get wrong is done here,
 * by one walk over the message:
 * - it makes text of names without escapes, so a dot or a raw octet within a label is lost. It is
 *   given names of the same length; the true ones are read, and written over its own, by the walk;
 * - it trusts RDLENGTH, which the walk checks against the type. Rdata that is not of its type's
 *   shape, or of a type not listed in `Rdata`, is hidden from it under a type that it does not know;
 * - it knows five classes, and takes trailing octets.
 */
export interface DnsMessage {
  readonly id: number
  readonly qr: boolean
  readonly opcode: number
  readonly aa: boolean
  readonly tc: boolean
  readonly rd: boolean
  readonly ra: boolean
  /** The reserved bit (RFC 1035 §4.1.1). */
  readonly z: boolean
  readonly ad: boolean
  readonly cd: boolean
  /** All 12 bits, the upper eight from the OPT record (RFC 6891 §6.1.3). */
  readonly rcode: number
  readonly questions: readonly Question[]
  readonly answers: readonly ResourceRecord[]
  readonly authorities: readonly ResourceRecord[]
  /** Without the OPT record, which is `edns`. */
  readonly additionals: readonly ResourceRecord[]
  readonly edns: Edns | undefined
}

export interface Question {
  readonly name: Name
  readonly type: number
  readonly class: number
}

export interface ResourceRecord {
  readonly name: Name
  readonly type: number
  readonly class: number
  readonly ttl: number
  readonly rdata: Rdata
}

/** The OPT record (RFC 6891 §6.1). Its place among the additional records is not kept. */
export interface Edns {
  readonly udpSize: number
  readonly version: number
  readonly dnssecOk: boolean
  readonly options: readonly EdnsOption[]
}

/**
 * Rdata by kind: `address` of A and AAAA (canonical text), `name` of NS, CNAME and PTR, `text` of TXT.
 * Strings have one character for each octet (latin1). `bytes` is what has no other kind.
 */
export type Rdata =
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'name'; readonly name: Name }
  | {
      readonly kind: 'soa'
      readonly mname: Name
      readonly rname: Name
      readonly serial: number
      readonly refresh: number
      readonly retry: number
      readonly expire: number
      readonly minimum: number
    }
  | { readonly kind: 'mx'; readonly preference: number; readonly exchange: Name }
  | {
      readonly kind: 'srv'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: Name
    }
  | { readonly kind: 'hinfo'; readonly cpu: string; readonly os: string }
  | { readonly kind: 'text'; readonly strings: readonly string[] }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }

/** A message with nothing in it, to spread and fill: `{ ...blankMessage, id: 7, rd: true }`. */
export const blankMessage: DnsMessage = {
  id: 0,
  qr: false,
  opcode: 0,
  aa: false,
  tc: false,
  rd: false,
  ra: false,
  z: false,
  ad: false,
  cd: false,
  rcode: 0,
  questions: [],
  answers: [],
  authorities: [],
  additionals: [],
  edns: undefined,
}

/**
 * Decodes a message. Returns undefined when it is broken: cut, a bad name or option, octets behind
 * the last record, an OPT record that is a second one, not of the root, or in another section. Never
 * throws. Names lose their case; the value shares no memory with `bytes`.
 */
export function decodeMessage(bytes: Uint8Array): DnsMessage | undefined {
  if (bytes.length > MESSAGE_MAX_BYTES) return undefined
  const wire = Buffer.from(bytes)
  const walk = walkMessage(wire)
  if (walk === undefined) return undefined
  const edns = takeEdns(walk)
  if (edns === 'broken') return undefined

  const opaque = Buffer.from(wire)
  for (const record of [...walk.answers, ...walk.authorities, ...walk.additionals]) {
    if (!record.shaped) opaque.writeUInt16BE(TYPE_OPAQUE, record.typeAt)
  }
  const packet = decodePacket(opaque)
  if (packet === undefined) return undefined
  const flags = packet.flags ?? 0
  return {
    id: packet.id ?? 0,
    qr: packet.flag_qr,
    opcode: (flags & OPCODE_MASK) >> OPCODE_SHIFT,
    aa: packet.flag_aa,
    tc: packet.flag_tc,
    rd: packet.flag_rd,
    ra: packet.flag_ra,
    z: packet.flag_z,
    ad: packet.flag_ad,
    cd: packet.flag_cd,
    rcode: ((edns?.upperRcode ?? 0) << 4) | (flags & 0x0f),
    questions: walk.questions.map(({ name, type, class: qclass }) => ({
      name,
      type,
      class: qclass,
    })),
    answers: recordsOf(walk.answers, packet.answers),
    authorities: recordsOf(walk.authorities, packet.authorities),
    additionals: recordsOf(walk.additionals, packet.additionals),
    edns: edns?.edns,
  }
}

/**
 * Encodes a message, without compression, the OPT record last. Throws a TypeError for a bad name and a
 * RangeError for a value that does not fit its field or its record's type: both are bugs.
 */
export function encodeMessage(message: DnsMessage): Buffer {
  const records = [
    ...message.answers,
    ...message.authorities,
    ...message.additionals,
    ...(message.edns === undefined ? [] : [optRecord(message.edns, message.rcode)]),
  ]
  if (message.edns === undefined) checkRange('rcode without EDNS', message.rcode, 0, 0x0f)
  const wire = dnsPacket.encode(toPacket(message, records))
  const walk = wire.length > MESSAGE_MAX_BYTES ? undefined : walkMessage(wire)
  if (walk === undefined) throw new RangeError(`message: ${wire.length} octets, at most 65535`)
  for (const [i, place] of walk.questions.entries()) overwrite(wire, place, message.questions[i])
  const places = [...walk.answers, ...walk.authorities, ...walk.additionals]
  for (const [i, place] of places.entries()) {
    overwrite(wire, place, records[i])
    const names = records[i] === undefined ? [] : namesOf(records[i].rdata)
    for (const [j, { at }] of place.names.entries()) overwriteName(wire, at, names[j])
  }
  return wire
}

// ---- from dns-packet ----

/** Private use (RFC 6895 §3.1): `dns-packet` leaves the rdata of a type that it does not know alone. */
const TYPE_OPAQUE = 0xfffe

/** Undefined where a name points into the type field of a record that was hidden: that is no name. */
function decodePacket(wire: Buffer): DecodedPacket | undefined {
  try {
    return dnsPacket.decode(wire)
  } catch {
    return undefined
  }
}

function recordsOf(
  places: readonly RecordPlace[],
  packed: readonly Answer[] | undefined,
): readonly ResourceRecord[] {
  const records: ResourceRecord[] = []
  for (const [i, place] of places.entries()) {
    if (place.type === TYPE_OPT) continue
    const { name, type, class: rclass, ttl } = place
    records.push({ name, type, class: rclass, ttl, rdata: rdataOf(place, packed?.[i]) })
  }
  return records
}

function rdataOf(place: RecordPlace, packed: Answer | undefined): Rdata {
  const first = place.names[0]?.name ?? '.'
  const second = place.names[1]?.name ?? '.'
  switch (packed?.type) {
    case 'A':
    case 'AAAA':
      return { kind: 'address', address: ipaddr.parse(packed.data).toString() }
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return { kind: 'name', name: first }
    case 'SOA': {
      const { serial = 0, refresh = 0, retry = 0, expire = 0, minimum = 0 } = packed.data
      return { kind: 'soa', mname: first, rname: second, serial, refresh, retry, expire, minimum }
    }
    case 'MX':
      return { kind: 'mx', preference: packed.data.preference ?? 0, exchange: first }
    case 'SRV': {
      const { priority = 0, weight = 0, port } = packed.data
      return { kind: 'srv', priority, weight, port, target: first }
    }
    default:
      return stringsOf(place) ?? { kind: 'bytes', bytes: place.rdata }
  }
}

/** TXT and HINFO, of which `dns-packet` makes UTF-8, octet for octet. */
function stringsOf({ type, rdata }: RecordPlace): Rdata | undefined {
  if (type !== TYPE_TXT && type !== TYPE_HINFO) return undefined
  const strings: string[] = []
  let off = 0
  while (off < rdata.length) {
    const end = off + 1 + rdata.readUInt8(off)
    if (end > rdata.length) return undefined
    strings.push(rdata.toString('latin1', off + 1, end))
    off = end
  }
  const [cpu, os] = strings
  if (type === TYPE_TXT) return cpu === undefined ? undefined : { kind: 'text', strings }
  if (cpu === undefined || os === undefined || strings.length > 2) return undefined
  return { kind: 'hinfo', cpu, os }
}

interface OptRecord {
  readonly edns: Edns
  readonly upperRcode: number
}

function takeEdns(walk: Walk): OptRecord | undefined | 'broken' {
  const isOpt = ({ type }: RecordPlace): boolean => type === TYPE_OPT
  // RFC 6891 §6.1.1: one at most, in the additional section; §6.1.2: of the root.
  if (walk.answers.some(isOpt) || walk.authorities.some(isOpt)) return 'broken'
  const [opt, ...more] = walk.additionals.filter(isOpt)
  if (opt === undefined) return undefined
  const options = decodeOptions(opt.rdata)
  if (more.length > 0 || opt.name !== '.' || options === undefined) return 'broken'
  return {
    edns: {
      udpSize: opt.class,
      version: (opt.ttl >>> 16) & 0xff,
      dnssecOk: (opt.ttl & EDNS_FLAG_DO) !== 0,
      options,
    },
    upperRcode: opt.ttl >>> 24,
  }
}

// ---- to dns-packet ----

function toPacket(message: DnsMessage, records: readonly ResourceRecord[]): Packet {
  checkRange('opcode', message.opcode, 0, 0x0f)
  const additionalsAt = message.answers.length + message.authorities.length
  const packed = records.map(toAnswer)
  return {
    type: message.qr ? 'response' : 'query',
    id: message.id,
    flags:
      (message.opcode << OPCODE_SHIFT) |
      (message.aa ? FLAG_AA : 0) |
      (message.tc ? FLAG_TC : 0) |
      (message.rd ? FLAG_RD : 0) |
      (message.ra ? FLAG_RA : 0) |
      (message.z ? FLAG_Z : 0) |
      (message.ad ? FLAG_AD : 0) |
      (message.cd ? FLAG_CD : 0) |
      (message.rcode & 0x0f),
    questions: message.questions.map(toQuestion),
    answers: packed.slice(0, message.answers.length),
    authorities: packed.slice(message.answers.length, additionalsAt),
    additionals: packed.slice(additionalsAt),
  }
}

function toQuestion(question: Question): PacketQuestion {
  return { name: standIn(question.name), type: opaqueType(question.type) }
}

/** The types that a kind of rdata belongs to; 'bytes' goes with all. */
const typesOf: Readonly<Record<Exclude<Rdata['kind'], 'bytes'>, readonly number[]>> = {
  address: [TYPE_A, TYPE_AAAA],
  name: [TYPE_NS, TYPE_CNAME, TYPE_PTR],
  soa: [TYPE_SOA],
  mx: [TYPE_MX],
  srv: [TYPE_SRV],
  hinfo: [TYPE_HINFO],
  text: [TYPE_TXT],
}

function toAnswer(record: ResourceRecord): Answer {
  const { rdata, ttl, type } = record
  const name = standIn(record.name)
  if (rdata.kind !== 'bytes' && !typesOf[rdata.kind].includes(type)) {
    throw new RangeError(`rdata: a record of type ${type} has no ${rdata.kind}`)
  }
  switch (rdata.kind) {
    case 'address':
      return { name, ttl, type: type === TYPE_A ? 'A' : 'AAAA', data: checkAddress(type, rdata) }
    case 'name':
      // NS, CNAME and PTR are written alike; `overwrite` sets the true type.
      return { name, ttl, type: 'NS', data: standIn(rdata.name) }
    case 'soa': {
      const data = { ...rdata, mname: standIn(rdata.mname), rname: standIn(rdata.rname) }
      return { name, ttl, type: 'SOA', data }
    }
    case 'mx':
      return { name, ttl, type: 'MX', data: { ...rdata, exchange: standIn(rdata.exchange) } }
    case 'srv':
      return { name, ttl, type: 'SRV', data: { ...rdata, target: standIn(rdata.target) } }
    case 'hinfo':
      return { name, ttl, type: opaqueType(type), data: stringsToWire([rdata.cpu, rdata.os]) }
    case 'text':
      // RFC 1035 §3.3.14: "One or more <character-string>s."
      checkRange('number of strings', rdata.strings.length, 1, MESSAGE_MAX_BYTES)
      return { name, ttl, type: opaqueType(type), data: stringsToWire(rdata.strings) }
    case 'bytes':
      return { name, ttl, type: opaqueType(type), data: rdata.bytes }
    default:
      return assertNever(rdata)
  }
}

function checkAddress(type: number, { address }: { readonly address: string }): string {
  const good =
    type === TYPE_A
      ? ipaddr.IPv4.isValidFourPartDecimal(address)
      : ipaddr.IPv6.isValid(address) && !address.includes('%')
  if (!good) throw new RangeError(`rdata: ${address} is no address of a record of type ${type}`)
  return ipaddr.parse(address).toString()
}

function optRecord(edns: Edns, rcode: number): ResourceRecord {
  checkRange('rcode', rcode, 0, 0x0fff)
  checkRange('version', edns.version, 0, 0xff)
  const flags = edns.dnssecOk ? EDNS_FLAG_DO : 0
  return {
    name: '.',
    type: TYPE_OPT,
    class: edns.udpSize,
    ttl: (rcode >> 4) * 2 ** 24 + edns.version * 2 ** 16 + flags,
    rdata: { kind: 'bytes', bytes: encodeOptions(edns.options) },
  }
}

function stringsToWire(strings: readonly string[]): Buffer {
  return Buffer.concat(
    strings.flatMap((text) => {
      checkRange('length of a string', text.length, 0, 0xff)
      return [Buffer.from([text.length]), Buffer.from(text, 'latin1')]
    }),
  )
}

/** The spelling by which `dns-packet` writes a type, its rdata as it is. */
function opaqueType(type: number): BufferAnswer['type'] {
  const text: string = `UNKNOWN_${type}`
  return text as 'NULL' // oxlint-disable-line typescript/no-unsafe-type-assertion -- not in its types
}

/** A name of the same length in octets that `dns-packet` can write: an escape is one octet. */
function standIn(name: Name): string {
  return toName(name).replaceAll(/\\\d{3}/g, 'x')
}

/** Sets what `dns-packet` could not write of a question or record: name, type and class. */
function overwrite(wire: Buffer, place: QuestionPlace, truth: Question | undefined): void {
  if (truth === undefined) return
  overwriteName(wire, place.nameAt, truth.name)
  wire.writeUInt16BE(truth.type, place.typeAt)
  wire.writeUInt16BE(truth.class, place.typeAt + 2)
}

function overwriteName(wire: Buffer, at: number, name: Name | undefined): void {
  if (name !== undefined) nameToWire(toName(name)).copy(wire, at)
}

function namesOf(rdata: Rdata): readonly Name[] {
  switch (rdata.kind) {
    case 'name':
      return [rdata.name]
    case 'soa':
      return [rdata.mname, rdata.rname]
    case 'mx':
      return [rdata.exchange]
    case 'srv':
      return [rdata.target]
    case 'address':
    case 'hinfo':
    case 'text':
    case 'bytes':
      return []
    default:
      return assertNever(rdata)
  }
}

function checkRange(what: string, value: number, min: number, max: number): void {
  if (!(Number.isInteger(value) && value >= min && value <= max)) {
    throw new RangeError(`${what}: ${value} is not in ${min}..${max}`)
  }
}
