import { continentOf } from '../../shared/geo/continents.ts'
import { geoPoint, kmBetween } from '../../shared/geo/distance.ts'
import type { GeoPoint, Position } from '../../shared/geo/distance.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { ClientPlace } from './engine.ts'

/** A client that is made up. */
export interface MadeUpClient {
  readonly place: ClientPlace
  readonly point: GeoPoint
}

/** Of ten clients one is anywhere, the others are near a cluster, each as likely as any other. */
const ANYWHERE_SHARE = 0.1
/** How far those near a cluster are from it on average; how far one of them is falls off exponentially. */
const NEAR_KM = 500
const EARTH_RADIUS_KM = 6_378.137
/** Half of the way around the earth. */
const FARTHEST_KM = 20_000

/**
 * Makes clients up, the same for the same seed and clusters. Country and region are those of the nearest
 * cluster that says where it is.
 */
export function* makeClients(
  clusters: readonly Cluster[],
  count: number,
  seed: number,
): Iterable<MadeUpClient> {
  const random = seededRandom(seed)
  const sites = clusters
    .filter(({ country }) => country !== undefined)
    .map((cluster) => ({ cluster, point: geoPoint(cluster) }))
  for (let i = 0; i < count; i++) {
    const near = clusters[Math.floor(random() * clusters.length)]
    const position =
      near === undefined || random() < ANYWHERE_SHARE ? anywhere(random) : around(near, random)
    const point = geoPoint(position)
    yield { place: { ...position, ...landOf(nearestOf(sites, point)?.cluster) }, point }
  }
}

/** The nearest of those that have a point, the first of those that are as near. */
export function nearestOf<T extends { readonly point: GeoPoint }>(
  sites: readonly T[],
  point: GeoPoint,
): T | undefined {
  let nearest: T | undefined
  let km = Infinity
  for (const site of sites) {
    const distance = kmBetween(point, site.point)
    if (distance >= km) continue
    nearest = site
    km = distance
  }
  return nearest
}

function landOf(cluster: Cluster | undefined): ClientPlace {
  const { country, region } = cluster ?? {}
  const continent = continentOf(country ?? '')
  return {
    ...(country !== undefined && { country }),
    ...(region !== undefined && { region }),
    ...(continent !== undefined && { continent }),
  }
}

/** Each square kilometre is as likely as any other. */
function anywhere(random: () => number): Position {
  const latitude = Math.asin(2 * random() - 1) * DEGREES
  return { latitude, longitude: random() * 360 - 180 }
}

const DEGREES = 180 / Math.PI

/** A place in any direction, along a great circle. */
function around(from: Position, random: () => number): Position {
  const km = Math.min(FARTHEST_KM, -NEAR_KM * Math.log(1 - random()))
  const angle = km / EARTH_RADIUS_KM
  const bearing = random() * 2 * Math.PI
  const latitude = from.latitude / DEGREES
  const sine =
    Math.sin(latitude) * Math.cos(angle) + Math.cos(latitude) * Math.sin(angle) * Math.cos(bearing)
  const turn = Math.atan2(
    Math.sin(bearing) * Math.sin(angle) * Math.cos(latitude),
    Math.cos(angle) - Math.sin(latitude) * sine,
  )
  const longitude = from.longitude + turn * DEGREES
  return {
    latitude: Math.asin(Math.max(-1, Math.min(1, sine))) * DEGREES,
    longitude: ((((longitude + 180) % 360) + 360) % 360) - 180,
  }
}

/** The generator mulberry32 (public domain, T. Ettinger): at least 0 and below 1, by a seed of 32 bits. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
