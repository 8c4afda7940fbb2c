import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { Command } from '../model/decide.ts'
import type { MachineKey, Termination, WithdrawalReason } from '../model/events.ts'
import { machineOf } from '../model/machines.ts'
import type { RegistryState } from '../model/state.ts'
import type { Registry } from '../registry/registry.ts'
import { partsOf } from './machine-key.ts'
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
 * What has come to an end and the log does not have yet: leases, and machines that were terminated. One
 * change is written at a time; what the log does not take is kept for the next.
 */
export class Endings {
  readonly #options: EndingsOptions
  /** What the leases were granted for, by machine. */
  readonly #ended = new Map<string, number>()
  readonly #terminated: Ended[] = []
  #writing: Promise<void> | undefined
  #isRefused = false
  #expired = 0

  constructor(options: EndingsOptions) {
    this.#options = options
  }

  /** Machines that were withdrawn because their lease had ended. */
  get expired(): number {
    return this.#expired
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

  addTermination(task: TerminationTask, termination: Termination): void {
    this.#terminated.push({ task, termination })
  }

  /** Writes what there is, unless that is under way. */
  write(): void {
    if (this.#writing !== undefined) return
    if (this.#ended.size === 0 && this.#terminated.length === 0) return
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
    const terminated = this.#terminated.slice(0, COMMANDS_PER_CHANGE_MAX)
    try {
      const result = await registry.submit({
        plan: (state) => this.#planOf(state, ended, terminated),
        actor: 'system',
        cause: 'machines',
      })
      if (!result.ok) throw new TypeError(result.rejection.detail)
      this.#isRefused = false
      this.#expired += ended.size
      this.#terminated.splice(0, terminated.length)
      for (const key of ended.keys()) onWithdrawn(partsOf(key), result.version)
    } catch (err) {
      for (const [key, version] of ended) this.#ended.set(key, version)
      const detail = messageOf(err)
      if (!this.#isRefused) logger.warn({ detail }, 'ends of leases cannot be written')
      this.#isRefused = true
    }
  }

  /** Moves to `ended` what it plans to withdraw: from now on a renewal is too late. */
  #planOf(
    state: RegistryState,
    ended: Map<string, number>,
    terminated: readonly Ended[],
  ): readonly Command[] {
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
      commands.push(withdrawal(at, 'expired', version))
    }
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
