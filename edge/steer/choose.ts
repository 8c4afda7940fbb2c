import type { Candidate, Policy, Preference, Requirement } from './filters.ts'
import type { Topology } from './topology.ts'

/** Finds the best candidate: its index, -1 when none may be answered. */
export function choose(
  requirements: readonly Requirement[],
  preferences: readonly Preference[],
  candidates: readonly Candidate[],
  count: number,
  topology: Topology,
): number {
  let best: Candidate | undefined
  let at = -1
  next: for (let i = 0; i < count; i++) {
    const candidate = candidates[i]
    if (candidate === undefined) break
    for (const { admits } of requirements) if (!admits(candidate, topology)) continue next
    if (best !== undefined) {
      let order = 0
      for (const { compare } of preferences) {
        order = compare(candidate, best, topology)
        if (order !== 0) break
      }
      if (order >= 0) continue
    }
    best = candidate
    at = i
  }
  return at
}

/**
 * Finds the candidates that a policy which answers several chooses, the best first: of those that are as
 * good as the best one at every gate, the first in the order of all preferences.
 */
export function chooseSeveral<T extends Candidate>(
  { requirements, take, within }: Pick<Policy, 'requirements' | 'take' | 'within'>,
  preferences: readonly Preference[],
  candidates: readonly T[],
  topology: Topology,
): readonly T[] {
  const best =
    candidates[choose(requirements, preferences, candidates, candidates.length, topology)]
  if (best === undefined) return []
  if (take === 1) return [best]
  const gates = preferences.filter(({ isGate }) => isGate === true)
  const limitKm = within === undefined ? 0 : within.distanceOf(best) + within.km
  return candidates
    .filter(
      (candidate) =>
        requirements.every(({ admits }) => admits(candidate, topology)) &&
        gates.every(({ compare }) => compare(candidate, best, topology) === 0) &&
        (within === undefined || within.distanceOf(candidate) <= limitKm),
    )
    .sort((a, b) => compareAll(preferences, a, b, topology))
    .slice(0, take)
}

/** Below 0 when `a` is better by the first preference by which they are not as good. */
export function compareAll(
  preferences: readonly Preference[],
  a: Candidate,
  b: Candidate,
  topology: Topology,
): number {
  for (const { compare } of preferences) {
    const order = compare(a, b, topology)
    if (order !== 0) return order
  }
  return 0
}
