import { RCODE_NOERROR, TYPE_A, TYPE_AAAA } from '../../shared/dns/codes.ts'
import type { Answer } from '../query/encode.ts'
import { encodeRecords } from '../query/records.ts'
import type { NameEntry } from '../replica/names.ts'
import { decideSteering } from './decide.ts'
import type { SteerCounts } from './metrics.ts'
import type { Topology } from './topology.ts'

/** The types that an app is answered with. */
export const appTypes = [TYPE_A, TYPE_AAAA] as const

export type AppType = (typeof appTypes)[number]

export function isAppType(qtype: number): qtype is AppType {
  return qtype === TYPE_A || qtype === TYPE_AAAA
}

/** Makes the answers of apps, once for each topology, and keeps them with the name. */
export class AppAnswers {
  readonly #counts: SteerCounts

  constructor(counts: SteerCounts) {
    this.#counts = counts
  }

  /** The answer to a type; undefined for NODATA, which carries the SOA of the zone. */
  answerOf(topology: Topology, entry: NameEntry, qtype: number): Answer | undefined {
    if (!isAppType(qtype)) return undefined
    if (entry.answersFor !== topology || entry.answers === undefined) {
      entry.answersFor = topology
      entry.answers = new Map()
    }
    const known = entry.answers.get(qtype)
    if (known !== undefined || entry.answers.has(qtype)) return known
    const answer = this.#make(topology, entry, qtype)
    entry.answers.set(qtype, answer)
    return answer
  }

  #make(topology: Topology, entry: NameEntry, qtype: AppType): Answer | undefined {
    if (entry.app === undefined) return undefined
    const { chosen, ttl } = decideSteering(entry.app, qtype, topology)
    this.#counts.decided(chosen?.place, topology)
    if (chosen === undefined) return undefined
    const records = chosen.addresses.map((rdata) => ({
      owner: 'qname' as const,
      type: qtype,
      ttl,
      rdata,
    }))
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
}
