import type { Clock } from '../../shared/clock.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import { MeridianError } from '../../shared/errors.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { NameState, ReplicaChange } from './model.ts'
import { FullNames } from './full-names.ts'
import { hasOwn, OnDemandNames } from './names.ts'
import type { NameEntry, NameTable } from './names.ts'
import { Tables } from './tables.ts'

export const replicaKinds = ['on-demand', 'full'] as const
export type ReplicaKind = (typeof replicaKinds)[number]

/** Where the tables come from: nothing but the topology file, the snapshot, or central. */
export type ReplicaSource = 'topology-file' | 'snapshot' | 'central'

/** Apps whose answers are made anew in one step, as a change of them is nearer. */
const FORESEEN_AT_ONCE = 100

/** What has happened to the tables. */
export type ReplicaUpdate =
  /** All of them were replaced. */
  | { readonly is: 'state'; readonly before: Tables }
  | { readonly is: 'change'; readonly change: ReplicaChange }
  /** A name was resolved, or touched, or a change of its app that is foreseen is nearer. */
  | { readonly is: 'learned'; readonly key: string }
  /** Round trips to clusters are others. */
  | { readonly is: 'measured' }
  /** A change of a cluster that is foreseen is nearer. */
  | { readonly is: 'foreseen' }
  /** A name had to make room. */
  | { readonly is: 'forgotten'; readonly key: string }

export interface ReplicaOptions {
  readonly kind: ReplicaKind
  /** The edge's own cluster, out of the topology file. */
  readonly own: Cluster
  /** The clusters of the topology file. */
  readonly clusters: readonly Cluster[]
  /** Names that an on-demand replica holds, of apps and of names that do not exist each. */
  readonly namesMax: number
  readonly clock: Clock
  /** Hears of names that were dropped to make room. */
  readonly onEvict: (name: Name) => void
}

/** What an edge holds of central's state. */
export class Replica {
  readonly kind: ReplicaKind
  readonly #options: ReplicaOptions
  readonly #inFlight = new Set<string>()
  readonly #listeners = new Set<(update: ReplicaUpdate) => void>()
  #tables: Tables
  #staged: Tables | undefined
  #source: ReplicaSource = 'topology-file'
  #roundTrips: ReadonlyMap<string, number> = new Map()

  constructor(options: ReplicaOptions) {
    this.kind = options.kind
    this.#options = options
    this.#tables = new Tables(options.own, options.clusters, this.#createNames())
  }

  /** The tables to answer from; the reference changes when a full state has arrived. */
  get tables(): Tables {
    return this.#tables
  }

  get source(): ReplicaSource {
    return this.#source
  }

  /** Whether the zones of the mesh are known, so that a name outside of them can be refused. */
  get hasState(): boolean {
    return this.#source !== 'topology-file'
  }

  /** Calls the listener after every change of the tables, within the same step. */
  onChange(listener: (update: ReplicaUpdate) => void): void {
    this.#listeners.add(listener)
  }

  /** Central has confirmed that the tables are of its log, and tells what changed since. */
  confirm(): void {
    if (this.hasState) this.#source = 'central'
  }

  /** Applies what changed since the present version, whole. Throws nothing: the change was checked. */
  applyChange(change: ReplicaChange): void {
    this.#tables.apply(change, this.#wants, this.#options.clock.epochMs())
    this.#tell({ is: 'change', change })
  }

  /**
   * Applies one part of a full state; after the last the new tables are the ones answered from, unless `refusal`
   * has something against them: then all stays, and that is returned.
   */
  applyPart(
    part: { readonly first: boolean; readonly last: boolean; readonly change: ReplicaChange },
    logId: string,
    refusal: (before: Tables, after: Tables) => string | undefined = () => undefined,
  ): string | undefined {
    if (part.first) {
      this.#staged = new Tables(this.#tables.topology.own, [], this.#createNames())
      this.#staged.logId = logId
    }
    const staged = this.#staged
    if (staged === undefined) {
      throw new MeridianError(
        'MERIDIAN_CENTRAL_INVALID',
        'central sent a later part of a state first',
      )
    }
    staged.apply(part.change, () => true)
    if (!part.last) return undefined
    const refused = this.hasState ? refusal(this.#tables, staged) : undefined
    if (refused === undefined) this.#swap(staged, 'central')
    else this.dropParts()
    return refused
  }

  /** Forgets the parts of a full state that did not come to its end. */
  dropParts(): void {
    this.#staged = undefined
  }

  /** Makes empty tables for a state of a log, to be filled and then given to `restore`. */
  createTables(logId: string): Tables {
    const tables = new Tables(this.#options.own, [], this.#createNames())
    tables.logId = logId
    return tables
  }

  /** Takes a whole state that was written by this edge before. */
  restore(tables: Tables): void {
    this.#swap(tables, 'snapshot')
  }

  /** Takes what Resolve has told of a name. `trustSeconds`: how long it may be used unwatched. */
  learn(key: string, state: NameState, isWatched: boolean, trustSeconds: number): NameEntry {
    const nowMs = this.#options.clock.nowMs()
    // RFC 2308 §5: what does not exist is asked for again after the negative TTL, watched or not.
    const expires = !isWatched || !hasOwn(state)
    const expiresAt = expires ? nowMs + trustSeconds * 1000 : Infinity
    const trust = { isWatched, expiresAt }
    // A full state under way was read from central's tables before this name was asked for.
    this.#staged?.learn(key, state, trust)
    const entry = this.#tables.learn(key, state, trust, this.#options.clock.epochMs())
    this.#tell({ is: 'learned', key })
    return entry
  }

  /** What a name is answered with has changed for another reason than a change of central's state. */
  touch(name: Name): void {
    const key = nameKey(name)
    if (this.#tables.names.versionOf(key) !== undefined) this.#tell({ is: 'learned', key })
  }

  /** Takes the round trips from this edge to clusters, in ms. */
  measured(roundTrips: ReadonlyMap<string, number>): void {
    this.#roundTrips = roundTrips
    this.#placeClusters(this.#tables)
    this.#tell({ is: 'measured' })
  }

  /**
   * Time has passed, and a change that is foreseen, of a cluster or of an app, may be nearer. Returns whether this
   * is to be done again, as there were more apps than are taken at once.
   */
  foresee(): boolean {
    const epochMs = this.#options.clock.epochMs()
    if (this.#tables.isTopologyNearer(epochMs)) {
      this.#placeClusters(this.#tables)
      this.#tell({ is: 'foreseen' })
    }
    const keys = this.#tables.foreseeApps(epochMs, FORESEEN_AT_ONCE)
    for (const key of keys) this.#tell({ is: 'learned', key })
    return keys.length === FORESEEN_AT_ONCE
  }

  /** Marks a name as asked for, so that a Change that tells of it before Resolve does is not lost. */
  expect(key: string): void {
    this.#inFlight.add(key)
  }

  /** Whether a name was asked for and no answer has come yet. */
  expects(name: Name): boolean {
    return this.#inFlight.has(nameKey(name))
  }

  unexpect(key: string): void {
    this.#inFlight.delete(key)
  }

  #placeClusters(tables: Tables): void {
    const epochMs = this.#options.clock.epochMs()
    tables.placeClusters({ roundTrips: this.#roundTrips, epochMs })
  }

  #swap(tables: Tables, source: ReplicaSource): void {
    const before = this.#tables
    this.#placeClusters(tables)
    tables.foreseeApps(this.#options.clock.epochMs())
    this.#tables = tables
    this.#staged = undefined
    this.#source = source
    this.#tell({ is: 'state', before })
  }

  readonly #wants = (key: string): boolean => this.kind === 'full' || this.#inFlight.has(key)

  #createNames(): NameTable {
    if (this.#options.kind === 'full') return new FullNames()
    const names: OnDemandNames = new OnDemandNames(this.#options.namesMax, (name) => {
      // A name that was dropped from tables under construction was never answered from.
      if (names !== this.#tables.names) return
      this.#options.onEvict(name)
      this.#tell({ is: 'forgotten', key: nameKey(name) })
    })
    return names
  }

  #tell(update: ReplicaUpdate): void {
    for (const listener of this.#listeners) listener(update)
  }
}
