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
import type { GuardLimits } from '../model/guard.ts'
import { defaultGuard, guardedFrom } from '../model/guard.ts'
import type { RegistryState } from '../model/state.ts'
import { commitDraft, draftOf, emptyState } from '../model/state.ts'
import type { DiffEntry } from './diff.ts'
import { diffOf } from './diff.ts'
import type { Touched } from './touched.ts'
import { touchedBy } from './touched.ts'

/** Change sets that may wait to be decided; one more is refused. */
const WAITING_MAX = 10_000
/** Change sets that share one append to the log. */
const BATCH_MAX = 512
/** How long a change set is decided again and again because other centrals were first. */
const CONFLICT_MAX_MS = 10_000
/** Longest pause before it is decided again, so that two centrals do not meet for ever. */
const CONFLICT_PAUSE_MAX_MS = 32

export interface ChangeSet {
  /** Says which commands are wanted, given the state that they will be decided on. Pure. */
  readonly plan: (state: RegistryState) => readonly Command[]
  readonly actor: string
  readonly cause: string
  /** Decide and show the diff, write nothing. */
  readonly dryRun?: boolean
  /** Refuse it where it takes away too much; not where that was confirmed, or central itself wants it. */
  readonly isGuarded?: boolean
}

export type ChangeSetResult =
  | {
      readonly ok: true
      /** The version of the state that has the change; the current one when nothing changed. */
      readonly version: number
      readonly diff: readonly DiffEntry[]
      /** Of a dry run: why the change would be refused unless it is confirmed. */
      readonly guarded?: string
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
  /** Bounds of changes that nobody has confirmed. */
  readonly guard?: GuardLimits
  /** For the pauses after a conflict: 0 up to 1. */
  readonly random?: () => number
}

export type ChangeListener = (touched: Touched) => void

interface Waiting {
  readonly changeSet: ChangeSet
  readonly resolve: (result: ChangeSetResult) => void
  readonly reject: (err: unknown) => void
  /** When it was decided first; -1 before. */
  triedAt: number
}

/**
 * The projection of the log in memory, and the only writer of the log in this process. Change sets that
 * wait at once are decided one after the other on a draft and appended in one call. The state that readers
 * see is folded from what the log tells, whoever wrote it: what is read is always durable. Where another
 * central has written first, the change sets are decided again on the state that led to.
 */
export class Registry {
  readonly state: RegistryState
  readonly #log: EventLog
  readonly #clock: Clock
  readonly #guard: GuardLimits
  readonly #random: () => number
  readonly #listeners = new Set<ChangeListener>()
  readonly #waiting: Waiting[] = []
  #version: number
  #working: Promise<void> | undefined
  #hashed: { readonly version: number; readonly hash: string } | undefined
  #conflicts = 0
  #conflictsInARow = 0

  /** Replays the log. Throws what the log throws when it is damaged. */
  constructor(options: RegistryOptions) {
    this.#log = options.log
    this.#clock = options.clock
    this.#guard = options.guard ?? defaultGuard
    this.#random = options.random ?? Math.random
    this.state = options.base?.state ?? emptyState()
    this.#version = options.base?.version ?? 0
    for (const record of this.#log.read(this.#version)) {
      evolve(this.state, record)
      this.#version = record.version
    }
    this.#log.follow((records) => this.#fold(records))
  }

  /** Appends that another central was faster than; their change sets were decided again. */
  get conflicts(): number {
    return this.#conflicts
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
   * Throws MERIDIAN_LOG_UNAVAILABLE when the log cannot be written or too many writes wait, and what
   * else an append rejects with.
   */
  submit(changeSet: ChangeSet): Promise<ChangeSetResult> {
    if (this.#waiting.length >= WAITING_MAX) {
      const message = `${WAITING_MAX} writes wait already, try again later`
      return Promise.reject(new MeridianError('MERIDIAN_LOG_UNAVAILABLE', message))
    }
    const result = new Promise<ChangeSetResult>((resolve, reject) => {
      this.#waiting.push({ changeSet, resolve, reject, triedAt: -1 })
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
      if (waiting.triedAt < 0) waiting.triedAt = this.#clock.nowMs()
      try {
        const result = this.#decide(draft, changes, waiting.changeSet)
        answers.push(() => waiting.resolve(result))
      } catch (err) {
        answers.push(() => waiting.reject(err))
      }
    }
    try {
      if (changes.length > 0) await this.#log.append(this.#version, changes)
    } catch (err) {
      if (isConflict(err)) await this.#againLater(batch, err)
      else for (const waiting of batch) waiting.reject(unavailable(err))
      return
    }
    this.#conflictsInARow = 0
    for (const answer of answers) answer()
  }

  /** Has the change sets decided again, before those that came later, on what the log has now. */
  async #againLater(batch: readonly Waiting[], err: unknown): Promise<void> {
    this.#conflicts++
    this.#conflictsInARow++
    const now = this.#clock.nowMs()
    const again: Waiting[] = []
    for (const waiting of batch) {
      if (now - waiting.triedAt <= CONFLICT_MAX_MS) again.push(waiting)
      else waiting.reject(tooManyWrite(err))
    }
    this.#waiting.unshift(...again)
    const pauseMs = Math.min(2 ** this.#conflictsInARow, CONFLICT_PAUSE_MAX_MS) * this.#random()
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
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
    if (events.length === 0) return { ok: true, version, diff }
    const guarded =
      changeSet.isGuarded === true
        ? guardedFrom({ before: draft, after: trial, events }, this.#guard)
        : undefined
    if (changeSet.dryRun === true) {
      const why = guarded?.rejection.detail
      return { ok: true, version, diff, ...(why === undefined ? {} : { guarded: why }) }
    }
    if (guarded !== undefined) {
      return { ok: false, command: undefined, rejection: guarded.rejection }
    }
    commitDraft(trial)
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

function isConflict(err: unknown): boolean {
  return err instanceof MeridianError && err.code === 'MERIDIAN_LOG_CONFLICT'
}

function tooManyWrite(cause: unknown): MeridianError {
  const message = `other centrals have written first for ${CONFLICT_MAX_MS} ms, try again later`
  return new MeridianError('MERIDIAN_LOG_UNAVAILABLE', message, { cause })
}

function unavailable(err: unknown): MeridianError {
  if (err instanceof MeridianError) return err
  const message = `the event log cannot be written: ${messageOf(err)}`
  return new MeridianError('MERIDIAN_LOG_UNAVAILABLE', message, { cause: err })
}
