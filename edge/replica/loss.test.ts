import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import { lossOf } from './loss.ts'
import type { NameState, ReplicaApp, ReplicaZone } from './model.ts'
import { Replica } from './replica.ts'
import type { ReplicaKind } from './replica.ts'
import type { Tables } from './tables.ts'

const app: ReplicaApp = { policy: 'nearest', ttlMin: 5, ttlMax: 30, endpoints: [] }
const own = clusterSchema.parse({ id: 'own', latitude: 0, longitude: 0 })
const zone = (apex: string): ReplicaZone => ({
  apex,
  ns: ['ns.test.'],
  nsTtl: 1,
  soa: { mname: '.', rname: '.', refresh: 1, retry: 1, expire: 1, minimum: 1, ttl: 1 },
  serial: 1,
})

function createReplica(kind: ReplicaKind): Replica {
  const options = { own, clusters: [own], namesMax: 100, onEvict: () => undefined }
  return new Replica({ kind, ...options, clock: new ManualClock() })
}

/** Tables with so many zones, and apps in the first of them. */
function tablesOf(kind: ReplicaKind, zones: number, names: number): Tables {
  const tables = createReplica(kind).createTables('log')
  const states = Array.from({ length: names }, (_, i): NameState => {
    return { kind: 'app', name: `a${i}.z0.test.`, version: 1, app }
  })
  const empty = { clusters: [], clustersDeleted: [], zonesDeleted: [], serials: [] }
  const change = {
    ...empty,
    version: 1,
    acceptedEpochMs: 0,
    sentEpochMs: 0,
    zones: Array.from({ length: zones }, (_, i) => zone(`z${i}.test.`)),
    networks: [],
    networksDeleted: [],
    names: states,
    hash: '',
  }
  tables.apply(change, () => true)
  return tables
}

describe.each(['full', 'on-demand'] as const)('a state for a replica %s', (kind) => {
  it.each([
    ['as it was', [2, 30], [2, 30], undefined],
    ['half of the names', [2, 30], [2, 15], undefined],
    ['more than half of the names', [2, 30], [2, 14], 'lacks 16 of 30 names'],
    ['most of a few names', [2, 11], [2, 1], undefined],
    ['all names', [2, 3], [2, 0], 'lacks 3 of 3 names'],
    ['all zones', [2, 0], [0, 0], 'lacks 2 of 2 zones'],
    ['most zones', [40, 1], [19, 1], 'lacks 21 of 40 zones'],
    ['nothing, where nothing was', [0, 0], [0, 0], undefined],
    ['more than before', [1, 1], [20, 30], undefined],
  ])('%s', (_what, [hadZones = 0, hadNames = 0], [zones = 0, names = 0], loss) => {
    const before = tablesOf(kind, hadZones, hadNames)
    expect(lossOf(before, tablesOf(kind, zones, names), { maxLostPercent: 50 })).toBe(loss)
  })
})

it('names that do not exist, or that nobody tells of, are no loss', () => {
  const before = tablesOf('on-demand', 1, 1)
  for (let i = 0; i < 30; i++) {
    const name = `n${i}.z0.test.`
    const trust = { isWatched: i % 2 === 0, expiresAt: Infinity }
    const there: NameState = { kind: 'app', name, version: 1, app }
    const gone: NameState = { kind: 'nxdomain', name, version: 1 }
    before.learn(nameKey(name), trust.isWatched ? gone : there, trust)
  }
  expect(lossOf(before, tablesOf('on-demand', 1, 1), { maxLostPercent: 50 })).toBe(undefined)
})

it('a state that is refused leaves the tables as they are', () => {
  const replica = createReplica('full')
  const tables = tablesOf('full', 1, 2)
  replica.restore(tables)
  const change = {
    version: 9,
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
  }
  const part = { first: true, last: true, change }
  const limits = { maxLostPercent: 50 }
  const refusal = (before: Tables, after: Tables) => lossOf(before, after, limits)
  expect(replica.applyPart(part, 'other', refusal)).toBe('lacks 1 of 1 zones')
  expect(replica.tables).toBe(tables)
  expect(replica.applyPart(part, 'other')).toBe(undefined)
  expect(replica.tables).toMatchObject({ version: 9, logId: 'other' })
})
