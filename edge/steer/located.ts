import { giveWay } from '../../shared/native/give-way.ts'
import type { ClientPlace } from '../locate/place.ts'
import type { ReplicaApp } from '../replica/model.ts'
import { CHOICE_NODATA } from '../table/layout.ts'
import { choose, compareAll } from './choose.ts'
import { chooseAmong, hasAlias } from './choose-among.ts'
import { eachOnce, setClient } from './decide.ts'
import type { Listed } from './decide.ts'
import { shareBuckets } from './draw.ts'
import type { Drawn } from './draw.ts'
import type { Decided, ExcludedCounts } from './excluded.ts'
import type { Policy } from './filters.ts'
import type { Origin } from './origin.ts'
import { isNearestFirst, NearCandidates } from './near.ts'
import { compiledPolicy } from './policies.ts'
import { foreseenOf, hasFallback, heedsHealth, regardOf, ttlOf } from './regard.ts'
import type { Regard } from './regard.ts'
import { isWithheld } from './shares.ts'
import type { Topology } from './topology.ts'

/** What clients of some places are answered with: endpoints by their place in the list of the app. */
export interface PlannedChoice {
  readonly chosen: readonly number[]
  /** Where each query gets one of them, drawn. */
  readonly drawn: readonly Drawn<number>[] | undefined
  /** Where each client gets the same one of `drawn` each time: which one, for each bucket. */
  readonly buckets: Uint8Array | undefined
  /** Seconds. */
  readonly ttl: number
}

/** What an app is answered with by the place of the client. */
export interface LocatedPlan {
  /**
   * For each number of a place the choice, counted from 1; CHOICE_NODATA for none; 0 where there is no
   * such place. Never changed, so that the same map can be used by its identity.
   */
  readonly map: Uint16Array
  /**
   * A choice without endpoints: an app that is refused an answer. The plan that follows when places change
   * has these too, and behind them its own.
   */
  readonly choices: readonly PlannedChoice[]
  /** Whether all clients get the same. */
  readonly isUniform: boolean
}

/** Places after which data threads on the same core go first: 4 to 60 µs each with 300 endpoints. */
const PLACES_TO_GIVE_WAY = 32

/** A plan, and what it takes to go on with it when places change. */
export interface MadePlan {
  readonly plan: LocatedPlan
  /** The places that it was made for, by their numbers. */
  readonly placed: readonly (ClientPlace | undefined)[]
  /** Choices by what they choose. */
  readonly numbers: ReadonlyMap<number | string, number>
}

/**
 * Decides once for each place. Goes on from the plan of before where there is one: places that it had keep their
 * choices, and these their numbers.
 */
export function makePlan(
  app: ReplicaApp,
  listed: readonly Listed[],
  topology: Topology,
  placed: readonly (ClientPlace | undefined)[],
  excluded: ExcludedCounts | undefined,
  before: MadePlan | undefined,
): MadePlan {
  const { policy, candidates, isOrder, refused } = narrow(app, listed, topology)
  if (refused !== undefined) {
    excluded?.add(decidedOf(app, listed, [], 'refuse', topology))
    return { plan: refused, placed, numbers: new Map() }
  }
  const { isSticky } = policy
  const near = isOrder && isNearestFirst(policy) ? new NearCandidates(candidates) : undefined
  const foreseen = foreseenOf(listed, listed.length)
  const indexes = new Map(listed.map((candidate, i) => [candidate, i]))
  // Those of before stay what they are, and new ones follow: names go on with the answers that they have.
  const numbers = new Map<number | string, number>(before?.numbers)
  const choices: PlannedChoice[] = [...(before?.plan.choices ?? [])]
  const map = new Uint16Array(placed.length)
  let isUniform = true
  for (const [number, client] of placed.entries()) {
    if (client === undefined && number !== 0) continue
    if (before !== undefined && before.placed[number] === client && number < before.placed.length) {
      map[number] = before.plan.map[number] ?? 0
      isUniform &&= map[number] === map[0]
      continue
    }
    if (number % PLACES_TO_GIVE_WAY === PLACES_TO_GIVE_WAY - 1) giveWay()
    const among = near?.near(client) ?? candidates
    setClient(among, client)
    const origin = { own: topology.own, client }
    const { chosen, drawn, standing } = chooseAmong(app, policy, among, origin)
    const isRefused = standing.regard === 'refuse'
    if (chosen.length === 0 && !isRefused) map[number] = CHOICE_NODATA
    else {
      const key = keyOf(chosen, drawn, indexes)
      let choice = numbers.get(key)
      if (choice === undefined) {
        const isDegraded = chosen.some(({ endpoint }) => endpoint.health === 'degraded')
        const { ttl } = ttlOf(app, isDegraded, foreseen)
        const indexOf = (item: Listed): number => indexes.get(item) ?? 0
        choice = choices.push({
          chosen: chosen.map(indexOf),
          drawn: drawn?.map(({ item, upTo }) => ({ item: indexOf(item), upTo })),
          buckets: drawn !== undefined && isSticky ? shareBuckets(drawn) : undefined,
          ttl,
        })
        numbers.set(key, choice)
        if (near !== undefined) setClient(candidates, client)
        excluded?.add(decidedOf(app, listed, chosen, standing.regard, origin))
      }
      map[number] = choice
    }
    isUniform &&= map[number] === map[0]
  }
  return { plan: { map, choices, isUniform }, placed, numbers }
}

/** A decision as it is counted: among all that are listed, by the whole policy. */
function decidedOf(
  app: ReplicaApp,
  listed: readonly Listed[],
  chosen: readonly Listed[],
  regard: Regard,
  origin: Origin,
): Decided<Listed> {
  const candidates = hasAlias(listed) ? eachOnce(listed) : listed
  const policy = compiledPolicy(app.policy)
  const { length: count } = candidates
  const [best] = chosen
  // Where the gates were gone through for all places at once, nothing is made of health after them.
  const isDone = regard === 'ignore' && heedsHealth(policy)
  const made = isDone
    ? regardOf(app.health, policy.requirements, origin, candidates, count)
    : regard
  return { policy, regard: made, candidates, count, chosen, best, origin }
}

/**
 * Does once what is the same for all places: drops what may not be answered anywhere, and where the
 * requirements do not go by the client, neither do the gates nor what is made of health. Gates are left
 * where what one endpoint leaves may go past them, or where another set may take part.
 */
function narrow(
  app: ReplicaApp,
  listed: readonly Listed[],
  topology: Topology,
): {
  readonly policy: Policy
  readonly candidates: readonly Listed[]
  /** Whether nothing but an order is left, so that a candidate counts only if it may be the first. */
  readonly isOrder: boolean
  readonly refused: LocatedPlan | undefined
} {
  const policy = compiledPolicy(app.policy)
  // Which of them take part is seen place by place.
  if (hasAlias(listed)) {
    return { policy, candidates: listed, isOrder: false, refused: undefined }
  }
  const fixed = policy.requirements.filter(({ isOfClient }) => isOfClient !== true)
  const requirements = policy.requirements.filter(({ isOfClient }) => isOfClient === true)
  const candidates = listed.filter((one) => fixed.every(({ admits }) => admits(one, topology)))
  const isWhole = candidates.some(isWithheld) || hasFallback(listed)
  if (requirements.length > 0 || isWhole) {
    return {
      policy: { ...policy, requirements },
      candidates,
      isOrder: false,
      refused: undefined,
    }
  }
  const regard = heedsHealth(policy)
    ? regardOf(app.health, [], topology, candidates, candidates.length)
    : 'ignore'
  const all = regard === 'heed' ? policy.preferences : policy.healthBlind
  const gates = all.filter(({ isGate }) => isGate === true)
  const best = candidates[choose([], gates, candidates, candidates.length, topology)]
  const orders = all.filter(({ isGate }) => isGate !== true)
  return {
    policy: { ...policy, requirements, preferences: orders, healthBlind: orders },
    candidates:
      best === undefined
        ? []
        : candidates.filter((one) => compareAll(gates, one, best, topology) === 0),
    isOrder: true,
    refused: regard === 'refuse' ? refusedPlan(app, listed) : undefined,
  }
}

/** Wherever the client is. */
function refusedPlan(app: ReplicaApp, listed: readonly Listed[]): LocatedPlan {
  const { ttl } = ttlOf(app, false, foreseenOf(listed, listed.length))
  const choice = { chosen: [], drawn: undefined, buckets: undefined, ttl }
  return { map: Uint16Array.of(1), choices: [choice], isUniform: true }
}

/** The same for the same choice. */
function keyOf(
  chosen: readonly Listed[],
  drawn: readonly Drawn<Listed>[] | undefined,
  indexes: ReadonlyMap<Listed, number>,
): number | string {
  const [only] = chosen
  if (only !== undefined && chosen.length === 1) return indexes.get(only) ?? 0
  const list = chosen.map((candidate) => indexes.get(candidate) ?? 0).join()
  return drawn === undefined ? list : `${list}:${drawn.map(({ upTo }) => upTo).join()}`
}
