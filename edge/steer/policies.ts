import { parsePolicy } from '../../shared/registry/policy-schema.ts'
import type { Filter, readyPolicies } from '../../shared/registry/policy-schema.ts'
import { DRAWN_MAX } from '../table/choices.ts'
import {
  address,
  biasedDistance,
  clientDistance,
  edgeDistance,
  enabled,
  failover,
  healthy,
  heaviest,
  lowestLatency,
  maxDistance,
  nearestBy,
  notDraining,
  ownClusterFirst,
  tie,
  weightBy,
} from './filters.ts'
import type { DistanceOf, Policy, Preference, Requirement } from './filters.ts'
import { clustersBy } from './rules.ts'

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

/** Whether a policy that goes by measured round trips was ever asked for. */
export function isLatencyUsed(): boolean {
  return hasLatency
}

let hasLatency = false

/** What the ready-made policies stand for. */
export const readyFilters: Readonly<Record<(typeof readyPolicies)[number], readonly Filter[]>> = {
  nearest: ['healthy', 'not-draining', 'own-cluster-first', 'nearest'],
  'nearest-client': ['healthy', 'not-draining', { filter: 'nearest', from: 'client' }],
  failover: ['healthy', 'not-draining', 'failover', 'own-cluster-first', 'nearest'],
  weighted: ['healthy', 'not-draining', { filter: 'weighted' }],
  latency: ['healthy', 'not-draining', 'own-cluster-first', 'latency'],
}

function compile(filters: readonly Filter[]): Policy {
  const requirements: Requirement[] = [enabled, address]
  const preferences: Preference[] = []
  let bias: Readonly<Record<string, number>> | undefined
  let usesClient = false
  let take = 1
  let within: Policy['within']
  let weightOf: Policy['weightOf']
  let isSticky = false
  let sheds: Policy['sheds']
  const isOfClient = (from: 'edge' | 'client' | undefined): boolean => {
    if (from === 'client') usesClient = true
    return from === 'client'
  }
  const plainFrom = (from: 'edge' | 'client' | undefined): DistanceOf =>
    isOfClient(from) ? clientDistance : edgeDistance
  const distanceFrom = (from: 'edge' | 'client' | undefined): DistanceOf =>
    bias === undefined ? plainFrom(from) : biasedDistance(bias, plainFrom(from))
  for (const filter of filters) {
    if (typeof filter === 'string') {
      preferences.push(plainPreferences[filter] ?? nearestBy(edgeDistance, distanceFrom('edge')))
      continue
    }
    switch (filter.filter) {
      case 'bias':
        bias = filter.clusters
        break
      case 'nearest':
        preferences.push(nearestBy(plainFrom(filter.from), distanceFrom(filter.from)))
        break
      case 'max-distance':
        requirements.push(maxDistance(filter.km, plainFrom(filter.from)))
        break
      case 'country':
      case 'region':
      case 'continent': {
        const { rules, default: otherwise, from } = filter
        requirements.push(clustersBy(filter.filter, rules, otherwise, isOfClient(from)))
        break
      }
      case 'asn':
      case 'network':
        usesClient = true
        requirements.push(clustersBy(filter.filter, filter.rules, filter.default, true))
        break
      case 'first':
        take = filter.count
        break
      case 'spread':
        take = filter.count
        within = { km: filter.km, distanceOf: distanceFrom(filter.from) }
        break
      case 'weighted': {
        const distanceOf = distanceFrom(filter.from)
        take = DRAWN_MAX
        if (filter.km !== undefined) within = { km: filter.km, distanceOf }
        weightOf = weightBy(filter.curve, distanceOf)
        isSticky = filter.sticky === true
        break
      }
      case 'shed-load':
        take = DRAWN_MAX
        sheds = { low: filter.low, high: filter.high }
        break
    }
  }
  if (preferences.includes(lowestLatency)) hasLatency = true
  preferences.push(tie)
  const healthBlind = preferences.includes(healthy)
    ? preferences.filter((preference) => preference !== healthy)
    : preferences
  const several = { take, within, weightOf, isSticky, sheds }
  return { requirements, preferences, healthBlind, usesClient, ...several }
}

/** Filters that have nothing to set and are the same in all policies; `nearest` goes by the bias. */
const plainPreferences: Readonly<Record<Extract<Filter, string>, Preference | undefined>> = {
  healthy,
  'not-draining': notDraining,
  'own-cluster-first': ownClusterFirst,
  nearest: undefined,
  latency: lowestLatency,
  failover,
  heaviest,
}
