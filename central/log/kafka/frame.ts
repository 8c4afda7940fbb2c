/*
 * What a record of the topic holds: a line of JSON, then the body.
 *
 *   {"meridian":1,"genesis":"<log id, 32 hex digits>"}\n
 *
 *   {"meridian":1,"author":"<16 hex digits>","append":7,"version":41,"hash":"<64>","part":0,"parts":1}\n
 *   <payload>\n<payload>...
 *
 * An append says which version and hash it was decided on (`version`, `hash`): it holds if they are those
 * of the head at its place in the topic, else it is stale. A payload is the very text that is hashed
 * (record.ts): JSON, so it has no line break of its own. A long body is cut into parts, one record each;
 * the append stands where its last part stands.
 */

/** Version of this format; a record of a greater one is of newer software. */
const FRAME_VERSION = 1
/** Longest value of a record of the topic that is looked at, in bytes. */
export const TOPIC_RECORD_MAX_BYTES = 16 * 1024 * 1024
/** Longest body that one record carries, in bytes: with its head it fits the 1 MiB that Kafka takes by default. */
const PART_MAX_BYTES = 1_000_000
/** Parts that one append may have. */
export const APPEND_PARTS_MAX = 300
/** Longest first line, in bytes. */
const HEAD_MAX_BYTES = 512

/** What all parts of an append say of it. */
export interface AppendHead {
  /** Who wrote it: drawn anew at each start of a central. */
  readonly author: string
  /** Counts the appends of the author. */
  readonly append: number
  /** The version that it was decided on. */
  readonly version: number
  /** The hash of that version (hex). */
  readonly hash: string
}

/** A record of the topic. */
export type Frame =
  | { readonly kind: 'genesis'; readonly logId: string }
  | {
      readonly kind: 'part'
      readonly head: AppendHead
      readonly part: number
      readonly parts: number
      readonly body: Buffer
    }

/** A record, or why it is none of ours; `isNewer` when newer software wrote it. */
export type ParsedFrame =
  | { readonly ok: true; readonly frame: Frame }
  | { readonly ok: false; readonly isNewer: boolean; readonly reason: string }

/** Returns the record that begins a log. */
export function encodeGenesis(logId: string): Buffer {
  return Buffer.from(`${JSON.stringify({ meridian: FRAME_VERSION, genesis: logId })}\n`)
}

/** Returns the records of an append, in order; undefined when it has more than 300 parts. */
export function encodeAppend(
  { author, append, version, hash }: AppendHead,
  payloads: readonly string[],
): readonly Buffer[] | undefined {
  const body = Buffer.from(payloads.join('\n'))
  const parts = Math.max(1, Math.ceil(body.length / PART_MAX_BYTES))
  if (parts > APPEND_PARTS_MAX) return undefined
  return Array.from({ length: parts }, (_, part) => {
    const head = { meridian: FRAME_VERSION, author, append, version, hash, part, parts }
    const slice = body.subarray(part * PART_MAX_BYTES, (part + 1) * PART_MAX_BYTES)
    return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), slice])
  })
}

/** Reads a record of the topic; `null` is a record without a value. */
export function parseFrame(value: Buffer | null): ParsedFrame {
  if (value === null) return refuse('it has no value')
  if (value.length > TOPIC_RECORD_MAX_BYTES) {
    return refuse(`it has ${value.length} bytes, at most ${TOPIC_RECORD_MAX_BYTES} are looked at`)
  }
  const end = value.subarray(0, HEAD_MAX_BYTES).indexOf(LINE_FEED)
  if (end < 0) return refuse(`its first line does not end within ${HEAD_MAX_BYTES} bytes`)
  let head: unknown
  try {
    head = JSON.parse(value.toString('utf8', 0, end))
  } catch {
    return refuse('its first line is not JSON')
  }
  if (typeof head !== 'object' || head === null || !('meridian' in head)) {
    return refuse('its first line is not that of Meridian')
  }
  const version = head.meridian
  if (typeof version === 'number' && Number.isInteger(version) && version > FRAME_VERSION) {
    const reason = `its format is ${version}, this software reads up to ${FRAME_VERSION}`
    return { ok: false, isNewer: true, reason }
  }
  const frame = version === FRAME_VERSION ? frameOf(head, value.subarray(end + 1)) : undefined
  return frame === undefined ? refuse('its first line lacks a field') : { ok: true, frame }
}

const LINE_FEED = 0x0a

function frameOf(head: object, body: Buffer): Frame | undefined {
  if ('genesis' in head) {
    const { genesis } = head
    const isGenesis = isHex(genesis, 32) && body.length === 0
    return isGenesis ? { kind: 'genesis', logId: genesis } : undefined
  }
  const author = 'author' in head ? head.author : undefined
  const append = 'append' in head ? head.append : undefined
  const version = 'version' in head ? head.version : undefined
  const hash = 'hash' in head ? head.hash : undefined
  const part = 'part' in head ? head.part : undefined
  const parts = 'parts' in head ? head.parts : undefined
  if (!isHex(author, 16) || !isHex(hash, 64) || !isCount(append) || !isCount(version))
    return undefined
  if (!isCount(part) || !isCount(parts) || part >= parts || parts > APPEND_PARTS_MAX)
    return undefined
  return { kind: 'part', head: { author, append, version, hash }, part, parts, body }
}

function isHex(value: unknown, length: number): value is string {
  return typeof value === 'string' && value.length === length && /^[0-9a-f]+$/.test(value)
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function refuse(reason: string): ParsedFrame {
  return { ok: false, isNewer: false, reason }
}
