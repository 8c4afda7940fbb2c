import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { EventLog } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import type { Command } from '../model/decide.ts'
import { withheldPercentOf } from '../model/shares.ts'
import { Registry } from '../registry/registry.ts'
import { commandsOf } from './keeper.fixture.ts'
import { ShareKeeper } from './share-keeper.ts'

/** The app that there is. */
export const app = 'video.example.'
/** Three in the west, two in the east, and one in no region. */
const regions: Readonly<Record<string, string | undefined>> = {
  w1: 'west',
  w2: 'west',
  w3: 'west',
  e1: 'east',
  e2: 'east',
  none: undefined,
}
/** The clusters that it has endpoints on. */
export const clusterIds = Object.keys(regions)

/** A registry with an app, and a keeper whose timer does not run. */
export class TestShares {
  readonly clock = new ManualClock()
  readonly registry: Registry
  keeper: ShareKeeper

  constructor(log: EventLog = createMemoryLog()) {
    this.registry = new Registry({ log, clock: this.clock })
    this.keeper = this.restart()
  }

  restart(): ShareKeeper {
    const { registry, clock } = this
    this.keeper = new ShareKeeper({ registry, clock, logger: createLogger('silent', {}) })
    return this.keeper
  }

  async submit(...commands: readonly Command[]): Promise<void> {
    const result = await this.registry.submit({ plan: () => commands, actor: 'ops', cause: 'test' })
    if (!result.ok) throw new Error(result.rejection.detail)
  }

  async putApp(health: object): Promise<void> {
    const clusters = clusterIds.map((id) => {
      const region = regions[id]
      return { id, latitude: 0, longitude: 0, ...(region === undefined ? {} : { region }) }
    })
    const endpoints = clusterIds.map((cluster) => ({ cluster, addresses: ['192.0.2.1'] }))
    const zones = [{ apex: 'example', ns: ['ns1.example'] }]
    const apps = [{ name: app, health: { check: { type: 'icmp' as const }, ...health }, endpoints }]
    await this.submit(...commandsOf({ clusters, zones, apps }))
  }

  async tell(cluster: string, state: HealthState): Promise<void> {
    const sinceEpoch = this.clock.epochMs()
    const verdict = { app, cluster, state, sinceEpoch, reports: [] }
    await this.submit({ type: 'put-verdict', verdict })
  }

  async tick(): Promise<void> {
    this.keeper.tick()
    await new Promise<void>((resolve) => setImmediate(resolve))
    await this.registry.settle()
    await new Promise<void>((resolve) => setImmediate(resolve))
  }

  /** Lets time go by in ticks of half a second. */
  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 2; i++) {
      this.clock.advance(500)
      await this.tick()
    }
  }

  /** What is withheld of an endpoint after each second. */
  async course(cluster: string, seconds: number): Promise<readonly number[]> {
    const course: number[] = []
    for (let i = 0; i < seconds; i++) {
      await this.pass(1)
      course.push(this.of(cluster))
    }
    return course
  }

  of(cluster: string): number {
    return withheldPercentOf(this.registry.state, app, cluster)
  }
}
