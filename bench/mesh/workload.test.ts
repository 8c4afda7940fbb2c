import { expect, it } from 'vitest'
import { distanceKm } from '../../shared/geo/distance.ts'
import { clusterSchema, manifestSchema } from '../../shared/registry/schema.ts'
import { addressOf, appsManifest, createApps, groundManifest } from './workload.ts'

const clusters = Array.from({ length: 9 }, (_, i) =>
  clusterSchema.parse({ id: `c${i}`, latitude: i * 5, longitude: i * 10 }),
)
const places = new Map(clusters.map((cluster) => [cluster.id, cluster]))
const apps = createApps(clusters, 'c4', { first: 0, count: 50 })

it('apps and clusters are a good manifest', () => {
  const manifest = { ...groundManifest(clusters), ...appsManifest(apps) }
  expect(manifestSchema.parse(manifest).apps).toHaveLength(50)
})

it('every app has three endpoints, on clusters of their own', () => {
  for (const { endpoints } of apps) {
    expect(new Set(endpoints.map(({ cluster }) => cluster)).size).toBe(3)
  }
})

it('what has to be answered is the address of the nearest endpoint', () => {
  const own = places.get('c4')
  for (const { endpoints, nearest } of apps) {
    const byDistance = endpoints.toSorted((a, b) => kmTo(a.cluster) - kmTo(b.cluster))
    expect(byDistance[0]?.addresses).toEqual([nearest])
  }
  function kmTo(id: string): number {
    const place = places.get(id)
    return own === undefined || place === undefined ? Number.NaN : distanceKm(own, place)
  }
})

it('every tenth app runs on the own cluster', () => {
  const here = apps.filter(({ endpoints }) => endpoints.some(({ cluster }) => cluster === 'c4'))
  expect(here).toHaveLength(5)
})

it('an app can have another number of endpoints', () => {
  const [app] = createApps(clusters, 'c4', { first: 7, count: 1, endpoints: 1 })
  expect(app?.endpoints).toHaveLength(1)
  expect(app?.endpoints[0]?.addresses).toEqual([app?.nearest])
})

it('a later range goes on where the one before ends', () => {
  const [first] = createApps(clusters, 'c4', { first: 30, count: 1 })
  expect(first).toEqual(apps[30])
})

it('addresses are of the blocks for documentation', () => {
  for (let i = 0; i < 3000; i++) {
    expect(addressOf(i)).toMatch(/^(192\.0\.2|198\.51\.100|203\.0\.113)\.([1-9]\d{0,2})$/)
  }
})

it('refuses an own cluster that is not there', () => {
  expect(() => createApps(clusters, 'c99', { first: 0, count: 1 })).toThrow('c99')
})
