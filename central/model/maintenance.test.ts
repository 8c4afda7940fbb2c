import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAINTENANCE_MAX } from '../../shared/registry/limits.ts'
import { clusterSchema, clusterStates } from '../../shared/registry/schema.ts'
import { decide } from './decide.ts'
import type { MaintenanceWindow, RegistryEvent } from './events.ts'
import { evolve, restore } from './evolve.ts'
import { TestMesh } from './machines.fixture.ts'
import { isMaintained, maintainedState, nextBeginOf, windowsInForce } from './maintenance.ts'
import { stateHash } from './state-hash.ts'
import { draftOf } from './state.ts'

const app = 'video.example.'
const windowOf = (more: Partial<MaintenanceWindow> = {}): MaintenanceWindow => ({
  id: 'disks',
  cluster: 'sfo',
  fromEpoch: 1_000,
  untilEpoch: 2_000,
  state: 'draining',
  reason: 'new disks',
  actor: 'ops',
  ...more,
})

/** Puts a window; the types of the events, or the code of the rule that it breaks. */
function put(mesh: TestMesh, more: Partial<MaintenanceWindow>, nowEpoch: number): unknown {
  const events = mesh.put({ type: 'put-maintenance', window: windowOf(more), nowEpoch })
  return typeof events === 'string' ? events : typesOf(events)
}

const typesOf = (events: readonly RegistryEvent[] | string): readonly string[] =>
  typeof events === 'string' ? [events] : events.map(({ type }) => type)

const stateOf = ({ state }: TestMesh, id = 'sfo', of?: string): string =>
  maintainedState(state, 'active', id, of)

describe('a window', () => {
  it('is planned, begins, ends, and is gone', () => {
    const mesh = new TestMesh()
    expect(put(mesh, {}, 500)).toEqual(['maintenance-put'])
    expect([stateOf(mesh), nextBeginOf(mesh.state, 'sfo')]).toEqual(['active', 1_000])
    const begin = { type: 'begin-maintenance', id: 'disks' } as const
    expect(mesh.put({ ...begin, nowEpoch: 999 })).toEqual([])
    expect(mesh.put({ ...begin, nowEpoch: 1_000 })).toMatchObject([
      { type: 'maintenance-begun', reason: 'new disks', actor: 'ops' },
    ])
    expect(mesh.put({ ...begin, nowEpoch: 1_000 })).toEqual([])
    expect([stateOf(mesh), nextBeginOf(mesh.state, 'sfo')]).toEqual(['draining', 0])
    const end = { type: 'end-maintenance', id: 'disks' } as const
    expect(mesh.put({ ...end, nowEpoch: 1_999 })).toEqual([])
    expect(mesh.put({ ...end, nowEpoch: 2_000 })).toMatchObject([
      { type: 'maintenance-ended', why: 'over', reason: 'new disks', actor: 'ops' },
    ])
    expect([stateOf(mesh), mesh.state.maintenance.size]).toEqual(['active', 0])
    expect(mesh.state.maintenanceAt.size).toBe(0)
  })

  it('that is put when it is time begins at once', () => {
    const mesh = new TestMesh()
    expect(put(mesh, {}, 1_500)).toEqual(['maintenance-put', 'maintenance-begun'])
    expect(stateOf(mesh)).toBe('draining')
  })

  it('is deleted before it begins, and while it is in force', () => {
    for (const nowEpoch of [500, 1_500]) {
      const mesh = new TestMesh()
      put(mesh, {}, nowEpoch)
      const events = mesh.put({ type: 'delete-maintenance', id: 'disks' })
      expect(events).toMatchObject([{ type: 'maintenance-ended', why: 'operator' }])
      expect(stateOf(mesh)).toBe('active')
      expect(mesh.put({ type: 'delete-maintenance', id: 'disks' })).toBe('not-found')
    }
  })

  it.each<[string, Partial<MaintenanceWindow>, readonly string[]]>([
    ['as it is', { actor: 'somebody' }, []],
    ['for longer', { untilEpoch: 3_000 }, ['maintenance-put']],
    ['with another state', { state: 'disabled' }, ['maintenance-put']],
    ['for later', { fromEpoch: 1_700 }, ['maintenance-ended', 'maintenance-put']],
    [
      'for another place',
      { cluster: 'lhr' },
      ['maintenance-ended', 'maintenance-put', 'maintenance-begun'],
    ],
  ])('that is in force is put again %s', (_what, more, wanted) => {
    const mesh = new TestMesh()
    put(mesh, {}, 1_500)
    expect(put(mesh, more, 1_600)).toEqual(wanted)
    const { cluster, fromEpoch, state } = windowOf(more)
    expect(stateOf(mesh, cluster)).toBe(fromEpoch <= 1_600 ? state : 'active')
    if (cluster !== 'sfo') expect(stateOf(mesh)).toBe('active')
  })

  it('of an endpoint says nothing of its cluster, and the other way', () => {
    const mesh = new TestMesh()
    put(mesh, { app, state: 'disabled' }, 1_500)
    expect([stateOf(mesh), stateOf(mesh, 'sfo', app)]).toEqual(['active', 'disabled'])
    expect(isMaintained(mesh.state, 'sfo', app)).toBe(true)
    expect(isMaintained(mesh.state, 'sfo')).toBe(false)
    expect(windowsInForce(mesh.state, 'sfo')).toEqual([])
  })

  it.each([
    ['cluster', { cluster: 'ewr' }, 'cluster-missing'],
    ['app', { app: 'no.example.' }, 'app-missing'],
  ])('of a %s that is not there is refused', (_what, more, code) => {
    expect(put(new TestMesh(), more, 500)).toBe(code)
  })

  it('is refused when there are too many, but not to change one', () => {
    const mesh = new TestMesh()
    for (let i = 0; i < MAINTENANCE_MAX; i++) {
      const value = windowOf({ id: `w-${i}` })
      mesh.state.maintenance.set(value.id, { value, isInForce: false })
    }
    expect(put(mesh, {}, 500)).toBe('too-many')
    expect(put(mesh, { id: 'w-1', reason: 'new memory' }, 500)).toEqual(['maintenance-put'])
  })
})

it('outlives what it is about, and is about it again when that is back', () => {
  const mesh = new TestMesh()
  put(mesh, {}, 1_500)
  mesh.put({ type: 'delete-cluster', id: 'sfo' })
  const cluster = clusterSchema.parse({ id: 'sfo', latitude: 1, longitude: 2 })
  mesh.put({ type: 'put-cluster', cluster })
  expect(stateOf(mesh)).toBe('draining')
})

it('a cluster is another version when a window begins or ends, for it is shown with it', () => {
  const mesh = new TestMesh()
  const versionOf = (): number | undefined => mesh.state.clusters.get('sfo')?.version
  const before = versionOf()
  put(mesh, {}, 500)
  expect(versionOf()).toBe(before)
  mesh.put({ type: 'begin-maintenance', id: 'disks', nowEpoch: 1_000 })
  expect(versionOf()).toBe(mesh.version)
  mesh.put({ type: 'end-maintenance', id: 'disks', nowEpoch: 2_000 })
  expect(versionOf()).toBe(mesh.version)
})

it('is part of the hash of the state, and comes back with a snapshot', () => {
  const mesh = new TestMesh()
  const plain = stateHash(mesh.state)
  put(mesh, {}, 500)
  expect(stateHash(mesh.state)).not.toBe(plain)
  const restored = new TestMesh()
  restore(restored.state, {
    kind: 'maintenance',
    stored: { value: windowOf(), isInForce: false },
  })
  expect(stateHash(restored.state)).toBe(stateHash(mesh.state))
  expect(nextBeginOf(restored.state, 'sfo')).toBe(1_000)
})

it('a draft has a window without the state below it', () => {
  const { state } = new TestMesh()
  const draft = draftOf(state)
  const decision = decide(draft, { type: 'put-maintenance', window: windowOf(), nowEpoch: 1_500 })
  if (!decision.ok) throw new TypeError('it was refused')
  evolve(draft, { version: 9, events: decision.events })
  expect(maintainedState(draft, 'active', 'sfo')).toBe('draining')
  expect([state.maintenance.size, state.maintenanceAt.size]).toEqual([0, 0])
})

it('whatever windows overlap, the worst of those in force counts, beside the own state', () => {
  const window = fc.record({
    fromEpoch: fc.integer({ min: 0, max: 50 }),
    length: fc.integer({ min: 1, max: 50 }),
    state: fc.constantFrom('draining' as const, 'disabled' as const),
  })
  fc.assert(
    fc.property(
      fc.array(window, { maxLength: 8 }),
      fc.constantFrom(...clusterStates),
      (windows, own) => {
        const mesh = new TestMesh()
        const all = windows.map(({ fromEpoch, length, state }, i) =>
          windowOf({ id: `w-${i}`, fromEpoch, untilEpoch: fromEpoch + length, state }),
        )
        for (const each of all) mesh.put({ type: 'put-maintenance', window: each, nowEpoch: 0 })
        for (let nowEpoch = 0; nowEpoch <= 100; nowEpoch += 5) {
          for (const { id } of all) mesh.put({ type: 'end-maintenance', id, nowEpoch })
          for (const { id } of all) mesh.put({ type: 'begin-maintenance', id, nowEpoch })
          const states = all
            .filter(({ fromEpoch, untilEpoch }) => fromEpoch <= nowEpoch && nowEpoch < untilEpoch)
            .map(({ state }) => clusterStates.indexOf(state))
          const worst = Math.max(clusterStates.indexOf(own), ...states)
          expect(maintainedState(mesh.state, own, 'sfo')).toBe(clusterStates[worst])
        }
        expect(mesh.state.maintenance.size).toBe(0)
      },
    ),
    { numRuns: 60 },
  )
})
