import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import {
  CLASS_IN,
  TTL_MAX,
  TYPE_A,
  TYPE_AAAA,
  TYPE_CNAME,
  TYPE_HINFO,
  TYPE_HTTPS,
  TYPE_NS,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { MESSAGE_MAX_BYTES } from '../../shared/dns/framing.ts'
import { NAME_POINTER, isAtOrUnder, nameToWire } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { svcbToWire } from '../../shared/dns/svcb.ts'
import type { SvcbRdata } from '../../shared/dns/svcb.ts'
import { HEADER_BYTES } from './query.ts'

/**
 * Records in wire form, made once when data changes and copied into every answer.
 *
 * Owners are pointers: to the qname, which always stands at 12, or to the zone apex. The apex is a
 * suffix of every qname of the zone, so it stands at `qnameEnd - apexBytes` of the message, which
 * differs from query to query: `encodeAnswer` patches the pointers that `apexPointers` lists.
 */
export interface RecordBlock {
  /** Complete resource records, one after the other; never written to. */
  readonly bytes: Buffer
  /** How many records there are. */
  readonly count: number
  /** Offsets in `bytes` of the two octets of every pointer to the apex, as owner or within rdata. */
  readonly apexPointers: readonly number[]
}

/** Rdata of an SOA record (RFC 1035 §3.3.13); times in seconds. */
export interface SoaRdata {
  readonly mname: Name
  readonly rname: Name
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
}

/** Rdata of an HINFO record (RFC 1035 §3.3.2), at most 255 octets each. */
export interface HinfoRdata {
  readonly cpu: string
  readonly os: string
}

/** Rdata of an SRV record (RFC 2782); 16 bits each. */
export interface SrvRdata {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: Name
}

interface RecordHead {
  /** A name of its own is for glue, whose owner is neither. */
  readonly owner: 'qname' | 'apex' | { readonly name: Name }
  /** IN where absent. */
  readonly class?: number
  /** Seconds, 0 to 2^31 - 1. */
  readonly ttl: number
}

/**
 * A record to encode; the type says what the rdata is: an address as text, a name, SOA fields, those of
 * a service, HINFO, or the strings of a TXT record (UTF-8, those of more than 255 octets are split).
 */
export type RecordData =
  | (RecordHead & { readonly type: typeof TYPE_A | typeof TYPE_AAAA; readonly rdata: string })
  | (RecordHead & { readonly type: typeof TYPE_NS; readonly rdata: Name })
  | (RecordHead & { readonly type: typeof TYPE_CNAME; readonly rdata: Name })
  | (RecordHead & { readonly type: typeof TYPE_SRV; readonly rdata: SrvRdata })
  | (RecordHead & {
      readonly type: typeof TYPE_SVCB | typeof TYPE_HTTPS
      readonly rdata: SvcbRdata
    })
  | (RecordHead & { readonly type: typeof TYPE_SOA; readonly rdata: SoaRdata })
  | (RecordHead & { readonly type: typeof TYPE_HINFO; readonly rdata: HinfoRdata })
  | (RecordHead & { readonly type: typeof TYPE_TXT; readonly rdata: readonly string[] })

/**
 * Encodes records of the zone `apex`; of a referral that is the name of the cut, which is a suffix of
 * every qname that the referral is for. For the root no pointer is written: its one zero octet is
 * shorter. Not for the hot path. Throws a RangeError when a value does not fit its field: addresses,
 * names and numbers are checked where they enter, so that is a bug.
 */
export function encodeRecords(records: readonly RecordData[], apex: Name): RecordBlock {
  const block: Block = { octets: [], apexPointers: [], apex, apexBytes: nameToWire(apex).length }
  for (const record of records) writeRecord(block, record)
  if (block.octets.length > MESSAGE_MAX_BYTES) {
    throw new RangeError(
      `records: ${block.octets.length} octets, at most ${MESSAGE_MAX_BYTES} fit in a message`,
    )
  }
  return {
    bytes: Buffer.from(block.octets),
    count: records.length,
    apexPointers: block.apexPointers,
  }
}

const DIGIT_ZERO = 0x30

/** A block in the making. */
interface Block {
  readonly octets: number[]
  readonly apexPointers: number[]
  readonly apex: Name
  readonly apexBytes: number
}

function writeRecord(block: Block, record: RecordData): void {
  if (record.owner === 'qname') writeUInt16(block, NAME_POINTER | HEADER_BYTES)
  else writeName(block, record.owner === 'apex' ? block.apex : record.owner.name)
  writeUInt16(block, record.type)
  writeUInt16(block, record.class ?? CLASS_IN)
  // RFC 2181 §8: "a minimum value of 0, and a maximum value of 2147483647"
  if (record.ttl > TTL_MAX) throw new RangeError(`ttl: ${record.ttl} is above ${TTL_MAX}`)
  writeUInt32(block, record.ttl)
  const rdlengthAt = block.octets.length
  writeUInt16(block, 0)
  writeRdata(block, record)
  const rdlength = block.octets.length - rdlengthAt - 2
  if (rdlength > 0xffff) throw new RangeError(`rdata: ${rdlength} octets, at most 65535`)
  block.octets[rdlengthAt] = rdlength >> 8
  block.octets[rdlengthAt + 1] = rdlength & 0xff
}

function writeRdata(block: Block, record: RecordData): void {
  switch (record.type) {
    case TYPE_A:
    case TYPE_AAAA:
      block.octets.push(...addressOctets(record.type, record.rdata))
      return
    case TYPE_NS:
    case TYPE_CNAME:
      writeName(block, record.rdata)
      return
    case TYPE_SRV:
      writeUInt16(block, record.rdata.priority)
      writeUInt16(block, record.rdata.weight)
      writeUInt16(block, record.rdata.port)
      // RFC 2782: "name compression is not to be used for this field"
      block.octets.push(...nameToWire(record.rdata.target))
      return
    case TYPE_SVCB:
    case TYPE_HTTPS:
      block.octets.push(...svcbToWire(record.rdata))
      return
    case TYPE_SOA:
      writeName(block, record.rdata.mname)
      writeName(block, record.rdata.rname)
      writeUInt32(block, record.rdata.serial)
      writeUInt32(block, record.rdata.refresh)
      writeUInt32(block, record.rdata.retry)
      writeUInt32(block, record.rdata.expire)
      writeUInt32(block, record.rdata.minimum)
      return
    case TYPE_HINFO:
      writeString(block, Buffer.from(record.rdata.cpu))
      writeString(block, Buffer.from(record.rdata.os))
      return
    case TYPE_TXT:
      // RFC 1035 §3.3.14: "One or more <character-string>s": an empty list is one empty string.
      for (const text of record.rdata.length === 0 ? [''] : record.rdata) writeText(block, text)
  }
}

function addressOctets(type: typeof TYPE_A | typeof TYPE_AAAA, text: string): readonly number[] {
  if (type === TYPE_A) {
    if (!isIPv4(text)) throw new RangeError(`rdata: ${text} is no IPv4 address`)
    return ipv4Octets(text)
  }
  if (!isIPv6(text) || text.includes('%')) {
    throw new RangeError(`rdata: ${text} is no IPv6 address`)
  }
  return ipaddr.IPv6.parse(text).toByteArray()
}

/** Of four decimal parts. By hand: most answers have one, and ipaddr.js takes as long for it as all the rest. */
function ipv4Octets(text: string): readonly number[] {
  const octets = [0, 0, 0, 0]
  let part = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - DIGIT_ZERO
    // The only other character is the full stop.
    if (digit < 0) part++
    else octets[part] = (octets[part] ?? 0) * 10 + digit
  }
  return octets
}

/**
 * RFC 3597 §4: only the well-known types may have names in their rdata compressed; NS, CNAME and SOA are
 * among them.
 */
function writeName(block: Block, name: Name): void {
  const wire = nameToWire(name)
  if (block.apex === '.' || !isAtOrUnder(name, block.apex)) {
    block.octets.push(...wire)
    return
  }
  block.octets.push(...wire.subarray(0, wire.length - block.apexBytes))
  block.apexPointers.push(block.octets.length)
  writeUInt16(block, NAME_POINTER)
}

function writeText(block: Block, text: string): void {
  const octets = Buffer.from(text)
  for (let off = 0; off === 0 || off < octets.length; off += STRING_MAX_BYTES) {
    writeString(block, octets.subarray(off, off + STRING_MAX_BYTES))
  }
}

function writeString(block: Block, octets: Buffer): void {
  if (octets.length > STRING_MAX_BYTES) {
    throw new RangeError(`rdata: string of ${octets.length} octets, at most ${STRING_MAX_BYTES}`)
  }
  block.octets.push(octets.length, ...octets)
}

function writeUInt16(block: Block, value: number): void {
  if (!(value >= 0 && value <= 0xffff)) throw new RangeError(`${value} is not in 0..65535`)
  block.octets.push(value >> 8, value & 0xff)
}

function writeUInt32(block: Block, value: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff)) {
    throw new RangeError(`${value} is not an integer in 0..4294967295`)
  }
  writeUInt16(block, value >>> 16)
  writeUInt16(block, value & 0xffff)
}

/** The longest <character-string> (RFC 1035 §3.3). */
const STRING_MAX_BYTES = 255
