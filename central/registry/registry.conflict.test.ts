import { expect, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { EventLog } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import type { Command } from '../model/decide.ts'
import { EVENT_SCHEMA } from '../model/events.ts'
import type { NewChange } from '../model/events.ts'
import { stateHash } from '../model/state-hash.ts'
import type { RegistryState } from '../model/state.ts'
import { Registry } from './registry.ts'

function cluster(id: string, latitude = 0) {
  return { id, latitude, longitude: 0, addresses: [], state: 'active' as const }
}

function putCluster(id: string): (state: RegistryState) => readonly Command[] {
  return () => [{ type: 'put-cluster', cluster: cluster(id), if: 'none' }]
}

function foreignChange(id: string): NewChange {
  return {
    schema: EVENT_SCHEMA,
    atEpoch: 1_700_000_000_000,
    actor: 'other central',
    cause: 'test',
    events: [{ type: 'cluster-put', cluster: cluster(id, 1) }],
  }
}

/** A log to which another central writes these clusters, each just before an append of ours comes. */
function contested(clusters: string[]): EventLog {
  const inner = createMemoryLog()
  return {
    id: inner.id,
    get head() {
      return inner.head
    },
    append: async (head, changes) => {
      const id = clusters.shift()
      if (id !== undefined) await inner.append(inner.head, [foreignChange(id)])
      return inner.append(head, changes)
    },
    follow: (listener) => inner.follow(listener),
    read: (after) => inner.read(after),
    hashAt: (version) => inner.hashAt(version),
    close: () => inner.close(),
  }
}

function open(log: EventLog, clock = new ManualClock()): Registry {
  return new Registry({ log, clock, random: () => 0 })
}

test('a change set that another central was faster than is decided again, and keeps its place', async () => {
  const registry = open(contested(['a', 'b', 'c']))
  const results = await Promise.all(
    ['x', 'y'].map((id) => registry.submit({ plan: putCluster(id), actor: 'me', cause: 'test' })),
  )
  expect(results).toMatchObject([
    { ok: true, version: 4 },
    { ok: true, version: 5 },
  ])
  expect([...registry.state.clusters.keys()]).toEqual(['a', 'b', 'c', 'x', 'y'])
  expect({ version: registry.version, conflicts: registry.conflicts }).toEqual({
    version: 5,
    conflicts: 3,
  })
})

test('a precondition that what the other central wrote has broken fails, and nothing is written', async () => {
  const log = contested(['x'])
  const registry = open(log)
  const result = await registry.submit({ plan: putCluster('x'), actor: 'me', cause: 'test' })
  expect(result).toMatchObject({ ok: false, rejection: { code: 'precondition-failed' } })
  expect(registry.state.clusters.get('x')?.value.latitude).toBe(1)
  expect(log.head).toBe(1)
})

test('changes of others are folded as they come, and listeners hear of them', async () => {
  const log = createMemoryLog()
  const [one, other] = [open(log), open(log)]
  const heard: number[] = []
  other.onChange(({ version }) => heard.push(version))
  await one.submit({ plan: putCluster('a'), actor: 'me', cause: 'test' })
  await log.append(1, [foreignChange('b')])
  expect(heard).toEqual([1, 2])
  expect({ version: other.version, hash: other.logHash, state: stateHash(other.state) }).toEqual({
    version: one.version,
    hash: one.logHash,
    state: stateHash(one.state),
  })
})

test('it is given up when others have been faster for 10 s', async () => {
  const clock = new ManualClock()
  const inner = createMemoryLog()
  const log: EventLog = {
    ...contested([]),
    follow: (listener) => inner.follow(listener),
    append: async (head, changes) => {
      clock.advance(4_000)
      await inner.append(inner.head, [foreignChange(`c${inner.head}`)])
      return inner.append(head, changes)
    },
  }
  const registry = open(log, clock)
  await expect(
    registry.submit({ plan: putCluster('x'), actor: 'me', cause: 'test' }),
  ).rejects.toMatchObject({
    code: 'MERIDIAN_LOG_UNAVAILABLE',
    message: 'other centrals have written first for 10000 ms, try again later',
  })
  expect({ conflicts: registry.conflicts, has: registry.state.clusters.has('x') }).toEqual({
    conflicts: 3,
    has: false,
  })
})
