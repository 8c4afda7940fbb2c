import { CLASS_IN, FLAG_RD, TYPE_A, TYPE_OPT } from '../../shared/dns/codes.ts'
import { encodeOptions } from '../../shared/dns/edns.ts'
import type { EdnsOption } from '../../shared/dns/edns.ts'
import { nameToWire } from '../../shared/dns/name.ts'

/** What tests write into a query; a count that is absent is the true one. */
export interface QueryParts {
  readonly id?: number
  readonly flags?: number
  readonly qname?: Buffer
  readonly qtype?: number
  readonly qclass?: number
  readonly qdcount?: number
  readonly ancount?: number
  readonly nscount?: number
  readonly arcount?: number
  /** Records behind the question, which count as additional ones. */
  readonly records?: readonly Buffer[]
}

/** Builds the octets of a query for tests, broken ones too: nothing is checked. */
export function queryBytes(parts: QueryParts = {}): Buffer {
  const records = parts.records ?? []
  return Buffer.concat([
    uint16(parts.id ?? 0x1234),
    uint16(parts.flags ?? FLAG_RD),
    uint16(parts.qdcount ?? 1),
    uint16(parts.ancount ?? 0),
    uint16(parts.nscount ?? 0),
    uint16(parts.arcount ?? records.length - (parts.ancount ?? 0) - (parts.nscount ?? 0)),
    parts.qname ?? nameToWire('www.example.'),
    uint16(parts.qtype ?? TYPE_A),
    uint16(parts.qclass ?? CLASS_IN),
    ...records,
  ])
}

/** Builds one record; `rdlength` is the true one unless it is given. */
export function recordBytes(
  owner: Buffer,
  fixed: { type: number; class?: number; ttl?: number; rdlength?: number },
  rdata: Buffer = Buffer.alloc(0),
): Buffer {
  const ttl = Buffer.alloc(4)
  ttl.writeUInt32BE(fixed.ttl ?? 0)
  return Buffer.concat([
    owner,
    uint16(fixed.type),
    uint16(fixed.class ?? CLASS_IN),
    ttl,
    uint16(fixed.rdlength ?? rdata.length),
    rdata,
  ])
}

/** Builds an OPT record; `flags` are the lower 16 bits of its TTL. */
export function optBytes(
  parts: {
    udpSize?: number
    version?: number
    flags?: number
    owner?: Buffer
    options?: readonly EdnsOption[]
  } = {},
): Buffer {
  return recordBytes(
    parts.owner ?? Buffer.alloc(1),
    {
      type: TYPE_OPT,
      class: parts.udpSize ?? 1232,
      ttl: (parts.version ?? 0) * 2 ** 16 + (parts.flags ?? 0),
    },
    encodeOptions(parts.options ?? []),
  )
}

function uint16(value: number): Buffer {
  const octets = Buffer.alloc(2)
  octets.writeUInt16BE(value)
  return octets
}
