import { LRUCache } from 'lru-cache'
import { nameKey } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { Answer } from '../query/encode.ts'
import type { Topology } from '../steer/topology.ts'
import type { NameState, ReplicaApp } from './model.ts'

/** What the edge holds of one name. */
export interface NameEntry {
  readonly name: Name
  readonly kind: NameState['kind']
  /** Version of central's state at which this was true. */
  readonly version: number
  /** Set when `kind` is 'app'. */
  readonly app: ReplicaApp | undefined
  /** Whether Watch tells when it changes. */
  readonly isWatched: boolean
  /** Until when it may be used without asking again (monotonic ms); Infinity while it is watched. */
  readonly expiresAt: number
  /** Answers by type that were made of it, good for `answersFor` only. */
  answers: Map<number, Answer | undefined> | undefined
  answersFor: Topology | undefined
}

/** The names that an edge holds. Keys are lower case names in wire form as latin1 (`nameKey`). */
export interface NameTable {
  readonly size: number
  /** Undefined: not known, ask central. */
  get(key: string): NameEntry | undefined
  /** As `get`, without counting as use. */
  peek(key: string): NameEntry | undefined
  put(key: string, entry: NameEntry): void
  /** Whether a name is held by itself, without counting as use of it. */
  has(name: Name): boolean
  /** Entries worth a place in the snapshot. */
  entries(): Iterable<NameEntry>
}

/** Replica on demand: the names that were asked for, the ones used least are dropped first. */
export class OnDemandNames implements NameTable {
  readonly #apps: LRUCache<string, NameEntry>
  /** Apart from the apps, so that a flood of names that do not exist drives out none that do. */
  readonly #negatives: LRUCache<string, NameEntry>

  /** `onEvict` hears of names that had to make room. */
  constructor(max: number, onEvict: (name: Name) => void) {
    const dispose = (entry: NameEntry, _key: string, reason: string): void => {
      if (reason === 'evict') onEvict(entry.name)
    }
    this.#apps = new LRUCache({ max, dispose })
    this.#negatives = new LRUCache({ max, dispose })
  }

  get size(): number {
    return this.#apps.size + this.#negatives.size
  }

  get(key: string): NameEntry | undefined {
    return this.#apps.get(key) ?? this.#negatives.get(key)
  }

  peek(key: string): NameEntry | undefined {
    return this.#apps.peek(key) ?? this.#negatives.peek(key)
  }

  /** Whether the next names that come drive out others. */
  get isNearlyFull(): boolean {
    return this.#apps.size > 0.9 * this.#apps.max || this.#negatives.size > 0.9 * this.#apps.max
  }

  put(key: string, entry: NameEntry): void {
    if (entry.kind === 'app') {
      this.#negatives.delete(key)
      this.#apps.set(key, entry)
    } else {
      this.#apps.delete(key)
      this.#negatives.set(key, entry)
    }
  }

  has(name: Name): boolean {
    const key = nameKey(name)
    return this.#apps.has(key) || this.#negatives.has(key)
  }

  *entries(): Iterable<NameEntry> {
    yield* this.#apps.values()
    yield* this.#negatives.values()
  }
}

/**
 * Replica full: all apps, so that what is not here does not exist. Names above an app are empty
 * non-terminals; they are counted, not stored.
 */
export class FullNames implements NameTable {
  readonly #apps = new Map<string, NameEntry>()
  /** How many apps and apexes stand below a name. */
  readonly #below = new Map<string, number>()

  get size(): number {
    return this.#apps.size
  }

  get(key: string): NameEntry {
    return this.#apps.get(key) ?? (this.#below.has(key) ? emptyNonTerminal : nonexistent)
  }

  peek(key: string): NameEntry {
    return this.get(key)
  }

  put(key: string, entry: NameEntry): void {
    const had = this.#apps.has(key)
    if (entry.kind === 'app') {
      this.#apps.set(key, entry)
      if (!had) this.count(key, 1)
    } else if (had) {
      this.#apps.delete(key)
      this.count(key, -1)
    }
  }

  has(name: Name): boolean {
    return this.#apps.has(nameKey(name))
  }

  /** Counts an app or an apex for all names above it. */
  count(key: string, by: 1 | -1): void {
    for (let off = 1 + key.charCodeAt(0); off < key.length; off += 1 + key.charCodeAt(off)) {
      const above = key.slice(off)
      const sum = (this.#below.get(above) ?? 0) + by
      if (sum === 0) this.#below.delete(above)
      else this.#below.set(above, sum)
    }
  }

  entries(): Iterable<NameEntry> {
    return this.#apps.values()
  }
}

/** Makes the entry of a state; `expiresAt` is Infinity for one that Watch keeps current. */
export function createEntry(
  state: NameState,
  trust: { readonly isWatched: boolean; readonly expiresAt: number },
): NameEntry {
  return {
    name: state.name,
    kind: state.kind,
    version: state.version,
    app: state.kind === 'app' ? state.app : undefined,
    isWatched: trust.isWatched,
    expiresAt: trust.expiresAt,
    answers: undefined,
    answersFor: undefined,
  }
}

const forever = { isWatched: true, expiresAt: Infinity }
const nonexistent = createEntry({ kind: 'nxdomain', name: '.', version: 0 }, forever)
const emptyNonTerminal = createEntry({ kind: 'nodata', name: '.', version: 0 }, forever)
