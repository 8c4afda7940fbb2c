import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decideSteering } from '../../edge/steer/decide.ts'
import { createTopology } from '../../edge/steer/topology.ts'
import { TYPE_A } from '../../shared/dns/codes.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { clusterSchema, endpointSchema } from '../../shared/registry/schema.ts'
import { pops } from '../support/manifests.ts'

const clusters: readonly Cluster[] = pops().map((place) => clusterSchema.parse(place))

const EARTH_RADIUS_KM = 6371

/** The haversine formula, written anew: nothing of ours and nothing of geolib. */
function haversineKm(a: Cluster, b: Cluster): number {
  const rad = (degrees: number): number => (degrees * Math.PI) / 180
  const h =
    Math.sin(rad(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(rad(a.latitude)) *
      Math.cos(rad(b.latitude)) *
      Math.sin(rad(b.longitude - a.longitude) / 2) ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(Math.min(1, h)))
}

const endpointsOf = (listed: readonly Cluster[]) =>
  listed.map((cluster) => endpointSchema.parse({ cluster: cluster.id, addresses: ['192.0.2.1'] }))

const app = (listed: readonly Cluster[]) =>
  ({ policy: 'nearest', ttlMin: 5, ttlMax: 30, endpoints: endpointsOf(listed) }) as const

it.each(clusters.map((cluster) => [cluster.id, cluster] as const))(
  'an edge in %s answers with its own cluster, else with the nearest of a search over all',
  (_id, own) => {
    const topology = createTopology(own, clusters)
    fc.assert(
      fc.property(fc.subarray([...clusters], { minLength: 1 }), (listed) => {
        const { chosen } = decideSteering(app(listed), TYPE_A, topology)
        const id = chosen[0]?.endpoint.cluster
        const isListed = listed.some((cluster) => cluster.id === own.id)
        const least = Math.min(...listed.map((cluster) => haversineKm(own, cluster)))
        const found = listed.find((cluster) => cluster.id === id)
        expect(found).toBeDefined()
        expect(isListed ? id === own.id : true).toBe(true)
        // Two formulas, one sphere: what is chosen is as near as the nearest, to 10 m and rounding.
        const distance = found === undefined ? Infinity : haversineKm(own, found)
        expect(isListed ? 0 : distance - least).toBeLessThan(0.01)
      }),
      { numRuns: 12 },
    )
  },
)

it('distances are those of the sphere, to a third of a percent', () => {
  fc.assert(
    fc.property(fc.constantFrom(...clusters), fc.constantFrom(...clusters), (a, b) => {
      const got = createTopology(a, clusters).places.get(b.id)?.distanceKm ?? Number.NaN
      expect(Math.abs(got - haversineKm(a, b))).toBeLessThanOrEqual(0.02 + got / 300)
    }),
  )
})
