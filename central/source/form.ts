import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { checkValue } from '../../shared/config/check.ts'
import { oneLine } from '../../shared/config/mistakes.ts'
import { TTL_MAX, TYPE_SOA } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import { parseName } from '../../shared/dns/name.ts'
import { messageOf } from '../../shared/errors.ts'
import { formatRecordType, isMetaType, parseRecordType } from '../../shared/records/types.ts'
import { RRSET_RECORDS_MAX } from '../../shared/registry/limits.ts'
import type { Rrset, RrsetKey } from '../../shared/registry/rrset-schema.ts'
import { rrsetSchema } from '../../shared/registry/rrset-schema.ts'
import { rdataOf } from './content.ts'

/*
 * The form of stream-dns: the key of a message is `domain.|TYPE`, its value the whole rrset as JSON, one
 * record or a list of records `{Name, Type, Content, Ttl, Priority, Metadatas}`. No value, or an empty list,
 * is the end of the rrset.
 */

/** Octets of a key: the longest text of a name, and a type. */
export const KEY_MAX_BYTES = 1_100
/** Octets of a value: the records of the largest rrset fit. */
export const VALUE_MAX_BYTES = 1024 * 1024
/** The longest reason that is kept. */
const DETAIL_MAX_CHARACTERS = 300
/** The longest part of a value that a reason shows. */
const SHOWN_MAX_CHARACTERS = 100

/** Why a message is no rrset; `docs/how-to/zones-from-kafka.md` explains each. */
export type FormReason =
  | 'key-invalid'
  | 'key-mismatch'
  | 'type-impossible'
  | 'value-oversized'
  | 'value-invalid'
  | 'record-invalid'

/** A message as it came. */
export interface RawMessage {
  readonly key: Buffer | null
  readonly value: Buffer | null
}

/** What a message wants. */
export type WantedChange =
  | { readonly kind: 'put'; readonly rrset: Rrset }
  | ({ readonly kind: 'delete' } & RrsetKey)
  /** Its name is in no zone of the source. */
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'bad'; readonly reason: FormReason; readonly detail: string }

/** Reads a message; `isTaken` says of a name whether it may be in a zone of the source. */
export function readMessage(
  { key, value }: RawMessage,
  isTaken: (name: Name) => boolean,
): WantedChange {
  const parsed = readKey(key)
  if (!parsed.ok) return bad('key-invalid', parsed.detail)
  const { name, type } = parsed
  if (!isTaken(name)) return { kind: 'elsewhere' }
  if (isMetaType(type) || type === TYPE_SOA) {
    const why =
      type === TYPE_SOA ? 'is a field of the zone: put the zone' : 'is a type of questions only'
    return bad('type-impossible', `type ${formatRecordType(type)} ${why}`)
  }
  const mnemonic = formatRecordType(type)
  if (value === null || value.length === 0) return { kind: 'delete', name, type: mnemonic }
  const records = readValue(value)
  if (!records.ok) return bad(records.reason, records.detail)
  if (records.records.length === 0) return { kind: 'delete', name, type: mnemonic }
  for (const record of records.records) {
    const stranger = strangerIn(record, name, type)
    if (stranger !== undefined) return bad('key-mismatch', stranger)
  }
  return rrsetOf(name, type, records.records)
}

/** The text of a key for people, cut where it is long. */
export function keyText(key: Buffer | null): string {
  return key === null ? '' : cut(key.toString('utf8', 0, KEY_MAX_BYTES))
}

/** A text for people in one line, cut where it is long. */
export function cut(text: string): string {
  return oneLine(text).slice(0, DETAIL_MAX_CHARACTERS)
}

function bad(reason: FormReason, detail: string): WantedChange {
  return { kind: 'bad', reason, detail: cut(detail) }
}

// ---- the key ----

type ReadKey =
  | { readonly ok: true; readonly name: Name; readonly type: number }
  | { readonly ok: false; readonly detail: string }

function readKey(key: Buffer | null): ReadKey {
  const wanted = 'a key such as www.example.|A is wanted'
  if (key === null || key.length === 0) {
    return { ok: false, detail: `the message has no key, ${wanted}` }
  }
  if (key.length > KEY_MAX_BYTES) {
    return { ok: false, detail: `the key has ${key.length} octets, at most ${KEY_MAX_BYTES}` }
  }
  const text = key.toString('utf8')
  const bar = text.lastIndexOf('|')
  if (bar < 0) return { ok: false, detail: `the key ${show(text)} has no |, ${wanted}` }
  const parsed = parseName(text.slice(0, bar))
  if (!parsed.ok) return { ok: false, detail: `the name of the key ${show(text)} ${parsed.reason}` }
  const type = parseRecordType(text.slice(bar + 1))
  if (type !== undefined) return { ok: true, name: parsed.name, type }
  return { ok: false, detail: `the key ${show(text)} has no type such as MX or TYPE65280 behind |` }
}

// ---- the value ----

/** Fields that are not named are let be, `Metadatas` among them. */
const recordSchema = z.object({
  Name: z.string(),
  Type: z.string(),
  Content: z.string(),
  Ttl: z.int().min(0).max(TTL_MAX),
  // A producer written in Go leaves nothing out: 0 is what it has not set.
  Priority: z.int().min(0).max(65_535).default(0),
})

type StreamRecord = z.output<typeof recordSchema>

const recordsSchema = z.array(recordSchema).max(RRSET_RECORDS_MAX)

type ReadValue =
  | { readonly ok: true; readonly records: readonly StreamRecord[] }
  | { readonly ok: false; readonly reason: FormReason; readonly detail: string }

function readValue(value: Buffer): ReadValue {
  if (value.length > VALUE_MAX_BYTES) {
    const detail = `the value has ${value.length} octets, at most ${VALUE_MAX_BYTES} are taken`
    return { ok: false, reason: 'value-oversized', detail }
  }
  const refuse = (detail: string): ReadValue => ({ ok: false, reason: 'value-invalid', detail })
  if (!isUtf8(value)) return refuse('the value is not UTF-8')
  let json: unknown
  try {
    json = JSON.parse(value.toString('utf8'))
  } catch (err) {
    return refuse(`the value is not JSON: ${messageOf(err)}`)
  }
  if (typeof json !== 'object' || json === null) {
    const wanted = 'a record, a list of records, or no value at all is wanted'
    return refuse(`the value is ${show(JSON.stringify(json))}, ${wanted}`)
  }
  const list: unknown = Array.isArray(json) ? json : [json]
  const parsed = recordsSchema.safeParse(list)
  if (parsed.success) return { ok: true, records: parsed.data }
  const checked = checkValue(recordsSchema, list, '')
  const [mistake] = checked.ok ? [] : checked.mistakes
  const parts = [mistake?.path, mistake?.value, mistake?.wanted]
  return refuse(`the value: ${parts.filter((part) => part !== undefined).join(' ')}`)
}

/** What of a record is about something else than the key. */
function strangerIn(
  { Name: ownName, Type: ownType }: StreamRecord,
  name: Name,
  type: number,
): string | undefined {
  const parsed = parseName(ownName)
  if (!parsed.ok || parsed.name !== name) {
    return `Name ${show(ownName)} is not the ${name} of the key`
  }
  if (parseRecordType(ownType) === type) return undefined
  return `Type ${show(ownType)} is not the ${formatRecordType(type)} of the key`
}

function rrsetOf(name: Name, type: number, records: readonly StreamRecord[]): WantedChange {
  // RFC 2181 §5: "Servers should suppress such duplicates if encountered."
  const rdata = new Set<string>()
  // RFC 2181 §5.2: TTLs of one rrset that differ are deprecated; the lowest suits all records.
  let ttl = TTL_MAX
  for (const record of records) {
    rdata.add(rdataOf(type, record.Content, record.Priority))
    ttl = Math.min(ttl, record.Ttl)
  }
  const wanted = { name, type: formatRecordType(type), ttl, rdata: [...rdata] }
  const parsed = rrsetSchema.safeParse(wanted)
  if (parsed.success) return { kind: 'put', rrset: parsed.data }
  const [issue] = parsed.error.issues
  const which = issue?.path[0] === 'rdata' ? issue.path[1] : undefined
  const text = typeof which === 'number' ? ` ${show(wanted.rdata[which] ?? '')}` : ''
  return bad('record-invalid', `the ${wanted.type} data${text}: ${issue?.message ?? 'is invalid'}`)
}

function show(text: string): string {
  const isLong = text.length > SHOWN_MAX_CHARACTERS
  return JSON.stringify(isLong ? `${text.slice(0, SHOWN_MAX_CHARACTERS)}…` : text)
}
