import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TYPE_A } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { readyPolicies } from '../../shared/registry/policy-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { Change } from '../../shared/rpc/generated/meridian/v1/Change.ts'
import { loadProto } from '../../shared/rpc/proto.ts'
import { decideSteering } from '../steer/decide.ts'
import { createTopology } from '../steer/topology.ts'
import { checkChange } from './check.ts'
import type { ReplicaApp, ReplicaChange, ReplicaEndpoint } from './model.ts'
import { FullNames } from './full-names.ts'
import { createEntry, OnDemandNames } from './names.ts'
import { appLine, parseLine } from './snapshot-line.ts'
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

describe('a change of an app that is foreseen', () => {
  const state = { name: 'web.example.', kind: 'APP' as const, version: 1 }
  const app = { policy: '["nearest"]', ttlMax: 30, endpoints: [] }
  const key = nameKey('web.example.')
  const told = (changesAtEpochMs: number) => ({
    version: 1,
    names: [{ ...state, app: { ...app, changesAtEpochMs } }],
  })

  it.each([
    ['on-demand', () => new OnDemandNames(100, () => undefined)],
    ['full', () => new FullNames()],
  ])('is carried to the tables, comes nearer, and is gone with it: replica %s', (_kind, names) => {
    const tables = new Tables(sfo, [], names())
    const seconds = () => tables.names.peek(key)?.app?.foreseenSeconds
    tables.apply(receive(told(100_000)), () => true, 90_000)
    expect(tables.names.peek(key)?.app).toMatchObject({ changesAt: 100_000, foreseenSeconds: 8 })
    expect([...tables.changeTimes()]).toEqual([100_000])
    expect(tables.foreseeApps(91_000)).toEqual([])
    expect(tables.foreseeApps(95_999)).toEqual([key])
    expect(seconds()).toBe(4)
    tables.apply(receive(told(0)), () => true, 96_000)
    expect([seconds(), ...tables.changeTimes()]).toEqual([undefined])
  })

  it('is refused beyond 2^53', () => {
    expect(() => receive(told(2 ** 60))).toThrow('app web.example. changes_at_epoch_ms')
  })

  it('is no longer waited for when the name had to make room', () => {
    const tables = new Tables(sfo, [], new OnDemandNames(1, () => undefined))
    tables.apply(receive(told(100_000)), () => true)
    const other = { ...state, name: 'other.example.', app }
    tables.apply(receive({ version: 2, names: [other] }), () => true)
    expect([...tables.changeTimes()]).toEqual([])
    expect(tables.foreseeApps(99_000)).toEqual([])
  })

  const service = { alpn: ['h2'], https: true, srv: false }
  it.each<[string, object, object]>([
    ['with it', { changesAt: 1_800_000_000_123 }, {}],
    ['with it and a service', { changesAt: 1_800_000_000_123, service }, {}],
    ['with a service only', { service }, {}],
    ['without what the edge makes of it', { changesAt: 5 }, { foreseenSeconds: 8 }],
  ])('stands in the snapshot: a line %s', (_what, kept, more) => {
    const endpoints = [{ cluster: 'sfo', addresses: ['192.0.2.1'], weight: 1, priority: 0 }]
    const held: ReplicaApp = { policy: '["nearest"]', ttlMin: 0, ttlMax: 30, endpoints, ...kept }
    const entry = createEntry(
      { kind: 'app', name: 'web.example.', version: 1, app: { ...held, ...more } },
      { isWatched: true, expiresAt: Infinity },
    )
    const parsed = parseLine(JSON.parse(JSON.stringify(appLine(entry))))
    expect(parsed).toMatchObject({ ok: true, line: { state: { app: held } } })
    expect(JSON.stringify(parsed)).not.toContain('foreseenSeconds')
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
