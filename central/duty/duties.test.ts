import { expect, onTestFinished, test } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import { healthStateName } from '../../shared/rpc/health-states.ts'
import { commandsOf, manifest } from '../health/keeper.fixture.ts'
import { HealthKeeper } from '../health/keeper.ts'
import type { CheckSession } from '../health/keeper.ts'
import { LoadKeeper } from '../load/keeper.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import { MachineKeeper } from '../machines/keeper.ts'
import { machineOptionsSchema } from '../machines/options.ts'
import type { Command } from '../model/decide.ts'
import { stateHash } from '../model/state-hash.ts'
import { Registry } from '../registry/registry.ts'
import { TestHub } from './bulletin.fixture.ts'
import type { TestBulletin } from './bulletin.fixture.ts'
import { sharedDuties } from './duties.ts'
import type { Duties } from './duties.ts'

const APP = 'video.example.'
const by = { actor: 'test', cause: 'test' }

/** One of several centrals over one log. */
interface TestCentral {
  readonly bulletin: TestBulletin
  readonly registry: Registry
  readonly duties: Duties
  readonly health: HealthKeeper
  readonly loads: LoadKeeper
  readonly machines: MachineKeeper
  readonly edges: ReturnType<Duties['share']>
}

class TestCentrals {
  readonly clock = new ManualClock()
  readonly log = createMemoryLog()
  readonly all: TestCentral[] = []
  readonly #hub = new TestHub()

  async add(id: string): Promise<TestCentral> {
    const { clock, log } = this
    const logger = createLogger('silent', {})
    const bulletin = this.#hub.add(id)
    const registry = new Registry({ log, clock })
    const duties = sharedDuties({ bulletin, registry, clock, logger })
    const parts = { registry: duties.registry, clock, logger }
    const health = new HealthKeeper(parts)
    const loads = new LoadKeeper({ ...parts, onReport: duties.onReport })
    const machines = new MachineKeeper({
      ...parts,
      registry,
      options: machineOptionsSchema.parse({}),
      random: () => 0.5,
      foundDown: () => health.foundDown(),
      isOnDuty: duties.isOn,
      onRenewed: duties.onRenewed,
    })
    const edges = duties.share({ health, loads, machines })
    const central = { bulletin, registry, duties, health, loads, machines, edges }
    this.all.push(central)
    await duties.start()
    onTestFinished(() => duties.stop())
    return central
  }

  /** Lets seconds pass on all of them. */
  async pass(seconds: number, eachSecond: () => void = () => undefined): Promise<void> {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1_000)
      eachSecond()
      for (const { duties, health, loads, machines } of this.all) {
        duties.tick()
        health.tick()
        loads.tick()
        machines.tick()
      }
      await this.settle()
    }
  }

  async settle(): Promise<void> {
    for (let i = 0; i < 6; i++) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      for (const { registry } of this.all) await registry.settle()
    }
  }

  async submit(...commands: readonly Command[]): Promise<void> {
    const result = await this.all[0]?.registry.submit({ plan: () => commands, ...by })
    if (result?.ok !== true) throw new Error('the change was refused')
    await this.settle()
  }
}

/** An edge that holds what the test says of each endpoint that it is to check. */
class TestEdge {
  readonly #session: CheckSession
  readonly #tasks = new Map<number, string>()
  readonly #states = new Map<string, HealthState>()

  constructor({ edges }: TestCentral, edge: string) {
    this.#session = edges.connect(
      { session: `session-${edge}`, edge, cluster: edge },
      (message) => {
        if (message.first) this.#tasks.clear()
        for (const id of message.delete) this.#tasks.delete(id)
        for (const { id, app, cluster } of message.put) this.#tasks.set(id, `${app} ${cluster}`)
        this.report()
      },
    )
  }

  get names(): readonly string[] {
    return [...this.#tasks.values()].sort()
  }

  finds(name: string, state: HealthState): void {
    this.#states.set(name, state)
    this.report()
  }

  report(): void {
    const findings = [...this.#tasks].map(([task, name]) => ({
      task,
      state: healthStateName(this.#states.get(name) ?? 'up'),
      detail: '',
    }))
    this.#session.heard()
    this.#session.report(findings)
  }
}

async function threeWithManifest(): Promise<TestCentrals> {
  const centrals = new TestCentrals()
  for (const id of ['a', 'b', 'c']) await centrals.add(id)
  await centrals.submit(...commandsOf(manifest))
  await centrals.pass(7)
  return centrals
}

function healthOf({ registry }: TestCentral, cluster: string): HealthState | undefined {
  return registry.state.health.get(APP)?.get(cluster)?.state
}

test('edges of three centrals come to one verdict, which one central writes', async () => {
  const centrals = await threeWithManifest()
  const edges = centrals.all.map((central, i) => new TestEdge(central, `edge-${i}`))
  const report = (): void => {
    for (const edge of edges) edge.report()
  }
  await centrals.pass(3, report)
  expect(edges.map(({ names }) => names)).toEqual(edges.map(() => [`${APP} ewr`, `${APP} sfo`]))
  expect(centrals.all.map((central) => healthOf(central, 'sfo'))).toEqual(['up', 'up', 'up'])

  for (const edge of edges) edge.finds(`${APP} sfo`, 'down')
  await centrals.pass(10, report)
  expect(centrals.all.map((central) => healthOf(central, 'sfo'))).toEqual(['down', 'down', 'down'])
  expect(new Set(centrals.all.map(({ registry }) => stateHash(registry.state))).size).toBe(1)

  // Nobody is of another opinion, so nobody writes any more.
  const { head } = centrals.log
  await centrals.pass(20, report)
  expect(centrals.log.head).toBe(head)
})

test('a central that takes over knows what the edges of all others have found', async () => {
  const centrals = await threeWithManifest()
  const [first, second, third] = centrals.all
  if (first === undefined || second === undefined || third === undefined) throw new Error('three')
  const edges = [second, third].map((central, i) => new TestEdge(central, `edge-${i}`))
  const report = (): void => {
    for (const edge of edges) edge.report()
  }
  await centrals.pass(3, report)
  expect(first.duties.isOn()).toBe(true)
  first.bulletin.cutOff()
  for (const edge of edges) edge.finds(`${APP} ewr`, 'down')
  await centrals.pass(15, report)
  expect([first.duties.isOn(), second.duties.isOn()]).toEqual([false, true])
  expect(healthOf(second, 'ewr')).toBe('down')

  // Whoever comes later is told all of it.
  const fourth = await centrals.add('d')
  await centrals.pass(3, report)
  expect(fourth.health.stats.endpoints).toEqual(second.health.stats.endpoints)
})

test('a machine that renews its lease at any central keeps it, and one that is silent loses it once', async () => {
  const centrals = await threeWithManifest()
  const [first, second] = centrals.all
  if (first === undefined || second === undefined) throw new Error('two centrals')
  const machine = {
    app: APP,
    cluster: 'lhr',
    machine: 'vm-1',
    addresses: ['192.0.2.99'],
    leaseSeconds: 10,
  }
  expect(await second.machines.register(machine, by)).toMatchObject({ ok: true, isNew: true })
  const { head } = centrals.log
  await centrals.pass(60, () => {
    if (centrals.clock.nowMs() % 3_000 === 0) second.machines.renew(machine)
  })
  expect(centrals.log.head).toBe(head)
  await centrals.pass(60)
  expect(first.registry.state.machines.size).toBe(0)
  expect([first.machines.stats.expired, second.machines.stats.expired]).toEqual([1, 0])
})

test('loads that are reported to any central are told once', async () => {
  const centrals = await threeWithManifest()
  const third = centrals.all[2]
  third?.loads.report({ app: APP, cluster: 'sfo', load: 80 })
  const { head } = centrals.log
  await centrals.pass(10)
  expect(third?.registry.state.loads.get(APP)?.get('sfo')?.load).toBe(80)
  expect(centrals.log.head).toBe(head + 1)
})
