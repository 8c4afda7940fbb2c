import type { Drawn } from './draw.ts'
import type { Candidate, Policy } from './filters.ts'
import { hasFallback } from './regard.ts'
import type { Standing } from './regard.ts'
import { isWithheld, partKept } from './shares.ts'
import type { Shared } from './shares.ts'
import type { Step } from './steps.ts'

/** Who takes part where an app has a fallback set, for people; nothing where it has none. */
export function stepOfFallback(
  listed: readonly Candidate[],
  { candidates, regard }: Standing<Candidate>,
): readonly Step[] {
  if (!hasFallback(listed)) return []
  const kept = new Set(candidates)
  const reason = hasFallback(candidates)
    ? 'too few are up, the fallback set is answered'
    : regard === 'heed'
      ? 'in the fallback set, and enough of the others are up'
      : 'in the fallback set, none of which may be answered'
  return [
    {
      filter: 'fallback',
      kept: candidates.map(idOf),
      dropped: listed
        .filter((candidate) => !kept.has(candidate))
        .map((candidate) => ({ cluster: idOf(candidate), reason })),
    },
  ]
}

/**
 * How queries are shared out by load and by what is withheld, for people; nothing where neither matters.
 * `before`: the step before it.
 */
export function stepOfShares(
  { sheds, weightOf }: Policy,
  before: Step | undefined,
  candidates: readonly Candidate[],
  { chosen, drawn }: Shared<Candidate>,
): readonly Step[] {
  if (sheds === undefined && !chosen.some(isWithheld)) return []
  const kept = keptIds(chosen, drawn)
  const isKept = new Set(kept)
  // A policy that answers fewer has dropped others before: some of these are back now.
  const ids = new Set(sheds === undefined && weightOf === undefined ? [] : before?.kept)
  const dropped = candidates
    .filter((candidate) => ids.has(idOf(candidate)) && !isKept.has(idOf(candidate)))
    .map((candidate) => ({ cluster: idOf(candidate), reason: reasonOf(candidate, sheds) }))
  return [{ filter: sheds === undefined ? 'share' : 'shed-load', kept, dropped }]
}

function reasonOf({ load, withheld = 0 }: Candidate, sheds: Policy['sheds']): string {
  if (withheld >= 100) return 'all of it is withheld'
  if (sheds !== undefined && partKept(load, sheds) === 0) {
    return `load ${load} %, from ${sheds.high} % on all is shed`
  }
  return sheds === undefined ? 'weight 0' : 'those before it take all'
}

function keptIds(
  chosen: readonly Candidate[],
  drawn: readonly Drawn<Candidate>[] | undefined,
): readonly string[] {
  return drawn === undefined ? chosen.map(idOf) : drawn.map(({ item }) => idOf(item))
}

function idOf({ place }: Candidate): string {
  return place.cluster.id
}
