import { FullNames } from './full-names.ts'
import { hasOwn } from './names.ts'
import type { Tables } from './tables.ts'

/** So many zones or names may always go. */
const FREE_LOSSES = 10

/**
 * What a full state takes away of the tables that it would replace, as half a sentence, when that is all zones, all
 * names, or more than a share of them; undefined when it takes no more than may be. Costs a walk over the
 * names of a replica on demand.
 */
export function lossOf(
  before: Tables,
  after: Tables,
  { maxLostPercent }: { readonly maxLostPercent: number },
): string | undefined {
  const counts = [
    { what: 'zones', had: before.zones.size, has: after.zones.size },
    { what: 'names', had: namesOf(before), has: namesOf(after) },
  ]
  for (const { what, had, has } of counts) {
    const lost = had - has
    const isMuch = lost > FREE_LOSSES && lost * 100 > had * maxLostPercent
    if ((had > 0 && has === 0) || isMuch) return `lacks ${lost} of ${had} ${what}`
  }
  return undefined
}

/** Names with an app or records that central has told of: of a replica on demand those that it goes on telling. */
function namesOf({ names, version }: Tables): number {
  if (names instanceof FullNames) return names.size
  let count = 0
  const walk = names.entries(version)
  for (const entry of walk.entries) if (entry.isWatched && hasOwn(entry)) count++
  walk.end()
  return count
}
