import { continentCodes } from '../../shared/geo/continents.ts'
import { createPlace, placeKey } from './place.ts'
import type { ClientPlace } from './place.ts'

/**
 * Parts of a degree that coordinates are rounded to until there are few enough places: first not at all,
 * then to 0.1°, which is 11 km at the most, to 0.25°, 0.5°, 1° and 2°.
 */
const partsOfDegree = [Infinity, 10, 4, 2, 1, 0.5]

/** Different places, each with a number, from 1. */
export class PlaceList {
  readonly #numbers = new Map<string, number>()
  readonly #places: ClientPlace[] = []

  get places(): readonly ClientPlace[] {
    return this.#places
  }

  /** Gives the number of a place; a new one when it has none. */
  numberOf(place: ClientPlace): number {
    const key = placeKey(place)
    let number = this.#numbers.get(key)
    if (number === undefined) {
      number = this.#places.push(place)
      this.#numbers.set(key, number)
    }
    return number
  }
}

/** Places whose coordinates are rounded. */
export interface Rounded {
  readonly places: readonly ClientPlace[]
  /** The number that each place has become, by its number; at 0 stands 0. */
  readonly numbers: Int32Array
  /** What coordinates are rounded to; 0: they are as they were. */
  readonly degrees: number
}

/** Rounds coordinates as little as gives at most `max` different places; undefined when nothing does. */
export function roundPlaces(places: readonly ClientPlace[], max: number): Rounded | undefined {
  for (const parts of partsOfDegree) {
    const list = new PlaceList()
    const numbers = new Int32Array(places.length + 1)
    for (let i = 0; i < places.length && list.places.length <= max; i++) {
      numbers[i + 1] = list.numberOf(roundPlace(places[i] ?? {}, parts))
    }
    if (list.places.length <= max) return { places: list.places, numbers, degrees: 1 / parts }
  }
  return undefined
}

function roundPlace(place: ClientPlace, parts: number): ClientPlace {
  const { latitude, longitude } = place
  if (latitude === undefined || longitude === undefined || parts === Infinity) return place
  return { ...place, latitude: round(latitude, parts), longitude: round(longitude, parts) }
}

function round(degrees: number, parts: number): number {
  // No second zero.
  return Math.round(degrees * parts) / parts + 0
}

/** Places in arrays that can be handed from thread to thread without reading them. */
export interface PackedPlaces {
  /** Degrees; NaN: not known. */
  readonly latitudes: Float64Array<ArrayBuffer>
  readonly longitudes: Float64Array<ArrayBuffer>
  /** Both letters, the first one highest; 0: not known. */
  readonly countries: Uint16Array<ArrayBuffer>
  /** 1 is the first of `continentCodes`; 0: not known. */
  readonly continents: Uint8Array<ArrayBuffer>
  /** 1 is the first of `regionNames`; 0: not known. */
  readonly regions: Uint32Array<ArrayBuffer>
  readonly regionNames: readonly string[]
  /** 0: not known. */
  readonly asns: Uint32Array<ArrayBuffer>
}

/** Packs places of an mmdb file. */
export function packPlaces(places: readonly ClientPlace[]): PackedPlaces {
  const regions = new Map<string, number>()
  const packed = {
    latitudes: new Float64Array(places.length).fill(Number.NaN),
    longitudes: new Float64Array(places.length).fill(Number.NaN),
    countries: new Uint16Array(places.length),
    continents: new Uint8Array(places.length),
    regions: new Uint32Array(places.length),
    asns: new Uint32Array(places.length),
  }
  places.forEach(({ latitude, longitude, country, continent, region, asn }, i) => {
    if (latitude !== undefined) packed.latitudes[i] = latitude
    if (longitude !== undefined) packed.longitudes[i] = longitude
    if (country !== undefined) {
      packed.countries[i] = (country.charCodeAt(0) << 8) | country.charCodeAt(1)
    }
    packed.continents[i] = 1 + continentCodes.findIndex((code) => code === continent)
    if (region !== undefined) {
      if (!regions.has(region)) regions.set(region, regions.size + 1)
      packed.regions[i] = regions.get(region) ?? 0
    }
    if (asn !== undefined) packed.asns[i] = asn
  })
  return { ...packed, regionNames: [...regions.keys()] }
}

/** The place at `i` of what was packed. */
export function unpackPlace(packed: PackedPlaces, i: number): ClientPlace {
  const latitude = packed.latitudes[i] ?? Number.NaN
  const longitude = packed.longitudes[i] ?? Number.NaN
  const country = packed.countries[i] ?? 0
  const asn = packed.asns[i] ?? 0
  return createPlace({
    latitude: Number.isNaN(latitude) ? undefined : latitude,
    longitude: Number.isNaN(longitude) ? undefined : longitude,
    country: country === 0 ? undefined : String.fromCharCode(country >> 8, country & 0xff),
    region: packed.regionNames[(packed.regions[i] ?? 0) - 1],
    continent: continentCodes[(packed.continents[i] ?? 0) - 1],
    asn: asn === 0 ? undefined : asn,
  })
}
