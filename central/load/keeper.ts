import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Command } from '../model/decide.ts'
import { endpointKey } from '../model/machines.ts'
import type { RegistryState } from '../model/state.ts'
import type { Registry } from '../registry/registry.ts'
import { HELD, LoadTable, toldLoad, WHOLE } from './load-table.ts'

/** How often it is looked at what is to be told. */
const TICK_MS = 500
/** Between two changes of what is told of one endpoint. */
const LOAD_CHANGE_MS = 2_000
/** Loads in one change, of which there is one a tick; more wait for the next. */
export const LOADS_PER_CHANGE_MAX = 1_000

export interface LoadKeeperOptions {
  readonly registry: Pick<Registry, 'state' | 'submit'>
  readonly clock: Clock
  readonly logger: Logger
  /** Hears of the reports that are taken by `report`. */
  readonly onReport?: (report: LoadReport) => void
  /** For tests. */
  readonly reportsMax?: number
}

/** What the metrics show. */
export interface LoadStats {
  /** Reports that are held. */
  readonly held: number
  /** Since the start. */
  readonly reports: number
  readonly ignored: Readonly<Record<'unknown-endpoint' | 'too-many', number>>
  readonly changes: number
}

/** An endpoint, or a machine of it, and its load in percent. */
export interface LoadReport {
  readonly app: Name
  readonly cluster: string
  /** Without it the endpoint as a whole is meant. */
  readonly machine?: string
  readonly load: number
}

/**
 * Takes reports of load, which cost nothing in the log, and tells edges, by an event, when the load of an
 * endpoint comes to another step of 5 %, or when nobody has told for 30 s. Of one endpoint at most one event
 * is written each 2 s, of all together at most `LOADS_PER_CHANGE_MAX` each half second. After a start what
 * the log holds counts for another 30 s.
 */
export class LoadKeeper implements Startable {
  readonly #registry: LoadKeeperOptions['registry']
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #table: LoadTable
  readonly #onReport: LoadKeeperOptions['onReport']
  /** Endpoints of which something else may be to be told, by key. */
  readonly #stirred = new Map<string, Endpoint>()
  /** When each was told of last; those of the last `LOAD_CHANGE_MS` only, the oldest first. */
  readonly #toldAt = new Map<string, number>()
  readonly #ignored = { 'unknown-endpoint': 0, 'too-many': 0 }
  #reports = 0
  #changes = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> | undefined
  #isRefused = false

  constructor({ registry, clock, logger, onReport, reportsMax }: LoadKeeperOptions) {
    this.#onReport = onReport
    this.#registry = registry
    this.#clock = clock
    this.#logger = logger
    this.#table = new LoadTable(reportsMax)
    const now = clock.nowMs()
    for (const byCluster of registry.state.loads.values()) {
      for (const { app, cluster, load } of byCluster.values()) {
        const isHeld = this.#table.put(endpointKey(app, cluster), HELD, load, now)
        // What there is no room for is taken back at once.
        if (!isHeld) this.#stirred.set(endpointKey(app, cluster), { app, cluster })
      }
    }
  }

  get stats(): LoadStats {
    return {
      held: this.#table.size,
      reports: this.#reports,
      ignored: this.#ignored,
      changes: this.#changes,
    }
  }

  async start(): Promise<void> {
    this.#timer = setInterval(() => this.tick(), TICK_MS)
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#writing
  }

  /** Takes a report; says why it does not. */
  report(report: LoadReport): keyof LoadStats['ignored'] | undefined {
    const reason = this.hear(report)
    if (reason === undefined) this.#onReport?.(report)
    return reason
  }

  /** Takes a report that came to another central; says why it does not. */
  hear({ app, cluster, machine, load }: LoadReport): keyof LoadStats['ignored'] | undefined {
    const reason = this.#take(app, cluster, machine ?? WHOLE, load)
    if (reason === undefined) this.#reports++
    else this.#ignored[reason]++
    return reason
  }

  /** Tells what is due, and again what could not be written. */
  tick(): void {
    const now = this.#clock.nowMs()
    for (const key of this.#table.takeExpired(now)) this.#stir(key)
    for (const [key, at] of this.#toldAt) {
      if (now - at < LOAD_CHANGE_MS) break
      this.#toldAt.delete(key)
    }
    if (this.#writing !== undefined) return
    const due = this.#due()
    if (due.length > 0) this.#writing = this.#write(due)
  }

  #take(
    app: Name,
    cluster: string,
    source: string,
    load: number,
  ): keyof LoadStats['ignored'] | undefined {
    if (!hasEndpoint(this.#registry.state, { app, cluster })) return 'unknown-endpoint'
    const key = endpointKey(app, cluster)
    if (!this.#table.put(key, source, load, this.#clock.nowMs())) return 'too-many'
    this.#stirred.set(key, { app, cluster })
    return undefined
  }

  #stir(key: string): void {
    const [app = '', cluster = ''] = key.split(' ', 2)
    this.#stirred.set(key, { app, cluster })
  }

  /** Endpoints of which something else is to be told; those that are as they were told are looked at no more. */
  #due(): readonly Endpoint[] {
    const { state } = this.#registry
    const due: Endpoint[] = []
    for (const [key, endpoint] of this.#stirred) {
      if (!this.#isChanged(state, endpoint)) this.#stirred.delete(key)
      else if (!this.#toldAt.has(key)) due.push(endpoint)
      if (due.length === LOADS_PER_CHANGE_MAX) break
    }
    return due
  }

  #isChanged(state: RegistryState, endpoint: Endpoint): boolean {
    const told = state.loads.get(endpoint.app)?.get(endpoint.cluster)?.load
    return hasEndpoint(state, endpoint) && this.#toTell(told, endpoint) !== told
  }

  #toTell(told: number | undefined, { app, cluster }: Endpoint): number | undefined {
    return toldLoad(told, this.#table.loadOf(endpointKey(app, cluster)))
  }

  async #write(due: readonly Endpoint[]): Promise<void> {
    let changes = 0
    let refusal: string | undefined
    try {
      const result = await this.#registry.submit({
        plan: (state) => due.map((endpoint) => this.#commandOf(state, endpoint)),
        actor: 'system',
        cause: 'load',
      })
      if (result.ok) changes = result.diff.length
      else refusal = result.rejection.detail
    } catch (err) {
      refusal = messageOf(err)
    }
    this.#writing = undefined
    this.#changes += changes
    const now = this.#clock.nowMs()
    if (refusal === undefined) {
      for (const { app, cluster } of due) this.#toldAt.set(endpointKey(app, cluster), now)
    } else if (!this.#isRefused) {
      this.#logger.warn({ loads: due.length, detail: refusal }, 'loads cannot be written')
    }
    this.#isRefused = refusal !== undefined
  }

  #commandOf(state: RegistryState, endpoint: Endpoint): Command {
    const told = state.loads.get(endpoint.app)?.get(endpoint.cluster)?.load
    return { type: 'put-load', load: { ...endpoint, load: this.#toTell(told, endpoint) } }
  }
}

interface Endpoint {
  readonly app: Name
  readonly cluster: string
}

function hasEndpoint(state: Pick<RegistryState, 'apps'>, { app, cluster }: Endpoint): boolean {
  return state.apps.get(app)?.endpoints.has(cluster) === true
}
