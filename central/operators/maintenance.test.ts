import { Registry as MetricRegistry } from 'prom-client'
import { expect, it, onTestFinished } from 'vitest'
import { ManualClock, systemClock } from '../../shared/clock.ts'
import type { Clock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { commandsOf, createFailingLog, manifest } from '../health/keeper.fixture.ts'
import type { RegistryEvent } from '../model/events.ts'
import { maintainedState } from '../model/maintenance.ts'
import { Registry } from '../registry/registry.ts'
import type { Touched } from '../registry/touched.ts'
import { DueChanges } from './due-changes.ts'
import { maintenanceTimes } from './maintenance.ts'
import { registerOperatorMetrics } from './metrics.ts'

async function setUp(real?: Clock) {
  const manual = new ManualClock()
  const clock = real ?? manual
  const { log, setFull } = createFailingLog()
  const registry = new Registry({ log, clock })
  await registry.submit({ plan: () => commandsOf(manifest), actor: 'ops', cause: 'test' })
  const put = async (
    id: string,
    from: number,
    until: number,
    more: { app?: string; state?: 'disabled'; cluster?: string } = {},
  ): Promise<void> => {
    const nowEpoch = clock.epochMs()
    const window = {
      id,
      cluster: 'sfo',
      fromEpoch: nowEpoch + from * 1_000,
      untilEpoch: nowEpoch + until * 1_000,
      state: 'draining' as const,
      reason: 'why',
      actor: 'ops',
      ...more,
    }
    const plan = () => [{ type: 'put-maintenance' as const, window, nowEpoch }]
    expect(await registry.submit({ plan, actor: 'ops', cause: 'test' })).toMatchObject({ ok: true })
  }
  const logger = createLogger('silent', {})
  const times = new DueChanges(maintenanceTimes, { registry, clock, logger })
  const start = async (): Promise<void> => {
    await times.start()
    onTestFinished(() => times.stop())
  }
  const advance = async (seconds: number): Promise<void> => {
    manual.advance(seconds * 1_000)
    times.look()
    await registry.settle()
  }
  const stateOf = (cluster = 'sfo', app?: string): string =>
    maintainedState(registry.state, 'active', cluster, app)
  /** The events since a version, with who made them. */
  const eventsAfter = (version: number): readonly string[] =>
    [...registry.read(version)].flatMap(({ actor, cause, events }) =>
      events.map((event: RegistryEvent) =>
        'id' in event ? `${actor} ${cause} ${event.type} ${event.id}` : event.type,
      ),
    )
  return { registry, manual, setFull, put, start, advance, stateOf, eventsAfter }
}

it('begins and ends each when it is time, as changes of the system', async () => {
  const { registry, put, start, advance, stateOf, eventsAfter } = await setUp()
  await start()
  await put('disks', 10, 30)
  await put('memory', 20, 40, { state: 'disabled' })
  const before = registry.version
  const seen: string[] = []
  for (let i = 0; i < 5; i++) {
    seen.push(stateOf())
    await advance(10)
  }
  expect(seen).toEqual(['active', 'draining', 'disabled', 'disabled', 'active'])
  expect(eventsAfter(before)).toEqual([
    'system maintenance maintenance-begun disks',
    'system maintenance maintenance-begun memory',
    'system maintenance maintenance-ended disks',
    'system maintenance maintenance-ended memory',
  ])
})

it('touches the place that a window is about, and no other', async () => {
  const { registry, put, start, advance } = await setUp()
  const touches: Touched[] = []
  registry.onChange((touched) => touches.push(touched))
  await start()
  await put('disks', 10, 30)
  await put('disks', 10, 30, { cluster: 'ewr' })
  await put('app', 10, 30, { app: 'plain.example.' })
  await advance(10)
  const shown = touches.map(({ clusters, names, serials }) => [
    [...clusters].sort().join(' '),
    [...names].join(' '),
    serials.size,
  ])
  expect(shown).toEqual([
    ['sfo', '', 0],
    ['ewr sfo', '', 0],
    ['', 'plain.example.', 0],
    ['ewr', 'plain.example.', 0],
  ])
})

it('does at the start what was due while no central ran', async () => {
  const { registry, manual, put, start, stateOf, eventsAfter } = await setUp()
  await put('missed', 1, 2)
  await put('begun', 1, 100)
  await put('later', 50, 100, { state: 'disabled' })
  const before = registry.version
  manual.advance(10_000)
  await start()
  await registry.settle()
  expect(stateOf()).toBe('draining')
  expect(eventsAfter(before)).toEqual([
    'system maintenance maintenance-ended missed',
    'system maintenance maintenance-begun begun',
  ])
  expect(registry.version).toBe(before + 1)
})

it('one that follows another on a place has it without a moment between them', async () => {
  const { registry, put, start, advance, stateOf } = await setUp()
  await start()
  await put('first', 1, 10)
  await put('second', 10, 20)
  await advance(1)
  const states: string[] = []
  registry.onChange(() => states.push(stateOf()))
  await advance(9)
  expect(states).toEqual(['draining'])
})

it('tries again when the log takes no writes', async () => {
  const { registry, put, start, advance, setFull, stateOf } = await setUp()
  await start()
  await put('disks', 1, 100)
  setFull(true)
  await advance(1)
  expect(stateOf()).toBe('active')
  setFull(false)
  await new Promise<void>((resolve) => {
    registry.onChange(() => resolve())
  })
  expect(stateOf()).toBe('draining')
})

it('wakes up by itself', async () => {
  const { registry, put, start, stateOf } = await setUp(systemClock)
  await start()
  await put('disks', 0.05, 0.1)
  const states: string[] = []
  await new Promise<void>((resolve) => {
    registry.onChange(() => {
      states.push(stateOf())
      if (states.length === 2) resolve()
    })
  })
  expect(states).toEqual(['draining', 'active'])
})

it('is counted', async () => {
  const { registry, put } = await setUp()
  await put('now', 0, 10)
  await put('later', 5, 10)
  const register = new MetricRegistry()
  registerOperatorMetrics(register, registry.state)
  const lines = (await register.metrics()).split('\n')
  const name = 'meridian_central_operators_maintenance_windows'
  for (const state of ['planned', 'in-force'])
    expect(lines).toContain(`${name}{state="${state}"} 1`)
})
