import { STICKY_BUCKETS } from '../table/layout.ts'
import type { Candidate } from './filters.ts'

/** How likely something is to be drawn: up to which (inclusive) of 65,536 numbers it is. */
export interface Drawn<T> {
  readonly item: T
  readonly upTo: number
}

/** How many numbers there are to draw. */
export const NUMBERS = 65_536

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

/**
 * Gives each bucket of clients one of those that can be drawn, each as many as its share wants, by
 * weighted rendezvous hashing: when one goes, only its own buckets move, and to all the others.
 * (Thaler and Ravishankar, 1998; with weights: Schindelhauer and Schomaker, 2005.) Whether it is another
 * name that a client gets does not depend on what there is beside other names, which is not the same for all types.
 */
export function shareBuckets<T extends Candidate>(drawn: readonly Drawn<T>[]): Uint8Array {
  const shares = drawn.map(({ item, upTo }, i) => ({
    i,
    weight: upTo - (drawn[i - 1]?.upTo ?? -1),
    seed: hashText(item.place.cluster.id),
    isAlias: item.isAlias === true,
  }))
  const aliases = shares.filter(({ isAlias }) => isAlias)
  const rest = shares.filter(({ isAlias }) => !isAlias)
  if (aliases.length === 0 || rest.length === 0) return rendezvous(shares)
  const weight = rest.reduce((sum, share) => sum + share.weight, 0)
  const first = rendezvous([...aliases, { i: REST, weight, seed: hashText('') }])
  const second = rendezvous(rest)
  return first.map((i, bucket) => (i === REST ? (second[bucket] ?? 0) : i))
}

/** More than can be drawn. */
const REST = 255

/** What each bucket gets. */
function rendezvous(
  shares: readonly { readonly i: number; readonly weight: number; readonly seed: number }[],
): Uint8Array {
  const buckets = new Uint8Array(STICKY_BUCKETS)
  const best = new Float64Array(STICKY_BUCKETS).fill(-Infinity)
  for (const { i, weight, seed } of shares) {
    for (let bucket = 0; bucket < STICKY_BUCKETS; bucket++) {
      // Above 0 and below 1.
      const chance = (mix(seed ^ Math.imul(bucket + 1, 0x9e37_79b1)) + 0.5) / 2 ** 32
      const score = -weight / Math.log(chance)
      if (score <= (best[bucket] ?? 0)) continue
      best[bucket] = score
      buckets[bucket] = i
    }
  }
  return buckets
}

/** FNV-1a. */
function hashText(text: string): number {
  let hash = 0x811c_9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193)
  return hash
}

/** The finalizer of murmur3: 0 to 2^32 - 1. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return (hash ^ (hash >>> 16)) >>> 0
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
