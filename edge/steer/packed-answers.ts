import { RCODE_NOERROR, TYPE_A, TYPE_AAAA, TYPE_SRV } from '../../shared/dns/codes.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { clusterStates } from '../../shared/registry/schema.ts'
import { SRV_WEIGHT_MAX } from '../../shared/registry/service-records.ts'
import type { Answer } from '../query/encode.ts'
import type { PackIds } from '../replica/pack-ids.ts'
import {
  APP_WORDS,
  clusterOf,
  ENDPOINT_WORDS,
  endpointsOf,
  healthOf,
  ipv4CountOf,
  ipv6CountOf,
  isSharedApp,
  nextEndpoint,
  portOf,
  priorityOf,
  readHealth,
  stateOf,
  styleOf,
  ttlMaxOf,
  ttlMinOf,
  weightOf,
} from '../replica/packed-app.ts'
import type { PackedApp } from '../replica/packed-app.ts'
import { packAddresses } from '../replica/packed-addresses.ts'
import type { PackedAddresses } from '../replica/packed-addresses.ts'
import type { ReplicaHealth } from '../replica/model.ts'
import { choose } from './choose.ts'
import type { Policy } from './filters.ts'
import { compiledPolicy } from './policies.ts'
import type { SteerCounts } from './metrics.ts'
import { emptyCandidate, hasType } from './packed-candidates.ts'
import type { PackedCandidate, PackedType } from './packed-candidates.ts'
import { blocksOf, RECORD_HEAD_BYTES, SRV_HEAD_BYTES, srvViews } from './packed-blocks.ts'
import { trustedSeconds } from '../../shared/registry/trust.ts'
import { foreseenOf, heedsHealth, regardOf } from './regard.ts'
import type { Place, Topology } from './topology.ts'

/** A place, with the addresses of its cluster as they stand in answers. */
interface PackedPlace {
  readonly place: Place
  readonly addresses: PackedAddresses
}

/** How the apps of one style are answered. */
interface PackedStyle {
  readonly policy: Policy
  /** Whether one endpoint is answered, wherever the client is, and nothing is told but addresses and ports. */
  readonly isSingle: boolean
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
    additional: undefined,
    glueRequired: false,
    apexBytes: 1,
    ede: undefined,
  }
  readonly #blocks = { [TYPE_A]: blocksOf(TYPE_A, 4), [TYPE_AAAA]: blocksOf(TYPE_AAAA, 16) }
  /** Of the app that was taken up. */
  #style: PackedStyle | undefined
  #ttlMin = 0
  #ttlMax = 0
  #health: ReplicaHealth | undefined
  #refusedForSeconds: number | undefined
  /** Endpoints on clusters that the topology lacks. */
  #unlisted = 0
  /** Queries may be shared out among endpoints, whatever the policy. */
  #isShared = false
  #count = 0
  #topology: Topology | undefined
  /** Places by the number of their cluster, as they were asked for; null for none. */
  #places: (PackedPlace | null)[] = []

  /** By their numbers. */
  readonly #styles: (PackedStyle | undefined)[] = []
  /** Of the app: whether an endpoint has a port. */
  #hasPort = false
  /** Room for an SRV record, and views of it by the octets of the target. */
  readonly #srv = srvViews()

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
    this.#style = this.#styleOf(styleOf(words, at))
    this.#ttlMin = ttlMinOf(words, at)
    this.#ttlMax = ttlMaxOf(words, at)
    this.#health = readHealth(words, at)
    this.#isShared = isSharedApp(words, at)
    this.#count = 0
    this.#unlisted = 0
    this.#hasPort = false
    let off = at + APP_WORDS
    for (let left = endpointsOf(words, at); left > 0; left--) {
      const packed = this.#placeOf(topology, clusterOf(words, off))
      if (packed === null) this.#unlisted++
      else {
        const candidate = (this.#candidates[this.#count++] ??= emptyCandidate(packed.place))
        candidate.place = packed.place
        candidate.priority = priorityOf(words, off)
        candidate.weight = weightOf(words, off)
        candidate.port = portOf(words, off)
        this.#hasPort ||= candidate.port !== 0
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

  /** Whether one endpoint is answered, wherever the client is: other apps are left to `AppAnswers`. */
  get isSingle(): boolean {
    return this.#style?.isSingle === true && !this.#isShared
  }

  /** Whether there may be an answer to SRV. */
  get hasPort(): boolean {
    return this.#hasPort
  }

  /**
   * Set after `answerOf` gave none because too little works and the app is fail-closed: for how long that
   * may be kept.
   */
  get refusedForSeconds(): number | undefined {
    return this.#refusedForSeconds
  }

  /** The answer to a type of the name, good until the next call; undefined for NODATA. */
  answerOf(qtype: PackedType, qname: Buffer): Answer | undefined {
    const topology = this.#topology
    this.#refusedForSeconds = undefined
    if (topology === undefined || this.#style === undefined) return undefined
    let hasAny = false
    for (let i = 0; i < this.#count; i++) {
      // In bounds: so many were listed.
      const candidate = this.#candidates[i]!
      candidate.hasAddress = hasType(candidate, qtype)
      hasAny ||= candidate.hasAddress
    }
    const chosen = hasAny ? this.#choose(this.#style.policy, topology) : undefined
    this.#counts.decided(chosen?.place, topology)
    this.#countExcluded(this.#style.policy, topology, hasAny)
    if (chosen === undefined) return undefined
    return qtype === TYPE_SRV
      ? this.#encodeSrv(chosen, qname)
      : this.#encode(chosen, qtype === TYPE_A)
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
    const fallen = this.#counts.excluded.fallenOf(policy, regard)
    return this.#candidates[
      choose(requirements, preferences, this.#candidates, this.#count, topology, fallen)
    ]
  }

  /** What `choose` has not counted: it is not asked where nothing can be chosen. */
  #countExcluded(policy: Policy, origin: Topology, hasAny: boolean): void {
    const { excluded } = this.#counts
    if (this.#unlisted > 0) excluded.addUnlisted(policy, this.#unlisted)
    if (!hasAny) excluded.addWithout(policy, this.#count)
    else if (this.#refusedForSeconds !== undefined) {
      const candidates = this.#candidates
      const of = { policy, candidates, count: this.#count, origin, best: undefined }
      excluded.add({ ...of, regard: 'refuse' })
    }
  }

  #ttlOf(isDegraded: boolean): number {
    const foreseen = foreseenOf(this.#candidates, this.#count)
    const trustMs = this.#health?.trustMs ?? 0
    return trustedSeconds(this.#ttlMin, this.#ttlMax, trustMs, isDegraded, foreseen)
  }

  #styleOf(number: number): PackedStyle {
    const known = this.#styles[number]
    if (known !== undefined) return known
    const { policy: text, service } = this.#ids.styleOf(number)
    const policy = compiledPolicy(text)
    const isSingle = policy.take === 1 && !policy.usesClient && service === undefined
    return (this.#styles[number] = { policy, isSingle })
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

  /** The target is the name itself, which has the addresses. */
  #encodeSrv({ weight, port, isDegraded }: PackedCandidate, qname: Buffer): Answer {
    // In bounds: no name is longer.
    const bytes = this.#srv[qname.length]!
    bytes.writeUInt32BE(this.#ttlOf(isDegraded), 6)
    bytes.writeUInt16BE(SRV_HEAD_BYTES + qname.length, 10)
    bytes.writeUInt16BE(Math.min(weight, SRV_WEIGHT_MAX), RECORD_HEAD_BYTES + 2)
    bytes.writeUInt16BE(port, RECORD_HEAD_BYTES + 4)
    bytes.set(qname, RECORD_HEAD_BYTES + SRV_HEAD_BYTES)
    this.#answer.answer.bytes = bytes
    this.#answer.answer.count = 1
    return this.#answer
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
