import type { Check } from './check-schema.ts'

/**
 * How long a verdict holds at least: from a result that speaks for it to the first moment at which others
 * can turn it.
 */
function trustMsOf({ intervalMs, rise, fall }: Check): number {
  return intervalMs * Math.min(rise, fall)
}

/** A lease is renewed so often in its length, so that two renewals in a row may fail. */
export const RENEWALS_PER_LEASE = 3

/**
 * How long what is known of an app holds at least: as long as a verdict on its endpoints, and no longer than
 * the interval at which the shortest lease of its machines is renewed. 0: nothing of it ends by itself.
 */
export function trustMsOfApp(
  check: Check | undefined,
  shortestLeaseSeconds: number | undefined,
): number {
  const byCheck = check === undefined ? Infinity : trustMsOf(check)
  const byLease = ((shortestLeaseSeconds ?? Infinity) * 1000) / RENEWALS_PER_LEASE
  const trustMs = Math.min(byCheck, Math.floor(byLease))
  return trustMs === Infinity ? 0 : trustMs
}

/**
 * For how long an answer may be kept, in seconds, within the bounds of the app: as long as the verdicts that
 * it goes by are trusted, half of that while one of them is `degraded`, and no longer than until a change
 * that is foreseen. `trustMs` 0: nothing ends by itself.
 */
export function trustedSeconds(
  ttlMin: number,
  ttlMax: number,
  trustMs: number,
  isDegraded: boolean,
  foreseenSeconds = Infinity,
): number {
  const trusted = trustMs === 0 ? Infinity : Math.floor((isDegraded ? trustMs / 2 : trustMs) / 1000)
  const seconds = Math.min(trusted, foreseenSeconds)
  return Math.min(ttlMax, Math.max(ttlMin, seconds))
}
