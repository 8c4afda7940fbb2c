import { RCODE_NOERROR, TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import type { Answer } from '../query/encode.ts'
import { encodeRecords } from '../query/records.ts'
import type { OwnVerdicts } from '../health/own-verdicts.ts'
import type { NameEntry } from '../replica/names.ts'
import { addressesOf, decideSteering } from './decide.ts'
import { drawOne } from './draw.ts'
import type { DrawnAnswer } from '../table/name-entries.ts'
import type { SteerCounts } from './metrics.ts'
import type { Topology } from './topology.ts'
import type { ServedZone } from './zones.ts'

/** The types that an app is answered with. */
export const appTypes = [TYPE_A, TYPE_AAAA] as const

export type AppType = (typeof appTypes)[number]

export function isAppType(qtype: number): qtype is AppType {
  return qtype === TYPE_A || qtype === TYPE_AAAA
}

/**
 * What is kept with a name for a type. A list: answers of which each query gets one, drawn. A number:
 * NODATA, for so many seconds at most; its SOA is that of the moment, so it is not kept whole.
 */
export type AppAnswer = Answer | readonly DrawnAnswer[] | number | undefined

/** What answers were made for, beside the app itself. */
export interface Era {
  readonly topology: Topology
  /** Of this edge's own verdicts. */
  readonly generation: number
}

/** Makes the answers of apps, once for each topology, and keeps them with the name. */
export class AppAnswers {
  readonly #counts: SteerCounts
  readonly #own: OwnVerdicts
  readonly #random: () => number
  #era: Era | undefined

  /** `random`: at least 0 and below 1. */
  constructor(counts: SteerCounts, own: OwnVerdicts, random: () => number) {
    this.#counts = counts
    this.#own = own
    this.#random = random
  }

  /** The answer to one query for a type; undefined for the NODATA of its zone. */
  answerOf(
    topology: Topology,
    zone: ServedZone,
    entry: NameEntry,
    qtype: number,
  ): Answer | undefined {
    if (!isAppType(qtype)) return undefined
    const answer = this.allOf(topology, zone, entry, qtype)
    return isDrawn(answer) ? drawOne(answer, this.#random())?.answer : answer
  }

  /** The answer to a type, or those that are drawn from; undefined for the NODATA of its zone. */
  allOf(
    topology: Topology,
    zone: ServedZone,
    entry: NameEntry,
    qtype: AppType,
  ): Answer | readonly DrawnAnswer[] | undefined {
    const answer = this.#answerOf(topology, entry, qtype)
    return typeof answer === 'number' ? zone.nodataFor(answer) : answer
  }

  /** The same object until something that all answers depend on has changed. */
  #eraOf(topology: Topology): Era {
    const { generation } = this.#own
    if (this.#era?.topology !== topology || this.#era.generation !== generation) {
      this.#era = { topology, generation }
    }
    return this.#era
  }

  #answerOf(topology: Topology, entry: NameEntry, qtype: AppType): AppAnswer {
    const era = this.#eraOf(topology)
    if (entry.answersFor !== era || entry.answers === undefined) {
      entry.answersFor = era
      entry.answers = new Map()
    }
    const known = entry.answers.get(qtype)
    if (known !== undefined || entry.answers.has(qtype)) return known
    const answer = this.#make(topology, entry, qtype)
    entry.answers.set(qtype, answer)
    return answer
  }

  #make(topology: Topology, entry: NameEntry, qtype: AppType): AppAnswer {
    if (entry.app === undefined) return undefined
    const app = this.#own.over(entry.name, entry.app)
    const { chosen, drawn, ttl, isRefused } = decideSteering(app, qtype, topology)
    const [best] = chosen
    this.#counts.decided(best?.place, topology)
    if (best === undefined) return isRefused ? ttl : undefined
    if (drawn === undefined) return encode(addressesOf(chosen), qtype, ttl)
    return drawn.map(({ item, upTo }) => ({ answer: encode(item.addresses, qtype, ttl), upTo }))
  }
}

/** Whether an answer is drawn for each query. */
export function isDrawn(
  answer: Answer | readonly DrawnAnswer[] | undefined,
): answer is readonly DrawnAnswer[] {
  return Array.isArray(answer)
}

function encode(addresses: readonly string[], type: AppType, ttl: number): Answer {
  const records = addresses.map((rdata) => ({ owner: 'qname' as const, type, ttl, rdata }))
  return {
    rcode: RCODE_NOERROR,
    authoritative: true,
    // The owner is the qname, so that the apex does not matter.
    answer: encodeRecords(records, '.'),
    authority: undefined,
    apexBytes: 1,
    ede: undefined,
  }
}
