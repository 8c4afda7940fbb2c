import { CLASS_IN, RCODE_NOERROR, TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import { NAME_POINTER } from '../../shared/dns/name.ts'
import { ADDRESSES_MAX } from '../../shared/registry/limits.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { clusterStates } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { Answer } from '../query/encode.ts'
import { HEADER_BYTES } from '../query/query.ts'
import type { PackIds } from '../replica/pack-ids.ts'
import {
  APP_WORDS,
  clusterOf,
  ENDPOINT_WORDS,
  endpointsOf,
  healthOf,
  ipv4CountOf,
  ipv6CountOf,
  nextEndpoint,
  policyOf,
  priorityOf,
  readHealth,
  stateOf,
  ttlMaxOf,
  ttlMinOf,
  weightOf,
} from '../replica/packed-app.ts'
import type { PackedApp } from '../replica/packed-app.ts'
import { packAddresses } from '../replica/packed-addresses.ts'
import type { PackedAddresses } from '../replica/packed-addresses.ts'
import type { ReplicaHealth } from '../replica/model.ts'
import type { AppType } from './app-answers.ts'
import { choose } from './choose.ts'
import { heedsHealth } from './decide.ts'
import type { Policy } from './filters.ts'
import { compiledPolicy } from './policies.ts'
import type { SteerCounts } from './metrics.ts'
import { trustedSeconds } from '../../shared/registry/trust.ts'
import { regardOf } from './regard.ts'
import type { Place, Topology } from './topology.ts'

/** A place, with the addresses of its cluster as they stand in answers. */
interface PackedPlace {
  readonly place: Place
  readonly addresses: PackedAddresses
}

/** An endpoint while it is chosen from, and where its addresses are; used again for the next app. */
interface PackedCandidate {
  place: Place
  priority: number
  weight: number
  state: Cluster['state']
  hasAddress: boolean
  isDown: boolean
  isDegraded: boolean
  words: Int32Array
  /** Where the addresses are: IPv4, then IPv6. */
  at: number
  ipv4: number
  ipv6: number
}

/** An answer that is written anew for each app. */
interface ReusedAnswer extends Answer {
  answer: { bytes: Buffer; count: number; readonly apexPointers: readonly number[] }
}

/**
 * Makes the answers of apps in packed form: the same as `AppAnswers`, by the same policies, without an
 * object for each app (a test holds the two together). For all names at once, when the topology moves.
 */
export class PackedAnswers {
  readonly #ids: PackIds
  readonly #counts: SteerCounts
  readonly #candidates: PackedCandidate[] = []
  readonly #answer: ReusedAnswer = {
    rcode: RCODE_NOERROR,
    authoritative: true,
    answer: { bytes: Buffer.alloc(0), count: 0, apexPointers: [] },
    authority: undefined,
    apexBytes: 1,
    ede: undefined,
  }
  readonly #blocks = { [TYPE_A]: blocksOf(TYPE_A, 4), [TYPE_AAAA]: blocksOf(TYPE_AAAA, 16) }
  /** Of the app that was taken up. */
  #policy: Policy | undefined
  #ttlMin = 0
  #ttlMax = 0
  #health: ReplicaHealth | undefined
  #refusedForSeconds: number | undefined
  #count = 0
  #topology: Topology | undefined
  /** Places by the number of their cluster, as they were asked for; null for none. */
  #places: (PackedPlace | null)[] = []

  /** By their numbers. */
  readonly #policies: (Policy | undefined)[] = []

  /** `ids`: those that the apps were packed with. */
  constructor(ids: PackIds, counts: SteerCounts) {
    this.#ids = ids
    this.#counts = counts
  }

  /** Takes up an app; `answerOf` is then about it, as long as nothing of it changes. */
  take(topology: Topology, { words, at }: PackedApp): void {
    if (this.#topology !== topology) {
      this.#topology = topology
      this.#places = []
    }
    this.#policy = this.#policyOf(policyOf(words, at))
    this.#ttlMin = ttlMinOf(words, at)
    this.#ttlMax = ttlMaxOf(words, at)
    this.#health = readHealth(words, at)
    this.#count = 0
    let off = at + APP_WORDS
    for (let left = endpointsOf(words, at); left > 0; left--) {
      const packed = this.#placeOf(topology, clusterOf(words, off))
      if (packed !== null) {
        const candidate = (this.#candidates[this.#count++] ??= emptyCandidate(packed.place))
        candidate.place = packed.place
        candidate.priority = priorityOf(words, off)
        candidate.weight = weightOf(words, off)
        candidate.state = clusterStates[stateOf(words, off)] ?? 'active'
        const health = healthStates[healthOf(words, off)]
        candidate.isDown = health === 'down'
        candidate.isDegraded = health === 'degraded'
        candidate.words = words
        candidate.at = off + ENDPOINT_WORDS
        candidate.ipv4 = ipv4CountOf(words, off)
        candidate.ipv6 = ipv6CountOf(words, off)
        // The endpoint's own, else those of its cluster.
        if (candidate.ipv4 + candidate.ipv6 === 0) {
          const { addresses } = packed
          candidate.words = addresses.words
          candidate.at = 0
          candidate.ipv4 = addresses.ipv4
          candidate.ipv6 = addresses.ipv6
        }
      }
      off = nextEndpoint(words, off)
    }
  }

  /** Whether the policy of the app answers one endpoint: others are left to `AppAnswers`. */
  get isSingle(): boolean {
    return this.#policy?.take === 1
  }

  /**
   * Set after `answerOf` gave none because too little works and the app is fail-closed: for how long that
   * may be kept.
   */
  get refusedForSeconds(): number | undefined {
    return this.#refusedForSeconds
  }

  /** The answer to a type, good until the next call; undefined for NODATA. */
  answerOf(qtype: AppType): Answer | undefined {
    const topology = this.#topology
    this.#refusedForSeconds = undefined
    if (topology === undefined || this.#policy === undefined) return undefined
    const isIpv4 = qtype === TYPE_A
    let hasAny = false
    for (let i = 0; i < this.#count; i++) {
      // In bounds: so many were listed.
      const candidate = this.#candidates[i]!
      candidate.hasAddress = (isIpv4 ? candidate.ipv4 : candidate.ipv6) > 0
      hasAny ||= candidate.hasAddress
    }
    const chosen = hasAny ? this.#choose(this.#policy, topology) : undefined
    this.#counts.decided(chosen?.place, topology)
    return chosen === undefined ? undefined : this.#encode(chosen, isIpv4)
  }

  #choose(policy: Policy, topology: Topology): PackedCandidate | undefined {
    const { requirements } = policy
    const regard = heedsHealth(policy)
      ? regardOf(this.#health, requirements, topology, this.#candidates, this.#count)
      : 'ignore'
    if (regard === 'refuse') {
      this.#refusedForSeconds = this.#ttlOf(false)
      return undefined
    }
    const preferences = regard === 'heed' ? policy.preferences : policy.healthBlind
    return this.#candidates[
      choose(requirements, preferences, this.#candidates, this.#count, topology)
    ]
  }

  #ttlOf(isDegraded: boolean): number {
    return trustedSeconds(this.#ttlMin, this.#ttlMax, this.#health?.trustMs ?? 0, isDegraded)
  }

  #policyOf(number: number): Policy {
    return (this.#policies[number] ??= compiledPolicy(this.#ids.policies.textOf(number)))
  }

  #placeOf(topology: Topology, number: number): PackedPlace | null {
    const known = this.#places[number]
    if (known !== undefined) return known
    const place = topology.places.get(this.#ids.clusters.textOf(number))
    const packed =
      place === undefined ? null : { place, addresses: packAddresses(place.cluster.addresses) }
    this.#places[number] = packed
    return packed
  }

  #encode({ words, at: start, ipv4, ipv6, isDegraded }: PackedCandidate, isIpv4: boolean): Answer {
    const count = isIpv4 ? ipv4 : ipv6
    // In bounds: an endpoint or a cluster has at most so many addresses.
    const bytes = this.#blocks[isIpv4 ? TYPE_A : TYPE_AAAA][count]!
    const octets = isIpv4 ? 4 : 16
    const ttl = this.#ttlOf(isDegraded)
    let off = 0
    let at = isIpv4 ? start : start + ipv4
    for (let i = 0; i < count; i++) {
      bytes[off + 6] = ttl >>> 24
      bytes[off + 7] = ttl >> 16
      bytes[off + 8] = ttl >> 8
      bytes[off + 9] = ttl
      off += RECORD_HEAD_BYTES
      for (const end = off + octets; off < end; off += 4) {
        const word = words[at++]!
        bytes[off] = word
        bytes[off + 1] = word >> 8
        bytes[off + 2] = word >> 16
        bytes[off + 3] = word >> 24
      }
    }
    this.#answer.answer.bytes = bytes
    this.#answer.answer.count = count
    return this.#answer
  }
}

/** Owner (a pointer), type, class, TTL, RDLENGTH (RFC 1035 §3.2.1). */
const RECORD_HEAD_BYTES = 12

/** Blocks of 0 to ADDRESSES_MAX address records of the qname, whole but for TTL and rdata. */
function blocksOf(type: AppType, octets: number): readonly Buffer[] {
  const head = Buffer.alloc(RECORD_HEAD_BYTES + octets)
  head.writeUInt16BE(NAME_POINTER | HEADER_BYTES, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt16BE(CLASS_IN, 4)
  head.writeUInt16BE(octets, 10)
  return Array.from({ length: ADDRESSES_MAX + 1 }, (_, count) =>
    Buffer.concat(Array.from({ length: count }, () => head)),
  )
}

function emptyCandidate(place: Place): PackedCandidate {
  const words = new Int32Array()
  const flags = { hasAddress: false, isDown: false, isDegraded: false }
  const base = { place, priority: 0, weight: 0, state: 'active' as const }
  return { ...base, ...flags, words, at: 0, ipv4: 0, ipv6: 0 }
}
