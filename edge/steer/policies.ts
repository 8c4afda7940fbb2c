import { parsePolicy } from '../../shared/registry/policy-schema.ts'
import type { Filter, readyPolicies } from '../../shared/registry/policy-schema.ts'
import { DRAWN_MAX } from '../table/name-entries.ts'
import {
  address,
  biasedDistance,
  clustersBy,
  enabled,
  failover,
  healthy,
  heaviest,
  maxDistance,
  nearestBy,
  notDraining,
  ownClusterFirst,
  plainDistance,
  tie,
  weightBy,
} from './filters.ts'
import type { Policy, Preference, Requirement } from './filters.ts'

/** Compiled policies that are remembered; apps share a few. */
const COMPILED_MAX = 1_000

const compiled = new Map<string, Policy>()

/** The steps of a policy by its text (`policyText`). Throws RangeError for a text that is none. */
export function compiledPolicy(text: string): Policy {
  const known = compiled.get(text)
  if (known !== undefined) return known
  const parsed = parsePolicy(text)
  if (!parsed.ok) throw new RangeError(`the policy ${text.slice(0, 100)} ${parsed.reason}`)
  const { policy } = parsed
  const steps = compile(typeof policy === 'string' ? readyFilters[policy] : policy)
  if (compiled.size >= COMPILED_MAX) compiled.clear()
  compiled.set(text, steps)
  return steps
}

/** What the ready-made policies stand for. */
export const readyFilters: Readonly<Record<(typeof readyPolicies)[number], readonly Filter[]>> = {
  nearest: ['healthy', 'not-draining', 'own-cluster-first', 'nearest'],
  failover: ['healthy', 'not-draining', 'failover', 'own-cluster-first', 'nearest'],
  weighted: ['healthy', 'not-draining', { filter: 'weighted' }],
}

function compile(filters: readonly Filter[]): Policy {
  const requirements: Requirement[] = [enabled, address]
  const preferences: Preference[] = []
  let distanceOf = plainDistance
  let take = 1
  let within: Policy['within']
  let weightOf: Policy['weightOf']
  for (const filter of filters) {
    if (filter === 'healthy') preferences.push(healthy)
    else if (filter === 'not-draining') preferences.push(notDraining)
    else if (filter === 'own-cluster-first') preferences.push(ownClusterFirst)
    else if (filter === 'nearest') preferences.push(nearestBy(distanceOf))
    else if (filter === 'failover') preferences.push(failover)
    else if (filter === 'heaviest') preferences.push(heaviest)
    else {
      switch (filter.filter) {
        case 'bias':
          distanceOf = biasedDistance(filter.clusters)
          break
        case 'max-distance':
          requirements.push(maxDistance(filter.km))
          break
        case 'country':
        case 'region':
          requirements.push(clustersBy(filter.filter, filter.rules, filter.default))
          break
        case 'first':
          take = filter.count
          break
        case 'spread':
          take = filter.count
          within = { km: filter.km, distanceOf }
          break
        case 'weighted':
          take = DRAWN_MAX
          if (filter.km !== undefined) within = { km: filter.km, distanceOf }
          weightOf = weightBy(filter.curve, distanceOf)
          break
      }
    }
  }
  preferences.push(tie)
  const healthBlind = preferences.includes(healthy)
    ? preferences.filter((preference) => preference !== healthy)
    : preferences
  return { requirements, preferences, healthBlind, take, within, weightOf }
}
