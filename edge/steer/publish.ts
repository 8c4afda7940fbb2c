import type { Clock } from '../../shared/clock.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { Startable } from '../../shared/startable.ts'
import { FullNames } from '../replica/full-names.ts'
import type { ReplicaChange } from '../replica/model.ts'
import { OnDemandNames } from '../replica/names.ts'
import type { ReplicaUpdate } from '../replica/replica.ts'
import type { Tables } from '../replica/tables.ts'
import { secondsOf } from './data-clock.ts'
import { markUsed } from './mark-used.ts'
import type { NamePublisherOptions } from './name-publisher.ts'
import { NamePublisher } from './name-publisher.ts'
import { isLatencyUsed } from './policies.ts'

/** How long the control thread works at the table at a stretch; queries that missed wait meanwhile. */
const SLICE_MS = 2
/** Apps between two looks at the clock. */
const APPS_PER_STEP = 16
/** How often the table is tidied and names in use are marked as such. */
const HOUSEKEEPING_MS = 250

/** How long names that did not fit wait for the next attempt: it puts all names. */
const RETRY_REFUSED_MS = 60_000

export interface TablePublisherOptions extends NamePublisherOptions {
  readonly clock: Clock
  /** Tells the data threads the time. */
  readonly tick: (nowSeconds: number) => void
}

/**
 * Keeps the answer table in step with the replica. A change of names or zones is in the table before
 * the step that made it ends. What touches all names (a full state, a topology that moved) is worked
 * off in slices; until then names are answered as before, and what is not in the table by the control
 * thread, which is right at once. A zone that the edge holds whole is marked so after its last name.
 */
export class TablePublisher implements Startable {
  readonly #options: TablePublisherOptions
  readonly #names: NamePublisher
  #job: Generator | undefined
  /** Whether all names of the present tables have been put once. */
  #hasPutAll = false
  /** Tables that were replaced, whose names may still be in the answer table. */
  readonly #replaced: Tables[] = []
  /** To be told when the answers that go by the places of clients have been put. */
  readonly #onPlaced: (() => void)[] = []
  #hasPlacesToPut = false
  #timer: NodeJS.Timeout | undefined
  #sweep: Iterator<unknown> | undefined
  #sweptAtSeconds = 0
  #retryAt = 0

  constructor(options: TablePublisherOptions) {
    this.#options = options
    this.#names = new NamePublisher(options)
    options.replica.onChange((update) => this.#take(update))
  }

  start(): Promise<void> {
    this.#keepHouse()
    this.#timer = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#job?.return(undefined)
    this.#job = undefined
    return Promise.resolve()
  }

  #take(update: ReplicaUpdate): void {
    switch (update.is) {
      case 'state':
        // Zones at once: from here on the control thread says what does not exist.
        for (const { zone } of update.before.zones.values()) {
          this.#names.withdrawZone(nameKey(zone.apex))
        }
        this.#begin(update.before)
        return
      case 'change':
        this.#change(update.change)
        return
      case 'learned':
        this.#names.publish(update.key, this.#isWhole)
        return
      case 'foreseen':
        this.#begin()
        return
      case 'measured':
        if (isLatencyUsed()) this.#begin()
        return
      case 'forgotten':
        this.#names.withdraw(update.key)
        return
    }
  }

  /** Whether every name of the zones is in the table, though its answer may be about to change. */
  get #isWhole(): boolean {
    return this.#names.holdsAll && this.#hasPutAll
  }

  #change(change: ReplicaChange): void {
    const { tables } = this.#options.replica
    for (const apex of change.zonesDeleted) this.#names.dropZone(nameKey(apex), this.#isWhole)
    // Names before zones: a zone that is whole must not lack a name.
    for (const { name } of change.names) this.#names.publish(nameKey(name), this.#isWhole)
    const apexes = [...change.zones, ...change.serials].map(({ apex }) => nameKey(apex))
    for (const key of apexes) {
      const served = tables.zones.find(key)
      if (served !== undefined && key.length === served.apexBytes) {
        this.#names.publishZone(key, served, this.#isWhole)
      }
    }
    if (change.clusters.length > 0 || change.clustersDeleted.length > 0) this.#begin()
  }

  // ---- all names, in slices ----

  /** `before`: tables whose names are to go, as far as the present ones do not hold them. */
  /**
   * The places of clients are others: `onDone` when all answers that go by them have been put. Until then
   * none of the new numbers may be found by a query.
   */
  placesChanged(onDone: () => void): void {
    this.#onPlaced.push(onDone)
    const isIdle = this.#job === undefined
    this.#hasPlacesToPut = true
    if (isIdle) this.#work()
  }

  #begin(before?: Tables): void {
    const isIdle = this.#job === undefined
    if (before !== undefined) {
      this.#replaced.push(before)
      this.#hasPutAll = false
    }
    this.#job?.return(undefined)
    this.#job = this.#publishAll()
    if (isIdle) this.#work()
  }

  #work(): void {
    const { clock } = this.#options
    const until = clock.nowMs() + SLICE_MS
    for (;;) {
      this.#job ??= this.#nextJob()
      if (this.#job === undefined) return
      if (this.#job.next().done === true) this.#job = undefined
      else if (clock.nowMs() >= until) {
        setImmediate(() => this.#work())
        return
      }
    }
  }

  /** What is to be done when nothing else is. */
  #nextJob(): Generator | undefined {
    return this.#hasPlacesToPut ? this.#publishByClient() : undefined
  }

  *#publishByClient(): Generator {
    this.#hasPlacesToPut = false
    const waiting = this.#onPlaced.splice(0)
    for (const key of this.#names.byClient) {
      this.#names.publish(key, this.#isWhole)
      yield
    }
    for (const done of waiting) done()
  }

  *#publishAll(): Generator {
    const { replica, table } = this.#options
    const { tables } = replica
    const { refused } = table.stats()
    for (const served of tables.zones.values()) {
      this.#names.publishZone(nameKey(served.zone.apex), served, this.#isWhole)
      yield
    }
    for (let before = this.#replaced[0]; before !== undefined; before = this.#replaced[0]) {
      yield* this.#withdrawMissing(before, tables)
      this.#replaced.shift()
    }
    const above = new Set<string>()
    const { names } = tables
    if (names instanceof FullNames) yield* this.#publishPacked(names, above)
    else {
      const walk = names.entries(tables.version)
      for (const { name } of walk.entries) {
        this.#names.publish(nameKey(name), this.#isWhole)
        yield
      }
      walk.end()
    }
    for (const served of tables.zones.values()) {
      if (this.#names.holdsAll) this.#publishAbove(nameKey(served.zone.apex), above)
      yield
    }
    this.#hasPutAll = true
    for (const served of tables.zones.values()) {
      this.#names.publishZone(nameKey(served.zone.apex), served, this.#isWhole)
      yield
    }
    // Everything was put again, and all of it has found room.
    if (table.stats().refused === refused) table.markComplete()
  }

  *#withdrawMissing(before: Tables, now: Tables): Generator {
    const walk = before.names.entries(before.version)
    try {
      for (const { name } of walk.entries) {
        if (!now.names.has(name)) this.#names.withdraw(nameKey(name))
        yield
      }
    } finally {
      walk.end()
    }
  }

  *#publishPacked(names: FullNames, above: Set<string>): Generator {
    for (const { name } of names.large()) {
      const key = nameKey(name)
      this.#names.publish(key, this.#isWhole)
      this.#publishAbove(key, above)
      yield
    }
    const walk = names.apps()
    try {
      let count = 0
      for (const walked of walk.apps) {
        this.#names.publishApp(walked.wire, walked, this.#isWhole)
        // Once all names are in the table, those above them stay as they are.
        if (!this.#isWhole) this.#publishAbove(walked.wire.toString('latin1'), above)
        if (++count % APPS_PER_STEP === 0) yield
      }
    } finally {
      walk.end()
    }
  }

  /** Publishes the names between a name and the root that have none of their own, each once. */
  #publishAbove(key: string, done: Set<string>): void {
    for (let off = 1 + key.charCodeAt(0); off < key.length; off += 1 + key.charCodeAt(off)) {
      const above = key.slice(off)
      if (done.has(above)) return
      done.add(above)
      this.#names.publish(above, this.#isWhole)
    }
  }

  // ---- housekeeping ----

  #keepHouse(): void {
    const { table, tick, replica, clock } = this.#options
    tick(secondsOf(clock.nowMs()))
    if (table.hasWork) table.maintain()
    this.#retryRefused()
    const { names } = replica.tables
    if (!(names instanceof OnDemandNames) || !names.isNearlyFull) return
    if (this.#sweep === undefined) {
      const since = this.#sweptAtSeconds
      this.#sweptAtSeconds = secondsOf(clock.nowMs())
      this.#sweep = markUsed(names, table, since)
    }
    const until = clock.nowMs() + SLICE_MS
    while (clock.nowMs() < until) {
      if (this.#sweep.next().done !== true) continue
      this.#sweep = undefined
      return
    }
  }

  /** Puts everything again when names were refused and there may be room for them by now. */
  #retryRefused(): void {
    const { table, clock } = this.#options
    if (table.isComplete || this.#job !== undefined) return
    if (clock.nowMs() < this.#retryAt) return
    this.#retryAt = clock.nowMs() + RETRY_REFUSED_MS
    this.#begin()
  }
}
