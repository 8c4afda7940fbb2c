import type { Clock } from '../../shared/clock.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { isWildcardKey, parentKey } from '../../shared/records/follow.ts'
import { FullNames } from '../replica/full-names.ts'
import type { NameTable } from '../replica/names.ts'
import type { Replica } from '../replica/replica.ts'
import { isAtOrBelow, serialOf } from './dependents.ts'
import type { NamePublisher } from './name-publisher.ts'

/** Names that are passed over between two looks at the clock. */
export const PASSED_PER_STEP = 256
/** Names that depend on one that has changed: so many are published at once, more of them in slices. */
const DEPENDENTS_AT_ONCE = 16
/** How long answers of aliases to what does not exist keep the serial of before, where there are many of them. */
const SERIALS_MS = 1_000
/** Between two rounds of these lies at least so many times the time that the last one took. */
const TIMES_THE_LAST = 20

export interface PendingNamesOptions {
  readonly replica: Replica
  readonly clock: Clock
  readonly names: NamePublisher
  /** There is something to be done. */
  readonly start: () => void
}

/** Names that are to be published, or not yet, because of a change of others. */
export class PendingNames {
  readonly #options: PendingNamesOptions
  /** Apexes of zones that lack names, which are about to be put. */
  readonly #partial = new Set<string>()
  /** Names of which those below are to be published, they themselves after them where it says so. */
  readonly #roots = new Map<string, 'before' | 'after'>()
  /** Names at or below which some were found that do not stand for themselves, or no more. */
  readonly #moved = new Set<string>()
  /** Names to be published. */
  readonly #later = new Set<string>()
  /** Apexes of zones whose serials are others in many answers, and when these are to be made anew. */
  readonly #serials = new Set<string>()
  #serialsAt = 0
  #serialsBegunAt: number | undefined

  constructor(options: PendingNamesOptions) {
    this.#options = options
  }

  /** Whether names of the zone with an apex are not in the table. */
  isPartial(apex: string): boolean {
    return this.#partial.has(apex)
  }

  /** Whether a name waits for those below it, or is about to be published with them. */
  isWaiting(key: string): boolean {
    return this.#roots.has(key)
  }

  /** Until what waits has been done a zone lacks names. */
  addPartial(apex: string): void {
    this.#partial.add(apex)
  }

  /** Nothing of it is to be done any more. */
  clear(): void {
    const waiting = [this.#partial, this.#roots, this.#moved, this.#later, this.#serials]
    for (const one of waiting) one.clear()
    this.#serialsBegunAt = undefined
  }

  /** All names are in the table, but those that wait. */
  allPut(): void {
    if (this.#roots.size === 0) this.#partial.clear()
  }

  /** The names below others, which come before all else: these wait for them. */
  nextBelow(): Generator | undefined {
    return this.#roots.size > 0 ? this.#publishBelow() : undefined
  }

  /** What can wait. */
  next(): Generator | undefined {
    if (this.#moved.size > 0) return this.#publishMoved()
    return this.#later.size > 0 ? this.#publishLater() : undefined
  }

  /** The zone with an apex has another serial. */
  serialChanged(apex: string): void {
    const dependents = this.#options.names.dependents.of(serialOf(apex))
    if (dependents.length > DEPENDENTS_AT_ONCE) this.#serials.add(apex)
    else this.publishDependents(serialOf(apex))
  }

  /** Publishes a name, those whose answers depend on it, and those that it stands for, or no more. */
  publish(key: string): void {
    const { names } = this.#options.replica.tables
    const wasSubtree = this.#options.names.isSubtree(key)
    if (names instanceof FullNames && wasSubtree && this.#uncovers(names, key)) {
      this.#roots.set(key, 'after')
      return
    }
    this.#options.names.publish(key)
    if (names instanceof FullNames) {
      const isSubtree = this.#options.names.isSubtree(key)
      if (isSubtree !== wasSubtree && names.ancestors.has(key)) this.#roots.set(key, 'before')
      const mayMove = isSubtree !== wasSubtree || this.#options.names.hasWildcardsAt(key)
      if (isWildcardKey(key)) this.#moved.add(parentKey(key))
      else if (mayMove) this.#moved.add(key)
    }
    this.publishDependents(key)
  }

  /** Whether names come to be seen that a name stood for: they are in the table before it ends to do so. */
  #uncovers(names: FullNames, key: string): boolean {
    const { hasNs, hasDname } = names.marksOf(key)
    const isApex = this.#options.replica.tables.zones.hasKey(key)
    const isSubtree = hasDname || (hasNs && !isApex)
    return !isSubtree && names.ancestors.has(key)
  }

  /** Publishes the names whose answers depend on a name. */
  publishDependents(key: string): void {
    const dependents = this.#options.names.dependents.of(key)
    const isFew = dependents.length <= DEPENDENTS_AT_ONCE
    for (const name of dependents) {
      if (isFew && !this.#roots.has(name)) this.#options.names.publish(name)
      else this.#later.add(name)
    }
  }

  /** Below an apex that has come or gone names are of another zone. */
  coverBelow(apex: string): void {
    this.#partial.add(apex)
    this.#roots.set(apex, 'before')
  }

  *#publishLater(): Generator {
    for (const key of this.#later) {
      this.#later.delete(key)
      if (!this.#roots.has(key)) this.#options.names.publish(key)
      yield
    }
    if (this.#serialsBegunAt === undefined) return
    const now = this.#options.clock.nowMs()
    const tookMs = now - this.#serialsBegunAt
    this.#serialsAt = now + Math.max(SERIALS_MS, TIMES_THE_LAST * tookMs)
    this.#serialsBegunAt = undefined
  }

  /** Brings the answers up to date that hold serials: now and then, as with each change there are others. */
  renewSerials(): void {
    const now = this.#options.clock.nowMs()
    if (this.#serials.size === 0 || this.#serialsBegunAt !== undefined) return
    if (now < this.#serialsAt) return
    this.#serialsBegunAt = now
    for (const apex of this.#serials) {
      for (const name of this.#options.names.dependents.of(serialOf(apex))) this.#later.add(name)
    }
    this.#serials.clear()
    this.#options.start()
  }

  /** Aliases and the like that lead to names which other names answer for, as others do now. */
  *#publishMoved(): Generator {
    const moved = new Set(this.#moved)
    this.#moved.clear()
    const { dependents } = this.#options.names
    if (!dependents.hasOpen) return
    let passed = 0
    for (const name of dependents.openBelow(moved)) {
      for (const dependent of name === undefined ? [] : dependents.of(name)) {
        this.#later.add(dependent)
      }
      if (++passed % PASSED_PER_STEP === 0) yield
    }
  }

  /** The names below some, with those between; then these themselves, as far as they have waited for it. */
  *#publishBelow(): Generator {
    const { tables } = this.#options.replica
    const roots = new Map(this.#roots)
    const apexes = [...this.#partial]
    const keys = new Set(roots.keys())
    const done = new Set<string>()
    const walk = keysOf(tables.names, tables.version)
    try {
      let passed = 0
      for (const key of walk.keys) {
        if (key !== null && isAtOrBelow(key, keys)) {
          this.#publishBetween(key, done)
          yield
        } else if (++passed % PASSED_PER_STEP === 0) yield
      }
    } finally {
      walk.end()
    }
    for (const [root, when] of roots) {
      // It may be another's turn to wait by now.
      if (this.#roots.get(root) !== when) continue
      this.#roots.delete(root)
      this.#moved.add(root)
      if (when === 'after') this.#options.names.publish(root)
      this.publishDependents(root)
      yield
    }
    // With what has come meanwhile they wait for the next time.
    if (this.#roots.size > 0) return
    for (const apex of apexes) {
      this.#partial.delete(apex)
      const served = tables.zones.find(apex)
      if (served?.apexKey === apex) this.#options.names.publishZone(served)
      yield
    }
  }

  /** Publishes a name and those above it, but those that wait for others. */
  #publishBetween(key: string, done: Set<string>): void {
    for (let at = key; at !== ''; at = parentKey(at)) {
      if (done.has(at)) return
      done.add(at)
      if (this.#roots.get(at) === 'after') continue
      this.#options.names.publish(at)
      this.publishDependents(at)
    }
  }
}

/** The keys of the names that are held; null for what is passed over. */
function keysOf(
  names: NameTable,
  version: number,
): { readonly keys: Iterable<string | null>; readonly end: () => void } {
  if (names instanceof FullNames) {
    const walk = names.keys('all')
    const large = names.large().map(({ name }) => nameKey(name))
    const keys = (function* (): Iterable<string | null> {
      yield* large
      yield* walk.keys
    })()
    return { keys, end: walk.end }
  }
  const { entries, end } = names.entries(version)
  const keys = (function* (): Iterable<string | null> {
    for (const { name } of entries) yield nameKey(name)
  })()
  return { keys, end }
}
