import type { Clock } from '../../shared/clock.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { Startable } from '../../shared/startable.ts'
import { isWildcardKey } from '../../shared/records/follow.ts'
import type { ReplicaChange } from '../replica/model.ts'
import { OnDemandNames } from '../replica/names.ts'
import type { ReplicaUpdate } from '../replica/replica.ts'
import type { Tables } from '../replica/tables.ts'
import { AllNames } from './all-names.ts'
import { secondsOf } from './data-clock.ts'
import { markUsed } from './mark-used.ts'
import type { NamePublisherOptions } from './name-publisher.ts'
import { NamePublisher } from './name-publisher.ts'
import { PendingNames } from './pending-names.ts'
import { isLatencyUsed } from './policies.ts'

/** How long the control thread works at the table at a stretch; queries that missed wait meanwhile. */
const SLICE_MS = 2
/** How often the table is tidied and names in use are marked as such. */
const HOUSEKEEPING_MS = 250
/** How long names that did not fit wait for the next attempt: it puts all names. */
const RETRY_REFUSED_MS = 60_000

/** Work that is done in slices. */
interface Job {
  readonly work: Generator
  readonly isOfAll: boolean
}

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
 *
 * Names whose answers hold records of many others follow in slices as well, and so do those below a name that
 * begins or ends to stand for all below it (a zone cut, the owner of a DNAME record, an apex).
 */
export class TablePublisher implements Startable {
  readonly #options: TablePublisherOptions
  readonly #names: NamePublisher
  #job: Job | undefined
  #hasAllToPut = false
  readonly #all: AllNames
  readonly #pending: PendingNames
  /** To be told when the answers that go by the places of clients have been put. */
  readonly #onPlaced: (() => void)[] = []
  #hasPlacesToPut = false
  readonly #onServed: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined
  #sweep: Iterator<unknown> | undefined
  #sweptAtSeconds = 0
  #retryAt = 0

  constructor(options: TablePublisherOptions) {
    this.#options = options
    this.#names = new NamePublisher(options, (apex) => this.#isWhole(apex))
    const { replica, clock } = options
    const start = (): void => this.#start()
    this.#pending = new PendingNames({ replica, clock, names: this.#names, start })
    this.#all = new AllNames({ ...options, names: this.#names, pending: this.#pending })
    options.replica.onChange((update) => this.#take(update))
  }

  start(): Promise<void> {
    this.#keepHouse()
    this.#timer = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#job?.work.return(undefined)
    this.#job = undefined
    this.#hasAllToPut = false
    this.#hasPlacesToPut = false
    this.#pending.clear()
    this.#onServed.length = 0
    return Promise.resolve()
  }

  /** Calls back when all that has changed so far is in the table: at once, or after the slices under way. */
  onceServed(callback: () => void): void {
    if (this.#job === undefined) callback()
    else this.#onServed.push(callback)
  }

  #take(update: ReplicaUpdate): void {
    switch (update.is) {
      case 'state':
        // Zones at once: from here on the control thread says what does not exist.
        for (const { zone } of update.before.zones.values()) {
          this.#names.withdrawZone(nameKey(zone.apex))
        }
        this.#names.begin()
        this.#begin(update.before)
        return
      case 'change':
        this.#change(update.change)
        return
      case 'learned':
        this.#pending.publish(update.key)
        this.#start()
        return
      case 'foreseen':
        this.#begin()
        return
      case 'measured':
        if (isLatencyUsed()) this.#begin()
        return
      case 'forgotten':
        this.#names.withdraw(update.key)
        this.#pending.publishDependents(update.key)
        this.#start()
        return
    }
  }

  /** Whether every name of a zone is in the table, though its answer may be about to change. */
  #isWhole(apex: string): boolean {
    return this.#names.holdsAll && this.#all.isPut && !this.#pending.isPartial(apex)
  }

  // ---- what has changed ----

  #change(change: ReplicaChange): void {
    const { tables } = this.#options.replica
    for (const apex of change.zonesDeleted) this.#dropZone(nameKey(apex))
    for (const { apex } of change.zones) {
      // What stands below was of the zone above, or of none.
      if (!this.#names.hasZone(nameKey(apex))) this.#pending.coverBelow(nameKey(apex))
    }
    const gone: string[] = []
    const there: string[] = []
    for (const { name, kind } of change.names) {
      ;(kind === 'nxdomain' ? gone : there).push(nameKey(name))
    }
    // Names before zones: a zone that is whole must not lack a name. Of a branch of names the lowest come
    // first and go last, so that no wildcard is looked for below a part of it (RFC 4592 §3.3.1).
    for (const key of there.sort(compareDeepest)) this.#pending.publish(key)
    for (const key of gone.sort(compareDeepest).reverse()) this.#pending.publish(key)
    const apexes = [...change.zones, ...change.serials].map(({ apex }) => nameKey(apex))
    for (const key of apexes) {
      const served = tables.zones.find(key)
      if (served?.apexKey !== key) continue
      this.#names.publishZone(served)
      this.#pending.serialChanged(key)
    }
    if (change.clusters.length > 0 || change.clustersDeleted.length > 0) this.#begin()
    this.#start()
  }

  /** A zone has gone: its names are of the zone above it now, or of none. */
  #dropZone(key: string): void {
    this.#names.withdrawZone(key)
    this.#pending.coverBelow(key)
    const above = this.#options.replica.tables.zones.find(key)
    if (above !== undefined) {
      this.#pending.addPartial(above.apexKey)
      this.#names.publishZone(above)
    }
    this.#names.publish(key)
  }

  // ---- work in slices ----

  /**
   * The places of clients are others: `onDone` when all answers that go by them have been put. Until then
   * none of the new numbers may be found by a query.
   */
  placesChanged(onDone: () => void): void {
    this.#onPlaced.push(onDone)
    this.#hasPlacesToPut = true
    this.#start()
  }

  /** Publishes all names. `before`: tables whose names are to go, as far as the present ones do not hold them. */
  #begin(before?: Tables): void {
    if (before !== undefined) {
      this.#all.replaced(before)
      // All of that is done with all names.
      this.#pending.clear()
    }
    this.#hasAllToPut = true
    if (this.#job !== undefined && (this.#job.isOfAll || before !== undefined)) {
      this.#job.work.return(undefined)
      this.#job = this.#nextJob()
    } else this.#start()
  }

  /** Begins to work, unless that is under way. */
  #start(): void {
    if (this.#job !== undefined) return
    this.#job = this.#nextJob()
    if (this.#job !== undefined) this.#work()
  }

  #work(): void {
    const { clock } = this.#options
    const until = clock.nowMs() + SLICE_MS
    for (;;) {
      this.#job ??= this.#nextJob()
      if (this.#job === undefined) {
        for (const served of this.#onServed.splice(0)) served()
        return
      }
      if (this.#job.work.next().done === true) this.#job = undefined
      else if (clock.nowMs() >= until) {
        setImmediate(() => this.#work())
        return
      }
    }
  }

  /** What is to be done next. Names below others first: these wait for them. */
  #nextJob(): Job | undefined {
    const other = (work: Generator): Job => ({ work, isOfAll: false })
    const below = this.#pending.nextBelow()
    if (below !== undefined) return other(below)
    if (this.#hasAllToPut) {
      this.#hasAllToPut = false
      return { work: this.#all.publish(), isOfAll: true }
    }
    const rest = this.#pending.next()
    if (rest !== undefined) return other(rest)
    return this.#hasPlacesToPut ? other(this.#publishByClient()) : undefined
  }

  *#publishByClient(): Generator {
    this.#hasPlacesToPut = false
    let waiting = this.#onPlaced.splice(0)
    try {
      for (const key of yield* this.#names.followPlaces()) {
        this.#names.publish(key)
        yield
      }
      for (const done of waiting) done()
      waiting = []
    } finally {
      // A full state has come first.
      if (waiting.length > 0) this.#onPlaced.unshift(...waiting)
      this.#hasPlacesToPut = this.#onPlaced.length > 0
    }
  }

  // ---- housekeeping ----

  #keepHouse(): void {
    const { table, tick, replica, clock } = this.#options
    tick(secondsOf(clock.nowMs()))
    if (table.hasWork) table.maintain()
    this.#retryRefused()
    this.#pending.renewSerials()
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

/** The deepest first, and of one depth wildcards last. */
function compareDeepest(a: string, b: string): number {
  const byDepth = labelsOf(b) - labelsOf(a)
  return byDepth === 0 ? Number(isWildcardKey(a)) - Number(isWildcardKey(b)) : byDepth
}

function labelsOf(key: string): number {
  let labels = 0
  for (let off = 0; off < key.length; off += 1 + key.charCodeAt(off)) labels++
  return labels
}
