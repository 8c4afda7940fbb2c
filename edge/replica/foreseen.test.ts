import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TYPE_A } from '../../shared/dns/codes.ts'
import { readyPolicies } from '../../shared/registry/policy-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { Change } from '../../shared/rpc/generated/meridian/v1/Change.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import { decideSteering } from '../steer/decide.ts'
import { createTopology } from '../steer/topology.ts'
import { checkChange } from './check.ts'
import type { ReplicaApp, ReplicaChange, ReplicaEndpoint } from './model.ts'
import { OnDemandNames } from './names.ts'
import { parseLine } from './snapshot-line.ts'
import { Tables } from './tables.ts'

const { Watch } = loadProto().meridian.v1.Sync.service

/** What the edge makes of a Change, as it comes over the wire. */
function receive(change: Change): ReplicaChange {
  const { change: received } = Watch.responseDeserialize(Watch.responseSerialize({ change }))
  if (!received) throw new TypeError('no change came')
  return checkChange(received)
}

const sfo = clusterSchema.parse({ id: 'sfo', latitude: 1, longitude: 2 })
const message = { id: 'sfo', latitude: 1, longitude: 2, state: 'ACTIVE' as const }

describe('a change of a cluster that is foreseen', () => {
  it('is carried to the tables and the topology, and is gone when it is not foreseen any more', () => {
    const tables = new Tables(sfo, [], new OnDemandNames(100, () => undefined))
    const apply = (clusters: Change['clusters']): void =>
      tables.apply(receive({ version: 1, ...(clusters && { clusters }) }), () => true)
    apply([{ ...message, changesAtEpochMs: 1_800_000_000_123 }])
    const wanted = { ...sfo, changesAt: 1_800_000_000_123 }
    expect(tables.clusters.get('sfo')).toEqual(wanted)
    expect(tables.topology.places.get('sfo')?.cluster).toEqual(wanted)
    apply([message])
    expect(tables.clusters.get('sfo')).toEqual(sfo)
    expect(tables.topology.places.get('sfo')?.cluster).toEqual(sfo)
  })

  it('is refused beyond 2^53', () => {
    const change = { version: 1, clusters: [{ ...message, changesAtEpochMs: 2 ** 60 }] }
    expect(() => receive(change)).toThrow('cluster.changes_at_epoch_ms')
  })

  it.each<[string, object, boolean]>([
    ['with it', { ...sfo, changesAt: 1_800_000_000_123 }, true],
    ['without it', sfo, true],
    ['with what is none', { ...sfo, changesAt: 'soon' }, false],
  ])('stands in the snapshot: a line %s', (_what, cluster, ok) => {
    const parsed = parseLine(JSON.parse(JSON.stringify({ is: 'cluster', cluster })))
    expect(parsed).toMatchObject(ok ? { ok, line: { cluster } } : { ok })
  })
})

describe('an app with leases and without checks', () => {
  it('is trusted as long as central says', () => {
    const app = { policy: '["nearest"]', ttlMax: 30, endpoints: [], trustMs: 6_666 }
    const change = receive({
      version: 1,
      names: [{ name: 'web.example.', kind: 'APP', version: 1, app }],
    })
    const health = { enoughUpPercent: 0, failClosed: false, trustMs: 6_600 }
    expect(change.names).toMatchObject([{ app: { health } }])
  })

  it('is answered by the same endpoints as one without either, for the time of the trust', () => {
    const clusters = ['a', 'b', 'c'].map((id, i) =>
      clusterSchema.parse({ id, latitude: 0, longitude: 10 * i }),
    )
    const [own] = clusters
    if (own === undefined) throw new TypeError('there is no cluster')
    const topology = createTopology(own, clusters)
    const endpoint = (cluster: string): fc.Arbitrary<ReplicaEndpoint> =>
      fc.record(
        {
          cluster: fc.constant(cluster),
          addresses: fc.constant(['192.0.2.1']),
          weight: fc.constant(100),
          priority: fc.nat(1),
          state: fc.constantFrom('draining' as const, 'disabled' as const),
          // Nobody finds out: what is known was forced.
          health: fc.constantFrom('up' as const, 'down' as const),
          forced: fc.constant(true as const),
        },
        { requiredKeys: ['cluster', 'addresses', 'weight', 'priority', 'forced'] },
      )
    const endpoints = fc.tuple(endpoint('a'), endpoint('b'), endpoint('c'))
    fc.assert(
      fc.property(endpoints, fc.constantFrom(...readyPolicies), (list, policy) => {
        const plain: ReplicaApp = { policy, ttlMin: 5, ttlMax: 30, endpoints: list }
        const health = { enoughUpPercent: 0, failClosed: false, trustMs: 10_000 }
        const before = decideSteering(plain, TYPE_A, topology)
        const after = decideSteering({ ...plain, health }, TYPE_A, topology)
        expect([after.chosen, after.isRefused]).toEqual([before.chosen, before.isRefused])
        expect([before.ttl, after.ttl]).toEqual([30, 10])
      }),
      { numRuns: 200 },
    )
  })
})
