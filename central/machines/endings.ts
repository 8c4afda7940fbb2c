import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Command } from '../model/decide.ts'
import type { MachineKey, Termination, WithdrawalReason } from '../model/events.ts'
import { machineOf } from '../model/machines.ts'
import type { RegistryState } from '../model/state.ts'
import type { Registry } from '../registry/registry.ts'
import { hasFailed } from './failed-health.ts'
import type { FailedMachine } from './failed-health.ts'
import { keyOf, partsOf } from './machine-key.ts'
import type { TerminationTask } from './terminator.ts'

/** Machines that one change withdraws or ends; more wait for the next, so that others can write. */
const COMMANDS_PER_CHANGE_MAX = 5_000

export interface EndingsOptions {
  readonly registry: Pick<Registry, 'submit'>
  readonly logger: Logger
  /** The change `version` has taken a machine out, or has found it to be out. */
  readonly onWithdrawn: (at: MachineKey, version: number) => void
}

/**
 * What has come to an end and the log does not have yet: leases, machines that have failed their checks, and
 * machines that were terminated. One change is written at a time; what the log does not take is kept for
 * the next.
 */
export class Endings {
  readonly #options: EndingsOptions
  /** What the leases were granted for, by machine. */
  readonly #ended = new Map<string, number>()
  /** Machines that have failed their checks; those of the last look. */
  #failed: readonly FailedMachine[] = []
  readonly #terminated: Ended[] = []
  #writing: Promise<void> | undefined
  #isRefused = false
  #expired = 0
  #failures = 0

  constructor(options: EndingsOptions) {
    this.#options = options
  }

  /** Machines that were withdrawn because their lease had ended. */
  get expired(): number {
    return this.#expired
  }

  /** Machines that were withdrawn because they had failed their checks. */
  get failures(): number {
    return this.#failures
  }

  /** These machines have failed their checks; those of before no more, unless they are among them. */
  setFailed(failed: readonly FailedMachine[]): void {
    this.#failed = failed
  }

  /** The lease of a machine that was registered at `version` has ended. */
  addLease(key: string, version: number): void {
    this.#ended.set(key, version)
  }

  /** Whether a lease has ended and it is not too late to renew it. */
  hasLease(key: string, version: number): boolean {
    return this.#ended.get(key) === version
  }

  /** The machine has another lease, or needs none. */
  dropLease(key: string): void {
    this.#ended.delete(key)
  }

  /** It is another central that ends leases from now on. */
  forget(): void {
    this.#ended.clear()
    this.#failed = []
  }

  addTermination(task: TerminationTask, termination: Termination): void {
    this.#terminated.push({ task, termination })
  }

  /** Writes what there is, unless that is under way. */
  write(): void {
    if (this.#writing !== undefined) return
    const isIdle =
      this.#ended.size === 0 && this.#terminated.length === 0 && this.#failed.length === 0
    if (isIdle) return
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined
    })
  }

  /** Resolves when no write is under way. */
  async settle(): Promise<void> {
    await this.#writing
  }

  async #write(): Promise<void> {
    const { registry, logger, onWithdrawn } = this.#options
    const ended = new Map<string, number>()
    const failed = new Set<MachineKey>()
    const terminated = this.#terminated.slice(0, COMMANDS_PER_CHANGE_MAX)
    try {
      const result = await registry.submit({
        plan: (state) => this.#planOf(state, { ended, failed, terminated }),
        actor: 'system',
        cause: 'machines',
      })
      if (!result.ok) throw new TypeError(result.rejection.detail)
      this.#isRefused = false
      this.#expired += ended.size
      this.#failures += failed.size
      this.#terminated.splice(0, terminated.length)
      for (const key of ended.keys()) onWithdrawn(partsOf(key), result.version)
      for (const at of failed) onWithdrawn(at, result.version)
    } catch (err) {
      for (const [key, version] of ended) this.#ended.set(key, version)
      const detail = messageOf(err)
      if (!this.#isRefused) logger.warn({ detail }, 'ends of leases cannot be written')
      this.#isRefused = true
    }
  }

  /**
   * Moves to `ended` and `failed` what it plans to withdraw: from now on a renewal is too late. What has
   * failed is found again by the next look, when this change cannot be written.
   */
  #planOf(
    state: RegistryState,
    {
      ended,
      failed,
      terminated,
    }: {
      readonly ended: Map<string, number>
      readonly failed: Set<MachineKey>
      readonly terminated: readonly Ended[]
    },
  ): readonly Command[] {
    // Another central was first, and it is decided again: from the beginning.
    for (const [key, version] of ended) this.#ended.set(key, version)
    ended.clear()
    failed.clear()
    const commands: Command[] = terminated.map(({ task, termination }) => {
      const { app, cluster, machine } = task.machine
      return { type: 'end-machine', app, cluster, machine, version: task.version, termination }
    })
    for (const [key, version] of this.#ended) {
      if (commands.length >= COMMANDS_PER_CHANGE_MAX) break
      this.#ended.delete(key)
      const at = partsOf(key)
      const stored = machineOf(state, at)
      // It is gone, or was registered anew and has another lease.
      if (stored?.version !== version || stored.out !== undefined) continue
      ended.set(key, version)
      commands.push(withdrawal(at, 'lease-expired', version))
    }
    for (const machine of this.#failed) {
      if (commands.length >= COMMANDS_PER_CHANGE_MAX) break
      if (ended.has(keyOf(machine.at)) || !hasFailed(state, machine)) continue
      failed.add(machine.at)
      commands.push(withdrawal(machine.at, 'failed-health', machine.version))
    }
    this.#failed = []
    return commands
  }
}

interface Ended {
  readonly task: TerminationTask
  readonly termination: Termination
}

/** Takes out a machine that has not been registered anew since `version`. */
export function withdrawal(at: MachineKey, why: WithdrawalReason, version: number): Command {
  return { type: 'withdraw-machine', ...at, why, version }
}
