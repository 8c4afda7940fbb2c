import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { Precondition } from '../model/rules.ts'

/** Entity tags of a condition: `*`, or tags of which one must match (RFC 9110 §13.1). */
type Tags = '*' | readonly Tag[]

interface Tag {
  readonly isWeak: boolean
  /** Undefined for a tag that central has never given; it matches nothing. */
  readonly version: number | undefined
}

/** The conditions of a request. */
export interface Conditions {
  readonly ifMatch: Tags | undefined
  readonly ifNoneMatch: Tags | undefined
}

/** Conditions, or half a sentence that says which header cannot be read. */
export type ParsedConditions =
  | { readonly ok: true; readonly conditions: Conditions }
  | { readonly ok: false; readonly reason: string }

const tagsSchema = z.string().max(1_000).optional()

/** The headers that carry conditions, for routes that obey them. */
export const conditionHeadersSchema = z.looseObject({
  'if-match': tagsSchema.meta({ description: 'ETag of the object, or * for any that exists' }),
  'if-none-match': tagsSchema.meta({ description: 'ETag, or * when the object must not exist' }),
})

/** Formats the entity tag of an object that was last touched by a version. */
export function formatEtag(version: number): string {
  return `"${version}"`
}

/** Reads If-Match and If-None-Match. A header that cannot be read is refused, never passed over. */
export function parseConditions(headers: IncomingHttpHeaders): ParsedConditions {
  const ifMatch = parseTags(headers['if-match'])
  const ifNoneMatch = parseTags(headers['if-none-match'])
  if (ifMatch === 'bad') return refuse('If-Match', headers['if-match'])
  if (ifNoneMatch === 'bad') return refuse('If-None-Match', headers['if-none-match'])
  return { ok: true, conditions: { ifMatch, ifNoneMatch } }
}

/**
 * Turns the conditions of a write into one that `decide` checks again, given the version of the object
 * at that moment (undefined when there is none).
 */
export function preconditionOf(
  { ifMatch, ifNoneMatch }: Conditions,
  current: number | undefined,
): Precondition | undefined {
  // RFC 9110 §13.2.2: If-Match is evaluated first, If-None-Match only when it holds.
  const matched = ifMatch === undefined ? undefined : strongPrecondition(ifMatch, current)
  if (ifMatch !== undefined && !holds(matched, current)) return matched
  if (ifNoneMatch === '*') return 'none'
  if (ifNoneMatch !== undefined && hasWeakly(ifNoneMatch, current)) return 'none'
  return matched
}

/** What the conditions of a GET or HEAD ask for, given the version of the object. */
export function evaluateRead(
  { ifMatch, ifNoneMatch }: Conditions,
  current: number,
): 'send' | 'not-modified' | 'failed' {
  if (ifMatch !== undefined && !holds(strongPrecondition(ifMatch, current), current))
    return 'failed'
  // RFC 9110 §13.1.2: a GET whose If-None-Match is false is answered with 304.
  if (ifNoneMatch === '*') return 'not-modified'
  return ifNoneMatch !== undefined && hasWeakly(ifNoneMatch, current) ? 'not-modified' : 'send'
}

/** Version that no object has: versions count from 1. */
const NO_VERSION = 0

function strongPrecondition(tags: Tags, current: number | undefined): Precondition {
  if (tags === '*') return 'any'
  // RFC 9110 §13.1.1: If-Match compares strongly, so a weak tag matches nothing.
  const strong = tags.filter((tag) => !tag.isWeak).map((tag) => tag.version ?? NO_VERSION)
  return strong.find((version) => version === current) ?? strong[0] ?? NO_VERSION
}

function holds(wanted: Precondition | undefined, current: number | undefined): boolean {
  return wanted === 'any' ? current !== undefined : wanted === current
}

function hasWeakly(tags: Exclude<Tags, '*'>, current: number | undefined): boolean {
  return current !== undefined && tags.some((tag) => tag.version === current)
}

/** RFC 9110 §8.8.3: entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE. */
const entityTag = /^(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"$/

function parseTags(text: string | undefined): Tags | undefined | 'bad' {
  if (text === undefined) return undefined
  if (text.trim() === '*') return '*'
  const tags: Tag[] = []
  // A comma inside of a tag is legal, but no tag of central has one: the halves are refused.
  for (const part of text.split(',')) {
    const trimmed = part.trim()
    // RFC 9110 §5.6.1.2: a recipient parses and ignores empty list elements.
    if (trimmed === '') continue
    const parsed = entityTag.exec(trimmed)
    if (parsed === null) return 'bad'
    const opaque = parsed[2] ?? ''
    const version = /^[1-9]\d{0,15}$/.test(opaque) ? Number(opaque) : undefined
    tags.push({ isWeak: parsed[1] !== undefined, version })
  }
  return tags.length === 0 ? 'bad' : tags
}

function refuse(header: string, text: string | undefined): ParsedConditions {
  const reason = `${header}: ${text ?? ''} is not * or a list of entity tags such as "12"`
  return { ok: false, reason }
}
