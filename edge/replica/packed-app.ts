/**
 * An app in packed form: as words of 32 bits, which the garbage collector has no need to walk over.
 *
 * ```
 *           31                          12 11        6 5         0
 *         +------------------------------------------------------+
 *       0 | closed (1) | enough up, % (7) | endpoints (16) | style (8)
 *       1 | trust, low 12 bits               | ttl.min, seconds  |
 *       2 | shares (1) | shared (1) | trust, high 10 bits | ttl.max, seconds |
 *         +------------------------------------------------------+
 *         | forced (1) | cluster, its number | IPv4   | IPv6    |  for each endpoint;
 *         | weight     | health (2) | state (2) | owner, words (8) |  IPv4, IPv6: how many
 *         | priority (16)              | port (16), 0 = none     |
 *         | IPv4 addresses, a word each                          |  octets lowest first, as they
 *         | IPv6 addresses, four words each                      |  stand in the table's records
 *         | octets of the owner, then these in UTF-8             |  where there is one
 *         +------------------------------------------------------+
 *         | share (`share-word.ts`)                              |  for each endpoint, where `shares`
 *         +------------------------------------------------------+
 * ```
 *
 * `shares`: of some endpoint there is a share to be told; `shared`: one that matters to all policies.
 * A style is a policy with a service (`pack-ids.ts`). An app with targets has no packed form, and neither has one
 * of which a change is foreseen: central bounds how many these are (`MAINTENANCE_MAX`, `FORCED_MAX`).
 *
 * The trust in verdicts and leases is counted in `TRUST_STEP_MS`, 0 where nobody finds out and no machine has
 * a lease; `closed` and `enough up` are of no account then.
 */
import { healthStates } from '../../shared/registry/health.ts'
import { clusterStates } from '../../shared/registry/schema.ts'
import type { PackIds } from './pack-ids.ts'
import { TRUST_STEP_MS } from './model.ts'
import type { ReplicaApp, ReplicaEndpoint, ReplicaHealth } from './model.ts'
import {
  IPV6_WORDS,
  ipv4Text,
  ipv6Text,
  packOctets,
  unpackOctets,
  writeAddresses,
} from './packed-addresses.ts'
import { isShared, readShareWord, shareWord } from './share-word.ts'

/** Where an app stands in packed form. */
export interface PackedApp {
  readonly words: Int32Array
  readonly at: number
}

/** Words before the first endpoint. */
export const APP_WORDS = 3
/** Words of an endpoint before its addresses. */
export const ENDPOINT_WORDS = 3
/** A TTL of TTL_LIMIT_MAX_SECONDS fits. */
const TTL_BITS = 20
const TTL_MASK = (1 << TTL_BITS) - 1
/** What is left of a word beside a TTL, two bits and the low bits of trust: an hour ten times over fits. */
const TRUST_HIGH_MASK = (1 << 10) - 1
/** Endpoints are followed by a word for each of them. */
const SHARES_BIT = 1 << 31
/** Some endpoint is withheld in part, or of a fallback set. */
const SHARED_BIT = 1 << 30
/** Words of the longest owner fit. */
const OWNER_BITS = 8
const OWNER_MASK = (1 << OWNER_BITS) - 1
/** Cluster numbers that an endpoint has room for. */
const CLUSTER_MASK = (1 << 19) - 1
/** Where health stands, over the owner and two bits of state. */
const HEALTH_SHIFT = OWNER_BITS + 2

// ---- reading, field by field ----
// In bounds here: `at` is the start of an app, or of an endpoint, that `writeApp` wrote.

export function endpointsOf(words: Int32Array, at: number): number {
  return (words[at]! >>> 8) & 0xffff
}

/** The number of its policy and service (`PackIds`). */
export function styleOf(words: Int32Array, at: number): number {
  return words[at]! & 0xff
}

export function ttlMinOf(words: Int32Array, at: number): number {
  return words[at + 1]! & TTL_MASK
}

export function ttlMaxOf(words: Int32Array, at: number): number {
  return words[at + 2]! & TTL_MASK
}

/** 0: nobody finds out what works, and no machine has a lease. */
function trustMsOf(words: Int32Array, at: number): number {
  const high = (words[at + 2]! >>> TTL_BITS) & TRUST_HIGH_MASK
  return ((words[at + 1]! >>> TTL_BITS) | (high << 12)) * TRUST_STEP_MS
}

function enoughUpPercentOf(words: Int32Array, at: number): number {
  return (words[at]! >>> 24) & 0x7f
}

function isFailClosed(words: Int32Array, at: number): boolean {
  return words[at]! < 0
}

/** Whether an endpoint of the app is withheld in part, or of a fallback set. */
export function isSharedApp(words: Int32Array, at: number): boolean {
  return (words[at + 2]! & SHARED_BIT) !== 0
}

/** Whether endpoints are followed by their shares. */
function hasShares(words: Int32Array, at: number): boolean {
  return (words[at + 2]! & SHARES_BIT) !== 0
}

/** Index into `healthStates`. */
export function healthOf(words: Int32Array, at: number): number {
  return (words[at + 1]! >>> HEALTH_SHIFT) & 3
}

/** Index into `clusterStates`. */
export function stateOf(words: Int32Array, at: number): number {
  return (words[at + 1]! >>> OWNER_BITS) & 3
}

export function clusterOf(words: Int32Array, at: number): number {
  return (words[at]! >>> 12) & CLUSTER_MASK
}

/** Whether the health is what an operator wants. */
export function isForced(words: Int32Array, at: number): boolean {
  return words[at]! < 0
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
  return addressesEnd(words, at) + ownerWordsOf(words, at)
}

// ---- whole apps ----

/**
 * Words that an app takes; undefined when it has no packed form: it has a target, a change of it is foreseen, or
 * too many clusters or styles were ever named.
 */
export function packedWords(app: ReplicaApp, ids: PackIds): number | undefined {
  if (app.changesAt !== undefined || ids.styleNumber(app) === undefined) return undefined
  let words = APP_WORDS
  for (const { cluster, addresses, owner, target } of app.endpoints) {
    if (target !== undefined || ids.clusters.numberOf(cluster) === undefined) return undefined
    words += ENDPOINT_WORDS + ownerWords(owner)
    for (const address of addresses) words += address.includes(':') ? IPV6_WORDS : 1
  }
  if (app.endpoints.some((endpoint) => shareWord(endpoint) !== 0)) words += app.endpoints.length
  return words
}

/** Writes an app at `at`, where there is room for `packedWords` of it. */
export function writeApp(words: Int32Array, at: number, app: ReplicaApp, ids: PackIds): void {
  const { health } = app
  const trust = Math.floor((health?.trustMs ?? 0) / TRUST_STEP_MS)
  const enough = ((health?.failClosed === true ? 0x80 : 0) | (health?.enoughUpPercent ?? 0)) << 24
  words[at] = enough | (app.endpoints.length << 8) | (ids.styleNumber(app) ?? 0)
  words[at + 1] = (trust << TTL_BITS) | app.ttlMin
  const hasAnyShare = app.endpoints.some((endpoint) => shareWord(endpoint) !== 0)
  const flags = (hasAnyShare ? SHARES_BIT : 0) | (app.endpoints.some(isShared) ? SHARED_BIT : 0)
  words[at + 2] = flags | ((trust >>> 12) << TTL_BITS) | app.ttlMax
  let off = at + APP_WORDS
  for (const endpoint of app.endpoints) {
    const start = off
    off += ENDPOINT_WORDS
    const { ipv4, ipv6 } = writeAddresses(words, off, endpoint.addresses)
    off += ipv4 + IPV6_WORDS * ipv6
    const owner = ownerWords(endpoint.owner)
    const cluster = ids.clusters.numberOf(endpoint.cluster) ?? 0
    words[start] = ((endpoint.forced ? 1 : 0) << 31) | (cluster << 12) | (ipv4 << 6) | ipv6
    const told = healthStates.indexOf(endpoint.health ?? 'unknown') << HEALTH_SHIFT
    const state = clusterStates.indexOf(endpoint.state ?? 'active') << OWNER_BITS
    words[start + 1] = (endpoint.weight << 12) | told | state | owner
    words[start + 2] = (endpoint.priority << 16) | (endpoint.port ?? 0)
    if (endpoint.owner !== undefined) {
      const text = Buffer.from(endpoint.owner)
      words[off] = text.length
      packOctets(words, off + 1, text)
    }
    off += owner
  }
  if (hasAnyShare) for (const endpoint of app.endpoints) words[off++] = shareWord(endpoint)
}

/** Reads an app back as objects; of an endpoint's addresses IPv4 comes first. */
export function readApp({ words, at }: PackedApp, ids: PackIds): ReplicaApp {
  const { policy, service } = ids.styleOf(styleOf(words, at))
  const endpoints: ReplicaEndpoint[] = []
  let off = at + APP_WORDS
  let shareAt = sharesAt(words, at)
  for (let i = 0; i < endpointsOf(words, at); i++) {
    const share = shareAt === 0 ? {} : readShareWord(words[shareAt++]!)
    endpoints.push({ ...readEndpoint(words, off, ids), ...share })
    off = nextEndpoint(words, off)
  }
  return {
    policy,
    ttlMin: ttlMinOf(words, at),
    ttlMax: ttlMaxOf(words, at),
    endpoints,
    health: readHealth(words, at),
    ...(service === undefined ? {} : { service }),
  }
}

/** Reads what health means for an app. */
export function readHealth(words: Int32Array, at: number): ReplicaHealth | undefined {
  const trustMs = trustMsOf(words, at)
  if (trustMs === 0) return undefined
  const enoughUpPercent = enoughUpPercentOf(words, at)
  return { enoughUpPercent, failClosed: isFailClosed(words, at), trustMs }
}

/** Where the shares of the endpoints stand; 0: there are none. */
export function sharesAt(words: Int32Array, at: number): number {
  if (!hasShares(words, at)) return 0
  let off = at + APP_WORDS
  for (let left = endpointsOf(words, at); left > 0; left--) off = nextEndpoint(words, off)
  return off
}

function readEndpoint(words: Int32Array, at: number, ids: PackIds): ReplicaEndpoint {
  const addresses: string[] = []
  const ipv4 = ipv4CountOf(words, at)
  let off = at + ENDPOINT_WORDS
  for (let i = 0; i < ipv4; i++) addresses.push(ipv4Text(words[off++]!))
  for (let i = 0; i < ipv6CountOf(words, at); i++) {
    addresses.push(ipv6Text(words, off))
    off += IPV6_WORDS
  }
  const port = portOf(words, at)
  const health = healthStates[healthOf(words, at)]
  const state = clusterStates[stateOf(words, at)]
  return {
    cluster: ids.clusters.textOf(clusterOf(words, at)),
    addresses,
    weight: weightOf(words, at),
    priority: priorityOf(words, at),
    ...(port === 0 ? {} : { port }),
    ...(ownerWordsOf(words, at) === 0 ? {} : { owner: ownerOf(words, off) }),
    ...(health === undefined || health === 'unknown' ? {} : { health }),
    ...(isForced(words, at) ? { forced: true } : {}),
    ...(state === undefined || state === 'active' ? {} : { state }),
  }
}

/** 0: the endpoint names none. */
export function portOf(words: Int32Array, at: number): number {
  return words[at + 2]! & 0xffff
}

/** 0: it has no owner. */
export function ownerWordsOf(words: Int32Array, at: number): number {
  return words[at + 1]! & OWNER_MASK
}

/** Where the owner of an endpoint stands, if it has one. */
export function addressesEnd(words: Int32Array, at: number): number {
  return at + ENDPOINT_WORDS + ipv4CountOf(words, at) + IPV6_WORDS * ipv6CountOf(words, at)
}

/** The owner that stands there. */
export function ownerOf(words: Int32Array, at: number): string {
  return unpackOctets(words, at + 1, words[at]!).toString('utf8')
}

function ownerWords(owner: string | undefined): number {
  return owner === undefined ? 0 : 1 + Math.ceil(Buffer.byteLength(owner) / 4)
}
