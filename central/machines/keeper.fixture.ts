import { onTestFinished } from 'vitest'
import type { z } from 'zod'
import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import type { EventLog } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import type { Machine } from '../model/events.ts'
import { TestMesh } from '../model/machines.fixture.ts'
import { Registry } from '../registry/registry.ts'
import type { FoundDown } from './failed-health.ts'
import { MachineKeeper } from './keeper.ts'
import { machineOptionsSchema } from './options.ts'

/** Who the tests are, for the log. */
export const by = { actor: 'test', cause: 'test' }

/** Machines of one app, with leases that end when the test says so. */
export class TestMachines {
  readonly clock = new ManualClock()
  readonly log: EventLog
  readonly registry: Registry
  readonly keeper: MachineKeeper
  /** What edges find to be down. */
  down: FoundDown[] = []

  constructor(
    options: z.input<typeof machineOptionsSchema> = {},
    log: EventLog = createMemoryLog(),
  ) {
    this.log = log
    this.registry = new Registry({ log, clock: this.clock })
    this.keeper = new MachineKeeper({
      registry: this.registry,
      options: machineOptionsSchema.parse(options),
      clock: this.clock,
      random: () => 0.5,
      logger: createLogger('silent', {}),
      foundDown: () => this.down,
      leasesMax: 3,
    })
    onTestFinished(() => this.keeper.stop())
  }

  /** Puts what machines need. */
  async begin(): Promise<this> {
    const { zones, apps, clusters } = new TestMesh().state
    await this.registry.submit({
      plan: () => [
        ...Array.from(zones.values(), ({ value }) => ({ type: 'put-zone', zone: value }) as const),
        ...Array.from(apps.values(), ({ value }) => ({ type: 'put-app', app: value }) as const),
        ...Array.from(
          clusters.values(),
          ({ value }) => ({ type: 'put-cluster', cluster: value }) as const,
        ),
      ],
      ...by,
    })
    return this
  }

  register(machine: Machine): ReturnType<MachineKeeper['register']> {
    return this.keeper.register(machine, by)
  }

  /** Lets time pass in steps that are no pause, with what it brings about. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 1_000) {
      this.clock.advance(Math.min(1_000, left))
      this.keeper.tick()
      await this.registry.settle()
    }
  }

  /** The events that the log has since the mesh was begun. */
  get types(): readonly string[] {
    return [...this.log.read(1)].flatMap(({ events }) => events.map(({ type }) => type))
  }
}
