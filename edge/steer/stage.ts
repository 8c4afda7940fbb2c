import type { Clock } from '../../shared/clock.ts'
import {
  EDE_NETWORK_ERROR,
  EDE_NOT_READY,
  EDE_STALE_ANSWER,
  RCODE_SERVFAIL,
  TYPE_ANY,
  TYPE_DS,
  TYPE_NS,
  TYPE_SOA,
} from '../../shared/dns/codes.ts'
import type { Answer } from '../query/encode.ts'
import { HEADER_BYTES } from '../query/query.ts'
import type { Query } from '../query/query.ts'
import type { NameEntry } from '../replica/names.ts'
import type { Replica } from '../replica/replica.ts'
import type { Resolver } from '../replica/resolver.ts'
import type { Tables } from '../replica/tables.ts'
import type { Stage } from '../stage.ts'
import { isAppType } from './answer-records.ts'
import type { AppAnswers } from './app-answers.ts'
import type { ServedZone } from './zones.ts'

export interface SteerOptions {
  readonly replica: Replica
  /** Undefined where the replica holds all names. */
  readonly resolver: Resolver | undefined
  readonly clock: Clock
  readonly answers: AppAnswers
}

/** Answers the names of the mesh. */
export class SteerStage implements Stage {
  readonly name = 'steer'
  readonly #options: SteerOptions

  constructor(options: SteerOptions) {
    this.#options = options
  }

  ask(q: Query): Answer | undefined | Promise<Answer | undefined> {
    const { replica } = this.#options
    if (!replica.hasState) return notReady
    const { tables } = replica
    const zone = this.#zoneFor(tables, q)
    if (zone === undefined) return undefined
    const isApex = q.qnameEnd - HEADER_BYTES === zone.apexBytes
    if (isApex && q.qtype === TYPE_SOA) return zone.soa
    if (isApex && q.qtype === TYPE_NS) return zone.ns

    const entry = tables.names.get(q.lqname)
    if (entry !== undefined && entry.expiresAt > this.#options.clock.nowMs()) {
      return this.#answerEntry(tables, zone, entry, q, isApex)
    }
    // The apex is there whatever stands at it, and of apps only these types are ever answered.
    if (isApex && !isAppType(q.qtype)) return q.qtype === TYPE_ANY ? zone.any : zone.nodata
    return this.#resolve(q, zone, entry, isApex)
  }

  /** RFC 4035 §3.1.4.1: DS at an apex belongs to the zone above, if that is ours too. */
  #zoneFor(tables: Tables, q: Query): ServedZone | undefined {
    const { lqname } = q
    if (q.qtype === TYPE_DS) {
      const parent = tables.zones.find(lqname, 1 + lqname.charCodeAt(0))
      if (parent !== undefined) return parent
    }
    return tables.zones.find(lqname)
  }

  async #resolve(
    q: Query,
    zone: ServedZone,
    stale: NameEntry | undefined,
    isApex: boolean,
  ): Promise<Answer | undefined> {
    const { replica, resolver } = this.#options
    const resolution = await resolver?.resolve(q.lqname, zone.negativeTtl)
    // What was known of zone and topology may be another while central was asked.
    const { tables } = replica
    const zoneNow = this.#zoneFor(tables, q) ?? zone
    if (resolution?.ok === true) {
      return this.#answerEntry(tables, zoneNow, resolution.entry, q, isApex)
    }
    if (resolution?.reason === 'not-in-mesh') return undefined
    // RFC 8767 §5: an answer that cannot be confirmed in time is better than none.
    if (stale !== undefined) return this.#answerStale(tables, zoneNow, stale, q, isApex)
    return unreachable
  }

  #answerEntry(
    tables: Tables,
    zone: ServedZone,
    entry: NameEntry,
    q: Query,
    isApex: boolean,
  ): Answer {
    if (entry.kind === 'app') return this.#answerApp(tables, zone, entry, q)
    if (entry.kind === 'nxdomain' && !isApex) return zone.nxdomain
    return q.qtype === TYPE_ANY ? zone.any : zone.nodata
  }

  #answerStale(
    tables: Tables,
    zone: ServedZone,
    entry: NameEntry,
    q: Query,
    isApex: boolean,
  ): Answer {
    if (entry.kind !== 'app') {
      return entry.kind === 'nxdomain' && !isApex ? zone.staleNxdomain : zone.staleNodata
    }
    const answer = this.#answerApp(tables, zone, entry, q)
    return { ...answer, ede: { code: EDE_STALE_ANSWER, text: 'central is out of reach' } }
  }

  #answerApp(tables: Tables, zone: ServedZone, entry: NameEntry, q: Query): Answer {
    const { answers } = this.#options
    const { answer, by } = answers.answerOf(tables.topology, zone, entry, q.qtype, q)
    // RFC 7871 §7.2.1: the addresses that the answer holds for.
    if (q.ecsScope >= 0 && by !== 'nothing') {
      q.ecsScope = by === 'bucket' ? q.prefixBits : q.locationScope
    }
    // RFC 8482 §4.2: HINFO only "if there is no CNAME present at the owner name".
    if (q.qtype === TYPE_ANY && answer?.answer === undefined) return zone.any
    return answer ?? zone.nodata
  }
}

function fail(code: number, text: string): Answer {
  return {
    rcode: RCODE_SERVFAIL,
    authoritative: false,
    answer: undefined,
    authority: undefined,
    apexBytes: 1,
    ede: { code, text },
  }
}

const notReady = fail(EDE_NOT_READY, 'no state from central yet')
const unreachable = fail(EDE_NETWORK_ERROR, 'central is out of reach')
