import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Finding__Output } from '../../shared/rpc/generated/meridian/v1/Finding.ts'
import { healthStateName, healthStateOf } from '../../shared/rpc/health-states.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Command } from '../model/decide.ts'
import type { RegistryState } from '../model/state.ts'
import type { Registry } from '../registry/registry.ts'
import type { Touched } from '../registry/touched.ts'
import type { DownEndpoint } from './endpoint-book.ts'
import { EndpointBook } from './endpoint-book.ts'
import { FINDINGS_MAX, cleanDetail } from './findings.ts'
import type { HealthStats } from './metrics.ts'
import type { CheckedEndpoint, Vantage } from './plan.ts'
import { CheckPlan } from './plan.ts'
import type { AssignmentMessage, TaskMessage } from './task-sender.ts'
import { TaskSender } from './task-sender.ts'
import type { Verdict } from './verdicts.ts'
import { Verdicts } from './verdicts.ts'

/**
 * So long after the start edges get no tasks: the first that comes back would get those of all others.
 */
const GATHER_MS = 1_000
/** How often what time brings about is looked at. */
const TICK_MS = 250
/** Verdicts in one change; more wait for the next, so that none holds up the writes of others. */
export const VERDICTS_PER_CHANGE_MAX = 5_000

export interface HealthKeeperOptions {
  readonly registry: Pick<Registry, 'state' | 'onChange' | 'submit'>
  readonly clock: Clock
  readonly logger: Logger
}

/** One stream of an edge, as the keeper is told of it. */
export interface CheckSession {
  /** Takes a message; says what is wrong with one that is refused as a whole. */
  report(findings: readonly Finding__Output[]): string | undefined
  /** Something came from the edge, if only that all is as it was. */
  heard(): void
  /** The stream is over. */
  close(): void
}

/**
 * Ties who checks what (`CheckPlan`) and what the reports amount to (`Verdicts`) to the registry: follows
 * which endpoints there are, tells the edges their tasks, and puts the verdicts in the log. What happens
 * in one turn of the event loop leaves as one: a message for each session, a change for the log.
 */
export class HealthKeeper implements Startable {
  readonly #registry: HealthKeeperOptions['registry']
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #book: EndpointBook
  readonly #plan: CheckPlan
  readonly #verdicts: Verdicts
  readonly #senders = new Map<string, TaskSender>()
  /** Senders that have something to send. */
  readonly #sendersDue = new Set<TaskSender>()
  /** Verdicts that the log may not have, the latest of each endpoint. */
  readonly #pending = new Map<number, Verdict>()
  /** Verdicts that are being written. */
  #writing: ReadonlyMap<number, Verdict> = new Map()
  #written: Promise<void> = Promise.resolve()
  readonly #unsubscribe: () => void
  #timer: NodeJS.Timeout | undefined
  #gatherUntil = 0
  #isFlushDue = false
  #isRefused = false
  #isStopped = false
  #connections = 0
  #reports = 0
  #reportsIgnored = 0

  /** Takes in all endpoints of the registry, and the verdicts that the log holds of them. */
  constructor({ registry, clock, logger }: HealthKeeperOptions) {
    this.#registry = registry
    this.#logger = logger
    this.#clock = clock
    this.#verdicts = new Verdicts(clock, (verdict) => this.#hold(verdict))
    this.#plan = new CheckPlan({
      onVantages: (id) => this.#setVoters(id),
      onTasks: (session, change) => {
        const sender = this.#senders.get(session)
        if (sender === undefined) return
        sender.add(change)
        this.#sendersDue.add(sender)
        this.#flushSoon()
      },
    })
    this.#book = new EndpointBook(registry.state, {
      onPut: (endpoint) => this.#put(endpoint),
      onDelete: ({ id }) => {
        this.#plan.delete(id)
        this.#verdicts.drop(id)
        this.#pending.delete(id)
      },
    })
    this.#book.fill()
    this.#verdicts.settle()
    this.#unsubscribe = registry.onChange((touched) => this.#follow(touched))
  }

  get stats(): HealthStats {
    return {
      endpoints: this.#verdicts.counts,
      verdicts: this.#verdicts.told,
      reports: this.#reports,
      reportsIgnored: this.#reportsIgnored,
      suspects: this.#verdicts.suspects,
    }
  }

  async start(): Promise<void> {
    this.#gatherUntil = this.#clock.nowMs() + GATHER_MS
    this.#timer = setInterval(() => this.tick(), TICK_MS)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#timer)
    this.#unsubscribe()
    await this.#written
  }

  /** The endpoints of which the verdict is `down`, and edges that are there say so too. */
  foundDown(): Iterable<DownEndpoint> {
    return this.#book.namesOf(this.#verdicts.foundDown())
  }

  /** Does what time alone brings about, and writes again what could not be written. */
  tick(): void {
    this.#verdicts.tick()
    if (this.#pending.size > 0 || this.#sendersDue.size > 0) this.#flushSoon()
  }

  /** Adds a stream of an edge; of several streams of one edge the latest has its tasks. */
  connect(vantage: Vantage, send: (message: AssignmentMessage) => void): CheckSession {
    // A stream may come back before its forerunner, of the same session, is known to be over.
    const session = `${vantage.session} ${++this.#connections}`
    const sender = new TaskSender(send)
    this.#senders.set(session, sender)
    this.#sendersDue.add(sender)
    this.#plan.addVantage({ ...vantage, session })
    this.#verdicts.settle()
    this.#flushSoon()
    return {
      report: (findings) => this.#report(session, findings),
      heard: () => {
        this.#verdicts.heard(session)
        this.#verdicts.settle()
      },
      close: () => {
        this.#senders.delete(session)
        this.#sendersDue.delete(sender)
        this.#plan.removeVantage(session)
        this.#verdicts.forget(session)
        this.#verdicts.settle()
      },
    }
  }

  #report(session: string, findings: readonly Finding__Output[]): string | undefined {
    if (findings.length > FINDINGS_MAX) {
      return `a report holds ${findings.length} findings, at most ${FINDINGS_MAX} are possible`
    }
    this.#verdicts.heard(session)
    for (const { task, state: name, detail } of findings) {
      const state = healthStateOf(name)
      const isTaken =
        state !== undefined && this.#verdicts.report(session, task, state, cleanDetail(detail))
      if (isTaken) this.#reports++
      else this.#reportsIgnored++
    }
    this.#verdicts.settle()
    return undefined
  }

  #put(endpoint: CheckedEndpoint): void {
    const { id, app, cluster } = endpoint
    const logged = this.#registry.state.health.get(app)?.get(cluster)
    if (logged !== undefined) this.#verdicts.adopt(id, cluster, logged)
    this.#plan.put(endpoint)
  }

  #setVoters(id: number): void {
    const endpoint = this.#book.find(id)
    if (endpoint === undefined) return
    this.#verdicts.setVoters(id, endpoint.cluster, this.#plan.vantagesOf(id))
  }

  #follow(touched: Touched): void {
    this.#book.touch(touched)
    this.#verdicts.settle()
    for (const name of touched.names) {
      for (const endpoint of this.#book.of(name)) this.#holdIfLost(endpoint)
    }
  }

  /**
   * An app that is deleted and put again in one change is what it was, but its verdicts are gone. One
   * that is on its way to the log is taken for lost as well: to write it again then changes nothing.
   */
  #holdIfLost({ id, app, cluster }: CheckedEndpoint): void {
    const logged = this.#registry.state.health.get(app)?.get(cluster)?.state ?? 'unknown'
    if (logged === this.#verdicts.stateOf(id)) return
    const verdict = this.#verdicts.verdictOf(id)
    if (verdict !== undefined) this.#hold(verdict)
  }

  #hold(verdict: Verdict): void {
    this.#pending.set(verdict.id, verdict)
    this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#isFlushDue || this.#isStopped) return
    this.#isFlushDue = true
    setImmediate(() => {
      this.#isFlushDue = false
      if (this.#isStopped) return
      if (this.#clock.nowMs() >= this.#gatherUntil) {
        for (const sender of this.#sendersDue) sender.flush((id) => this.#taskOf(id))
        this.#sendersDue.clear()
      }
      if (this.#writing.size === 0 && this.#pending.size > 0) this.#written = this.#write()
    })
  }

  #taskOf(id: number): TaskMessage | undefined {
    const endpoint = this.#book.find(id)
    if (endpoint === undefined) return undefined
    const { app, cluster, addresses, port } = endpoint
    return {
      id,
      app,
      cluster,
      addresses: [...addresses],
      port: port ?? 0,
      check: this.#book.checkTextOf(endpoint),
      state: healthStateName(this.#verdicts.stateOf(id) ?? 'unknown'),
    }
  }

  async #write(): Promise<void> {
    const batch = new Map<number, Verdict>()
    for (const [id, verdict] of this.#pending) {
      if (batch.size === VERDICTS_PER_CHANGE_MAX) break
      batch.set(id, verdict)
      this.#pending.delete(id)
    }
    this.#writing = batch
    const refusal = await this.#submit(batch)
    this.#writing = new Map()
    if (refusal === undefined) {
      this.#isRefused = false
      if (this.#pending.size > 0) this.#flushSoon()
      return
    }
    for (const [id, verdict] of batch) {
      if (this.#book.find(id) !== undefined && !this.#pending.has(id))
        this.#pending.set(id, verdict)
    }
    if (!this.#isRefused) {
      this.#logger.warn({ verdicts: batch.size, detail: refusal }, 'verdicts cannot be written')
    }
    this.#isRefused = true
  }

  /** Writes verdicts as one change; says why it cannot. */
  async #submit(batch: ReadonlyMap<number, Verdict>): Promise<string | undefined> {
    try {
      const result = await this.#registry.submit({
        plan: (state) => this.#commandsOf(state, batch),
        actor: 'system',
        cause: 'health',
      })
      return result.ok ? undefined : result.rejection.detail
    } catch (err) {
      return messageOf(err)
    }
  }

  /** Of an endpoint that is another one by now, what was found out of it before says nothing. */
  #commandsOf(state: RegistryState, batch: ReadonlyMap<number, Verdict>): readonly Command[] {
    const commands: Command[] = []
    for (const { id, state: health, sinceEpoch, reports } of batch.values()) {
      const endpoint = this.#book.find(id)
      if (endpoint === undefined || !this.#book.isSameIn(state, endpoint)) continue
      const { app, cluster } = endpoint
      commands.push({
        type: 'put-verdict',
        verdict: { app, cluster, state: health, sinceEpoch, reports },
      })
    }
    return commands
  }
}
