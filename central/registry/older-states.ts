import { link, mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import type { EventLog } from '../log/event-log.ts'
import type { RegistryState } from '../model/state.ts'
import { RegistrySnapshot } from './snapshot.ts'

/** A state of an earlier version, of its own: whoever has it may fold on. */
export interface BaseState {
  readonly state: RegistryState
  readonly version: number
}

/** Older states that are kept: each is as large as the newest. */
const STATES_MAX = 8
/** Each of them is so many times further back than the one after it. */
const SPACING = 4
/** Files that are tried for one look: those that cannot be read are left out. */
const TRIES_MAX = 3

/**
 * Snapshots of the past, so that a look at it need not begin with the first change. They are derived and
 * may be deleted at any time: a look then takes longer, and its bound reaches less far. Their distances
 * from the newest grow by a factor, so a few of them cover a log of any length.
 */
export class OlderStates {
  readonly #folder: string
  readonly #log: EventLog
  readonly #logger: Logger

  constructor(options: {
    readonly folder: string
    readonly log: EventLog
    readonly logger: Logger
  }) {
    this.#folder = options.folder
    this.#log = options.log
    this.#logger = options.logger
  }

  /** Keeps a snapshot that was just written, by another name for the same bytes. Never throws. */
  async keep(file: string, version: number): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true })
      await rm(this.#fileOf(version), { force: true })
      // The file itself is never written again: the next snapshot takes its name, not its place.
      await link(file, this.#fileOf(version))
      const versions = await this.#versions()
      const kept = keptOf(versions)
      for (const old of versions) if (!kept.has(old)) await rm(this.#fileOf(old), { force: true })
    } catch (err) {
      const detail = messageOf(err)
      this.#logger.warn({ folder: this.#folder, detail }, 'older state could not be kept')
    }
  }

  /** The newest state that is kept of a version below this; undefined when there is none. Never throws. */
  async before(version: number): Promise<BaseState | undefined> {
    const versions = await this.#versions().catch(() => [])
    const below = versions.filter((kept) => kept < version).slice(0, TRIES_MAX)
    for (const kept of below) {
      const file = this.#fileOf(kept)
      const snapshot = new RegistrySnapshot({ file, everyChanges: 1, logger: this.#logger })
      const base = await snapshot.read(this.#log)
      if (base !== undefined && base.version < version) return base
    }
    return undefined
  }

  /** The versions that are kept, the newest first. */
  async #versions(): Promise<readonly number[]> {
    const names = await readdir(this.#folder)
    return names
      .map((name) => Number(/^(\d{1,15})\.snapshot$/.exec(name)?.[1] ?? Number.NaN))
      .filter((version) => !Number.isNaN(version))
      .sort((a, b) => b - a)
  }

  #fileOf(version: number): string {
    return join(this.#folder, `${version}.snapshot`)
  }
}

/**
 * Which of some versions (the newest first) are kept: the newest, and of those whose distances from it lie
 * between two powers of `SPACING` the oldest, which is the next to come to a greater one.
 */
export function keptOf(versions: readonly number[]): ReadonlySet<number> {
  const [newest = 0] = versions
  const byDistance = new Map<number, number>()
  for (const version of versions) {
    if (version === newest) continue
    // The newest first, so the last one of a class is its oldest.
    byDistance.set(Math.floor(Math.log(newest - version) / Math.log(SPACING)), version)
  }
  const older = [...byDistance.values()].sort((a, b) => b - a)
  return new Set([newest, ...older.slice(0, STATES_MAX - 1)])
}
