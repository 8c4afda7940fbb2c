import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Check, CheckType } from '../../shared/registry/check-schema.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { Startable } from '../../shared/startable.ts'
import { createProbe } from './create-probe.ts'
import type { Due } from './due-heap.ts'
import { EndpointHealth } from './endpoint-health.ts'
import { FormerTasks } from './former-tasks.ts'
import type { HealthOptions } from './options.ts'
import type { Probe, ProbeResult, ProbeTarget } from './probe.ts'
import { ProberStats } from './prober-stats.ts'
import { unknownBecause } from './results.ts'
import { Schedule, startTimer } from './schedule.ts'
import { Slots } from './slots.ts'
import type { CheckTask, Finding } from './task.ts'

/** The first probes of a task are begun within so long. */
const FIRST_WITHIN_MS = 1_000
/** How far an interval strays, each way, so that addresses which were probed together drift apart. */
const JITTER = 0.1
/** How long a stop waits for probes under way, which have been told to end. */
const STOP_GRACE_MS = 1_000
/** Between two lines in the log about probes without a result, for each type of check. */
const UNKNOWN_LOG_MS = 60_000

export interface ProberOptions {
  readonly options: HealthOptions
  readonly clock: Clock
  /** At least 0 and below 1. */
  readonly random: () => number
  readonly logger: Logger
  /** Hears of an endpoint after the first outcome of a probe, and whenever its state changes. */
  readonly onFinding: (finding: Finding, task: CheckTask) => void
  /** What probes by a check; by default, by the network. */
  readonly probeOf?: (check: Check) => Probe
  /** Calls `run` once after `ms` unless it is cancelled; by default a timer. */
  readonly setTimer?: (run: () => void, ms: number) => () => void
}

/**
 * Probes every address of every task at its interval, and tells what it finds.
 *
 * An address is in one schedule (a heap) all the time, by when something is due of it: its next probe, or the end of
 * the one under way. So one timer serves all. When `probesMax` are under way, those that come due wait
 * in a queue, each at most once. A probe that has ended sets when the next one of its address is due,
 * so there are never two of them.
 */
export class Prober implements Startable {
  readonly stats = new ProberStats()
  readonly #options: ProberOptions
  readonly #probeOf: (check: Check) => Probe
  readonly #tasks = new Map<number, TaskInWork>()
  readonly #setTimer: (run: () => void, ms: number) => () => void
  readonly #schedule: Schedule<AddressInWork>
  readonly #slots: Slots<AddressInWork>
  readonly #former = new FormerTasks()
  readonly #unknownLoggedAt = new Map<CheckType, number>()
  #onIdle: (() => void) | undefined

  constructor(options: ProberOptions) {
    this.#options = options
    const { clock } = options
    const { commands } = options.options
    this.#probeOf = options.probeOf ?? ((check) => createProbe(check, commands, clock))
    this.#setTimer = options.setTimer ?? startTimer
    this.#schedule = new Schedule({
      clock,
      setTimer: this.#setTimer,
      onDue: (address) => this.#takeDue(address),
    })
    this.#slots = new Slots({
      max: options.options.probesMax,
      begin: (address) => this.#begin(address),
      onWaited: ({ dueAt }) => {
        this.stats.delayedMs += clock.nowMs() - dueAt
      },
    })
  }

  /** Tasks. */
  get size(): number {
    return this.#tasks.size
  }

  /** Probes under way. */
  get running(): number {
    return this.#slots.running
  }

  /** Probes that are due and wait for room. */
  get waiting(): number {
    return this.#slots.waiting
  }

  taskOf(id: number): CheckTask | undefined {
    return this.#tasks.get(id)?.task
  }

  /** What is held now of each task; before the first outcome, what the task came with. */
  *findings(): Iterable<Finding> {
    for (const { health } of this.#tasks.values()) yield health.finding()
  }

  /** Takes on a task. One that is here already goes on, unless something but its state has changed. */
  put(task: CheckTask): void {
    const held = this.#tasks.get(task.id)?.task
    if (held !== undefined) {
      if (isDeepStrictEqual({ ...held, state: task.state }, task)) return
      this.delete(task.id)
    }
    const { clock, random } = this.#options
    const probe = this.#probeOf(task.check)
    const former = this.#former.stateOf(task, clock.nowMs())
    const inWork: TaskInWork = {
      task,
      probe,
      health: new EndpointHealth({ ...task, state: former ?? task.state }),
      addresses: task.addresses.map((address, index) => newAddress(task, address, index)),
      told: former,
    }
    this.#tasks.set(task.id, inWork)
    // Central may hold what was before it ended: it need not wait for the next probe.
    if (former !== undefined) this.#options.onFinding(inWork.health.finding(), task)
    const within = Math.min(task.check.intervalMs, FIRST_WITHIN_MS)
    for (const address of inWork.addresses) {
      address.owner = inWork
      address.dueAt = clock.nowMs() + random() * within
      this.#schedule.put(address)
    }
  }

  /** Gives a task up; its probes under way end without a result. */
  delete(id: number): void {
    const task = this.#tasks.get(id)
    if (task === undefined) return
    this.#tasks.delete(id)
    for (const address of task.addresses) {
      address.owner = undefined
      this.#schedule.remove(address)
      this.#slots.withdraw(address)
      address.controller?.abort()
    }
  }

  /**
   * Gives all tasks up, as central numbers them anew. Those that come again soon begin with what was found
   * of them.
   */
  renew(): void {
    const found = Array.from(this.#tasks.values(), ({ task, health }) => ({
      task,
      state: health.finding().state,
    }))
    this.#former.keep(found, this.#options.clock.nowMs())
    this.clear()
  }

  /** Gives all tasks up. */
  clear(): void {
    for (const id of this.#tasks.keys()) this.delete(id)
  }

  start(): Promise<void> {
    this.#schedule.start()
    return Promise.resolve()
  }

  /** Resolves when no probe is under way, or after a second, should one not come to its end. */
  async stop(): Promise<void> {
    this.#schedule.stop()
    this.clear()
    if (this.running === 0) return
    await new Promise<void>((resolve) => {
      const cancel = this.#setTimer(resolve, STOP_GRACE_MS)
      this.#onIdle = () => {
        cancel()
        resolve()
      }
    })
  }

  // ---- when ----

  /** What is due of an address: the end of its probe, or the next. */
  #takeDue(address: AddressInWork): void {
    if (address.controller === undefined) this.#slots.enter(address)
    else address.controller.abort()
  }

  // ---- one probe ----

  #begin(address: AddressInWork): void {
    const { owner } = address
    if (owner === undefined) return
    const nowMs = this.#options.clock.nowMs()
    const controller = new AbortController()
    address.controller = controller
    address.begunAt = nowMs
    address.dueAt = nowMs + owner.task.check.timeoutMs
    this.#schedule.put(address)
    void this.#run(owner.probe, address, controller.signal)
  }

  async #run(probe: Probe, address: AddressInWork, signal: AbortSignal): Promise<void> {
    let result: ProbeResult
    try {
      result = await probe(address.target, signal)
    } catch (err) {
      // A fault of ours, which must neither hold the place for ever nor be held against the address.
      result = unknownBecause(`the probe failed: ${messageOf(err)}`)
    }
    this.#end(address, result)
  }

  #end(address: AddressInWork, result: ProbeResult): void {
    address.controller = undefined
    if (address.owner !== undefined) this.#take(address, address.owner, result)
    this.#slots.leave()
    if (this.running === 0) this.#onIdle?.()
  }

  #take(address: AddressInWork, owner: TaskInWork, result: ProbeResult): void {
    const { clock, onFinding } = this.#options
    const { check } = owner.task
    address.dueAt = Math.max(clock.nowMs(), address.begunAt + this.#gapAfter(address, check))
    address.probes++
    this.#schedule.put(address)
    this.stats.count(check.type, result)
    if (result.ok === 'unknown') this.#logUnknown(owner.task, address.target, result.detail)
    owner.health.take(address.index, result)
    const finding = owner.health.finding()
    if (finding.state === owner.told) return
    owner.told = finding.state
    onFinding(finding, owner.task)
  }

  /**
   * From the beginning of a probe to that of the next. After the first it is any part of the interval:
   * tasks come by the thousand in one message, and would else be probed in a crowd ever after.
   */
  #gapAfter(address: AddressInWork, check: Check): number {
    const { random } = this.#options
    if (address.probes === 0) return check.intervalMs * random()
    return check.intervalMs * (1 - JITTER + 2 * JITTER * random())
  }

  #logUnknown(
    { app, cluster, check: { type } }: CheckTask,
    target: ProbeTarget,
    detail: string,
  ): void {
    const { clock, logger } = this.#options
    const nowMs = clock.nowMs()
    if (nowMs - (this.#unknownLoggedAt.get(type) ?? -Infinity) < UNKNOWN_LOG_MS) return
    this.#unknownLoggedAt.set(type, nowMs)
    logger.warn({ type, app, cluster, address: target.address, detail }, 'a probe had no result')
  }
}

interface TaskInWork {
  readonly task: CheckTask
  readonly probe: Probe
  readonly health: EndpointHealth
  readonly addresses: readonly AddressInWork[]
  /** The state that was told last. */
  told: HealthState | undefined
}

/** In the schedule, or waiting; with a controller while a probe is under way. */
interface AddressInWork extends Due {
  readonly target: ProbeTarget
  readonly index: number
  /** Undefined once the task is given up. */
  owner: TaskInWork | undefined
  controller: AbortController | undefined
  begunAt: number
  /** That have ended. */
  probes: number
}

function newAddress(task: CheckTask, address: string, index: number): AddressInWork {
  const { port, app, cluster } = task
  return {
    target: { address, port, app, cluster },
    index,
    owner: undefined,
    controller: undefined,
    begunAt: 0,
    probes: 0,
    dueAt: 0,
    heapIndex: -1,
  }
}
