import { ManualClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import { manifestSchema } from '../../shared/registry/schema.ts'
import type { EventLog } from '../log/event-log.ts'
import { createMemoryLog } from '../log/memory-log.ts'
import type { Command } from '../model/decide.ts'
import { Registry } from '../registry/registry.ts'
import { healthStateName } from '../../shared/rpc/health-states.ts'
import type { CheckSession } from './keeper.ts'
import { HealthKeeper } from './keeper.ts'
import type { AssignmentMessage, TaskMessage } from './task-sender.ts'

/** A log of which the disk can be full. */
export function createFailingLog(): {
  readonly log: EventLog
  readonly setFull: (isFull: boolean) => void
} {
  const inner = createMemoryLog()
  let isFull = false
  const log: EventLog = {
    id: inner.id,
    get head() {
      return inner.head
    },
    append: (head, changes) =>
      isFull ? Promise.reject(new Error('the disk is full')) : inner.append(head, changes),
    read: (afterVersion) => inner.read(afterVersion),
    hashAt: (version) => inner.hashAt(version),
    follow: (listener) => inner.follow(listener),
    close: () => inner.close(),
  }
  const setFull = (value: boolean): void => {
    isFull = value
  }
  return { log, setFull }
}

/** An edge that has the tasks that it was told, and reports by the name of the endpoint. */
export class TestEdge {
  readonly messages: AssignmentMessage[] = []
  readonly tasks = new Map<number, TaskMessage>()
  readonly session: CheckSession

  constructor(keeper: HealthKeeper, edge: string, cluster = edge) {
    this.session = keeper.connect({ session: `session-${edge}`, edge, cluster }, (message) => {
      this.messages.push(message)
      if (message.first) this.tasks.clear()
      for (const id of message.delete) this.tasks.delete(id)
      for (const task of message.put) this.tasks.set(task.id, task)
    })
  }

  /** Endpoints that it checks: `app cluster`. */
  get names(): readonly string[] {
    return [...this.tasks.values()].map(({ app, cluster }) => `${app} ${cluster}`).sort()
  }

  task(name: string): TaskMessage | undefined {
    return [...this.tasks.values()].find(({ app, cluster }) => `${app} ${cluster}` === name)
  }

  report(name: string, state: HealthState, detail = ''): void {
    const task = this.task(name)?.id ?? 0
    this.session.report([{ task, state: healthStateName(state), detail }])
  }
}

/** A registry over a memory log with a keeper whose timer does not run. */
export class TestHealth {
  readonly clock = new ManualClock()
  readonly registry: Registry
  keeper: HealthKeeper

  constructor(log: EventLog = createMemoryLog()) {
    this.registry = new Registry({ log, clock: this.clock })
    this.keeper = this.restart()
  }

  /** As after a restart of central: a keeper that knows what the log holds. */
  restart(): HealthKeeper {
    const { registry, clock } = this
    this.keeper = new HealthKeeper({ registry, clock, logger: createLogger('silent', {}) })
    return this.keeper
  }

  /** Waits until all that was begun in this turn of the event loop is through. */
  async settle(): Promise<void> {
    // Turns for what the keeper gathers, for the write, and for what follows from it.
    for (let i = 0; i < 4; i++) {
      await new Promise<void>((resolve) => setImmediate(resolve))
      await this.registry.settle()
    }
    await new Promise<void>((resolve) => setImmediate(resolve))
  }

  async submit(...commands: readonly Command[]): Promise<void> {
    const result = await this.registry.submit({ plan: () => commands, actor: 'ops', cause: 'test' })
    if (!result.ok) throw new Error(result.rejection.detail)
    await this.settle()
  }

  async apply(manifest: ManifestInput): Promise<void> {
    await this.submit(...commandsOf(manifest))
  }

  stateOf(app: string, cluster: string): HealthState {
    return this.registry.state.health.get(app)?.get(cluster)?.state ?? 'unknown'
  }
}

/** The commands that put all of a manifest. */
export function commandsOf(input: ManifestInput): readonly Command[] {
  const { clusters, zones, apps } = manifestSchema.parse(input)
  return [
    ...clusters.map((cluster) => ({ type: 'put-cluster' as const, cluster })),
    ...zones.map((zone) => ({ type: 'put-zone' as const, zone })),
    ...apps.flatMap(({ endpoints, ...app }): Command[] => [
      { type: 'put-app', app },
      ...endpoints.map((endpoint) => ({
        type: 'put-endpoint' as const,
        app: app.name,
        endpoint,
      })),
    ]),
  ]
}

/** Three clusters, one app that is checked at two of them, and one that is not. */
export const manifest: ManifestInput = {
  clusters: [
    { id: 'sfo', latitude: 37, longitude: -122, addresses: ['192.0.2.1'] },
    { id: 'ewr', latitude: 40, longitude: -74, addresses: ['192.0.2.2', '2001:db8::2'] },
    { id: 'lhr', latitude: 51, longitude: 0, addresses: [] },
  ],
  zones: [{ apex: 'example', ns: ['ns1.example'] }],
  apps: [
    {
      name: 'video.example',
      health: { check: { type: 'http', path: '/ready' } },
      endpoints: [{ cluster: 'sfo', addresses: ['192.0.2.10'], port: 8080 }, { cluster: 'ewr' }],
    },
    { name: 'plain.example', endpoints: [{ cluster: 'sfo' }] },
  ],
}
