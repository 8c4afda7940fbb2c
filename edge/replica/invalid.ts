import { parseName } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { MeridianError } from '../../shared/errors.ts'

/** The error for what central sent and cannot be: what it is of, what it is, and what is wanted. */
export function invalid(what: string, value: string, wanted: string): MeridianError {
  const message = `central sent ${what}: ${value}, wanted is ${wanted}`
  return new MeridianError('MERIDIAN_CENTRAL_INVALID', message)
}

/** Takes a name; throws MERIDIAN_CENTRAL_INVALID for what is none. */
export function checkName(what: string, text: string): Name {
  const parsed = parseName(text)
  if (parsed.ok) return parsed.name
  throw invalid(what, JSON.stringify(text), `a name; it ${parsed.reason}`)
}
