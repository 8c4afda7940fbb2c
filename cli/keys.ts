import { checkValue } from '../shared/config/check.ts'
import { nameSchema } from '../shared/registry/fields.ts'
import { idSchema } from '../shared/registry/schema.ts'
import { usageError } from './failure.ts'

/** Checks the id of a cluster or edge that was given as an operand. */
export function idOperand(text: string): string {
  return checkKey(idSchema, text)
}

/** Checks a domain name that was given as an operand, and returns its canonical form. */
export function nameOperand(text: string): string {
  return checkKey(nameSchema, text)
}

/** The path of objects: parts are encoded, so that none can leave its place. */
export function pathOf(...parts: readonly string[]): string {
  for (const part of parts) {
    // A URL parser takes the segment "." out, even when it is written %2E.
    if (part === '.') throw usageError('the root "." cannot stand in a URL; use meridian apply')
  }
  return `/v1/${parts.map(encodeURIComponent).join('/')}`
}

function checkKey(schema: typeof idSchema | typeof nameSchema, text: string): string {
  const checked = checkValue(schema, text, '')
  if (checked.ok) return checked.value
  throw usageError(`${JSON.stringify(text)} ${checked.mistakes[0]?.wanted ?? 'is not valid'}`)
}
