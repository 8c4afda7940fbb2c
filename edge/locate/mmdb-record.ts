import { continentCodes, continentOf } from '../../shared/geo/continents.ts'
import { createPlace } from './place.ts'
import type { ClientPlace } from './place.ts'

/** The highest number of an autonomous system (RFC 6793 §3). */
const ASN_MAX = 4_294_967_295

const continents: ReadonlySet<unknown> = new Set(continentCodes)

/**
 * What a record of a City, Country or ASN database says of a place; undefined when that is nothing. A
 * field that is not as MaxMind writes it counts as absent.
 */
export function placeOfRecord(record: unknown): ClientPlace | undefined {
  const location = fieldOf(record, 'location')
  const latitude = degreesOf(fieldOf(location, 'latitude'), 90)
  const longitude = degreesOf(fieldOf(location, 'longitude'), 180)
  const country = textOf(fieldOf(fieldOf(record, 'country'), 'iso_code'), /^[A-Z]{2}$/)
  const code = textOf(regionOf(record), /^[A-Z0-9]{1,3}$/)
  const continent = fieldOf(fieldOf(record, 'continent'), 'code')
  const place = createPlace({
    latitude,
    longitude,
    country,
    // ISO 3166-2: the country is a part of the code.
    region: country === undefined || code === undefined ? undefined : `${country}-${code}`,
    continent: isContinent(continent)
      ? continent
      : country === undefined
        ? undefined
        : continentOf(country),
    asn: asnOf(record) ?? asnOf(fieldOf(record, 'traits')),
  })
  return Object.keys(place).length === 0 ? undefined : place
}

/** The code of the largest part of the country. */
function regionOf(record: unknown): unknown {
  const subdivisions = fieldOf(record, 'subdivisions')
  if (!Array.isArray(subdivisions)) return undefined
  const first: unknown = subdivisions[0]
  return fieldOf(first, 'iso_code')
}

function asnOf(record: unknown): number | undefined {
  const asn = fieldOf(record, 'autonomous_system_number')
  const isAsn = typeof asn === 'number' && Number.isInteger(asn) && asn >= 1 && asn <= ASN_MAX
  return isAsn ? asn : undefined
}

function degreesOf(value: unknown, max: number): number | undefined {
  if (typeof value !== 'number' || !(value >= -max && value <= max)) return undefined
  // No second zero.
  return value === 0 ? 0 : value
}

function textOf(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined
}

function isContinent(value: unknown): value is string {
  return continents.has(value)
}

function fieldOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
  return Reflect.get(value, key)
}
