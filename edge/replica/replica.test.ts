import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { networkSchema } from '../../shared/registry/network-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { NameState, ReplicaApp, ReplicaChange, ReplicaZone } from './model.ts'
import { Replica } from './replica.ts'
import type { ReplicaKind } from './replica.ts'

const app: ReplicaApp = { policy: 'nearest', ttlMin: 5, ttlMax: 30, endpoints: [] }
const cluster = (id: string) => clusterSchema.parse({ id, latitude: 0, longitude: 0 })
const appState = (name: string, version: number): NameState => ({ kind: 'app', name, version, app })
const zone: ReplicaZone = {
  apex: 'example.',
  ns: ['ns.example.'],
  nsTtl: 1,
  soa: { mname: '.', rname: '.', refresh: 1, retry: 1, expire: 1, minimum: 1, ttl: 1 },
  serial: 1,
}

function change(version: number, part: Partial<ReplicaChange> = {}): ReplicaChange {
  return {
    version,
    acceptedEpochMs: 0,
    sentEpochMs: 0,
    clusters: [],
    clustersDeleted: [],
    zones: [],
    zonesDeleted: [],
    serials: [],
    networks: [],
    networksDeleted: [],
    names: [],
    hash: '',
    ...part,
  }
}

function createReplica(kind: ReplicaKind = 'on-demand') {
  const clock = new ManualClock()
  const own = cluster('own')
  const replica = new Replica({
    kind,
    own,
    clusters: [own, cluster('filed')],
    namesMax: 100,
    clock,
    onEvict: () => undefined,
  })
  const get = (name: string) => replica.tables.names.get(nameKey(name))
  return { replica, clock, get }
}

describe('a full state', () => {
  it('replaces everything, and only after its last part', () => {
    const { replica, get } = createReplica()
    const first = change(5, { zones: [zone], clusters: [cluster('new')] })
    replica.applyPart({ first: true, last: false, change: first }, 'log')
    expect(replica.hasState).toBe(false)
    expect([...replica.tables.clusters.keys()]).toEqual(['own', 'filed'])
    const last = change(7, { names: [appState('a.example.', 7)] })
    replica.applyPart({ first: false, last: true, change: last }, 'log')
    expect(replica.hasState).toBe(true)
    expect([...replica.tables.clusters.keys()]).toEqual(['new'])
    expect(get('a.example.')?.kind).toBe('app')
    expect(replica.tables).toMatchObject({ version: 7, logId: 'log' })
  })

  it('the edge keeps its place when its cluster is not in the state', () => {
    const { replica } = createReplica()
    replica.applyPart({ first: true, last: true, change: change(1) }, 'log')
    expect(replica.tables.topology.own.id).toBe('own')
  })

  it('a later part without a first one is refused', () => {
    const { replica } = createReplica()
    const part = { first: false, last: true, change: change(1) }
    expect(() => replica.applyPart(part, 'log')).toThrow(/later part/)
    replica.applyPart({ ...part, first: true, last: false }, 'log')
    replica.dropParts()
    expect(() => replica.applyPart(part, 'log')).toThrow(/later part/)
  })

  it('a name that was resolved while the state was under way is kept', () => {
    const { replica, get } = createReplica()
    replica.applyPart({ first: true, last: false, change: change(5) }, 'log')
    replica.learn(nameKey('a.example.'), appState('a.example.', 6), true, 30)
    replica.applyPart({ first: false, last: true, change: change(6) }, 'log')
    expect(get('a.example.')?.kind).toBe('app')
  })
})

describe('a change', () => {
  it('tells an on-demand replica only of names that it holds or waits for', () => {
    const { replica, get } = createReplica()
    replica.applyPart({ first: true, last: true, change: change(1, { zones: [zone] }) }, 'log')
    replica.learn(nameKey('held.example.'), appState('held.example.', 1), true, 30)
    replica.expect(nameKey('asked.example.'))
    const names = ['held.example.', 'asked.example.', 'other.example.'].map((name) =>
      appState(name, 2),
    )
    replica.applyChange(change(2, { names }))
    expect(get('held.example.')?.version).toBe(2)
    expect(get('asked.example.')?.version).toBe(2)
    expect(get('other.example.')).toBeUndefined()
  })

  it('of two states of a name the newer one stays, whichever comes first', () => {
    const { replica, get } = createReplica()
    const key = nameKey('a.example.')
    replica.applyPart({ first: true, last: true, change: change(1, { zones: [zone] }) }, 'log')
    replica.expect(key)
    replica.applyChange(
      change(9, { names: [{ kind: 'nxdomain', name: 'a.example.', version: 9 }] }),
    )
    const held = replica.learn(key, appState('a.example.', 8), true, 30)
    expect(held.kind).toBe('nxdomain')
    expect(get('a.example.')?.version).toBe(9)
  })

  it('moves the topology as a whole', () => {
    const { replica } = createReplica()
    const before = replica.tables.topology
    replica.applyChange(change(1, { clusters: [cluster('new')], clustersDeleted: ['filed'] }))
    expect([...before.places.keys()]).toEqual(['own', 'filed'])
    expect([...replica.tables.topology.places.keys()]).toEqual(['own', 'new'])
  })

  it('without clusters leaves the topology the very same, so that answers made for it stay', () => {
    const { replica } = createReplica()
    const before = replica.tables.topology
    replica.applyChange(change(1, { names: [] }))
    expect(replica.tables.topology).toBe(before)
  })
})

describe('networks', () => {
  const network = (id: string, prefix: string) =>
    networkSchema.parse({ id, prefixes: [prefix], latitude: 0, longitude: 0 })
  const office = network('office', '192.0.2.0/24')
  const lab = network('lab', '198.51.100.0/24')

  it('of a full state replace all, those of a change what they name', () => {
    const { replica } = createReplica()
    const part = { first: true, last: true, change: change(1, { networks: [office, lab] }) }
    replica.applyPart(part, 'log')
    expect([...replica.tables.networks.values()]).toEqual([office, lab])
    const moved = network('office', '2001:db8::/32')
    replica.applyChange(change(2, { networks: [moved], networksDeleted: ['lab', 'other'] }))
    expect([...replica.tables.networks.values()]).toEqual([moved])
    replica.applyPart({ ...part, change: change(3) }, 'log')
    expect(replica.tables.networks.size).toBe(0)
  })

  it('are told to those who listen, and counted when they change', () => {
    const { replica } = createReplica()
    const told: unknown[] = []
    replica.onChange((update) => {
      if (update.is !== 'change') return
      const { networks, networksDeleted } = update.change
      told.push([networks, networksDeleted, replica.tables.networkChanges])
    })
    replica.applyChange(change(1, { networks: [office] }))
    replica.applyChange(change(2, { clusters: [cluster('new')] }))
    replica.applyChange(change(3, { networksDeleted: ['office'] }))
    expect(told).toEqual([
      [[office], [], 1],
      [[], [], 1],
      [[], ['office'], 2],
    ])
  })
})

describe('trust in what Resolve told', () => {
  it.each([
    ['an app that Watch keeps current', appState('a.example.', 1), true, Infinity],
    ['an app that it does not', appState('a.example.', 1), false, 30_000],
    [
      'a name that does not exist, watched or not (RFC 2308 §5)',
      { kind: 'nxdomain', name: 'a.example.', version: 1 } as const,
      true,
      30_000,
    ],
  ])('%s', (_what, state, isWatched, expiresInMs) => {
    const { replica, clock } = createReplica()
    clock.advance(1_000)
    const entry = replica.learn(nameKey(state.name), state, isWatched, 30)
    expect(entry.expiresAt - clock.nowMs()).toBe(expiresInMs)
  })
})

it('a full replica knows from its first state that other names do not exist', () => {
  const { replica, get } = createReplica('full')
  const names = [appState('a.b.example.', 1)]
  replica.applyPart({ first: true, last: true, change: change(1, { zones: [zone], names }) }, 'log')
  expect(get('a.b.example.')?.kind).toBe('app')
  expect(get('b.example.')?.kind).toBe('nodata')
  expect(get('c.example.')?.kind).toBe('nxdomain')
  expect(get('.')?.kind).toBe('nodata')
})
