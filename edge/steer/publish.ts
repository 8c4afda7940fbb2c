import type { Clock } from '../../shared/clock.ts'
import { CLASS_IN, TYPE_NS, TYPE_SOA } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import type { Startable } from '../../shared/startable.ts'
import type { ReplicaChange } from '../replica/model.ts'
import type { NameEntry } from '../replica/names.ts'
import { OnDemandNames } from '../replica/names.ts'
import type { Replica, ReplicaUpdate } from '../replica/replica.ts'
import type { Tables } from '../replica/tables.ts'
import type { EntryTimes } from '../table/record.ts'
import type { TableWriter } from '../table/writer.ts'
import { untilReplaced } from '../table/record.ts'
import type { AppAnswers } from './app-answers.ts'
import { appTypes } from './app-answers.ts'
import { markUsed } from './mark-used.ts'
import type { ServedZone } from './zones.ts'

/** How long the control thread works at the table at a stretch; queries that missed wait meanwhile. */
const SLICE_MS = 4
/** How often the table is tidied and names in use are marked as such. */
const HOUSEKEEPING_MS = 250

export interface TablePublisherOptions {
  readonly replica: Replica
  readonly table: TableWriter
  readonly answers: AppAnswers
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
  #job: Iterator<unknown> | undefined
  /** Tables that were replaced, whose names may still be in the answer table. */
  readonly #replaced: Tables[] = []
  #timer: NodeJS.Timeout | undefined
  #sweep: Iterator<unknown> | undefined
  #sweptAtSeconds = 0

  constructor(options: TablePublisherOptions) {
    this.#options = options
    options.replica.onChange((update) => this.#take(update))
  }

  start(): Promise<void> {
    this.#keepHouse()
    this.#timer = setInterval(() => this.#keepHouse(), HOUSEKEEPING_MS)
    return Promise.resolve()
  }

  stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#job = undefined
    return Promise.resolve()
  }

  #take(update: ReplicaUpdate): void {
    switch (update.is) {
      case 'state':
        // Zones at once: from here on the control thread says what does not exist.
        for (const { zone } of update.before.zones.values()) this.#withdrawZone(nameKey(zone.apex))
        this.#begin(update.before)
        return
      case 'change':
        this.#change(update.change)
        return
      case 'learned':
        this.#publish(update.key)
        return
      case 'forgotten':
        this.#withdraw(update.key)
        return
    }
  }

  #change(change: ReplicaChange): void {
    const { tables } = this.#options.replica
    for (const apex of change.zonesDeleted) this.#dropZone(nameKey(apex))
    // Names before zones: a zone that is whole must not lack a name.
    for (const { name } of change.names) this.#publish(nameKey(name))
    const apexes = [...change.zones, ...change.serials].map(({ apex }) => nameKey(apex))
    for (const key of apexes) {
      const served = tables.zones.find(key)
      if (served !== undefined && key.length === served.apexBytes) this.#publishZone(key, served)
    }
    if (change.clusters.length > 0 || change.clustersDeleted.length > 0) this.#begin()
  }

  // ---- all names, in slices ----

  /** `before`: tables whose names are to go, as far as the present ones do not hold them. */
  #begin(before?: Tables): void {
    const isIdle = this.#job === undefined
    if (before !== undefined) this.#replaced.push(before)
    this.#job = this.#publishAll()
    if (isIdle) this.#work()
  }

  #work(): void {
    const { clock } = this.#options
    const until = clock.nowMs() + SLICE_MS
    while (this.#job !== undefined) {
      if (this.#job.next().done === true) this.#job = undefined
      else if (clock.nowMs() >= until) {
        setImmediate(() => this.#work())
        return
      }
    }
  }

  *#publishAll(): Iterator<unknown> {
    const { tables } = this.#options.replica
    for (const served of tables.zones.values()) {
      this.#publishZone(nameKey(served.zone.apex), served, { isWhole: false })
      yield
    }
    for (let before = this.#replaced[0]; before !== undefined; before = this.#replaced[0]) {
      for (const { name } of before.names.entries()) {
        if (!tables.names.has(name)) this.#withdraw(nameKey(name))
        yield
      }
      this.#replaced.shift()
    }
    const above = new Set<string>()
    // A copy: names come and go between two slices.
    const held = Array.from(tables.names.entries())
    for (const { name } of held) {
      const key = nameKey(name)
      this.#publish(key)
      if (this.#holdsAll) this.#publishAbove(key, above)
      yield
    }
    for (const served of tables.zones.values()) {
      const key = nameKey(served.zone.apex)
      if (this.#holdsAll) this.#publishAbove(key, above)
      this.#publishZone(key, served, { isWhole: this.#holdsAll })
      yield
    }
  }

  /** Publishes the names between a name and the root that have none of their own, each once. */
  #publishAbove(key: string, done: Set<string>): void {
    for (let off = 1 + key.charCodeAt(0); off < key.length; off += 1 + key.charCodeAt(off)) {
      const above = key.slice(off)
      if (done.has(above)) return
      done.add(above)
      this.#publish(above)
    }
  }

  // ---- one name ----

  get #holdsAll(): boolean {
    return this.#options.replica.kind === 'full'
  }

  /** Brings the table's entries of a name to what the replica holds of it. */
  #publish(key: string): void {
    const { replica, table } = this.#options
    const { tables } = replica
    const served = tables.zones.find(key)
    if (served === undefined) {
      this.#withdraw(key)
      return
    }
    if (key.length === served.apexBytes) {
      this.#publishZone(key, served)
      return
    }
    const entry = tables.names.peek(key)
    const qname = Buffer.from(key, 'latin1')
    const types = this.#publishAnswers(qname, entry)
    if (entry === undefined || (entry.kind === 'nxdomain' && this.#holdsAll)) {
      table.deleteName(qname, CLASS_IN)
    } else if (entry.kind === 'nxdomain') {
      table.putAbsentName(qname, CLASS_IN, timesOf(entry))
    } else table.putName(qname, CLASS_IN, types, timesOf(entry))
  }

  /** Puts the answers of an app, deletes those that it has no more; returns the types that it has. */
  #publishAnswers(qname: Buffer, entry: NameEntry | undefined): number[] {
    const { replica, table, answers } = this.#options
    const types: number[] = []
    for (const qtype of appTypes) {
      const key = { qname, qtype, qclass: CLASS_IN, variant: 0 }
      const answer =
        entry?.kind === 'app' ? answers.answerOf(replica.tables.topology, entry, qtype) : undefined
      if (answer === undefined || entry === undefined) {
        table.delete(key)
        continue
      }
      types.push(qtype)
      table.put(key, answer, timesOf(entry))
    }
    return types
  }

  #withdraw(key: string): void {
    const { table } = this.#options
    const qname = Buffer.from(key, 'latin1')
    for (const qtype of appTypes) table.delete({ qname, qtype, qclass: CLASS_IN, variant: 0 })
    table.deleteName(qname, CLASS_IN)
  }

  // ---- zones ----

  /** Puts a zone, its apex, and what stands at it. `isWhole`: false while its names are on the way. */
  #publishZone(
    key: string,
    served: ServedZone,
    { isWhole = this.#holdsAll && this.#job === undefined }: { readonly isWhole?: boolean } = {},
  ): void {
    const { replica, table } = this.#options
    const qname = Buffer.from(key, 'latin1')
    const at = (qtype: number) => ({ qname, qtype, qclass: CLASS_IN, variant: 0 })
    table.put(at(TYPE_SOA), served.soa)
    table.put(at(TYPE_NS), served.ns)
    const entry = replica.tables.names.peek(key)
    const types = this.#publishAnswers(qname, entry)
    // What stands at the apex of a zone on demand is asked of central like any other name.
    const unknown = entry === undefined ? appTypes : []
    table.putName(qname, CLASS_IN, [TYPE_SOA, TYPE_NS, ...types, ...unknown], timesOf(entry))
    table.putZone(qname, CLASS_IN, served.nodata, { isWhole, hasWildcards: false })
  }

  #withdrawZone(key: string): void {
    const { table } = this.#options
    const qname = Buffer.from(key, 'latin1')
    table.deleteZone(qname, CLASS_IN)
    for (const qtype of [TYPE_SOA, TYPE_NS]) {
      table.delete({ qname, qtype, qclass: CLASS_IN, variant: 0 })
    }
    this.#withdraw(key)
  }

  /** A zone has gone: its names are of the zone above it now, or of none. */
  #dropZone(key: string): void {
    const { names } = this.#options.replica.tables
    this.#withdrawZone(key)
    this.#publish(key)
    for (const { name } of names.entries()) {
      const under = nameKey(name)
      if (under.endsWith(key)) this.#publish(under)
    }
  }

  // ---- housekeeping ----

  #keepHouse(): void {
    const { table, tick, replica, clock } = this.#options
    tick(secondsOf(clock.nowMs()))
    if (table.hasWork) table.maintain()
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
}

/** Until when an entry of the table may be used: never longer than the replica's own. */
function timesOf(entry: NameEntry | undefined): EntryTimes {
  if (entry === undefined || entry.expiresAt === Infinity) return untilReplaced
  // A second early: the threads' clock counts whole seconds and is told four times in each.
  return { ...untilReplaced, expiresAtSeconds: Math.max(1, secondsOf(entry.expiresAt) - 1) }
}

/** The clock that the data threads are told: whole seconds, above 0. */
function secondsOf(nowMs: number): number {
  return 1 + Math.floor(nowMs / 1000)
}
