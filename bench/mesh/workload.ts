import { distanceKm } from '../../shared/geo/distance.ts'
import type { Cluster, ManifestInput } from '../../shared/registry/schema.ts'

/** The zone that all apps of a bench lie in. */
export const APEX = 'bench.example'
/** Endpoints of each app. */
export const ENDPOINTS_PER_APP = 3

/** An app of a bench, and what the edge of the bench has to answer for it. */
export interface BenchApp {
  readonly name: string
  readonly endpoints: readonly { readonly cluster: string; readonly addresses: string[] }[]
  /** The address of the endpoint that is nearest to the edge's own cluster. */
  readonly nearest: string
}

/**
 * Makes the apps from `first` on: each in so many places, spread over all clusters, every tenth on the
 * own cluster too. The same every time, so that runs can be compared. The nearest is found by trying
 * all, apart from the code that is measured.
 */
export function createApps(
  clusters: readonly Cluster[],
  ownId: string,
  { first, count, endpoints = ENDPOINTS_PER_APP }: AppRange,
): readonly BenchApp[] {
  const make = createAppMaker(clusters, ownId, endpoints)
  return Array.from({ length: count }, (_, i) => make(first + i))
}

/** Returns what makes the apps of `createApps` one by one, for whoever does not want all at once. */
export function createAppMaker(
  clusters: readonly Cluster[],
  ownId: string,
  endpoints: number,
): (number: number) => BenchApp {
  const own = clusters.find(({ id }) => id === ownId)
  if (own === undefined) throw new Error(`there is no cluster ${ownId}`)
  const away = clusters
    .filter((cluster) => cluster !== own)
    .map((cluster) => ({ id: cluster.id, km: distanceKm(own, cluster) }))
  return (number) => createApp(away, own.id, number, endpoints)
}

/** Which apps to make. */
export interface AppRange {
  readonly first: number
  readonly count: number
  /** Endpoints of each; ENDPOINTS_PER_APP without it. */
  readonly endpoints?: number
}

/** The name of an app by its number; of the same length for all numbers below a million. */
export function nameOfApp(number: number): string {
  return `app-${String(number).padStart(6, '0')}.${APEX}`
}

/** Steps between the first places of two apps and the places of one; primes, to come by all of them. */
const APP_STEP = 7919
const ENDPOINT_STEP = 104_729

interface Place {
  readonly id: string
  readonly km: number
}

function createApp(
  away: readonly Place[],
  ownId: string,
  number: number,
  endpointCount: number,
): BenchApp {
  const places: Place[] = number % 10 === 0 ? [{ id: ownId, km: 0 }] : []
  for (let i = 0; places.length < endpointCount && i < away.length; i++) {
    const place = away[(number * APP_STEP + i * ENDPOINT_STEP) % away.length]
    // By distance: of two places equally far the policy has to choose, which is not the point here.
    if (place !== undefined && places.every(({ km }) => km !== place.km)) places.push(place)
  }
  const endpoints = places.map(({ id }, i) => ({
    cluster: id,
    addresses: [addressOf(number * endpointCount + i)],
  }))
  const nearest = places.reduce((best, place) => (place.km < best.km ? place : best))
  const addresses = endpoints[places.indexOf(nearest)]?.addresses
  return {
    name: nameOfApp(number),
    endpoints,
    nearest: addresses?.[0] ?? '',
  }
}

/** An address out of the blocks for documentation (RFC 5737). */
export function addressOf(number: number): string {
  const blocks = ['192.0.2', '198.51.100', '203.0.113'] as const
  return `${blocks[number % 3] ?? blocks[0]}.${(Math.floor(number / 3) % 254) + 1}`
}

/** The clusters and the zone, which come before the apps. */
export function groundManifest(clusters: readonly Cluster[]): ManifestInput {
  return {
    clusters: clusters.map((cluster) => ({ ...cluster, addresses: [...cluster.addresses] })),
    zones: [{ apex: APEX, ns: [`ns.${APEX}`] }],
  }
}

/** Apps as a manifest lists them. */
export function appsManifest(apps: readonly BenchApp[]): ManifestInput {
  return { apps: apps.map(({ name, endpoints }) => ({ name, endpoints: [...endpoints] })) }
}
