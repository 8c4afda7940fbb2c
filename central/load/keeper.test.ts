import fc from 'fast-check'
import { Registry as MetricRegistry } from 'prom-client'
import { expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { createFailingLog, commandsOf } from '../health/keeper.fixture.ts'
import type { EventLog } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import type { Command } from '../model/decide.ts'
import { Registry } from '../registry/registry.ts'
import { LoadKeeper, LOADS_PER_CHANGE_MAX } from './keeper.ts'
import type { LoadKeeperOptions } from './keeper.ts'
import { registerLoadMetrics } from './metrics.ts'

const app = 'video.example.'
const clusters = ['sfo', 'ewr', 'lhr'].map((id) => ({ id, latitude: 0, longitude: 0 }))
const endpoints = clusters.map(({ id }) => ({ cluster: id, addresses: ['192.0.2.1'] }))

/** A registry with three endpoints of an app, and a keeper whose timer does not run. */
class TestLoads {
  readonly clock = new ManualClock()
  readonly registry: Registry
  keeper: LoadKeeper
  readonly #options: Partial<LoadKeeperOptions>

  constructor(log: EventLog = createMemoryLog(), options: Partial<LoadKeeperOptions> = {}) {
    this.registry = new Registry({ log, clock: this.clock })
    this.#options = options
    this.keeper = this.restart()
  }

  restart(): LoadKeeper {
    const { registry, clock } = this
    const logger = createLogger('silent', {})
    this.keeper = new LoadKeeper({ registry, clock, logger, ...this.#options })
    return this.keeper
  }

  async submit(...commands: readonly Command[]): Promise<void> {
    const result = await this.registry.submit({ plan: () => commands, actor: 'ops', cause: 'test' })
    if (!result.ok) throw new Error(result.rejection.detail)
  }

  async putApp(): Promise<void> {
    const zones = [{ apex: 'example', ns: ['ns1.example'] }]
    await this.submit(...commandsOf({ clusters, zones, apps: [{ name: app, endpoints }] }))
  }

  report(cluster: string, load: number, machine?: string): void {
    this.keeper.report({ app, cluster, load, ...(machine === undefined ? {} : { machine }) })
  }

  /** Lets time go by in ticks of half a second. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 500) {
      this.clock.advance(Math.min(500, left))
      await this.tick()
    }
  }

  async tick(): Promise<void> {
    this.keeper.tick()
    await new Promise<void>((resolve) => setImmediate(resolve))
    await this.registry.settle()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }

  get told(): Readonly<Record<string, number>> {
    const told = [...(this.registry.state.loads.get(app)?.values() ?? [])]
    return Object.fromEntries(told.map(({ cluster, load }) => [cluster, load]))
  }

  /** Events of loads since a version, `cluster load`. */
  eventsAfter(version: number): readonly string[] {
    return [...this.registry.read(version)].flatMap(({ events }) =>
      events.flatMap((event) =>
        event.type === 'endpoint-load' ? [`${event.cluster} ${event.load ?? '-'}`] : [],
      ),
    )
  }
}

it('tells of a load when it comes to another step, as one change', async () => {
  const loads = new TestLoads()
  await loads.putApp()
  loads.report('sfo', 81)
  loads.report('ewr', 12)
  const { version } = loads.registry
  await loads.tick()
  expect(loads.registry.version).toBe(version + 1)
  expect([...loads.registry.read(version)]).toMatchObject([{ actor: 'system', cause: 'load' }])
  expect(loads.told).toEqual({ sfo: 80, ewr: 10 })
  loads.report('sfo', 79)
  loads.report('ewr', 8)
  await loads.pass(4_000)
  expect(loads.registry.version).toBe(version + 1)
  expect(loads.keeper.stats).toMatchObject({ held: 2, reports: 4, changes: 2 })
})

it('tells of one endpoint at most each 2 s, and then what is true', async () => {
  const loads = new TestLoads()
  await loads.putApp()
  const { version } = loads.registry
  for (let i = 0; i < 20; i++) {
    loads.report('sfo', i % 2 === 0 ? 0 : 100)
    await loads.pass(500)
  }
  expect(loads.eventsAfter(version).length).toBeLessThanOrEqual(6)
  loads.report('sfo', 40)
  await loads.pass(2_000)
  expect(loads.told).toEqual({ sfo: 40 })
})

it('forgets a load of which nobody tells for 30 s', async () => {
  const loads = new TestLoads()
  await loads.putApp()
  loads.report('sfo', 50, 'a')
  await loads.pass(15_000)
  loads.report('sfo', 70, 'b')
  await loads.pass(2_000)
  expect(loads.told).toEqual({ sfo: 60 })
  await loads.pass(14_000)
  expect(loads.told).toEqual({ sfo: 70 })
  await loads.pass(14_500)
  expect(loads.told).toEqual({})
  expect(loads.keeper.stats.held).toBe(0)
})

it('goes on from what the log holds after a restart, for 30 s', async () => {
  const loads = new TestLoads()
  await loads.putApp()
  loads.report('sfo', 50)
  loads.report('ewr', 60)
  await loads.pass(20_000)
  loads.restart()
  await loads.pass(25_000)
  expect(loads.told).toEqual({ sfo: 50, ewr: 60 })
  loads.report('ewr', 90)
  await loads.pass(5_500)
  expect(loads.told).toEqual({ ewr: 90 })
})

it('takes no report of what is not registered, nor more than it may hold', async () => {
  const loads = new TestLoads(createMemoryLog(), { reportsMax: 2 })
  await loads.putApp()
  const report = (name: string, cluster: string): string | undefined =>
    loads.keeper.report({ app: name, cluster, load: 5 })
  expect(report('no.example.', 'sfo')).toBe('unknown-endpoint')
  expect(report(app, 'fra')).toBe('unknown-endpoint')
  expect([report(app, 'sfo'), report(app, 'ewr')]).toEqual([undefined, undefined])
  expect([report(app, 'lhr'), report(app, 'sfo')]).toEqual(['too-many', undefined])
  expect(loads.keeper.stats.ignored).toEqual({ 'unknown-endpoint': 2, 'too-many': 1 })
})

it('lets go of an endpoint that is deleted, and begins anew when it comes back', async () => {
  const loads = new TestLoads()
  await loads.putApp()
  loads.report('sfo', 50)
  await loads.tick()
  await loads.submit({ type: 'delete-endpoint', app, cluster: 'sfo' })
  loads.report('sfo', 90)
  await loads.pass(3_000)
  expect(loads.told).toEqual({})
  await loads.putApp()
  loads.report('sfo', 90)
  await loads.pass(2_500)
  expect(loads.told).toEqual({ sfo: 90 })
})

it('tells again what could not be written', async () => {
  const { log, setFull } = createFailingLog()
  const loads = new TestLoads(log)
  await loads.putApp()
  setFull(true)
  loads.report('sfo', 50)
  await loads.pass(2_000)
  expect(loads.told).toEqual({})
  setFull(false)
  loads.report('sfo', 70)
  await loads.tick()
  expect(loads.told).toEqual({ sfo: 70 })
})

it('tells of more than a change may hold in the next', async () => {
  const loads = new TestLoads()
  await loads.putApp()
  const ids = Array.from({ length: LOADS_PER_CHANGE_MAX + 1 }, (_, i) => `c${i}`)
  const many = ids.map((id) => ({ id, latitude: 0, longitude: 0 }))
  const listed = ids.map((cluster) => ({ cluster, addresses: ['192.0.2.1'] }))
  await loads.submit(...commandsOf({ clusters: many, apps: [{ name: app, endpoints: listed }] }))
  for (const id of ids) loads.report(id, 50)
  const { version } = loads.registry
  await loads.pass(1_500)
  const sizes = [...loads.registry.read(version)].map(({ events }) => events.length)
  expect(sizes).toEqual([LOADS_PER_CHANGE_MAX, 1])
})

it('shows what is told and what becomes of it', async () => {
  const loads = new TestLoads()
  await loads.putApp()
  loads.report('sfo', 50)
  loads.keeper.report({ app, cluster: 'fra', load: 1 })
  await loads.tick()
  const register = new MetricRegistry()
  registerLoadMetrics(register, loads.keeper)
  const text = await register.metrics()
  for (const line of [
    'meridian_central_load_reports 1',
    'meridian_central_load_reports_total 1',
    'meridian_central_load_reports_ignored_total{reason="unknown-endpoint"} 1',
    'meridian_central_load_changes_total 1',
  ]) {
    expect(text).toContain(`${line}\n`)
  }
})

it('whatever is reported, the log grows no faster than it may, and ends with what is true', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          cluster: fc.constantFrom('sfo', 'ewr'),
          machine: fc.constantFrom(undefined, 'a', 'b'),
          load: fc.integer({ min: 0, max: 200 }),
          afterMs: fc.constantFrom(0, 100, 500, 2_000, 31_000),
        }),
        { maxLength: 15 },
      ),
      async (reports) => {
        const loads = new TestLoads()
        await loads.putApp()
        const { version } = loads.registry
        for (const { cluster, machine, load, afterMs } of reports) {
          loads.report(cluster, load, machine)
          await loads.pass(afterMs)
        }
        await loads.pass(2_500)
        const at = new Map<string, number>()
        for (const { atEpoch, events } of loads.registry.read(version)) {
          for (const event of events) {
            if (event.type !== 'endpoint-load') continue
            expect(atEpoch - (at.get(event.cluster) ?? -Infinity)).toBeGreaterThanOrEqual(2_000)
            at.set(event.cluster, atEpoch)
          }
        }
        await loads.pass(31_000)
        expect(loads.told).toEqual({})
      },
    ),
    { numRuns: 20 },
  )
})
