import { POLICY_FILTERS_MAX } from '../../shared/registry/limits.ts'
import type { Candidate, Policy, Preference, Requirement } from './filters.ts'
import type { Origin } from './origin.ts'

/**
 * Counts candidates that were not chosen, by the step at which they fell behind the one that was: of a
 * requirement at its index in `slots`, of a preference at its index after `preferencesAt`.
 */
export interface FallenBehind {
  readonly slots: Float64Array
  readonly preferencesAt: number
}

/** The most preferences of a policy: each of its filters, and the tie. */
const PREFERENCES_MAX = POLICY_FILTERS_MAX + 1

/** How many fell behind the best one so far, by the index of the preference; 0 but within `choose`. */
const behind = new Int32Array(PREFERENCES_MAX)

/** Finds the best candidate: its index, -1 when none may be answered. */
export function choose(
  requirements: readonly Requirement[],
  preferences: readonly Preference[],
  candidates: readonly Candidate[],
  count: number,
  origin: Origin,
  fallen?: FallenBehind,
): number {
  let best: Candidate | undefined
  let at = -1
  next: for (let i = 0; i < count; i++) {
    const candidate = candidates[i]
    if (candidate === undefined) break
    for (const requirement of requirements) {
      if (requirement.admits(candidate, origin)) continue
      if (fallen !== undefined) increase(fallen.slots, requirements.indexOf(requirement), 1)
      continue next
    }
    if (best !== undefined) {
      let order = 0
      let step = 0
      for (const { compare } of preferences) {
        order = compare(candidate, best, origin)
        if (order !== 0) break
        step++
      }
      if (fallen !== undefined) {
        behind[step] = (behind[step] ?? 0) + 1
        if (order < 0) fallBehind(step, preferences.length)
      }
      if (order >= 0) continue
    }
    best = candidate
    at = i
  }
  if (fallen !== undefined && count > 1) settleBehind(fallen, preferences.length)
  return at
}

/**
 * The best one so far fell behind at a step: those that were as good as it up to that step, and fell behind
 * it later, are behind the new best one at this step as well.
 */
function fallBehind(step: number, steps: number): void {
  for (let later = step + 1; later < steps; later++) {
    const count = behind[later] ?? 0
    if (count === 0) continue
    behind[step] = (behind[step] ?? 0) + count
    behind[later] = 0
  }
}

function settleBehind({ slots, preferencesAt }: FallenBehind, steps: number): void {
  for (let step = 0; step < steps; step++) {
    const count = behind[step] ?? 0
    if (count === 0) continue
    increase(slots, preferencesAt + step, count)
    behind[step] = 0
  }
}

function increase(slots: Float64Array, at: number, by: number): void {
  slots[at] = (slots[at] ?? 0) + by
}

/**
 * Finds the candidates that a policy which answers several chooses, the best first: of those that are as
 * good as the best one at every gate, the first in the order of all preferences.
 */
export function chooseSeveral<T extends Candidate>(
  { requirements, take, within }: Pick<Policy, 'requirements' | 'take' | 'within'>,
  preferences: readonly Preference[],
  candidates: readonly T[],
  origin: Origin,
): readonly T[] {
  const best = candidates[choose(requirements, preferences, candidates, candidates.length, origin)]
  if (best === undefined) return []
  if (take === 1) return [best]
  const gates = preferences.filter(({ isGate }) => isGate === true)
  const limitKm = within === undefined ? 0 : within.distanceOf(best) + within.km
  const kept: T[] = []
  // Kept in order while they come: of many candidates few are taken, mostly.
  const isShort = take * SHORT < candidates.length
  next: for (const candidate of candidates) {
    for (const { admits } of requirements) if (!admits(candidate, origin)) continue next
    for (const { compare } of gates) if (compare(candidate, best, origin) !== 0) continue next
    if (within !== undefined && within.distanceOf(candidate) > limitKm) continue
    if (!isShort) kept.push(candidate)
    else insert(kept, candidate, take, preferences, origin)
  }
  if (isShort) return kept
  return kept.sort((a, b) => compareAll(preferences, a, b, origin)).slice(0, take)
}

/** Sorting costs less where more than one of so many is taken. */
const SHORT = 8

/** Puts a candidate in its place among the best, which stay as many as `take`. */
function insert<T extends Candidate>(
  kept: T[],
  candidate: T,
  take: number,
  preferences: readonly Preference[],
  origin: Origin,
): void {
  let at = kept.length
  while (at > 0) {
    const before = kept[at - 1]
    if (before === undefined || compareAll(preferences, candidate, before, origin) >= 0) break
    at--
  }
  if (at >= take) return
  kept.splice(at, 0, candidate)
  if (kept.length > take) kept.pop()
}

/** Below 0 when `a` is better by the first preference by which they are not as good. */
export function compareAll(
  preferences: readonly Preference[],
  a: Candidate,
  b: Candidate,
  origin: Origin,
): number {
  for (const { compare } of preferences) {
    const order = compare(a, b, origin)
    if (order !== 0) return order
  }
  return 0
}
