import {
  CLASS_IN,
  FLAG_AA,
  FLAG_QR,
  FLAG_TC,
  OPCODE_MASK,
  rcodeName,
  TYPE_OPT,
  TYPE_SOA,
} from '../../../shared/dns/codes.ts'
import type { RecordPlace } from '../../../shared/dns/message-walk.ts'
import { walkMessage } from '../../../shared/dns/message-walk.ts'
import { formatRdata, rdataFromMessage, rdataKey } from '../../../shared/records/rdata.ts'
import type { Record } from '../../../shared/records/record.ts'
import { formatRecordType } from '../../../shared/records/types.ts'
import type { Target } from '../../support/dns-client.ts'
import { askAll } from './exchange.ts'
import type { Way } from './exchange.ts'
import type { Question } from './questions.ts'

/**
 * An answer in a form in which equal ones compare equal. A section is its rrsets in their order, each
 * with its records in one order: the order within an rrset is the server's choice (RFC 2181 §5).
 */
export interface Reply {
  readonly rcode: string
  readonly aa: boolean
  readonly tc: boolean
  readonly hasEdns: boolean
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  /** Octets of the message, and of those before the additional section with OPT. */
  readonly bytes: number
  readonly essentialBytes: number
}

const HEADER_BYTES = 12

/** Asks a server all questions; the replies are in the same order. */
export async function repliesOf(
  target: Target,
  questions: readonly Question[],
  way: Way,
): Promise<readonly Reply[]> {
  const answers = await askAll(target, questions, way)
  return questions.map((question, i) => readReply(answers[i] ?? Buffer.alloc(0), question))
}

/** Decodes an answer. Throws when it is none to this question, or not well-formed. */
function readReply(raw: Buffer, { wire, qtype }: Question): Reply {
  const walk = walkMessage(raw)
  if (walk === undefined) throw new Error(`not a message: ${raw.toString('hex')}`)
  const flags = raw.readUInt16BE(2)
  if ((flags & FLAG_QR) === 0 || (flags & OPCODE_MASK) !== 0) throw new Error('not an answer')
  // RFC 4343 §4.1: the name comes back octet by octet.
  const asked = raw.subarray(HEADER_BYTES, HEADER_BYTES + wire.length)
  const isAsked = walk.questions.length === 1 && walk.questions[0]?.type === qtype
  if (!asked.equals(wire) || !isAsked) throw new Error('another question came back')
  const opt = walk.additionals.find(({ type }) => type === TYPE_OPT)
  const section = (records: readonly RecordPlace[]): readonly string[] => sectionOf(raw, records)
  const additional = walk.additionals.filter((record) => record !== opt)
  const optBytes = opt === undefined ? 0 : 11 + opt.rdata.length
  return {
    rcode: rcodeName((flags & 0xf) | ((opt === undefined ? 0 : opt.ttl >>> 24) << 4)),
    aa: (flags & FLAG_AA) !== 0,
    tc: (flags & FLAG_TC) !== 0,
    hasEdns: opt !== undefined,
    answer: section(walk.answers),
    authority: section(walk.authorities),
    additional: [...new Set(section(additional))].sort(),
    bytes: raw.length,
    essentialBytes: (additional[0]?.nameAt ?? raw.length - optBytes) + optBytes,
  }
}

function sectionOf(raw: Buffer, records: readonly RecordPlace[]): readonly string[] {
  const rrsets = new Map<string, string[]>()
  for (const { name, type, class: rclass, ttl, typeAt, rdata } of records) {
    if (rclass !== CLASS_IN) throw new Error(`${name} has class ${rclass}`)
    const start = typeAt + 10
    const read = rdataFromMessage(raw, { type, start, end: start + rdata.length })
    if (read === undefined) throw new Error(`${name} type ${type}: ${rdata.toString('hex')}`)
    const key = `${name} ${ttl} ${type}`
    const texts = rrsets.get(key) ?? []
    texts.push(recordText({ owner: name, type, ttl, rdata: read }))
    rrsets.set(key, texts)
  }
  return [...rrsets.values()].flatMap((texts) => texts.sort())
}

/** Text of a record, names of its rdata in lower case; the serial of an SOA is each server's own. */
export function recordText({ owner, type, ttl, rdata }: Record): string {
  const same = Buffer.from(rdataKey(type, rdata), 'latin1')
  // RFC 1035 §3.3.13: SERIAL is the first of five numbers at the end.
  if (type === TYPE_SOA) same.writeUInt32BE(0, same.length - 20)
  return `${owner} ${ttl} ${formatRecordType(type)} ${formatRdata(type, same)}`
}
