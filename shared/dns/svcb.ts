import ipaddr from 'ipaddr.js'
import { nameToWire } from './name.ts'
import type { Name } from './name.ts'

/** Rdata of an SVCB or HTTPS record (RFC 9460 §2.2), with the parameters that are known here. */
export interface SvcbRdata {
  /** SvcPriority; 0 is AliasMode. */
  readonly priority: number
  /** TargetName; `.` is the owner of the record. */
  readonly target: Name
  /** Ids of protocols, one character for each octet; none: the parameter is left out. */
  readonly alpn: readonly string[]
  readonly port?: number | undefined
  /** IPv4 addresses; none: the parameter is left out. */
  readonly ipv4hint: readonly string[]
  readonly ipv6hint: readonly string[]
}

// SvcParamKeys (RFC 9460 §14.3.2).
const KEY_ALPN = 1
const KEY_PORT = 3
const KEY_IPV4HINT = 4
const KEY_IPV6HINT = 6

/** Encodes the rdata of an SVCB or HTTPS record. Throws a RangeError when a value does not fit its field. */
export function svcbToWire({
  priority,
  target,
  alpn,
  port,
  ipv4hint,
  ipv6hint,
}: SvcbRdata): Buffer {
  // RFC 9460 §2.2: "SvcParamKeys SHALL appear in increasing numeric order."
  return Buffer.concat([
    uint16(priority),
    // RFC 9460 §2.2: "the uncompressed, fully qualified TargetName"
    nameToWire(target),
    ...(alpn.length === 0 ? [] : param(KEY_ALPN, alpn.map(alpnToWire))),
    ...(port === undefined ? [] : param(KEY_PORT, [uint16(port)])),
    ...(ipv4hint.length === 0 ? [] : param(KEY_IPV4HINT, ipv4hint.map(ipv4ToWire))),
    ...(ipv6hint.length === 0 ? [] : param(KEY_IPV6HINT, ipv6hint.map(ipv6ToWire))),
  ])
}

/**
 * The rdata in presentation format (RFC 9460 §2.1): `1 . alpn="h2,h3" port=8443`. For ids of protocols
 * without quotes, commas and backslashes.
 */
export function svcbText({ priority, target, alpn, port, ipv4hint, ipv6hint }: SvcbRdata): string {
  return [
    `${priority} ${target}`,
    ...(alpn.length === 0 ? [] : [`alpn="${alpn.join(',')}"`]),
    ...(port === undefined ? [] : [`port=${port}`]),
    ...(ipv4hint.length === 0 ? [] : [`ipv4hint=${ipv4hint.join(',')}`]),
    ...(ipv6hint.length === 0 ? [] : [`ipv6hint=${ipv6hint.join(',')}`]),
  ].join(' ')
}

function param(key: number, values: readonly Buffer[]): readonly Buffer[] {
  const value = Buffer.concat(values)
  return [uint16(key), uint16(value.length), value]
}

/** RFC 9460 §7.1.1: each id with its length before it. */
function alpnToWire(id: string): Buffer {
  if (id.length === 0 || id.length > 255) {
    throw new RangeError(`alpn: ${id.length} octets are not in 1..255`)
  }
  return Buffer.concat([Buffer.from([id.length]), Buffer.from(id, 'latin1')])
}

function ipv4ToWire(address: string): Buffer {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) {
    throw new RangeError(`ipv4hint: ${address} is no IPv4 address`)
  }
  return Buffer.from(ipaddr.IPv4.parse(address).toByteArray())
}

function ipv6ToWire(address: string): Buffer {
  if (!ipaddr.IPv6.isValid(address) || address.includes('%')) {
    throw new RangeError(`ipv6hint: ${address} is no IPv6 address`)
  }
  return Buffer.from(ipaddr.IPv6.parse(address).toByteArray())
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
