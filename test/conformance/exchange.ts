import { decode } from 'dns-packet'
import {
  EDNS_FLAG_DO,
  FLAG_AA,
  FLAG_AD,
  FLAG_CD,
  FLAG_QR,
  FLAG_RA,
  FLAG_RD,
  FLAG_TC,
  FLAG_Z,
  OPCODE_MASK,
  OPCODE_SHIFT,
} from '../../shared/dns/codes.ts'
import { EDNS_UDP_SIZE_BYTES, UDP_SIZE_MIN_BYTES } from '../../shared/dns/edns.ts'
import { type DnsResponse, type Target, askRaw, decodeResponse } from '../support/dns-client.ts'

/** The header of a message (RFC 1035 §4.1.1). */
const HEADER_BYTES = 12
const TIMEOUT_MS = 5_000

/** A response as the tests compare it, whole, so that nothing in it goes unseen. */
export interface Shape {
  readonly status: string
  /** As dig prints them: `qr aa rd`, with `z` for the reserved bit. */
  readonly flags: string
  /** The types of the records. */
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  /** Without OPT. */
  readonly additional: readonly string[]
  readonly edns: EdnsShape | undefined
}

export interface EdnsShape {
  readonly version: number
  /** `do`, and `mbz` for any flag that must be zero. */
  readonly flags: string
  /** The codes of the options. */
  readonly options: readonly number[]
}

/** Sends a query and gives its response, of which `checkAnswer` holds. Throws when none comes. */
export async function exchange(
  target: Target,
  query: Buffer,
  transport: 'udp' | 'tcp' = 'udp',
): Promise<DnsResponse> {
  const { address, port } = target
  const raw = await askRaw(query, { address, port, transport, timeoutMs: TIMEOUT_MS })
  if (raw === undefined) throw new Error(`no answer over ${transport} to ${query.toString('hex')}`)
  checkAnswer(query, raw, transport)
  return decodeResponse(raw)
}

/** What there is to compare of a response. */
export function shapeOf(response: DnsResponse): Shape {
  const types = (records: readonly { readonly type: string }[]): readonly string[] =>
    records.map((record) => record.type)
  return {
    status: response.rcode,
    flags: flagsOf(response.raw),
    answer: types(response.answers),
    authority: types(response.authorities),
    additional: types(response.additionals),
    edns: ednsOf(response),
  }
}

/**
 * Checks what holds of every answer, whatever was asked. Throws what does not hold, with both
 * messages in hexadecimal.
 */
export function checkAnswer(query: Buffer, answer: Buffer, transport: 'udp' | 'tcp'): void {
  const wrong = wrongWith(query, answer, transport)
  if (wrong === undefined) return
  const hex = { query: query.toString('hex'), answer: answer.toString('hex') }
  throw new Error(`${wrong}: ${JSON.stringify(hex)}`)
}

function wrongWith(query: Buffer, answer: Buffer, transport: 'udp' | 'tcp'): string | undefined {
  if (query.length < HEADER_BYTES) return 'an answer to less than a header'
  if (answer.length < HEADER_BYTES) return 'an answer of less than a header'
  const asked = query.readUInt16BE(2)
  const said = answer.readUInt16BE(2)
  if ((asked & FLAG_QR) !== 0) return 'an answer to an answer'
  if (query.readUInt16BE(0) !== answer.readUInt16BE(0)) return 'another ID than the query has'
  if ((said & FLAG_QR) === 0) return 'no QR bit'
  // RFC 1035 §4.1.1: OPCODE and RD are "copied into the response", Z "must be zero".
  if (((asked ^ said) & (OPCODE_MASK | FLAG_RD)) !== 0) return 'OPCODE or RD is not the query’s'
  if ((said & FLAG_Z) !== 0) return 'the reserved bit is set'
  // Nobody recurses or validates here.
  if ((said & (FLAG_RA | FLAG_AD)) !== 0) return 'RA or AD is set'
  if (transport === 'udp' && answer.length > EDNS_UDP_SIZE_BYTES) return 'more than 1232 octets'
  if (transport === 'udp' && answer.length > UDP_SIZE_MIN_BYTES && query.readUInt16BE(10) === 0) {
    return 'more than 512 octets without EDNS'
  }
  return wrongQuestion(query, answer)
}

/** RFC 9619 §4: no answer has more than one question; where there is one it is the query's. */
function wrongQuestion(query: Buffer, answer: Buffer): string | undefined {
  const count = answer.readUInt16BE(4)
  if (count > 1) return `${count} questions`
  if (count === 0) return undefined
  let off = HEADER_BYTES
  while ((query[off] ?? 0) > 0) off += 1 + (query[off] ?? 0)
  const end = off + 5
  const same = query.subarray(HEADER_BYTES, end).equals(answer.subarray(HEADER_BYTES, end))
  return same ? undefined : 'another question than the query has'
}

function flagsOf(raw: Buffer): string {
  const flags = raw.readUInt16BE(2)
  const names = [
    ['qr', FLAG_QR],
    ['aa', FLAG_AA],
    ['tc', FLAG_TC],
    ['rd', FLAG_RD],
    ['ra', FLAG_RA],
    ['z', FLAG_Z],
    ['ad', FLAG_AD],
    ['cd', FLAG_CD],
  ] as const
  return names
    .filter(([, bit]) => (flags & bit) !== 0)
    .map(([name]) => name)
    .join(' ')
}

function ednsOf(response: DnsResponse): EdnsShape | undefined {
  if (response.edns === undefined) return undefined
  const opt = decode(response.raw).additionals?.find((record) => record.type === 'OPT')
  const flags = opt?.flags ?? 0
  const names = [
    ...((flags & EDNS_FLAG_DO) === 0 ? [] : ['do']),
    ...((flags & ~EDNS_FLAG_DO) === 0 ? [] : ['mbz']),
  ]
  return {
    version: response.edns.version,
    flags: names.join(' '),
    options: response.edns.options.map((option) => option.code),
  }
}

/** The opcode of a message. */
export function opcodeOf(raw: Buffer): number {
  return (raw.readUInt16BE(2) & OPCODE_MASK) >> OPCODE_SHIFT
}

/** A name in wire form with the case and the octets of its labels as they are given (latin1). */
export function rawName(...labels: readonly string[]): Buffer {
  const octets = labels.map((label) => Buffer.from(label, 'latin1'))
  return Buffer.concat([
    ...octets.flatMap((label) => [Buffer.from([label.length]), label]),
    Buffer.alloc(1),
  ])
}

/** `rawName` of text in which every dot separates labels. */
export function nameOf(text: string): Buffer {
  return text === '.' ? Buffer.alloc(1) : rawName(...text.split('.'))
}
