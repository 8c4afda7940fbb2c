import type { Candidate } from './filters.ts'

/** How likely something is to be drawn: up to which (inclusive) of 65,536 numbers it is. */
export interface Drawn<T> {
  readonly item: T
  readonly upTo: number
}

/** Numbers that are drawn from. */
const NUMBERS = 65_536

/**
 * Shares the numbers out by weight. What weighs nothing is not drawn, unless nothing weighs anything:
 * then all weigh the same. What weighs something gets one number at least.
 */
export function shareOut<T extends Candidate>(
  candidates: readonly T[],
  weightOf: (candidate: T) => number,
): readonly Drawn<T>[] {
  const weights = candidates.map(weightOf)
  const isAnyHeavy = weights.some((weight) => weight > 0)
  const kept = candidates
    .map((item, i) => ({ item, weight: isAnyHeavy ? (weights[i] ?? 0) : 1 }))
    .filter(({ weight }) => weight > 0)
  const sum = kept.reduce((total, { weight }) => total + weight, 0)
  let before = 0
  let last = -1
  return kept.map(({ item, weight }, i) => {
    before += weight
    // Room for one number for each that is still to come.
    const most = NUMBERS - (kept.length - i)
    const wanted = Math.round((NUMBERS * before) / sum) - 1
    last = Math.max(last + 1, Math.min(wanted, most))
    return { item, upTo: last }
  })
}

/** How many percent of the draws each gets. */
export function percentOf(drawn: readonly Drawn<unknown>[]): readonly number[] {
  return drawn.map(({ upTo }, i) => ((upTo - (drawn[i - 1]?.upTo ?? -1)) / NUMBERS) * 100)
}

/** Draws one; `random` is at least 0 and below 1. Undefined when there are none. */
export function drawOne<T extends { readonly upTo: number }>(
  drawn: readonly T[],
  random: number,
): T | undefined {
  const number = Math.floor(random * NUMBERS)
  return drawn.find(({ upTo }) => number <= upTo)
}
