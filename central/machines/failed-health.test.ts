import { expect, it } from 'vitest'
import type { Machine } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import { machine, TestMesh, vm1, vm2 } from '../model/machines.fixture.ts'
import type { FoundDown } from './failed-health.ts'
import { FailedHealth, hasFailed } from './failed-health.ts'

const { app, cluster } = vm1
const down: FoundDown = { app, cluster, run: '1' }
const at = { app, cluster }
const force = { ...at, sinceEpoch: 1, untilEpoch: 9, reason: 'why', actor: 'ops' }
const window = {
  id: 'disks',
  fromEpoch: 1,
  untilEpoch: 9,
  state: 'draining' as const,
  reason: 'why',
  actor: 'ops',
}

/** A mesh with one machine that is to be ended after 10 s, and whose endpoint is down. */
function failingMesh(rest: Partial<Machine> = {}): TestMesh {
  const mesh = new TestMesh()
  mesh.register(machine(vm1, '192.0.2.1', { endAfterDownSeconds: 10, ...rest }))
  mesh.put({ type: 'put-verdict', verdict: { ...at, state: 'down', sinceEpoch: 1, reports: [] } })
  return mesh
}

/** Looks each second; says at which of them the machine had failed. */
function failedAt(
  mesh: TestMesh,
  found: (second: number) => readonly FoundDown[] = () => [down],
): readonly number[] {
  const health = new FailedHealth()
  return Array.from({ length: 20 }, (_, second) => second).filter(
    (second) => health.look(mesh.state, found(second), second * 1_000).length > 0,
  )
}

const from = (first: number): readonly number[] =>
  Array.from({ length: 20 - first }, (_, i) => first + i)

it('a machine has failed when it is down for as long as it says', () => {
  expect(failedAt(failingMesh())).toEqual(from(10))
})

it.each<[string, (second: number) => readonly FoundDown[], readonly number[]]>([
  ['nobody finds it down', () => [], []],
  ['it is not down for a moment', (second) => (second === 5 ? [] : [down]), from(16)],
  ['it was up between two looks', (s) => [{ ...down, run: s < 5 ? '1' : '2' }], from(15)],
])('when %s', (_what, found, wanted) => {
  expect(failedAt(failingMesh(), found)).toEqual(wanted)
})

it.each<[string, (mesh: TestMesh) => unknown]>([
  ['it does not ask for it', (mesh) => mesh.register(machine(vm1, '192.0.2.1'))],
  ['it is not alone', (mesh) => mesh.register(machine(vm2, '192.0.2.2'))],
  ['the endpoint lists addresses', (mesh) => mesh.putEndpoint('sfo', ['192.0.2.9'])],
  [
    'the endpoint is forced down',
    (mesh) => mesh.put({ type: 'force-endpoint', force: { ...force, state: 'down' } }),
  ],
  [
    'the endpoint is forced up',
    (mesh) => mesh.put({ type: 'force-endpoint', force: { ...force, state: 'up' } }),
  ],
  [
    'the endpoint is maintained',
    (mesh) => mesh.put({ type: 'put-maintenance', window: { ...window, ...at }, nowEpoch: 2 }),
  ],
  [
    'the cluster is maintained',
    (mesh) => mesh.put({ type: 'put-maintenance', window: { ...window, cluster }, nowEpoch: 2 }),
  ],
  ['it is gone', (mesh) => mesh.put({ type: 'unregister-machine', ...vm1 })],
])('none has failed when %s', (_what, change) => {
  const mesh = failingMesh()
  change(mesh)
  // What comes may have ended the verdict: it is down again.
  const verdict = { ...at, state: 'down', sinceEpoch: 1, reports: [] } as const
  mesh.put({ type: 'put-verdict', verdict })
  expect(failedAt(mesh)).toEqual([])
})

it('is decided on the state of that moment', () => {
  const failed = { at: vm1, version: 5 }
  expect(hasFailed(failingMesh().state, failed)).toBe(true)
  expect(hasFailed(failingMesh().state, { ...failed, version: 4 })).toBe(false)
  const up = failingMesh()
  up.put({ type: 'put-verdict', verdict: { ...at, state: 'up', sinceEpoch: 2, reports: [] } })
  expect(hasFailed(up.state, failed)).toBe(false)
  const forced = failingMesh()
  evolve(forced.state, { version: 9, events: [{ type: 'endpoint-forced', ...force, state: 'up' }] })
  expect(hasFailed(forced.state, failed)).toBe(false)
})

it('another machine in its place has its own time', () => {
  const mesh = failingMesh()
  const health = new FailedHealth()
  health.look(mesh.state, [down], 0)
  mesh.put({ type: 'unregister-machine', ...vm1 })
  mesh.register(machine(vm2, '192.0.2.1', { endAfterDownSeconds: 10 }))
  expect(health.look(mesh.state, [down], 11_000)).toEqual([])
  expect(health.look(mesh.state, [down], 21_000)).toMatchObject([{ at: vm2 }])
})
