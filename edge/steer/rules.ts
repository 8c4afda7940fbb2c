import { assertNever } from '../../shared/errors.ts'
import { continentOf } from '../../shared/geo/continents.ts'
import type { Requirement } from './filters.ts'
import type { Origin } from './origin.ts'

/** What rules can go by. */
type RuleField = 'country' | 'region' | 'continent' | 'asn' | 'network'

/** Clusters by where the question comes from: the place of the edge, or of the client. */
export function clustersBy(
  field: RuleField,
  rules: Readonly<Record<string, readonly string[]>>,
  otherwise: readonly string[] | undefined,
  isOfClient: boolean,
): Requirement {
  const sets = new Map(Object.entries(rules).map(([place, ids]) => [place, new Set(ids)]))
  const others = otherwise === undefined ? undefined : new Set(otherwise)
  const keyOf = (origin: Origin): string | undefined => ruleKey(field, origin, isOfClient)
  return {
    name: field,
    isOfClient,
    admits: ({ place }, origin) =>
      (sets.get(keyOf(origin) ?? '') ?? others)?.has(place.cluster.id) ?? true,
    reason: (_, origin) => `not among the clusters for ${field} ${keyOf(origin) ?? 'unknown'}`,
  }
}

/** What a rule looks at. A client of which nothing is known is where the edge is. */
function ruleKey(
  field: RuleField,
  { own, client }: Origin,
  isOfClient: boolean,
): string | undefined {
  const place = isOfClient ? client : undefined
  switch (field) {
    case 'country':
      return place === undefined ? own.country : place.country
    case 'region':
      return place === undefined ? own.region : place.region
    case 'continent':
      return place === undefined ? continentOf(own.country ?? '') : place.continent
    case 'asn':
      return place?.asn?.toString()
    case 'network':
      return place?.network
    default:
      return assertNever(field)
  }
}
