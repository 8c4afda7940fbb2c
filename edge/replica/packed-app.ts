/**
 * An app in packed form: as words of 32 bits, which the garbage collector has no need to walk over.
 *
 * ```
 *           31                          12 11        6 5         0
 *         +------------------------------------------------------+
 *       0 | endpoints                              | policy (8)  |
 *       1 | ttl.min, seconds                                     |
 *       2 | ttl.max, seconds                                     |
 *         +------------------------------------------------------+
 *         | cluster, its number        | IPv4      | IPv6        |  for each endpoint;
 *         | weight                     | words of the owner (12) |  IPv4, IPv6: how many
 *         | priority (16)              | port (16), 0 = none     |
 *         | IPv4 addresses, a word each                          |  octets lowest first, as they
 *         | IPv6 addresses, four words each                      |  stand in the table's records
 *         | octets of the owner, then these in UTF-8             |  where there is one
 *         +------------------------------------------------------+
 * ```
 */
import ipaddr from 'ipaddr.js'
import { policies } from '../../shared/registry/schema.ts'
import type { Endpoint } from '../../shared/registry/schema.ts'
import type { ClusterIds } from './cluster-ids.ts'
import type { ReplicaApp } from './model.ts'

/** Where an app stands in packed form. */
export interface PackedApp {
  readonly words: Int32Array
  readonly at: number
}

/** Words before the first endpoint. */
export const APP_WORDS = 3
/** Words of an endpoint before its addresses. */
export const ENDPOINT_WORDS = 3
/** Words of an IPv6 address; an IPv4 address takes one. */
const IPV6_WORDS = 4
/** Cluster numbers that an endpoint has room for. */
const CLUSTER_NUMBERS = 1 << 20

// ---- reading, field by field ----
// In bounds here: `at` is the start of an app, or of an endpoint, that `writeApp` wrote.

export function endpointsOf(words: Int32Array, at: number): number {
  return words[at]! >>> 8
}

/** Index into `policies`. */
export function policyOf(words: Int32Array, at: number): number {
  return words[at]! & 0xff
}

export function ttlMaxOf(words: Int32Array, at: number): number {
  return words[at + 2]!
}

export function clusterOf(words: Int32Array, at: number): number {
  return words[at]! >>> 12
}

export function ipv4CountOf(words: Int32Array, at: number): number {
  return (words[at]! >>> 6) & 0x3f
}

export function ipv6CountOf(words: Int32Array, at: number): number {
  return words[at]! & 0x3f
}

export function weightOf(words: Int32Array, at: number): number {
  return words[at + 1]! >>> 12
}

export function priorityOf(words: Int32Array, at: number): number {
  return words[at + 2]! >>> 16
}

/** Where the endpoint behind this one stands. */
export function nextEndpoint(words: Int32Array, at: number): number {
  return addressesEnd(words, at) + (words[at + 1]! & 0xfff)
}

// ---- whole apps ----

/** Words that an app takes; undefined when it has no packed form: too many clusters were ever named. */
export function packedWords(app: ReplicaApp, ids: ClusterIds): number | undefined {
  let words = APP_WORDS
  for (const { cluster, addresses, owner } of app.endpoints) {
    if (ids.numberOf(cluster) >= CLUSTER_NUMBERS) return undefined
    words += ENDPOINT_WORDS + ownerWords(owner)
    for (const address of addresses) words += address.includes(':') ? IPV6_WORDS : 1
  }
  return words
}

/** Writes an app at `at`, where there is room for `packedWords` of it. */
export function writeApp(words: Int32Array, at: number, app: ReplicaApp, ids: ClusterIds): void {
  words[at] = (app.endpoints.length << 8) | policies.indexOf(app.policy)
  words[at + 1] = app.ttlMin
  words[at + 2] = app.ttlMax
  let off = at + APP_WORDS
  for (const endpoint of app.endpoints) {
    const start = off
    off += ENDPOINT_WORDS
    const { ipv4, ipv6 } = writeAddresses(words, off, endpoint.addresses)
    off += ipv4 + IPV6_WORDS * ipv6
    const owner = ownerWords(endpoint.owner)
    words[start] = (ids.numberOf(endpoint.cluster) << 12) | (ipv4 << 6) | ipv6
    words[start + 1] = (endpoint.weight << 12) | owner
    words[start + 2] = (endpoint.priority << 16) | (endpoint.port ?? 0)
    if (endpoint.owner !== undefined) {
      const text = Buffer.from(endpoint.owner)
      words[off] = text.length
      packOctets(words, off + 1, text)
    }
    off += owner
  }
}

/** Addresses in packed form by themselves: those of a cluster. */
export interface PackedAddresses {
  readonly words: Int32Array
  readonly ipv4: number
  readonly ipv6: number
}

export function packAddresses(addresses: readonly string[]): PackedAddresses {
  const words = new Int32Array(IPV6_WORDS * addresses.length)
  return { words, ...writeAddresses(words, 0, addresses) }
}

/** Writes addresses, IPv4 first, and says how many there are of each family. */
function writeAddresses(
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

/** Reads an app back as objects; of an endpoint's addresses IPv4 comes first. */
export function readApp({ words, at }: PackedApp, ids: ClusterIds): ReplicaApp {
  const policy = policies[policyOf(words, at)]
  if (policy === undefined) throw new RangeError('a policy number that was never given')
  const endpoints: Endpoint[] = []
  let off = at + APP_WORDS
  for (let i = 0; i < endpointsOf(words, at); i++) {
    endpoints.push(readEndpoint(words, off, ids))
    off = nextEndpoint(words, off)
  }
  return { policy, ttlMin: words[at + 1]!, ttlMax: ttlMaxOf(words, at), endpoints }
}

/**
 * The same as the end of a snapshot's line (`snapshot-line.ts`), from the policy on, as JSON text:
 * without the objects that would be thrown away at once.
 */
export function jsonOfApp({ words, at }: PackedApp, ids: ClusterIds): string {
  let text = `${JSON.stringify(policies[policyOf(words, at)])},${words[at + 1]!},${ttlMaxOf(words, at)}`
  let off = at + APP_WORDS
  for (let left = endpointsOf(words, at); left > 0; left--) {
    const ownerAt = (words[off + 1]! & 0xfff) === 0 ? 0 : addressesEnd(words, off)
    const owner = ownerAt === 0 ? '""' : JSON.stringify(ownerOf(words, ownerAt))
    // An id is a DNS label: nothing in it is escaped.
    text += `,["${ids.idOf(clusterOf(words, off))}",${weightOf(words, off)},${priorityOf(words, off)}`
    text += `,${portOf(words, off)},${owner}`
    for (let i = 0; i < ipv4CountOf(words, off); i++) {
      text += `,"${ipv4Text(words[off + ENDPOINT_WORDS + i]!)}"`
    }
    const ipv6At = off + ENDPOINT_WORDS + ipv4CountOf(words, off)
    for (let i = 0; i < ipv6CountOf(words, off); i++) {
      text += `,"${ipv6Text(words, ipv6At + IPV6_WORDS * i)}"`
    }
    text += ']'
    off = nextEndpoint(words, off)
  }
  return text
}

function readEndpoint(words: Int32Array, at: number, ids: ClusterIds): Endpoint {
  const addresses: string[] = []
  const ipv4 = ipv4CountOf(words, at)
  let off = at + ENDPOINT_WORDS
  for (let i = 0; i < ipv4; i++) addresses.push(ipv4Text(words[off++]!))
  for (let i = 0; i < ipv6CountOf(words, at); i++) {
    addresses.push(ipv6Text(words, off))
    off += IPV6_WORDS
  }
  const port = portOf(words, at)
  return {
    cluster: ids.idOf(clusterOf(words, at)),
    addresses,
    weight: weightOf(words, at),
    priority: priorityOf(words, at),
    ...(port === 0 ? {} : { port }),
    ...((words[at + 1]! & 0xfff) === 0 ? {} : { owner: ownerOf(words, off) }),
  }
}

/** 0: the endpoint names none. */
function portOf(words: Int32Array, at: number): number {
  return words[at + 2]! & 0xffff
}

/** Where the owner of an endpoint stands, if it has one. */
function addressesEnd(words: Int32Array, at: number): number {
  return at + ENDPOINT_WORDS + ipv4CountOf(words, at) + IPV6_WORDS * ipv6CountOf(words, at)
}

function ownerOf(words: Int32Array, at: number): string {
  return unpackOctets(words, at + 1, words[at]!).toString('utf8')
}

function ipv4Text(word: number): string {
  return `${word & 0xff}.${(word >>> 8) & 0xff}.${(word >>> 16) & 0xff}.${word >>> 24}`
}

/** In canonical form (RFC 5952). */
function ipv6Text(words: Int32Array, at: number): string {
  return new ipaddr.IPv6([...unpackOctets(words, at, 16)]).toRFC5952String()
}

function ownerWords(owner: string | undefined): number {
  return owner === undefined ? 0 : 1 + Math.ceil(Buffer.byteLength(owner) / 4)
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
function packOctets(words: Int32Array, at: number, octets: ArrayLike<number>): void {
  for (let i = 0; i < octets.length; i += 4) {
    words[at + (i >> 2)] =
      octets[i]! |
      ((octets[i + 1] ?? 0) << 8) |
      ((octets[i + 2] ?? 0) << 16) |
      ((octets[i + 3] ?? 0) << 24)
  }
}

function unpackOctets(words: Int32Array, at: number, count: number): Buffer {
  const out = Buffer.alloc(count)
  for (let i = 0; i < count; i++) out[i] = words[at + (i >> 2)]! >>> ((i & 3) * 8)
  return out
}
