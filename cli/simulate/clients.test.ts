import { expect, it } from 'vitest'
import { distanceKm } from '../../shared/geo/distance.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { makeClients } from './clients.ts'

const clusters = [
  { id: 'sfo', latitude: 37.6, longitude: -122.4, country: 'US', region: 'us-west' },
  { id: 'fji', latitude: -17.8, longitude: 179.9 },
  { id: 'lhr', latitude: 51.5, longitude: -0.5, country: 'GB' },
].map((cluster) => clusterSchema.parse(cluster))

const placesOf = (count: number, seed: number) =>
  [...makeClients(clusters, count, seed)].map(({ place }) => place)

it('the same seed makes the same clients, another one others', () => {
  expect(placesOf(50, 1)).toEqual(placesOf(50, 1))
  expect(placesOf(50, 2)).not.toEqual(placesOf(50, 1))
  expect(placesOf(50, 0)).not.toEqual(placesOf(50, 1))
})

it('they are on the earth, most of them near a cluster, each of which has as many', () => {
  const near = { sfo: 0, fji: 0, lhr: 0 }
  for (const { latitude = NaN, longitude = NaN } of placesOf(4_000, 7)) {
    expect(Math.abs(latitude)).toBeLessThanOrEqual(90)
    expect(longitude).toBeGreaterThanOrEqual(-180)
    expect(longitude).toBeLessThan(180)
    const position = { latitude, longitude }
    if (distanceKm(position, { latitude: 37.6, longitude: -122.4 }) <= 500) near.sfo++
    if (distanceKm(position, { latitude: -17.8, longitude: 179.9 }) <= 500) near.fji++
    if (distanceKm(position, { latitude: 51.5, longitude: -0.5 }) <= 500) near.lhr++
  }
  // A third of 90 % each, of which 1 - 1/e within the mean; those anywhere add some. Five sigma.
  const wanted = 4_000 * 0.3 * (1 - Math.exp(-1))
  for (const count of Object.values(near)) {
    expect(Math.abs(count - wanted)).toBeLessThan(5 * Math.sqrt(wanted) + 10)
  }
})

it('country and region are those of the nearest cluster that says where it is', () => {
  for (const { latitude = 0, longitude = 0, ...land } of placesOf(1_000, 3)) {
    const [sfo, lhr] = [clusters[0], clusters[2]].map((cluster) =>
      distanceKm({ latitude, longitude }, cluster ?? { latitude: 0, longitude: 0 }),
    )
    expect(land).toEqual(
      (sfo ?? 0) < (lhr ?? 0)
        ? { country: 'US', region: 'us-west', continent: 'NA' }
        : { country: 'GB', continent: 'EU' },
    )
  }
})

it('without a cluster all are anywhere', () => {
  const [first] = makeClients([], 1, 1)
  expect(first?.place.country).toBeUndefined()
  expect(first?.place.latitude).toBeTypeOf('number')
})
