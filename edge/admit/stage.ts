import {
  CLASS_CH,
  CLASS_IN,
  EDE_NOT_SUPPORTED,
  EDE_PROHIBITED,
  RCODE_NOERROR,
  RCODE_NOTIMP,
  RCODE_REFUSED,
  TYPE_ANY,
  TYPE_AXFR,
  TYPE_IXFR,
  TYPE_MAILA,
  TYPE_MAILB,
  TYPE_TKEY,
  TYPE_TSIG,
  TYPE_TXT,
} from '../../shared/dns/codes.ts'
import { nameKey, toName } from '../../shared/dns/name.ts'
import type { Answer } from '../query/encode.ts'
import type { Query } from '../query/query.ts'
import { encodeRecords } from '../query/records.ts'
import type { Stage } from '../stage.ts'

/** Refuses what no later stage is to see, and answers who this server is (CHAOS). */
export class AdmitStage implements Stage {
  readonly name = 'admit'
  readonly #chaos: ReadonlyMap<string, Answer>

  /** `identity` is told for `id.server` and `hostname.bind`, `version` for `version.bind`. */
  constructor(options: { readonly identity: string; readonly version: string }) {
    const { identity, version } = options
    // RFC 4892 §2.
    this.#chaos = new Map([
      [nameKey(toName('id.server.')), chaosAnswer(identity)],
      [nameKey(toName('hostname.bind.')), chaosAnswer(identity)],
      [nameKey(toName('version.server.')), chaosAnswer(version)],
      [nameKey(toName('version.bind.')), chaosAnswer(version)],
    ])
  }

  ask(q: Query): Answer | undefined {
    if (q.qclass === CLASS_CH) return this.#askChaos(q)
    // Only the Internet class is served; ANY (RFC 1035 §3.2.5) as a class is of no use to anybody.
    if (q.qclass !== CLASS_IN) return refusedClass
    switch (q.qtype) {
      case TYPE_AXFR:
      case TYPE_IXFR:
        // RFC 5936 §2.2.1: a server that does not give the zone to this client answers REFUSED.
        return refusedTransfer
      case TYPE_TKEY:
      case TYPE_TSIG:
      case TYPE_MAILA:
      case TYPE_MAILB:
        // RFC 6895 §3.1: meta and query types; those that are not implemented are NOTIMP.
        return notImplemented
      default:
        return undefined
    }
  }

  #askChaos(q: Query): Answer {
    const isText = q.qtype === TYPE_TXT || q.qtype === TYPE_ANY
    return (isText ? this.#chaos.get(q.lqname) : undefined) ?? refusedClass
  }
}

function chaosAnswer(text: string): Answer {
  return {
    rcode: RCODE_NOERROR,
    authoritative: true,
    answer: encodeRecords(
      [{ owner: 'qname', class: CLASS_CH, type: TYPE_TXT, ttl: 0, rdata: [text] }],
      '.',
    ),
    authority: undefined,
    additional: undefined,
    glueRequired: false,
    apexBytes: 1,
    ede: undefined,
  }
}

function refuse(rcode: number, code: number, text: string): Answer {
  return {
    rcode,
    authoritative: false,
    answer: undefined,
    authority: undefined,
    additional: undefined,
    glueRequired: false,
    apexBytes: 1,
    ede: { code, text },
  }
}

const refusedClass = refuse(RCODE_REFUSED, EDE_NOT_SUPPORTED, 'class is not served')
const refusedTransfer = refuse(RCODE_REFUSED, EDE_PROHIBITED, 'zone transfer is not offered')
const notImplemented = refuse(RCODE_NOTIMP, EDE_NOT_SUPPORTED, 'type is not implemented')
