import ipaddr from 'ipaddr.js'

/** Words of an IPv6 address; an IPv4 address takes one. */
export const IPV6_WORDS = 4

/** Addresses in packed form by themselves: those of a cluster. */
export interface PackedAddresses {
  readonly words: Int32Array
  readonly ipv4: number
  readonly ipv6: number
}

/** Packs the addresses of a cluster. */
export function packAddresses(addresses: readonly string[]): PackedAddresses {
  const words = new Int32Array(IPV6_WORDS * addresses.length)
  return { words, ...writeAddresses(words, 0, addresses) }
}

/** Writes addresses, IPv4 first, and says how many there are of each family. */
export function writeAddresses(
  words: Int32Array,
  at: number,
  addresses: readonly string[],
): { readonly ipv4: number; readonly ipv6: number } {
  let ipv4 = 0
  for (const address of addresses) {
    if (!address.includes(':')) words[at + ipv4++] = ipv4Word(address)
  }
  if (ipv4 === addresses.length) return { ipv4, ipv6: 0 }
  let off = at + ipv4
  for (const address of addresses) {
    if (!address.includes(':')) continue
    packOctets(words, off, ipaddr.IPv6.parse(address).toByteArray())
    off += IPV6_WORDS
  }
  return { ipv4, ipv6: addresses.length - ipv4 }
}

/** An IPv4 address of a word, in canonical text. */
export function ipv4Text(word: number): string {
  return `${word & 0xff}.${(word >>> 8) & 0xff}.${(word >>> 16) & 0xff}.${word >>> 24}`
}

/** An IPv6 address of four words, in canonical text (RFC 5952). */
export function ipv6Text(words: Int32Array, at: number): string {
  return new ipaddr.IPv6([...unpackOctets(words, at, 16)]).toRFC5952String()
}

/** The octets of an IPv4 address in canonical text, the first lowest. */
function ipv4Word(text: string): number {
  let word = 0
  let octet = 0
  let shift = 0
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (char === 0x2e) {
      word |= octet << shift
      octet = 0
      shift += 8
    } else octet = octet * 10 + char - 0x30
  }
  return word | (octet << shift)
}

/** Packs octets into words, lowest first, the last one filled up with zeros. */
export function packOctets(words: Int32Array, at: number, octets: ArrayLike<number>): void {
  for (let i = 0; i < octets.length; i += 4) {
    words[at + (i >> 2)] =
      octets[i]! |
      ((octets[i + 1] ?? 0) << 8) |
      ((octets[i + 2] ?? 0) << 16) |
      ((octets[i + 3] ?? 0) << 24)
  }
}

/** Unpacks octets that `packOctets` packed. */
export function unpackOctets(words: Int32Array, at: number, count: number): Buffer {
  const out = Buffer.alloc(count)
  for (let i = 0; i < count; i++) out[i] = words[at + (i >> 2)]! >>> ((i & 3) * 8)
  return out
}
