import type { Name } from '../dns/name.ts'
import { latin1 } from './fields.ts'
import { copyName, lowerName } from './names.ts'
import { RdataWriter } from './rdata-writer.ts'
import { RDATA_MAX_BYTES } from './record.ts'
import { formatRecordType, recordType } from './types.ts'
import { WordReader } from './word-reader.ts'
import { WordSplitter, wrong } from './words.ts'
import type { Fault, Word } from './words.ts'

export type ReadRdata =
  { readonly ok: true; readonly rdata: Uint8Array } | { readonly ok: false; readonly fault: Fault }

/** Holds one rdata while it is put together. */
const writer = new RdataWriter()

/**
 * Reads the rdata of a type from words, from the one at `from` to the last: in the form of the type, or in
 * that of RFC 3597 §5 (`\# 4 0A000001`), which all types have.
 */
export function readRdata(
  type: number,
  words: readonly Word[],
  { from, origin }: { readonly from: number; readonly origin: Name | undefined },
): ReadRdata {
  const subject = formatRecordType(type)
  const reader = new WordReader(words, { from, subject, origin })
  const known = recordType(type)
  const first = words[from]
  writer.reset()
  let fault: Fault | undefined
  if (first !== undefined && first.text === '\\#' && !first.isQuoted) fault = readGeneric(reader)
  else if (known === undefined) {
    fault =
      first === undefined
        ? reader.missing('\\#, a length and hexadecimal digits')
        : wrong(
            first,
            `is not \\# (RFC 3597 §5), which ${subject} wants: its own form is not known`,
          )
  } else {
    for (const field of known.fields) {
      fault = field.read(reader, writer)
      if (fault !== undefined) break
    }
  }
  const extra = reader.take()
  if (fault === undefined && extra !== undefined)
    fault = wrong(extra, `is more than ${subject} has`)
  if (fault !== undefined) return { ok: false, fault }
  const rdata = writer.take()
  const place = first ?? reader.missing('data')
  const whole = { line: place.line, column: place.column, found: subject }
  if (rdata === undefined) {
    return {
      ok: false,
      fault: { ...whole, wanted: `has more than ${RDATA_MAX_BYTES} octets of data` },
    }
  }
  const isChecked = known !== undefined && (first?.text === '\\#' || known.check !== undefined)
  const wanted = isChecked ? checkRdata(type, rdata) : undefined
  return wanted === undefined ? { ok: true, rdata } : { ok: false, fault: { ...whole, wanted } }
}

/** RFC 3597 §5: `\#`, the number of octets, and as many in hexadecimal. */
function readGeneric(words: WordReader): Fault | undefined {
  words.take()
  const word = words.take()
  if (word === undefined) return words.missing('a length in octets')
  const length = /^\d{1,5}$/.test(word.text) ? Number(word.text) : Number.NaN
  if (!(length <= RDATA_MAX_BYTES)) return wrong(word, `is not a length in 0..${RDATA_MAX_BYTES}`)
  let digits = ''
  for (let part = words.take(); part !== undefined; part = words.take()) {
    if (!/^[\da-f]+$/i.test(part.text)) return wrong(part, 'is not hexadecimal')
    digits += part.text
  }
  if (digits.length !== 2 * length) {
    return wrong(
      word,
      `is not the length: ${digits.length} hexadecimal digits follow, ${2 * length} are wanted`,
    )
  }
  writer.octets(Buffer.from(digits, 'hex'))
  return undefined
}

/**
 * Reads the rdata of a type from text in one line, such as `10 mail.example.`; names in it that are
 * relative end with `origin`. Lines and columns of faults are those of the text, in octets of UTF-8.
 */
export function parseRdata(type: number, text: string, origin?: Name): ReadRdata {
  const splitter = new WordSplitter()
  splitter.add(Buffer.from(text).toString('latin1'), 1)
  splitter.close()
  if (splitter.fault !== undefined) return { ok: false, fault: splitter.fault }
  return readRdata(type, splitter.words, { from: 0, origin })
}

/**
 * Shows rdata in canonical text: one line, one blank between its parts, names absolute, or relative to
 * `origin` when that is given. What has no form of its own is shown by RFC 3597 §5. For good rdata only.
 */
export function formatRdata(type: number, rdata: Uint8Array, origin?: Name): string {
  let text = ''
  let off = 0
  for (const field of recordType(type)?.fields ?? []) {
    const shown = field.show(rdata, off, origin)
    if (shown === undefined) return formatGeneric(rdata)
    if (shown !== '') text += text === '' ? shown : ` ${shown}`
    off = field.skip(rdata, off) ?? rdata.length
  }
  return text === '' ? formatGeneric(rdata) : text
}

/** Shows rdata by RFC 3597 §5, whatever its type. */
export function formatGeneric(rdata: Uint8Array): string {
  const digits = Buffer.from(rdata).toString('hex').toUpperCase()
  return digits === '' ? '\\# 0' : `\\# ${rdata.length} ${digits}`
}

/** Says what is wrong with uncompressed rdata, as half a sentence; undefined when it is good. */
export function checkRdata(type: number, rdata: Uint8Array): string | undefined {
  if (rdata.length > RDATA_MAX_BYTES)
    return `has ${rdata.length} octets, at most ${RDATA_MAX_BYTES}`
  const known = recordType(type)
  if (known === undefined) return undefined
  let off: number | undefined = 0
  for (const field of known.fields) {
    off = field.skip(rdata, off)
    if (off === undefined) break
  }
  if (off !== rdata.length) return `has ${rdata.length} octets of data that are not well-formed`
  return known.check?.(rdata)
}

/** A name within an rdata. */
export interface RdataName {
  /** Its offset. */
  readonly at: number
  /** RFC 3597 §4: whether it may be written compressed into messages. */
  readonly mayCompress: boolean
}

/** Where the names of good rdata stand. */
export function rdataNames(type: number, rdata: Uint8Array): readonly RdataName[] {
  const names: RdataName[] = []
  let off = 0
  for (const { compression, skip } of recordType(type)?.fields ?? []) {
    if (compression !== undefined) names.push({ at: off, mayCompress: compression === 'sent' })
    off = skip(rdata, off) ?? rdata.length
  }
  return names
}

/**
 * Takes the rdata at `start` to `end` out of a message, its names uncompressed and in their own case.
 * Undefined when it is not well-formed. Shares no memory with the message.
 */
export function rdataFromMessage(
  message: Uint8Array,
  { type, start, end }: { readonly type: number; readonly start: number; readonly end: number },
): Uint8Array | undefined {
  const bytes = message.subarray(0, end)
  writer.reset()
  let off = start
  for (const { compression, skip } of recordType(type)?.fields ?? []) {
    // RFC 3597 §4: "Receiving servers MUST decompress domain names in RRs of well-known type, and SHOULD
    // also decompress RRs of type RP, AFSDB, RT, SIG, PX, NXT, NAPTR, and SRV"
    const copied =
      compression === 'sent' || compression === 'received' ? copyName(bytes, off) : undefined
    const next = copied?.end ?? skip(bytes, off)
    if (next === undefined) return undefined
    writer.octets(copied?.wire ?? bytes.subarray(off, next))
    off = next
  }
  if (recordType(type) === undefined) writer.octets(bytes.subarray(start))
  else if (off !== end) return undefined
  const rdata = writer.take()
  return rdata === undefined || checkRdata(type, rdata) !== undefined ? undefined : rdata
}

/**
 * What two rdata of a type have in common when they are the same: octets as text, with the names in lower
 * case (RFC 4343 §3).
 */
export function rdataKey(type: number, rdata: Uint8Array): string {
  const names = rdataNames(type, rdata)
  if (names.length === 0) return latin1(rdata, 0, rdata.length)
  const lower = Uint8Array.from(rdata)
  for (const { at } of names) lowerName(lower, at)
  return latin1(lower, 0, lower.length)
}
