import { expect, it } from 'vitest'
import { NETWORK_PREFIXES_TOTAL_MAX, NETWORKS_MAX } from '../../shared/registry/limits.ts'
import type { Change } from '../../shared/rpc/generated/meridian/v1/Change.ts'
import type { Network } from '../../shared/rpc/generated/meridian/v1/Network.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import { checkChange } from './check.ts'
import type { ReplicaChange } from './model.ts'

const { Watch } = loadProto().meridian.v1.Sync.service

/** What the edge makes of a Change, as it comes over the wire. */
function receive(change: Change): ReplicaChange {
  const { change: received } = Watch.responseDeserialize(Watch.responseSerialize({ change }))
  if (!received) throw new TypeError('no change came')
  return checkChange(received)
}

const office = { id: 'office', prefixes: ['192.0.2.0/24', '2001:db8::/48'] }

it.each<[string, Network, object]>([
  ['at a cluster', { ...office, cluster: 'sfo' }, { ...office, cluster: 'sfo' }],
  ['where latitude and longitude are 0', office, { ...office, latitude: 0, longitude: 0 }],
  [
    'with all that can be said of it',
    {
      ...office,
      latitude: 51.5,
      longitude: -0.1,
      country: 'GB',
      region: 'GB-LND',
      continent: 'EU',
      asn: 4_294_967_295,
    },
    {
      ...office,
      latitude: 51.5,
      longitude: -0.1,
      country: 'GB',
      region: 'GB-LND',
      continent: 'EU',
      asn: 4_294_967_295,
    },
  ],
])('a network %s is taken', (_what, network, wanted) => {
  const change = receive({ version: 1, networks: [network], networksDeleted: ['lab'] })
  expect(change.networks).toEqual([wanted])
  expect(change.networksDeleted).toEqual(['lab'])
})

it.each<[string, readonly Network[], string]>([
  ['without an id', [{ ...office, id: '' }], 'network.id'],
  ['without prefixes', [{ id: 'office' }], 'network.prefixes'],
  [
    'with host bits',
    [{ ...office, prefixes: ['192.0.2.1/24'] }],
    'has host bits, 192.0.2.0/24 is meant',
  ],
  ['off the globe', [{ ...office, latitude: 95 }], 'network.latitude'],
  ['in no country', [{ ...office, country: 'x' }], 'network.country'],
  ['on no continent', [{ ...office, continent: 'EUR' }], 'network.continent'],
  [
    'with 1001 prefixes',
    [{ ...office, prefixes: Array<string>(1001).fill('192.0.2.0/24') }],
    'network.prefixes',
  ],
  [
    'beside too many others',
    Array.from({ length: NETWORKS_MAX + 1 }, () => office),
    'networks: 20001 of them, wanted is at most 20000',
  ],
  [
    'beside others with too many prefixes',
    Array.from({ length: NETWORK_PREFIXES_TOTAL_MAX / 1000 + 1 }, () => ({
      ...office,
      prefixes: Array<string>(1000).fill('192.0.2.0/24'),
    })),
    'networks: 101000 prefixes, wanted is at most 100000',
  ],
])('a network %s is not', (_what, networks, message) => {
  expect(() => receive({ version: 1, networks: [...networks] })).toThrow(message)
})
