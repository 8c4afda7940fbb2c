import { DRAWN_MAX } from '../table/choices.ts'
import { chooseSeveral } from './choose.ts'
import { NUMBERS, shareOut } from './draw.ts'
import type { Drawn } from './draw.ts'
import { failover } from './filters.ts'
import type { Candidate, Policy, Preference } from './filters.ts'
import type { Origin } from './origin.ts'

/**
 * What the loads and the withheld parts of endpoints make of a choice. Where some of what an endpoint
 * would get goes to others, each query is drawn:
 *
 * - `weighted`: the weight counts times the part that is not withheld.
 * - `shed-load`, and policies that answer one endpoint: the first in order keeps its part, of what is left
 *   the next one keeps its part, and so on; the last takes the rest.
 * - policies that answer several at once: each of them would be drawn equally often; where one has a part of
 *   its place only, the rest of the place goes to the next in order. One of them is answered then.
 */

/** What is answered: all that are chosen at once, or one of those that can be drawn. */
export interface Shared<T> {
  /** The best first; those that can be drawn, where one is. */
  readonly chosen: readonly T[]
  readonly drawn: readonly Drawn<T>[] | undefined
}

/** Shares queries out among those that a policy has chosen. */
export function shareAmong<T extends Candidate>(
  policy: Policy,
  preferences: readonly Preference[],
  chosen: readonly T[],
  candidates: readonly T[],
  origin: Origin,
): Shared<T> {
  const { weightOf, sheds, take } = policy
  if (weightOf !== undefined) {
    const weightNow = (candidate: T): number => weightOf(candidate) * partLeft(candidate)
    const isAnyLeft = chosen.some((candidate) => weightNow(candidate) > 0)
    return { chosen, drawn: shareOut(chosen, isAnyLeft ? weightNow : weightOf) }
  }
  if (sheds !== undefined) {
    const keeps = (candidate: T): number => partLeft(candidate) * partKept(candidate.load, sheds)
    return drawnBy(cascade(notWithheld(chosen), keeps))
  }
  if (!chosen.some(isWithheld)) return { chosen, drawn: undefined }
  const more = { ...policy, take: DRAWN_MAX }
  const order = chooseSeveral(more, preferences.map(asOrder), candidates, origin)
  if (take === 1) return drawnBy(cascade(notWithheld(order), partLeft))
  return drawnBy(fillPlaces(notWithheld(order), chosen.length))
}

/** Whether others get some of what an endpoint would get. */
export function isWithheld({ withheld = 0 }: Candidate): boolean {
  return withheld > 0
}

/** The part of queries that an endpoint keeps by its load: all of them where nobody tells. */
export function partKept(
  load: number | undefined,
  { low, high }: NonNullable<Policy['sheds']>,
): number {
  if (load === undefined || load <= low) return 1
  return load >= high ? 0 : (high - load) / (high - low)
}

function partLeft({ withheld = 0 }: Candidate): number {
  return 1 - withheld / 100
}

/** Without those of which all is withheld, unless there are no others. */
function notWithheld<T extends Candidate>(candidates: readonly T[]): readonly T[] {
  const kept = candidates.filter((candidate) => partLeft(candidate) > 0)
  return kept.length > 0 ? kept : candidates
}

/** What an endpoint of a higher priority number gets is what those before it leave: no gate stands between. */
function asOrder(preference: Preference): Preference {
  return preference === failover ? { ...preference, isGate: false } : preference
}

interface Part<T> {
  readonly item: T
  /** Of all queries. */
  readonly part: number
}

/** Each keeps its part of what those before it leave, the last takes the rest; the first where none keeps any. */
function cascade<T>(items: readonly T[], keeps: (item: T) => number): readonly Part<T>[] {
  const [first] = items
  if (first !== undefined && items.every((item) => keeps(item) === 0)) {
    return [{ item: first, part: 1 }]
  }
  const parts: Part<T>[] = []
  let left = 1
  for (const [i, item] of items.entries()) {
    const part = left * keeps(item)
    // What is less than one number to draw is nobody's.
    const isLast = i === items.length - 1 || (left - part) * NUMBERS < 1
    parts.push({ item, part: isLast ? left : part })
    if (isLast) break
    left -= part
  }
  return parts
}

/** So many places are given away in order; who has a part of a place only leaves the rest to the next. */
function fillPlaces<T extends Candidate>(items: readonly T[], places: number): readonly Part<T>[] {
  const isAnyLeft = items.some((item) => partLeft(item) > 0)
  const parts: Part<T>[] = []
  let left = places
  for (const item of items) {
    if (left * NUMBERS < 1) break
    const part = Math.min(left, isAnyLeft ? partLeft(item) : 1)
    parts.push({ item, part })
    left -= part
  }
  return parts
}

/** Where one gets all, nothing is drawn. */
function drawnBy<T extends Candidate>(parts: readonly Part<T>[]): Shared<T> {
  const found = parts.filter(({ part }) => part > 0)
  const chosen = found.map(({ item }) => item)
  if (found.length <= 1) return { chosen, drawn: undefined }
  const byItem = new Map(found.map(({ item, part }) => [item, part]))
  return { chosen, drawn: shareOut(chosen, (item) => byItem.get(item) ?? 0) }
}
