import type { Check } from './check-schema.ts'

/**
 * How long a verdict holds at least: from a result that speaks for it to the first moment at which others
 * can turn it.
 */
export function trustMsOf({ intervalMs, rise, fall }: Check): number {
  return intervalMs * Math.min(rise, fall)
}

/**
 * For how long an answer may be kept, in seconds, within the bounds of the app: as long as the verdicts that
 * it goes by are trusted, half of that while one of them is `degraded`. `trustMs` 0: nobody finds out.
 */
export function trustedSeconds(
  ttlMin: number,
  ttlMax: number,
  trustMs: number,
  isDegraded: boolean,
): number {
  if (trustMs === 0) return ttlMax
  const seconds = Math.floor((isDegraded ? trustMs / 2 : trustMs) / 1000)
  return Math.min(ttlMax, Math.max(ttlMin, seconds))
}
