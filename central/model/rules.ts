import { isDeepStrictEqual } from 'node:util'
import type { Decision, Refusal } from './decision.ts'
import { accept, reject } from './decision.ts'
import type { RegistryEvent } from './events.ts'

/** Holds when the object has this version, exists (`any`), or does not exist (`none`). */
export type Precondition = number | 'any' | 'none'

/** A put of what is there already becomes no event. */
export function put(
  before: object | undefined,
  after: object,
  event: RegistryEvent,
): Decision & { readonly ok: true } {
  return isDeepStrictEqual(before, after) ? { ok: true, events: [] } : accept(event)
}

/** The refusal of a precondition that does not hold. */
export function unmet(
  wanted: Precondition | undefined,
  before: { readonly version: number } | undefined,
  what: string,
): Refusal | undefined {
  const found = before === undefined ? 'does not exist' : `is at version ${before.version}`
  switch (wanted) {
    case undefined:
      return undefined
    case 'any':
      return before === undefined
        ? reject('precondition-failed', `${what} ${found}, it must exist`)
        : undefined
    case 'none':
      return before === undefined
        ? undefined
        : reject('precondition-failed', `${what} ${found}, it must not exist`)
    default:
      return before?.version === wanted
        ? undefined
        : reject('precondition-failed', `${what} ${found}, version ${wanted} is wanted`)
  }
}

/** Deleting what is not there is `not-found`, unless the caller set a precondition of his own. */
export function notFoundUnless(
  given: Precondition | undefined,
  before: object | undefined,
  refusal: Refusal,
): Decision {
  if (given !== undefined || before !== undefined) return refusal
  return reject('not-found', refusal.rejection.detail.replace(', it must exist', ''))
}

/** The refusal of one more object than there may be. */
export function tooMany(
  before: object | undefined,
  size: number,
  max: number,
  what: string,
): Refusal | undefined {
  return before === undefined && size >= max
    ? reject('too-many', `there are ${size} ${what}, at most ${max} are possible`)
    : undefined
}
