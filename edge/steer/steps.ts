import type { ReplicaHealth } from '../replica/model.ts'
import { compareAll } from './choose.ts'
import type { Candidate, Policy } from './filters.ts'
import type { Regard } from './regard.ts'
import type { Origin } from './origin.ts'

/** What one step of a policy did, for people. */
export interface Step {
  readonly filter: string
  readonly kept: readonly string[]
  readonly dropped: readonly { readonly cluster: string; readonly reason: string }[]
}

/** What `decideSteering` does with the candidates, step by step, for people. */
export function stepsOf(
  { requirements, preferences, healthBlind, take, within, weightOf, sheds }: Policy,
  health: ReplicaHealth | undefined,
  regard: Regard,
  listed: readonly Candidate[],
  origin: Origin,
): Step[] {
  const steps: Step[] = []
  let candidates = listed
  for (const { name, admits, reason } of requirements) {
    const kept = candidates.filter((candidate) => admits(candidate, origin))
    const dropped = candidates
      .filter((candidate) => !admits(candidate, origin))
      .map((candidate) => ({ cluster: idOf(candidate), reason: reason(candidate, origin) }))
    steps.push({ filter: name, kept: kept.map(idOf), dropped })
    candidates = kept
  }
  const isKnown = health !== undefined || candidates.some(({ isDown }) => isDown)
  if (isKnown && regard !== 'heed') {
    steps.push(stepOfTooFew(health, regard, candidates))
    if (regard === 'refuse') return steps
  }
  const heeded = regard === 'heed' ? preferences : healthBlind
  for (const [i, preference] of heeded.entries()) {
    const { name, compare, reason, isGate = false } = preference
    if (take > 1 && !isGate) {
      const before = heeded.slice(0, i + 1)
      candidates = candidates.toSorted((a, b) => compareAll(before, a, b, origin))
      steps.push({ filter: name, kept: candidates.map(idOf), dropped: [] })
      continue
    }
    const best = candidates.toSorted((a, b) => compare(a, b, origin))[0]
    const isKept = (candidate: Candidate): boolean =>
      best !== undefined && compare(candidate, best, origin) === 0
    const dropped = candidates.flatMap((candidate) =>
      best === undefined || isKept(candidate)
        ? []
        : [{ cluster: idOf(candidate), reason: reason(candidate, best) }],
    )
    candidates = candidates.filter(isKept)
    steps.push({ filter: name, kept: candidates.map(idOf), dropped })
  }
  if (take > 1 && sheds === undefined) {
    const name = weightOf !== undefined ? 'weighted' : within === undefined ? 'first' : 'spread'
    steps.push(stepOfSeveral(name, take, within, candidates))
  }
  return steps
}

/** Of those that are left, in their order, the first few. */
function stepOfSeveral(
  filter: string,
  take: number,
  within: Policy['within'],
  candidates: readonly Candidate[],
): Step {
  const [best] = candidates
  const kept: string[] = []
  const dropped: { cluster: string; reason: string }[] = []
  for (const candidate of candidates) {
    const cluster = idOf(candidate)
    const more =
      within === undefined || best === undefined
        ? 0
        : within.distanceOf(candidate) - within.distanceOf(best)
    if (within !== undefined && more > within.km) {
      const reason = `${Math.round(more)} km farther than the best, at most ${within.km} km are wanted`
      dropped.push({ cluster, reason })
    } else if (kept.length === take) {
      dropped.push({ cluster, reason: `${take} are answered already` })
    } else kept.push(cluster)
  }
  return { filter, kept, dropped }
}

/** Too few are up: all are taken as they are, or none. */
function stepOfTooFew(
  health: ReplicaHealth | undefined,
  regard: Regard,
  candidates: readonly Candidate[],
): Step {
  const ids = candidates.map(idOf)
  if (regard !== 'refuse') return { filter: 'fail-open', kept: ids, dropped: [] }
  const up = candidates.filter(({ isDown }) => !isDown).length
  const enough = health?.enoughUpPercent ?? 0
  const wanted = enough === 0 ? 'one is' : `${enough} % are`
  const reason = `${up} of ${candidates.length} are up, ${wanted} wanted`
  return {
    filter: 'fail-closed',
    kept: [],
    dropped: ids.map((cluster) => ({ cluster, reason })),
  }
}

function idOf({ place }: Candidate): string {
  return place.cluster.id
}
