import { BlockList } from 'node:net'
import { RCODE_NOERROR, TYPE_TXT } from '../../shared/dns/codes.ts'
import { NAME_MAX_BYTES } from '../../shared/dns/name.ts'
import type { Answer } from '../query/encode.ts'
import { encodeRecords } from '../query/records.ts'
import type { ServedZone } from './zones.ts'

/** The label below an apex. */
const VERSION_LABEL = '\u0008_version'

/** The name, as a key, by which a zone tells how far it is; undefined where it would be too long. */
export function versionKey(apexKey: string): string | undefined {
  const key = `${VERSION_LABEL}${apexKey}`
  return key.length > NAME_MAX_BYTES ? undefined : key
}

/** Tells some clients by what version of the state an edge answers, where nothing else stands at the name. */
export class VersionAnswers {
  readonly #from = new BlockList()

  /** `prefixes`: of those who are told. */
  constructor(prefixes: readonly string[]) {
    for (const prefix of prefixes) {
      const [address = '', bits] = prefix.split('/')
      this.#from.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4')
    }
  }

  /** Whether a client is told. */
  isFor(address: string): boolean {
    return this.#from.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
  }

  /** The answer to a type, at a version of the state. */
  answerTo(qtype: number, { zone, nodata }: ServedZone, version: number): Answer {
    if (qtype !== TYPE_TXT) return nodata
    const text = `serial=${zone.serial} version=${version}`
    return {
      rcode: RCODE_NOERROR,
      authoritative: true,
      answer: encodeRecords([{ owner: 'qname', type: TYPE_TXT, ttl: 0, rdata: [text] }], '.'),
      authority: undefined,
      additional: undefined,
      glueRequired: false,
      apexBytes: 1,
      ede: undefined,
    }
  }
}
