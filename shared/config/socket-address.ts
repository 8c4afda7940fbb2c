import { isIPv4, isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/** An IP address in canonical text (RFC 5952) with a port; port 0 lets the kernel choose one. */
export interface SocketAddress {
  readonly address: string
  readonly port: number
}

export type ParsedSocketAddress =
  | { readonly ok: true; readonly value: SocketAddress }
  | { readonly ok: false; readonly reason: string }

/** Longer than any address with its port; nothing longer is looked at. */
const TEXT_MAX_CHARS = 64

const WANTED = 'an address with a port is wanted, such as 192.0.2.1:53 or [2001:db8::1]:53'

/**
 * Parses `192.0.2.1:53` or `[2001:db8::1]:53` (RFC 3986 §3.2.2: brackets around IPv6). Names are
 * refused, so that nothing has to be resolved before a resolver runs. The reason of a refusal is
 * half a sentence: "has the port 99999, 0 to 65535 is wanted".
 */
export function parseSocketAddress(text: string): ParsedSocketAddress {
  if (text.length > TEXT_MAX_CHARS) {
    return refuse(`is ${text.length} characters long, at most ${TEXT_MAX_CHARS}; ${WANTED}`)
  }
  const parts = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text)
  if (parts === null) return refuse(`is not of the form address:port; ${WANTED}`)
  const [, bracketed, plain, portText] = parts
  const port = Number(portText)
  if (port > 65_535) return refuse(`has the port ${port}, 0 to 65535 is wanted`)
  if (plain !== undefined) {
    if (!isIPv4(plain)) return refuse(`has "${plain}" where an IPv4 address is wanted`)
    return { ok: true, value: { address: plain, port } }
  }
  // A zone (fe80::1%eth0) has a meaning on one machine only, so it has no place in a shared config.
  if (bracketed === undefined || !isIPv6(bracketed) || bracketed.includes('%')) {
    return refuse(`has "${bracketed ?? ''}" where an IPv6 address without a zone is wanted`)
  }
  const ipv6 = ipaddr.IPv6.parse(bracketed)
  if (ipv6.isIPv4MappedAddress()) {
    return refuse(`has "${bracketed}", ${ipv6.toIPv4Address().toString()} is wanted`)
  }
  return { ok: true, value: { address: ipv6.toRFC5952String(), port } }
}

/** Formats the form that `parseSocketAddress` reads: `192.0.2.1:53`, `[2001:db8::1]:53`. */
export function formatSocketAddress({ address, port }: SocketAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** The same as a schema: text in, `SocketAddress` out. */
export const socketAddressSchema = z
  .string()
  .meta({ description: 'IP address and port, IPv6 in brackets', example: '192.0.2.1:53' })
  .transform((text, ctx): SocketAddress => {
    const parsed = parseSocketAddress(text)
    if (parsed.ok) return parsed.value
    ctx.addIssue({ code: 'custom', message: parsed.reason, input: text })
    return z.NEVER
  })

function refuse(reason: string): ParsedSocketAddress {
  return { ok: false, reason }
}
