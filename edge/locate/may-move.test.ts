import { expect, it } from 'vitest'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import { mayMove } from './may-move.ts'

const networks = [
  networkSchema.parse({ id: 'office', prefixes: ['192.0.2.0/24'], cluster: 'sfo' }),
  networkSchema.parse({ id: 'home', prefixes: ['198.51.100.0/24'], latitude: 1, longitude: 2 }),
]
const cluster = (id: string) => clusterSchema.parse({ id, latitude: 0, longitude: 0 })
const nothing = { networks: [], networksDeleted: [], clusters: [], clustersDeleted: [] }

it.each([
  ['names only', {}, false],
  ['a network', { networks: networks.slice(1) }, true],
  ['a network that is gone', { networksDeleted: ['other'] }, true],
  ['a cluster that a network names', { clusters: [cluster('lhr'), cluster('sfo')] }, true],
  ['one that is gone', { clustersDeleted: ['sfo'] }, true],
  ['clusters that none names', { clusters: [cluster('lhr')], clustersDeleted: ['ewr'] }, false],
])('clients may move by a change of %s: %#', (_what, change, wanted) => {
  expect(mayMove({ ...nothing, ...change }, networks)).toBe(wanted)
})
