import type { CheckAssignment } from '../../shared/rpc/generated/meridian/v1/CheckAssignment.ts'
import type { WatchResponse } from '../../shared/rpc/generated/meridian/v1/WatchResponse.ts'
import type { ManifestInput } from '../../shared/registry/schema.ts'
import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import { createLogger } from '../../shared/log.ts'
import { Watcher } from '../../central/grpc/watcher.ts'
import { commandsOf } from '../../central/health/keeper.fixture.ts'
import type { CheckSession } from '../../central/health/keeper.ts'
import { HealthKeeper } from '../../central/health/keeper.ts'
import { createMemoryLog } from '../../central/log/memory-log.ts'
import { History } from '../../central/registry/history.ts'
import { Registry } from '../../central/registry/registry.ts'

/** What an edge says of itself when it comes. */
export interface SimHello {
  readonly edge: string
  readonly cluster: string
  /** What it asks to hear of. */
  readonly names: readonly Name[]
  readonly logId: string
  readonly fromVersion: number
  readonly fromHash: string
}

/** What central does for one edge that is connected. */
export interface SimSession {
  readonly session: string
  readonly logId: string
  readonly fullState: boolean
  /** Begins to tell; nothing is told before. */
  readonly begin: () => void
  readonly acked: (version: number) => void
  /** Opens the stream of health checks. */
  readonly check: (send: (message: CheckAssignment) => void) => CheckSession
  readonly close: () => void
}

/** A verdict as it stands in the log. */
export interface LoggedVerdict {
  readonly app: Name
  readonly cluster: string
  readonly state: HealthState
}

interface Running {
  readonly registry: Registry
  readonly history: History
  readonly keeper: HealthKeeper
  readonly watchers: Set<Watcher>
  /** To be told when this central ends. */
  readonly onEnd: Set<() => void>
}

/** Central, put together as `central.ts` does, but for its sockets; its log outlives it. */
export class SimCentral {
  readonly #clock: Clock
  readonly #log = createMemoryLog()
  #running: Running | undefined
  #sessions = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isUp(): boolean {
    return this.#running !== undefined
  }

  get version(): number {
    return this.#log.head
  }

  async start(): Promise<void> {
    const clock = this.#clock
    const registry = new Registry({ log: this.#log, clock })
    const history = new History(registry.version)
    const watchers = new Set<Watcher>()
    registry.onChange((touched) => history.push(touched))
    const keeper = new HealthKeeper({ registry, clock, logger: createLogger('silent', {}) })
    // As WatchService does: changes of one turn of the event loop reach the edges as one.
    let isPumpDue = false
    registry.onChange(() => {
      if (isPumpDue) return
      isPumpDue = true
      setImmediate(() => {
        isPumpDue = false
        for (const watcher of watchers) watcher.pump()
      })
    })
    await keeper.start()
    this.#running = { registry, history, keeper, watchers, onEnd: new Set() }
  }

  /** Ends as by a kill; all streams end with it. */
  async kill(): Promise<void> {
    const { keeper, onEnd, watchers } = this.#present()
    this.#running = undefined
    watchers.clear()
    for (const tell of onEnd) tell()
    await keeper.stop()
  }

  async apply(manifest: ManifestInput): Promise<void> {
    const { registry } = this.#present()
    const commands = commandsOf(manifest)
    const result = await registry.submit({ plan: () => commands, actor: 'ops', cause: 'test' })
    if (!result.ok) throw new Error(result.rejection.detail)
  }

  /** Takes an edge; `onEnd` hears when central ends. */
  connect(hello: SimHello, send: (message: WatchResponse) => void, onEnd: () => void): SimSession {
    const running = this.#present()
    const { registry, history, keeper, watchers } = running
    const { edge: id, cluster, fromVersion } = hello
    const session = `s${++this.#sessions}`
    const edge = {
      session,
      id,
      cluster,
      replica: 'on-demand' as const,
      adminUrl: '',
      software: '',
      remote: '',
      connectedEpoch: this.#clock.epochMs(),
      ackVersion: 0,
      sentVersion: 0,
      names: 0,
    }
    const watcher = new Watcher({
      source: registry,
      history,
      edge,
      namesMax: hello.names.length,
      clock: this.#clock,
      hasRoom: () => true,
      send: (message) => {
        send(message)
        return true
      },
    })
    for (const name of hello.names) watcher.watch(name, 1)
    const canResume =
      hello.logId === registry.logId &&
      registry.hashAt(fromVersion) === hello.fromHash &&
      history.since(fromVersion) !== undefined
    if (canResume) edge.sentVersion = fromVersion
    running.onEnd.add(onEnd)
    let checks: CheckSession | undefined
    return {
      session,
      logId: registry.logId,
      fullState: !canResume,
      begin: () => {
        watchers.add(watcher)
        watcher.begin(canResume ? fromVersion : undefined)
      },
      acked: (version) => watcher.acked(version),
      check: (sendTasks) => {
        checks = keeper.connect({ session, edge: id, cluster }, sendTasks)
        return checks
      },
      close: () => {
        watchers.delete(watcher)
        running.onEnd.delete(onEnd)
        checks?.close()
      },
    }
  }

  stateOf(app: Name, cluster: string): HealthState {
    return this.#present().registry.state.health.get(app)?.get(cluster)?.state ?? 'unknown'
  }

  /** The verdicts that the log holds after a version. */
  verdictsAfter(version: number): readonly LoggedVerdict[] {
    return [...this.#log.read(version)].flatMap(({ events }) =>
      events.flatMap((event) => (event.type === 'endpoint-health' ? [event] : [])),
    )
  }

  #present(): Running {
    if (this.#running === undefined) throw new Error('central is down')
    return this.#running
  }
}
