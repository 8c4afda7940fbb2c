import { LRUCache } from 'lru-cache'
import { nameKey } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import type { AppAnswer, Era } from '../steer/app-answers.ts'
import type { NameState, ReplicaApp, ReplicaCover } from './model.ts'

/** What the edge holds of one name. */
export interface NameEntry {
  readonly name: Name
  readonly kind: NameState['kind']
  /** Version of central's state at which this was true. */
  readonly version: number
  /** Set when `kind` is 'app'. */
  readonly app: ReplicaApp | undefined
  /** Static records at the name. */
  readonly rrsets: readonly WireRrset[]
  /** What answers in place of the name; of a replica on demand only. */
  readonly cover: ReplicaCover | undefined
  /** Whether Watch tells when it changes. */
  readonly isWatched: boolean
  /** Until when it may be used without asking again (monotonic ms); Infinity while it is watched. */
  readonly expiresAt: number
  /** Answers by type that were made of it, good for `answersFor` only. */
  answers: Map<number, AppAnswer> | undefined
  answersFor: Era | undefined
}

/** The names that an edge holds. Keys are lower case names in wire form as latin1 (`nameKey`). */
export interface NameTable {
  readonly size: number
  /** Undefined: not known, ask central. */
  get(key: string): NameEntry | undefined
  /** As `get`, without counting as use. */
  peek(key: string): NameEntry | undefined
  /** Version of what is held; undefined where `get` is. */
  versionOf(key: string): number | undefined
  put(key: string, entry: NameEntry): void
  /** Whether a name is held by itself, without counting as use of it. */
  has(name: Name): boolean
  /**
   * What is held now, at `version`: names may come and go while it is gone through. `end` must be called
   * in any case.
   */
  entries(version: number): EntryWalk
}

/** A way through the entries of one moment. */
export interface EntryWalk {
  readonly entries: Iterable<NameEntry>
  readonly end: () => void
}

/** Replica on demand: the names that were asked for, the ones used least are dropped first. */
export class OnDemandNames implements NameTable {
  /** Names with an app or static records of their own. */
  readonly #apps: LRUCache<string, NameEntry>
  /** Apart from these, so that a flood of names that do not exist drives out none that do. */
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
    if (hasOwn(entry)) {
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

  versionOf(key: string): number | undefined {
    return this.peek(key)?.version
  }

  entries(): EntryWalk {
    const entries = [...this.#apps.values(), ...this.#negatives.values()]
    return { entries, end: () => undefined }
  }
}

const noRrsets: readonly WireRrset[] = []

/** Whether a name is answered by what stands at it, rather than by something else or by nothing. */
export function hasOwn({
  kind,
  rrsets,
  cover,
}: {
  readonly kind: NameState['kind']
  readonly rrsets?: readonly WireRrset[]
  readonly cover?: ReplicaCover | undefined
}): boolean {
  return kind === 'app' || (cover === undefined && rrsets !== undefined && rrsets.length > 0)
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
    rrsets: state.rrsets ?? noRrsets,
    cover: state.cover,
    isWatched: trust.isWatched,
    expiresAt: trust.expiresAt,
    answers: undefined,
    answersFor: undefined,
  }
}
