import ipaddr from 'ipaddr.js'

/** Returns the address without its zone: `fe80::1%eth0` becomes `fe80::1`. */
export function withoutZone(address: string): string {
  const at = address.indexOf('%')
  return at === -1 ? address : address.slice(0, at)
}

/**
 * Returns what counts as one client where connections are bounded: an IPv4 address, or the /64 of an
 * IPv6 address, because one host can take any address of its /64 (RFC 4291 §2.5.4, RFC 8981).
 */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address
  return ipaddr.IPv6.parse(withoutZone(address)).parts.slice(0, 4).join(':')
}
