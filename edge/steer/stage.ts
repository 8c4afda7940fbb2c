import type { Clock } from '../../shared/clock.ts'
import {
  EDE_NETWORK_ERROR,
  EDE_NOT_READY,
  EDE_STALE_ANSWER,
  EDE_STALE_NXDOMAIN_ANSWER,
  RCODE_NXDOMAIN,
  RCODE_SERVFAIL,
  TYPE_ANY,
  TYPE_NS,
  TYPE_SOA,
} from '../../shared/dns/codes.ts'
import { follow, LINKS_MAX, rrsetOf } from '../../shared/records/follow.ts'
import type { Found, ZoneNode } from '../../shared/records/follow.ts'
import type { Answer } from '../query/encode.ts'
import type { Query } from '../query/query.ts'
import type { NameEntry } from '../replica/names.ts'
import type { Replica } from '../replica/replica.ts'
import type { Resolution, Resolver } from '../replica/resolver.ts'
import type { Stage } from '../stage.ts'
import type { AppAnswers } from './app-answers.ts'
import { answerFor, behindLinks, nodataBehind } from './mesh-answers.ts'
import { versionKey } from './version-answers.ts'
import type { VersionAnswers } from './version-answers.ts'
import { lookupIn } from './zone-lookup.ts'
import type { Asked, MeshLookup } from './zone-lookup.ts'
import type { ServedZone } from './zones.ts'

/** Names that are asked for to answer one question: those that it is led to, and a wildcard for each. */
const ASKS_MAX = 2 * (LINKS_MAX + 1)

export interface SteerOptions {
  readonly replica: Replica
  /** Undefined where the replica holds all names. */
  readonly resolver: Pick<Resolver, 'resolve' | 'isConnected'> | undefined
  readonly clock: Clock
  readonly answers: AppAnswers
  /** Undefined: nobody is told. */
  readonly versions?: VersionAnswers
}

/** What comes of a question: an answer, or nothing to say, or a name to be asked for. */
type Outcome =
  | {
      readonly is: 'answer'
      readonly answer: Answer | undefined
      /** Names whose addresses would be in the additional section. */
      readonly missing: ReadonlySet<string>
    }
  | { readonly is: 'ask'; readonly name: string }

/** Answers the names of the mesh. */
export class SteerStage implements Stage {
  readonly name = 'steer'
  readonly #options: SteerOptions

  constructor(options: SteerOptions) {
    this.#options = options
  }

  ask(q: Query): Answer | undefined | Promise<Answer | undefined> {
    if (!this.#options.replica.hasState) return notReady
    const outcome = this.#try(q)
    const isEnough = outcome.is === 'answer' && !this.#mayComplete(outcome.missing)
    return isEnough ? outcome.answer : this.#resolve(q, outcome)
  }

  /** What would be added is waited for only where central is there: an answer is whole without it. */
  #mayComplete(missing: ReadonlySet<string>): boolean {
    return missing.size > 0 && this.#options.resolver?.isConnected === true
  }

  /** Answers as far as what is held goes. */
  #try(q: Query, asked?: Asked): Outcome {
    const { replica, clock } = this.#options
    const lookup = lookupIn(replica.tables, clock.nowMs(), asked)
    const answered = (answer: Answer | undefined): Outcome => {
      return { is: 'answer', answer, missing: lookup.missing }
    }
    const known = this.#answerApex(lookup, q) ?? this.#answerVersion(lookup, q)
    if (known !== undefined) return answered(known)
    const found = follow(lookup, q.lqname, q.qtype)
    const { end } = found
    switch (end.is) {
      case 'unknown':
        return { is: 'ask', name: end.name }
      case 'app':
        return answered(this.#answerApp(lookup, found, end.node, q))
      case 'outside':
        // In no zone of the mesh at all.
        if (found.links.length === 0) return answered(undefined)
        return answered(answerFor(lookup, q.lqname, found, end))
      default:
        return answered(answerFor(lookup, q.lqname, found, end))
    }
  }

  /** What is known of an apex whatever stands at it. */
  #answerApex(lookup: MeshLookup, { lqname, qtype }: Query): Answer | undefined {
    if (qtype !== TYPE_SOA && qtype !== TYPE_NS) return undefined
    const zone = lookup.zoneOf(lqname, false)
    if (zone?.apexKey !== lqname) return undefined
    if (qtype === TYPE_SOA) return zone.soa
    const rrset = rrsetOf(zone.apexRrsets, qtype)
    if (rrset === undefined) return zone.ns
    const rrsets = zone.apexRrsets
    const node = { is: 'name', at: lqname, zone, rrsets, hasApp: false } as const
    const end = { is: 'rrset', node, rrset } as const
    return answerFor(lookup, lqname, { links: [], name: lqname, names: [], end }, end)
  }

  /** How far a zone is, for those who may know: all others find what stands at the name. */
  #answerVersion(lookup: MeshLookup, { lqname, qtype, address }: Query): Answer | undefined {
    const { versions, replica } = this.#options
    const zone = lookup.zoneOf(lqname, false)
    if (versions === undefined || zone === undefined) return undefined
    if (lqname !== versionKey(zone.apexKey) || !versions.isFor(address)) return undefined
    const node = lookup.find(lqname, false)
    const isThere = typeof node !== 'string' && node.is !== 'nothing' && node.is !== 'wildcard'
    return isThere ? undefined : versions.answerTo(qtype, zone, replica.tables.version)
  }

  #answerApp(
    lookup: MeshLookup,
    found: Found<ServedZone>,
    node: ZoneNode<ServedZone>,
    q: Query,
  ): Answer {
    const { answers, replica } = this.#options
    const nodata = nodataBehind(lookup, q.lqname, found, node.zone)
    const entry = lookup.entryOf(node.at)
    // It was there a moment ago.
    if (entry === undefined) return nodata.nodata
    const { answer, by } = answers.answerOf(replica.tables.topology, nodata, entry, q.qtype, q)
    // RFC 7871 §7.2.1: the addresses that the answer holds for.
    if (q.ecsScope >= 0 && by !== 'nothing') {
      q.ecsScope = by === 'bucket' ? q.prefixBits : q.locationScope
    }
    // RFC 8482 §4.2: HINFO only "if there is no CNAME present at the owner name".
    if (q.qtype === TYPE_ANY && answer?.answer === undefined) return node.zone.any
    return answer === undefined ? nodata.nodata : behindLinks(lookup, q.lqname, found, answer)
  }

  /** Asks central for what is not held, name by name, until there is an answer; for what would be added at once. */
  async #resolve(q: Query, first: Outcome): Promise<Answer | undefined> {
    const { replica } = this.#options
    const taken = new Map<string, NameEntry>()
    const givenUp = new Set<string>()
    let isStale = false
    let outcome = first
    for (let asks = 0; outcome.is === 'ask' && asks < ASKS_MAX; asks++) {
      const { name } = outcome
      const resolution = await this.#askFor(name)
      const stale = replica.tables.names.peek(name)
      if (resolution?.ok === true) taken.set(name, resolution.entry)
      else if (resolution?.reason === 'not-in-mesh') {
        if (name === q.lqname) return undefined
        givenUp.add(name)
      } else if (stale !== undefined) {
        // RFC 8767 §5: an answer that cannot be confirmed in time is better than none.
        taken.set(name, stale)
        isStale = true
      } else if (name === q.lqname) return unreachable
      // The client's resolver asks for the rest by itself.
      else givenUp.add(name)
      // What was known of zones and topology may be another while central was asked.
      outcome = this.#try(q, { taken, givenUp })
    }
    if (outcome.is === 'ask') return unreachable
    if (this.#mayComplete(outcome.missing)) {
      await Promise.all([...outcome.missing].flatMap((name) => this.#askFor(name) ?? []))
      const whole = this.#try(q, { taken, givenUp })
      if (whole.is === 'answer') outcome = whole
    }
    return outcome.answer === undefined || !isStale ? outcome.answer : staleOf(outcome.answer)
  }

  #askFor(name: string): Promise<Resolution> | undefined {
    const { replica, resolver } = this.#options
    return resolver?.resolve(name, replica.tables.zones.find(name)?.negativeTtl ?? 0)
  }
}

function staleOf(answer: Answer): Answer {
  const code = answer.rcode === RCODE_NXDOMAIN ? EDE_STALE_NXDOMAIN_ANSWER : EDE_STALE_ANSWER
  return { ...answer, ede: { code, text: 'central is out of reach' } }
}

function fail(code: number, text: string): Answer {
  return {
    rcode: RCODE_SERVFAIL,
    authoritative: false,
    answer: undefined,
    authority: undefined,
    additional: undefined,
    glueRequired: false,
    apexBytes: 1,
    ede: { code, text },
  }
}

const notReady = fail(EDE_NOT_READY, 'no state from central yet')
const unreachable = fail(EDE_NETWORK_ERROR, 'central is out of reach')
