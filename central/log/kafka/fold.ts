import type { NewChange } from '../../model/events.ts'
import { hashOfLog, hashOfRecord, isChange } from '../record.ts'
import type { LogRow } from '../sqlite-check.ts'
import type { AppendHead } from './frame.ts'
import { parseFrame } from './frame.ts'

/** Bytes of appends that lack parts yet, of all authors; beyond them the oldest such append is dropped. */
const UNFINISHED_MAX_BYTES = 512 * 1024 * 1024
/** Authors that may have an append that lacks parts. */
export const UNFINISHED_MAX = 64

/** What a record of the topic was found to be. */
export type Outcome =
  | { readonly kind: 'genesis'; readonly logId: string }
  /** Holds: the head is now its last row. The changes are as written, in the words of their time. */
  | {
      readonly kind: 'appended'
      readonly head: AppendHead
      readonly rows: readonly LogRow[]
      readonly changes: readonly NewChange[]
    }
  /** Was decided on another head than the one at its place. */
  | { readonly kind: 'stale'; readonly head: AppendHead; readonly version: number }
  /** Changes nothing by itself: a part of an append, or one that came twice. */
  | { readonly kind: 'part' }
  /** Not of this log. */
  | { readonly kind: 'foreign'; readonly reason: string }
  /** Of newer software: whoever does not understand it cannot go on. */
  | { readonly kind: 'newer'; readonly reason: string }

/** A record with a part of an append that lacks others, as the topic has it. */
export interface StoredPart {
  readonly author: string
  readonly offset: number
  readonly value: Buffer
}

/** What is to be done to the stored parts, in order. */
export type PartChange = { readonly add: StoredPart } | { readonly drop: string }

/** Where a fold goes on. */
export interface FoldState {
  /** Undefined before the record that begins the log. */
  readonly logId: string | undefined
  readonly head: number
  readonly hash: string
  /** In the order of the topic. */
  readonly parts: readonly StoredPart[]
}

interface Unfinished {
  readonly head: AppendHead
  readonly parts: number
  readonly bodies: Buffer[]
  bytes: number
}

/**
 * Folds the records of the topic, in their order, into versions and hashes. It depends on nothing but the
 * records: so every central that has read as far has the same log, and whatever is skipped is skipped by
 * all. An append that comes twice, because its sender did not hear that it had come, is stale the second
 * time: its own first copy has moved the head.
 */
export class TopicFold {
  #logId: string | undefined
  #head: number
  #hash: string
  /** By author, in the order in which they began. */
  readonly #unfinished = new Map<string, Unfinished>()
  #unfinishedBytes = 0
  #partChanges: PartChange[] = []

  constructor({ logId, head, hash, parts }: FoldState) {
    this.#logId = logId
    this.#head = head
    this.#hash = hash
    for (const { offset, value } of parts) this.take(offset, value)
    this.#partChanges = []
  }

  get logId(): string | undefined {
    return this.#logId
  }

  get head(): number {
    return this.#head
  }

  get hash(): string {
    return this.#hash
  }

  /** Takes the next record. */
  take(offset: number, value: Buffer | null): Outcome {
    const parsed = parseFrame(value)
    if (!parsed.ok) return { kind: parsed.isNewer ? 'newer' : 'foreign', reason: parsed.reason }
    const { frame } = parsed
    if (frame.kind === 'genesis') {
      if (this.#logId !== undefined) return { kind: 'foreign', reason: 'the log has begun already' }
      this.#logId = frame.logId
      this.#hash = hashOfLog(frame.logId)
      return { kind: 'genesis', logId: frame.logId }
    }
    if (this.#logId === undefined) return { kind: 'foreign', reason: 'the log has not begun yet' }
    const { head, part, parts, body } = frame
    if (parts === 1) {
      this.#drop(head.author)
      return this.#takeWhole(head, body)
    }
    const begun = this.#begun(head, part, parts)
    // A record that was sent twice: the first was taken.
    if (begun !== undefined && part < begun.bodies.length) return { kind: 'part' }
    if (begun === undefined || part > begun.bodies.length) {
      this.#drop(head.author)
      return {
        kind: 'foreign',
        reason: `part ${part} of an append whose parts before are not there`,
      }
    }
    begun.bodies.push(body)
    begun.bytes += body.length
    this.#unfinishedBytes += body.length
    if (begun.bodies.length === parts) {
      this.#drop(head.author)
      return this.#takeWhole(head, Buffer.concat(begun.bodies))
    }
    if (value !== null) this.#partChanges.push({ add: { author: head.author, offset, value } })
    this.#bound()
    return { kind: 'part' }
  }

  /** What has to be done to the stored parts since the last call. */
  takePartChanges(): readonly PartChange[] {
    return this.#partChanges.splice(0)
  }

  /** The append that a part belongs to; begins it with part 0. */
  #begun(head: AppendHead, part: number, parts: number): Unfinished | undefined {
    const { author } = head
    const before = this.#unfinished.get(author)
    if (before?.head.append === head.append && before.parts === parts) return before
    if (part !== 0) return undefined
    this.#drop(author)
    const begun: Unfinished = { head, parts, bodies: [], bytes: 0 }
    this.#unfinished.set(author, begun)
    return begun
  }

  /** Drops those that began first while there are too many. */
  #bound(): void {
    for (const author of this.#unfinished.keys()) {
      const isWithin =
        this.#unfinished.size <= UNFINISHED_MAX && this.#unfinishedBytes <= UNFINISHED_MAX_BYTES
      if (isWithin) return
      this.#drop(author)
    }
  }

  #drop(author: string): void {
    const dropped = this.#unfinished.get(author)
    if (dropped === undefined) return
    this.#unfinished.delete(author)
    this.#unfinishedBytes -= dropped.bytes
    this.#partChanges.push({ drop: author })
  }

  #takeWhole(head: AppendHead, body: Buffer): Outcome {
    const version = this.#head
    if (head.version !== version || head.hash !== this.#hash)
      return { kind: 'stale', head, version }
    const payloads = linesOf(body)
    const changes = payloads?.flatMap((payload) => parseChange(payload) ?? [])
    if (payloads === undefined || changes?.length !== payloads.length) {
      return { kind: 'foreign', reason: 'an append of what are no changes' }
    }
    const rows: LogRow[] = []
    for (const payload of payloads) {
      this.#head++
      this.#hash = hashOfRecord(this.#hash, this.#head, payload)
      rows.push({ version: this.#head, payload, hash: this.#hash })
    }
    return { kind: 'appended', head, rows, changes }
  }
}

/** Where the fold of a topic begins. */
export const EMPTY_FOLD: FoldState = { logId: undefined, head: 0, hash: '', parts: [] }

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The lines of a text; undefined when the bytes are no UTF-8. */
function linesOf(body: Buffer): readonly string[] | undefined {
  try {
    return decoder.decode(body).split('\n')
  } catch {
    return undefined
  }
}

/** The change of a payload. Newer software may have written it: only its frame is looked at. */
function parseChange(payload: string): NewChange | undefined {
  let value: unknown
  try {
    value = JSON.parse(payload)
  } catch {
    return undefined
  }
  return typeof value === 'object' && value !== null && isChange(value) ? value : undefined
}
