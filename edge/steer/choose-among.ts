import type { ReplicaApp } from '../replica/model.ts'
import { chooseSeveral } from './choose.ts'
import { NUMBERS, shareOut } from './draw.ts'
import type { Drawn } from './draw.ts'
import type { Candidate, Policy } from './filters.ts'
import type { Origin } from './origin.ts'
import { standingOf } from './regard.ts'
import type { Standing } from './regard.ts'
import { shareAmong } from './shares.ts'
import type { Shared } from './shares.ts'

/*
 * Endpoints that are other names (targets) are chosen from beside those that have addresses. Once one of them is
 * answered with (CNAME), it stands for all types (RFC 1034 §3.6.2), so that it must not depend on the type that
 * was asked for whether it is:
 *
 * - first all endpoints that have anything at all are chosen from, whatever the type. Is the best of them another
 *   name, that is the answer, to every type;
 * - else those are chosen from that can answer the type, without other names;
 * - where one is drawn for each query, other names keep their share for all types, and the rest is shared out
 *   among those that can answer the type; where none can, that rest of the queries gets NODATA.
 */

/** An endpoint that may be another name. */
export interface Answerable extends Candidate {
  /** Whether it takes part now: as `hasAny` or as `hasType` say. */
  hasAddress: boolean
  /** Whether it is another name. */
  readonly isAlias: boolean
  /** Whether it can be answered with, whatever the type; not where the same endpoint takes part as another name. */
  readonly hasAny: boolean
  /** Whether it can answer the type; one that is another name never. */
  readonly hasType: boolean
}

/** What is answered, and what it was chosen from. */
export type ChoiceAmong<T> = Shared<T> & { readonly standing: Standing<T> }

/** Chooses among an app's endpoints, whose distances from the client are set. */
export function chooseAmong<T extends Answerable>(
  app: ReplicaApp,
  policy: Policy,
  listed: readonly T[],
  origin: Origin,
): ChoiceAmong<T> {
  const isAnyAlias = hasAlias(listed)
  if (isAnyAlias) for (const one of listed) one.hasAddress = one.hasAny
  const standing = standingOf(app.health, policy, origin, listed)
  const choice = chooseOf(policy, standing, origin)
  if (!isAnyAlias || choice.chosen.length === 0) return choice
  if (choice.drawn === undefined) {
    const [best] = choice.chosen
    if (best?.isAlias === true) return { ...choice, chosen: [best] }
  } else if (choice.chosen.every(({ isAlias }) => isAlias)) return choice

  const isMixed = choice.drawn?.some(({ item }) => item.isAlias) === true
  // What is drawn as another name already is not drawn as a service of its own.
  for (const one of listed) one.hasAddress = one.hasType && (one.hasAny || !isMixed)
  const rest = chooseOf(policy, standing, origin)
  if (choice.drawn === undefined || !isMixed) return rest
  const drawn = shareRest(choice.drawn, rest)
  for (const one of listed) if (one.isAlias) one.hasAddress = true
  return { chosen: drawn.map(({ item }) => item), drawn, standing }
}

/** Whether some are other names. */
export function hasAlias(listed: readonly Answerable[]): boolean {
  return listed.some(({ isAlias }) => isAlias)
}

function chooseOf<T extends Candidate>(
  policy: Policy,
  standing: Standing<T>,
  origin: Origin,
): ChoiceAmong<T> {
  const { candidates, regard } = standing
  if (regard === 'refuse') return { chosen: [], drawn: undefined, standing }
  const preferences = regard === 'heed' ? policy.preferences : policy.healthBlind
  const chosen = chooseSeveral(policy, preferences, candidates, origin)
  return { ...shareAmong(policy, preferences, chosen, candidates, origin), standing }
}

/**
 * Other names keep their numbers, all others of `drawn` are given to `rest`; where that is nobody, to one that
 * cannot answer the type.
 */
function shareRest<T extends Answerable>(
  drawn: readonly Drawn<T>[],
  rest: Shared<T>,
): readonly Drawn<T>[] {
  const shared: Drawn<T>[] = []
  let end = -1
  let left = 0
  let other: T | undefined
  for (const [i, { item, upTo }] of drawn.entries()) {
    const numbers = upTo - (drawn[i - 1]?.upTo ?? -1)
    if (item.isAlias) shared.push({ item, upTo: (end += numbers) })
    else {
      left += numbers
      other ??= item
    }
  }
  const begin = end
  for (const { item, upTo } of rest.drawn ?? shareOut(rest.chosen, () => 1)) {
    const last = begin + Math.round((left * (upTo + 1)) / NUMBERS)
    // What is less than one number is nobody's.
    if (last > end) shared.push({ item, upTo: (end = last) })
  }
  if (end === begin && other !== undefined) shared.push({ item: other, upTo: begin + left })
  return shared
}
