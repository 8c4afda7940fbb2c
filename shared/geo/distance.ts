import { getDistance } from 'geolib'

/** A place on Earth: degrees, north and east are positive. */
export interface Position {
  readonly latitude: number
  readonly longitude: number
}

/**
 * The great-circle distance between two places in km, to the metre. Takes about 1 µs: for changes of
 * the topology, never for a query.
 */
export function distanceKm(from: Position, to: Position): number {
  return getDistance(from, to, 1) / 1000
}

/** A place, made ready for `kmBetween`: its direction from the centre of the Earth, of length 1. */
export interface GeoPoint {
  readonly x: number
  readonly y: number
  readonly z: number
}

const RADIANS = Math.PI / 180
/** That of geolib: the equator's. */
const EARTH_RADIUS_M = 6_378_137

/** Makes a place ready for many distances. */
export function geoPoint({ latitude, longitude }: Position): GeoPoint {
  const cosLatitude = Math.cos(latitude * RADIANS)
  return {
    x: cosLatitude * Math.cos(longitude * RADIANS),
    y: cosLatitude * Math.sin(longitude * RADIANS),
    z: Math.sin(latitude * RADIANS),
  }
}

/**
 * The same as `distanceKm`, in a small part of the time: for tables of many clients by many clusters. A test holds
 * the two together.
 */
export function kmBetween(from: GeoPoint, to: GeoPoint): number {
  const cosine = from.x * to.x + from.y * to.y + from.z * to.z
  // Rounding takes it beyond what has an arc cosine.
  const metres = Math.acos(Math.max(-1, Math.min(1, cosine))) * EARTH_RADIUS_M
  return Math.round(metres) / 1000
}
