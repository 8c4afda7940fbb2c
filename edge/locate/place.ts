/** The place of a client, as far as it is known. Two clients of the same place are steered alike. */
export interface ClientPlace {
  /** Degrees, north is positive; there is a longitude if and only if there is a latitude. */
  readonly latitude?: number
  readonly longitude?: number
  /** ISO 3166-1 alpha-2. */
  readonly country?: string
  /** As it was registered; of an mmdb file the code of ISO 3166-2, such as US-CA. */
  readonly region?: string
  /** One of AF AN AS EU NA OC SA. */
  readonly continent?: string
  /** Number of the autonomous system. */
  readonly asn?: number
  /** Id of the registered network that the client is in. */
  readonly network?: string
}

/** A key that equal places share, and no others. */
export function placeKey(place: ClientPlace): string {
  const { latitude, longitude, country, region, continent, asn, network } = place
  // What somebody else writes stands last: no region can look like another field.
  return `${latitude ?? ''},${longitude ?? ''},${country ?? ''},${continent ?? ''},${asn ?? ''},${network ?? ''},${region ?? ''}`
}

/** What may be known of a place; values that are undefined are as if they were not there. */
type Known = { readonly [Key in keyof ClientPlace]?: ClientPlace[Key] | undefined }

/** Makes a place of what is known. Assigned field by field: an mmdb file has a hundred thousand. */
export function createPlace(known: Known): ClientPlace {
  const { latitude, longitude, country, region, continent, asn, network } = known
  const place: { -readonly [Key in keyof ClientPlace]: ClientPlace[Key] } = {}
  if (latitude !== undefined && longitude !== undefined) {
    place.latitude = latitude
    place.longitude = longitude
  }
  if (country !== undefined) place.country = country
  if (region !== undefined) place.region = region
  if (continent !== undefined) place.continent = continent
  if (asn !== undefined) place.asn = asn
  if (network !== undefined) place.network = network
  return place
}
