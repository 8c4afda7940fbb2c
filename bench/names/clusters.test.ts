import { expect, it } from 'vitest'
import { topologySchema } from '../../shared/registry/schema.ts'
import { createApps } from '../mesh/workload.ts'
import { FIRST_CLUSTER, createClusters } from './clusters.ts'

it.each([10, 3_000])('%i clusters are a good topology, on both halves of the globe', (count) => {
  const clusters = createClusters(count)
  expect(topologySchema.parse({ clusters }).clusters).toHaveLength(count)
  expect(clusters.filter(({ latitude }) => latitude > 0)).toHaveLength(count / 2)
  expect(clusters[0]?.id).toBe(FIRST_CLUSTER)
})

it('apps find as many places in ten clusters as in thousands', () => {
  for (const count of [10, 3_000]) {
    const apps = createApps(createClusters(count), FIRST_CLUSTER, { first: 0, count: 50 })
    for (const { endpoints } of apps) expect(endpoints).toHaveLength(3)
  }
})
