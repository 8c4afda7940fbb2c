import type { Clock } from '../../shared/clock.ts'
import { MeridianError, messageOf } from '../../shared/errors.ts'
import { CHANGE_COMMANDS_MAX } from '../../shared/registry/limits.ts'
import type { EventLog } from '../log/event-log.ts'
import type { Command } from '../model/decide.ts'
import type { Decision, Rejection } from '../model/decision.ts'
import { decide } from '../model/decide.ts'
import type { ChangeRecord, NewChange, RegistryEvent } from '../model/events.ts'
import { EVENT_SCHEMA } from '../model/events.ts'
import { evolve } from '../model/evolve.ts'
import type { RegistryState } from '../model/state.ts'
import { draftOf, emptyState } from '../model/state.ts'
import type { DiffEntry } from './diff.ts'
import { diffOf } from './diff.ts'
import type { Touched } from './touched.ts'
import { touchedBy } from './touched.ts'

/** Change sets that may wait to be decided; one more is refused. */
const WAITING_MAX = 10_000
/** Change sets that share one append to the log. */
const BATCH_MAX = 512

export interface ChangeSet {
  /** Says which commands are wanted, given the state that they will be decided on. Pure. */
  readonly plan: (state: RegistryState) => readonly Command[]
  readonly actor: string
  readonly cause: string
  /** Decide and show the diff, write nothing. */
  readonly dryRun?: boolean
}

export type ChangeSetResult =
  | {
      readonly ok: true
      /** The version of the state that has the change; the current one when nothing changed. */
      readonly version: number
      readonly diff: readonly DiffEntry[]
    }
  | {
      readonly ok: false
      /** Which of the planned commands broke a rule. */
      readonly command: Command | undefined
      readonly rejection: Rejection
    }

export interface RegistryOptions {
  readonly log: EventLog
  readonly clock: Clock
  /** State at an earlier version, from a snapshot; the log is replayed from there. */
  readonly base?: { readonly state: RegistryState; readonly version: number }
}

export type ChangeListener = (touched: Touched) => void

interface Waiting {
  readonly changeSet: ChangeSet
  readonly resolve: (result: ChangeSetResult) => void
  readonly reject: (err: unknown) => void
}

/**
 * The projection of the log in memory, and the only writer of the log. Change sets that wait at once
 * are decided one after the other on a draft, appended in one call, and only then folded into the
 * state that readers see: what is read is always durable.
 */
export class Registry {
  readonly state: RegistryState
  readonly #log: EventLog
  readonly #clock: Clock
  readonly #listeners = new Set<ChangeListener>()
  readonly #waiting: Waiting[] = []
  #version: number
  #working: Promise<void> | undefined
  #hashed: { readonly version: number; readonly hash: string } | undefined

  /** Replays the log. Throws what the log throws when it is damaged. */
  constructor(options: RegistryOptions) {
    this.#log = options.log
    this.#clock = options.clock
    this.state = options.base?.state ?? emptyState()
    this.#version = options.base?.version ?? 0
    for (const record of this.#log.read(this.#version)) {
      evolve(this.state, record)
      this.#version = record.version
    }
  }

  /** Version of the state: the number of changes that it was folded from. */
  get version(): number {
    return this.#version
  }

  get logId(): string {
    return this.#log.id
  }

  /** Hash of the history that led to the state. */
  get logHash(): string {
    if (this.#hashed?.version !== this.#version) {
      this.#hashed = { version: this.#version, hash: this.#log.hashAt(this.#version) ?? '' }
    }
    return this.#hashed.hash
  }

  /** Hash of the history up to a version; undefined beyond the head. */
  hashAt(version: number): string | undefined {
    return this.#log.hashAt(version)
  }

  /** Calls the listener after each change, in order, when the state has it. Returns the way out. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Yields the records after a version. */
  read(afterVersion: number): Iterable<ChangeRecord> {
    return this.#log.read(afterVersion)
  }

  /**
   * Decides a change set and, when no rule is broken, makes it durable. All of it or nothing.
   * Throws MERIDIAN_LOG_UNAVAILABLE when the log cannot be written or too many writes wait.
   */
  submit(changeSet: ChangeSet): Promise<ChangeSetResult> {
    if (this.#waiting.length >= WAITING_MAX) {
      const message = `${WAITING_MAX} writes wait already, try again later`
      return Promise.reject(new MeridianError('MERIDIAN_LOG_UNAVAILABLE', message))
    }
    const result = new Promise<ChangeSetResult>((resolve, reject) => {
      this.#waiting.push({ changeSet, resolve, reject })
    })
    this.#working ??= this.#work()
    return result
  }

  /** Resolves when no write is under way. */
  async settle(): Promise<void> {
    await this.#working
  }

  async #work(): Promise<void> {
    // Let the callers of this turn of the event loop share one transaction.
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#waiting.length > 0) await this.#workBatch(this.#waiting.splice(0, BATCH_MAX))
    this.#working = undefined
  }

  async #workBatch(batch: readonly Waiting[]): Promise<void> {
    const draft = draftOf(this.state)
    const changes: NewChange[] = []
    const answers: (() => void)[] = []
    for (const waiting of batch) {
      try {
        const result = this.#decide(draft, changes, waiting.changeSet)
        answers.push(() => waiting.resolve(result))
      } catch (err) {
        answers.push(() => waiting.reject(err))
      }
    }
    try {
      if (changes.length > 0) this.#fold(await this.#log.append(this.#version, changes))
    } catch (err) {
      for (const waiting of batch) waiting.reject(unavailable(err))
      return
    }
    for (const answer of answers) answer()
  }

  /** Decides one change set on the draft; when it holds, the draft and `changes` have it. */
  #decide(draft: RegistryState, changes: NewChange[], changeSet: ChangeSet): ChangeSetResult {
    const version = this.#version + changes.length
    const commands = changeSet.plan(draft)
    if (commands.length > CHANGE_COMMANDS_MAX) {
      const detail = `${commands.length} commands in one change, at most ${CHANGE_COMMANDS_MAX} are possible`
      return { ok: false, command: undefined, rejection: { code: 'too-many', detail } }
    }
    const trial = draftOf(draft)
    const events: RegistryEvent[] = []
    const diff: DiffEntry[] = []
    for (const command of commands) {
      const decision: Decision = decide(trial, command)
      if (!decision.ok) return { ok: false, command, rejection: decision.rejection }
      for (const event of decision.events) {
        diff.push(diffOf(trial, event))
        evolve(trial, { version: version + 1, events: [event] })
        events.push(event)
      }
    }
    if (events.length === 0 || changeSet.dryRun === true) return { ok: true, version, diff }
    evolve(draft, { version: version + 1, events })
    changes.push({
      schema: EVENT_SCHEMA,
      atEpoch: this.#clock.epochMs(),
      actor: changeSet.actor,
      cause: changeSet.cause,
      events,
    })
    return { ok: true, version: version + 1, diff }
  }

  #fold(records: readonly ChangeRecord[]): void {
    for (const record of records) {
      const touched = touchedBy(this.state, record)
      evolve(this.state, record)
      this.#version = record.version
      for (const listener of this.#listeners) listener(touched)
    }
  }
}

function unavailable(err: unknown): MeridianError {
  if (err instanceof MeridianError) return err
  const message = `the event log cannot be written: ${messageOf(err)}`
  return new MeridianError('MERIDIAN_LOG_UNAVAILABLE', message, { cause: err })
}
