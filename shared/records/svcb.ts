import type { Field } from './field.ts'
import { uintAt } from './fields.ts'
import type { RdataWriter } from './rdata-writer.ts'
import { badEscape, quote, unescape } from './strings.ts'
import {
  isParamValue,
  KEY_ALPN,
  KEY_MANDATORY,
  KEY_NO_DEFAULT_ALPN,
  mandatoryKeys,
  paramValues,
  readParamKey,
  showParamKey,
} from './svcb-values.ts'
import type { WordReader } from './word-reader.ts'
import { wrong } from './words.ts'
import type { Fault, Word } from './words.ts'

/**
 * The SvcParams of SVCB and HTTPS (RFC 9460 §2.1, §2.2): in wire form each has its key and the length of
 * its value, 16 bits each, and its value; in rising order of keys.
 */
export const serviceParams: Field = {
  read: readParams,
  skip: (rdata, off) => {
    const params = paramsAt(rdata, off)
    return params === undefined || inconsistency(params) !== undefined ? undefined : rdata.length
  },
  show: (rdata, off) => {
    return [...(paramsAt(rdata, off) ?? [])].map(([key, value]) => showParam(key, value)).join(' ')
  },
}

type Params = ReadonlyMap<number, Uint8Array>

function readParams(words: WordReader, out: RdataWriter): Fault | undefined {
  const params = new Map<number, Uint8Array>()
  let first: Word | undefined
  for (let word = words.take(); word !== undefined; word = words.take()) {
    first ??= word
    const read = readParam(word, words)
    if ('wanted' in read) return read
    // RFC 9460 §2.1: "keys MUST NOT be repeated"
    if (params.has(read.key)) return wrong(word, 'has a key that stands before it already')
    params.set(read.key, read.value)
  }
  const reason = inconsistency(params)
  if (first !== undefined && reason !== undefined)
    return { ...wrong(first, reason), found: words.subject }
  // RFC 9460 §2.2: "SvcParamKeys SHALL appear in increasing numeric order."
  for (const [key, value] of [...params].sort(([a], [b]) => a - b)) {
    out.uint(key, 2)
    out.uint(value.length, 2)
    out.octets(value)
  }
  return undefined
}

/** Reads `key`, `key=value` or `key="value"`; the last is two words. */
function readParam(word: Word, words: WordReader): { key: number; value: Uint8Array } | Fault {
  if (word.isQuoted || word.isJoined)
    return wrong(word, 'is not a parameter such as alpn="h2" or port=53')
  const equals = word.text.indexOf('=')
  const keyText = equals < 0 ? word.text : word.text.slice(0, equals)
  const key = readParamKey(keyText)
  if (key === undefined) {
    return wrong(word, 'is not a parameter that is known, such as alpn, nor key0 to key65534')
  }
  let escaped = equals < 0 ? '' : word.text.slice(equals + 1)
  const next = words.peek()
  if (equals === word.text.length - 1 && next?.isQuoted === true && next.isJoined) {
    escaped = next.text
    words.take()
  }
  const text = unescape(escaped)
  if (text === undefined) return wrong(word, badEscape)
  const rules = paramValues.get(key)
  // RFC 9460 §2.1: in the form keyNNNNN the value is that of the wire format.
  const isGeneric = rules === undefined || keyText !== rules.name
  const value = isGeneric ? Buffer.from(text, 'latin1') : rules.read(text)
  if (value === undefined || value.length > 0xffff || !isParamValue(key, value)) {
    return wrong(word, `is not ${showParamKey(key)} ${rules?.wanted ?? 'of at most 65535 octets'}`)
  }
  return { key, value }
}

function paramsAt(rdata: Uint8Array, off: number): Params | undefined {
  const params = new Map<number, Uint8Array>()
  let last = -1
  while (off < rdata.length) {
    const key = uintAt(rdata, off, 2)
    const start = off + 4
    const end = start + uintAt(rdata, off + 2, 2)
    if (start > rdata.length || end > rdata.length || key <= last) return undefined
    const value = rdata.subarray(start, end)
    if (!isParamValue(key, value)) return undefined
    params.set(key, value)
    last = key
    off = end
  }
  return params
}

/** Why parameters do not go together (RFC 9460 §2.4.3: "self-consistent"); half a sentence. */
function inconsistency(params: Params): string | undefined {
  const missing = mandatoryKeys(params.get(KEY_MANDATORY) ?? new Uint8Array()).find(
    (key) => !params.has(key),
  )
  // RFC 9460 §8: what is mandatory has to be there.
  if (missing !== undefined) return `has ${showParamKey(missing)} in mandatory, but not itself`
  // RFC 9460 §7.1.1: with no-default-alpn, "alpn" must be there as well.
  if (params.has(KEY_NO_DEFAULT_ALPN) && !params.has(KEY_ALPN))
    return 'has no-default-alpn, but no alpn'
  return undefined
}

function showParam(key: number, value: Uint8Array): string {
  const rules = paramValues.get(key)
  const name = rules?.name ?? showParamKey(key)
  const text =
    rules === undefined ? (value.length === 0 ? undefined : quote(value)) : rules.show(value)
  return text === undefined ? name : `${name}=${text}`
}
