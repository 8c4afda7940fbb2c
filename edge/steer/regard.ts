import { trustedSeconds } from '../../shared/registry/trust.ts'
import type { ReplicaHealth } from '../replica/model.ts'
import type { Candidate, Policy, Requirement } from './filters.ts'
import type { Origin } from './origin.ts'

/**
 * What is made of health for one app: `heed`: what is down comes last; `ignore`: too little works to go
 * by it, or nobody finds out; `refuse`: too little works, and the app wants no answer then.
 */
export type Regard = 'heed' | 'ignore' | 'refuse'

/** Says what is made of health, by how many of the candidates that may be answered at all are up. */
export function regardOf(
  health: ReplicaHealth | undefined,
  requirements: readonly Requirement[],
  origin: Origin,
  candidates: readonly Candidate[],
  count: number,
): Regard {
  if (!isAnyDown(candidates, count)) return health === undefined ? 'ignore' : 'heed'
  let admitted = 0
  let up = 0
  next: for (let i = 0; i < count; i++) {
    const candidate = candidates[i]
    if (candidate === undefined) break
    for (const { admits } of requirements) if (!admits(candidate, origin)) continue next
    admitted++
    if (!candidate.isDown) up++
  }
  // Nobody finds out, but what is down was forced by an operator.
  if (health === undefined) return up > 0 && up < admitted ? 'heed' : 'ignore'
  if (up > 0 && up * 100 >= health.enoughUpPercent * admitted) return 'heed'
  return health.failClosed && admitted > 0 ? 'refuse' : 'ignore'
}

/** Whether health is of any account to a policy. */
export function heedsHealth({ preferences, healthBlind }: Policy): boolean {
  return preferences !== healthBlind
}

/** What is chosen from, and what is made of its health. */
export interface Standing<T> {
  readonly candidates: readonly T[]
  readonly regard: Regard
}

/**
 * Tells which candidates take part: all but the fallback set, or that set alone when too few of the others
 * are up. Of the set health is left out of account only where none of it is up either; where none of it may
 * be answered, the others are, as if all were up.
 */
export function standingOf<T extends Candidate>(
  health: ReplicaHealth | undefined,
  policy: Policy,
  origin: Origin,
  listed: readonly T[],
): Standing<T> {
  const { requirements } = policy
  const isHeeded = heedsHealth(policy)
  const standing = (of: ReplicaHealth | undefined, candidates: readonly T[]): Standing<T> => ({
    candidates,
    regard: isHeeded ? regardOf(of, requirements, origin, candidates, candidates.length) : 'ignore',
  })
  if (!hasFallback(listed)) return standing(health, listed)
  const mayBeAnswered = (candidate: Candidate): boolean =>
    requirements.every(({ admits }) => admits(candidate, origin))
  const others = standing(
    health,
    listed.filter(({ isFallback }) => isFallback !== true),
  )
  const isEnough = others.regard === 'heed' && others.candidates.some(mayBeAnswered)
  if (isEnough || !isHeeded) return others
  const set = listed.filter(({ isFallback }) => isFallback === true)
  if (!set.some(mayBeAnswered)) return others
  return standing(health && { ...health, enoughUpPercent: 0, failClosed: false }, set)
}

/** Whether some are answered only where too few of the others are up. */
export function hasFallback(candidates: readonly Candidate[]): boolean {
  return candidates.some(({ isFallback }) => isFallback === true)
}

function isAnyDown(candidates: readonly Candidate[], count: number): boolean {
  for (let i = 0; i < count; i++) if (candidates[i]?.isDown === true) return true
  return false
}

/** For how long an answer may be kept, in seconds, and why. */
export interface TrustedTtl {
  readonly ttl: number
  readonly reason: string
}

/** The app's bounds on TTLs, in seconds, what health means for it, and what is foreseen of its endpoints. */
export interface TrustBounds {
  readonly ttlMin: number
  readonly ttlMax: number
  readonly health?: ReplicaHealth | undefined
  readonly foreseenSeconds?: number | undefined
}

/**
 * An answer is kept no longer than the verdicts that it goes by hold at least, and than until a change of
 * one of its endpoints or clusters that is foreseen, within the app's bounds. `ofClusters`: `foreseenOf`.
 */
export function ttlOf(
  { ttlMin, ttlMax, health, foreseenSeconds: ofEndpoints = Infinity }: TrustBounds,
  isDegraded: boolean,
  ofClusters = Infinity,
): TrustedTtl {
  const trustMs = health?.trustMs ?? 0
  const foreseenSeconds = Math.min(ofEndpoints, ofClusters)
  const ttl = trustedSeconds(ttlMin, ttlMax, trustMs, isDegraded, foreseenSeconds)
  if (trustMs === 0 && foreseenSeconds >= ttlMax) {
    const none = foreseenSeconds === Infinity ? 'none is foreseen' : 'none is foreseen sooner'
    return { ttl, reason: `the app's ttl.max: a change is pushed, ${none}` }
  }
  const isForeseen = trustedSeconds(ttlMin, ttlMax, trustMs, isDegraded) > foreseenSeconds
  const whose = ofEndpoints < ofClusters ? 'an endpoint' : 'a cluster'
  const foreseen = `a change of ${whose} is foreseen`
  const what = isForeseen ? foreseen : 'health is not trusted longer'
  if (ttl === ttlMin) return { ttl, reason: `the app's ttl.min, though ${what}` }
  if (isForeseen) return { ttl, reason: foreseen }
  if (ttl === ttlMax) return { ttl, reason: `the app's ttl.max, though health is trusted longer` }
  const half = isDegraded ? ', half of that as it is degraded' : ''
  return { ttl, reason: `a verdict holds for ${trustMs / 1000} s at least${half}` }
}

/** The least of what is foreseen of the clusters of an app; Infinity for nothing. */
export function foreseenOf(candidates: readonly Candidate[], count: number): number {
  let least = Infinity
  for (let i = 0; i < count; i++) {
    const seconds = candidates[i]?.place.foreseenSeconds
    if (seconds !== undefined && seconds < least) least = seconds
  }
  return least
}
