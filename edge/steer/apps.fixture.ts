import fc from 'fast-check'
import { serviceSchema } from '../../shared/registry/service-schema.ts'
import type { Service } from '../../shared/registry/service-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { ReplicaApp, ReplicaEndpoint } from '../replica/model.ts'
import { createTopology } from './topology.ts'
import type { Topology } from './topology.ts'

/** A mesh of four clusters, of which `a` has addresses for its endpoints. */
const clusters = [
  { id: 'own', latitude: 0, longitude: 0 },
  { id: 'a', latitude: 0, longitude: 10, addresses: ['192.0.2.1', '2001:db8::1'] },
  { id: 'b', latitude: 0, longitude: 20 },
  { id: 'c', latitude: 0, longitude: 30 },
].map((cluster) => clusterSchema.parse(cluster))

export const ownCluster = clusterSchema.parse({ id: 'own', latitude: 0, longitude: 0 })
export const meshClusters = clusters

export function meshTopology(): Topology {
  return createTopology(ownCluster, clusters)
}

export const somePolicies = {
  plain: [
    'nearest',
    'failover',
    JSON.stringify(['heaviest']),
    JSON.stringify(['healthy', 'nearest', { filter: 'first', count: 3 }]),
    JSON.stringify([{ filter: 'max-distance', km: 2_500 }, 'heaviest']),
  ],
  drawn: ['weighted', JSON.stringify(['healthy', { filter: 'weighted', sticky: true }])],
  byClient: [
    'nearest-client',
    JSON.stringify([
      { filter: 'country', from: 'client', rules: { DE: ['a'], FR: ['b', 'c'] }, default: ['own'] },
      { filter: 'weighted', sticky: true },
    ]),
  ],
} as const

const endpoint: fc.Arbitrary<Omit<ReplicaEndpoint, 'cluster'>> = fc
  .record({
    addresses: fc.subarray(['198.51.100.1', '198.51.100.2', '2001:db8::5']),
    target: fc.constantFrom(undefined, undefined, 'x.test.', 'y.test.', undefined),
    port: fc.constantFrom(undefined, 80, 443),
    weight: fc.nat(3),
    priority: fc.nat(2),
    health: fc.constantFrom(undefined, 'up' as const, undefined, undefined, 'down' as const),
  })
  .map(({ addresses, target, port, health, ...rest }) => ({
    ...rest,
    ...(target === undefined ? { addresses } : { addresses: [], target }),
    ...(port === undefined ? {} : { port }),
    ...(health === undefined ? {} : { health }),
  }))

const service: fc.Arbitrary<Service> = fc
  .record({
    alpn: fc.subarray(['h2', 'h3']),
    port: fc.constantFrom(undefined, 443, 8443),
    https: fc.boolean(),
    srv: fc.boolean(),
  })
  .map((value) => serviceSchema.parse(value))

/** Apps of all kinds on the clusters of the mesh, some with targets. */
export function someApps(policies: readonly string[]): fc.Arbitrary<ReplicaApp> {
  return fc
    .record({
      policy: fc.constantFrom(...policies),
      endpoints: fc.dictionary(fc.constantFrom(...clusters.map(({ id }) => id)), endpoint),
      service: fc.option(service, { nil: undefined }),
      health: fc.constantFrom(undefined, {
        enoughUpPercent: 50,
        failClosed: true,
        trustMs: 10_000,
      }),
    })
    .map(({ policy, endpoints, service: described, health }) => ({
      policy,
      ttlMin: 5,
      ttlMax: 30,
      endpoints: Object.entries(endpoints).map(([cluster, more]) => ({ cluster, ...more })),
      health,
      ...(described === undefined ? {} : { service: described }),
    }))
}
