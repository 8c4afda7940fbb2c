import { trustedSeconds } from '../../shared/registry/trust.ts'
import type { ReplicaHealth } from '../replica/model.ts'
import type { Candidate, Requirement } from './filters.ts'
import type { Topology } from './topology.ts'

/**
 * What is made of health for one app: `heed`: what is down comes last; `ignore`: too little works to go
 * by it, or nobody finds out; `refuse`: too little works, and the app wants no answer then.
 */
export type Regard = 'heed' | 'ignore' | 'refuse'

/** Says what is made of health, by how many of the candidates that may be answered at all are up. */
export function regardOf(
  health: ReplicaHealth | undefined,
  requirements: readonly Requirement[],
  topology: Topology,
  candidates: readonly Candidate[],
  count: number,
): Regard {
  if (!isAnyDown(candidates, count)) return health === undefined ? 'ignore' : 'heed'
  let admitted = 0
  let up = 0
  next: for (let i = 0; i < count; i++) {
    const candidate = candidates[i]
    if (candidate === undefined) break
    for (const { admits } of requirements) if (!admits(candidate, topology)) continue next
    admitted++
    if (!candidate.isDown) up++
  }
  // Nobody finds out, but what is down was forced by an operator.
  if (health === undefined) return up > 0 && up < admitted ? 'heed' : 'ignore'
  if (up > 0 && up * 100 >= health.enoughUpPercent * admitted) return 'heed'
  return health.failClosed && admitted > 0 ? 'refuse' : 'ignore'
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

/** The app's bounds on TTLs, in seconds, and what health means for it. */
export interface TrustBounds {
  readonly ttlMin: number
  readonly ttlMax: number
  readonly health?: ReplicaHealth | undefined
}

/** An answer is kept no longer than the verdicts that it goes by hold at least, within the app's bounds. */
export function ttlOf({ ttlMin, ttlMax, health }: TrustBounds, isDegraded: boolean): TrustedTtl {
  if (health === undefined) {
    return { ttl: ttlMax, reason: `the app's ttl.max: a change is pushed, none is foreseen` }
  }
  const ttl = trustedSeconds(ttlMin, ttlMax, health.trustMs, isDegraded)
  if (ttl === ttlMax) return { ttl, reason: `the app's ttl.max, though health is trusted longer` }
  if (ttl === ttlMin)
    return { ttl, reason: `the app's ttl.min, though health is not trusted longer` }
  const half = isDegraded ? ', half of that as it is degraded' : ''
  return { ttl, reason: `a verdict holds for ${health.trustMs / 1000} s at least${half}` }
}
