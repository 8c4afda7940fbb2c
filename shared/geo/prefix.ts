import { isIPv4, isIPv6 } from 'node:net'

/** The addresses that begin with the same bits. */
export interface Prefix {
  readonly family: 4 | 6
  /** The address in unsigned 32-bit words, the highest first: 1 for IPv4, 4 for IPv6. Host bits are 0. */
  readonly words: readonly number[]
  /** How many bits count: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly bits: number
}

export type ParsedPrefix =
  { readonly ok: true; readonly prefix: Prefix } | { readonly ok: false; readonly reason: string }

/** Longer than any prefix; nothing longer is looked at. */
const TEXT_MAX_CHARS = 64

const WANTED = 'a prefix such as 192.0.2.0/24 or 2001:db8::/32 is wanted'

/**
 * Parses CIDR text (RFC 4632 §3.1, RFC 4291 §2.3). IPv6 may be written in any form, `prefixText` gives the
 * canonical one. The reason of a refusal is half a sentence: "has host bits, 192.0.2.0/24 is meant".
 */
export function parsePrefix(text: string): ParsedPrefix {
  if (text.length > TEXT_MAX_CHARS) {
    return refuse(`is ${text.length} characters long, at most ${TEXT_MAX_CHARS}; ${WANTED}`)
  }
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const words = wordsOf(address)
  if (words === undefined) return refuse(`is not a prefix; ${WANTED}`)
  const most = words.length * 32
  if (slash < 0) return refuse(`has no length; ${address}/${most} is that one address`)
  const length = text.slice(slash + 1)
  // Leading zeros are read as octal elsewhere.
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > most) {
    return refuse(`has the length "${length}", 0 to ${most} is wanted`)
  }
  const bits = Number(length)
  const family = words.length === 1 ? 4 : 6
  const prefix: Prefix = { family, words: words.map((word, i) => networkOf(word, i, bits)), bits }
  if (words.some((word, i) => word !== prefix.words[i])) {
    return refuse(`has host bits, ${prefixText(prefix)} is meant`)
  }
  const ipv4 = mappedPrefix(prefix)
  if (ipv4 !== undefined) return refuse(`is IPv4 within IPv6, ${prefixText(ipv4)} is meant`)
  return { ok: true, prefix }
}

/** The canonical text of a prefix: the address as RFC 5952 §4 wants it, a slash, the length. */
export function prefixText({ family, words, bits }: Prefix): string {
  return `${family === 4 ? ipv4Text(words[0] ?? 0) : ipv6Text(words)}/${bits}`
}

// Not by ipaddr.js: it takes ::192.0.2.1 for ::ffff:192.0.2.1, and up to three times as long where a
// hundred thousand prefixes are read at once.

function wordsOf(address: string): readonly number[] | undefined {
  if (isIPv4(address)) return [ipv4Word(address)]
  // A zone (fe80::1%eth0) has a meaning on one machine only.
  if (!isIPv6(address) || address.includes('%')) return undefined
  return ipv6Words(address)
}

/** Of four decimal parts, which `isIPv4` has found good. */
function ipv4Word(address: string): number {
  const [a, b, c, d] = address.split('.')
  return ((Number(a) << 24) | (Number(b) << 16) | (Number(c) << 8) | Number(d)) >>> 0
}

/** Of what `isIPv6` has found good: groups of hex digits, at most one ::, maybe IPv4 at the end. */
function ipv6Words(address: string): readonly number[] {
  const [head = '', tail = ''] = address.split('::')
  const left = groupsOf(head)
  const right = groupsOf(tail)
  const groups = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
  const wordAt = (i: number): number => (((groups[i] ?? 0) << 16) | (groups[i + 1] ?? 0)) >>> 0
  return [wordAt(0), wordAt(2), wordAt(4), wordAt(6)]
}

function groupsOf(text: string): readonly number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return Number.parseInt(group, 16)
    const word = ipv4Word(group)
    return [word >>> 16, word & 0xffff]
  })
}

function ipv4Text(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`
}

function ipv6Text(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff])
  const { at, length } = longestZeros(groups)
  // RFC 5952 §4.2.2: "The symbol "::" MUST NOT be used to shorten just one 16-bit 0 field."
  if (length < 2) return hexText(groups)
  return `${hexText(groups.slice(0, at))}::${hexText(groups.slice(at + length))}`
}

/** RFC 5952 §4.2.3: the longest run of zero fields is shortened, the first of equally long ones. */
function longestZeros(groups: readonly number[]): { readonly at: number; readonly length: number } {
  let longest = { at: 0, length: 0 }
  for (let at = 0; at < groups.length; at++) {
    let length = 0
    while (groups[at + length] === 0) length++
    if (length > longest.length) longest = { at, length }
    at += length
  }
  return longest
}

// RFC 5952 §4.1, §4.3: no leading zeros, lower case.
function hexText(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':')
}

/** The bits of a word that are within the prefix; the word stands at `i` of the address. */
function networkOf(word: number, i: number, bits: number): number {
  const kept = Math.min(Math.max(bits - i * 32, 0), 32)
  // A shift by 32 is one by 0.
  return kept === 0 ? 0 : (word & (0xffff_ffff << (32 - kept))) >>> 0
}

/** RFC 4291 §2.5.5.2: ::ffff:0:0/96 holds IPv4 addresses. Packets of theirs are of IPv4. */
function mappedPrefix({ family, words, bits }: Prefix): Prefix | undefined {
  const [first, second, third, ipv4 = 0] = words
  const isMapped = family === 6 && first === 0 && second === 0 && third === 0xffff && bits >= 96
  return isMapped ? { family: 4, words: [ipv4], bits: bits - 96 } : undefined
}

function refuse(reason: string): ParsedPrefix {
  return { ok: false, reason }
}
