import { nameKey } from '../../shared/dns/name.ts'
import { parentKey } from '../../shared/records/follow.ts'
import { FullNames } from '../replica/full-names.ts'
import type { Replica } from '../replica/replica.ts'
import type { Tables } from '../replica/tables.ts'
import type { TableWriter } from '../table/writer.ts'
import type { NamePublisher } from './name-publisher.ts'
import { PASSED_PER_STEP } from './pending-names.ts'
import type { PendingNames } from './pending-names.ts'

/** Apps between two looks at the clock. */
const APPS_PER_STEP = 16

export interface AllNamesOptions {
  readonly replica: Replica
  readonly table: TableWriter
  readonly names: NamePublisher
  readonly pending: PendingNames
}

/** Publishes all names of the replica: a full state, or what all of them depend on. */
export class AllNames {
  readonly #options: AllNamesOptions
  #isPut = false
  /** Tables that were replaced, whose names may still be in the answer table. */
  readonly #replaced: Tables[] = []

  constructor(options: AllNamesOptions) {
    this.#options = options
  }

  /** Whether all names of the present tables have been put once. */
  get isPut(): boolean {
    return this.#isPut
  }

  /** Other tables have taken the place of these. */
  replaced(before: Tables): void {
    this.#replaced.push(before)
    this.#isPut = false
  }

  /** Publishes all names, in steps; again from the start when it is called again. */
  *publish(): Generator {
    const { replica, table } = this.#options
    const { tables } = replica
    const { refused } = table.stats()
    for (const served of tables.zones.values()) {
      this.#options.names.publishZone(served)
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
        this.#options.names.publish(nameKey(name))
        yield
      }
      walk.end()
    }
    for (const { apexKey } of tables.zones.values()) {
      if (this.#options.names.holdsAll) this.#publishAbove(apexKey, above)
      yield
    }
    this.#isPut = true
    this.#options.pending.allPut()
    for (const served of tables.zones.values()) {
      this.#options.names.publishZone(served)
      yield
    }
    // Everything was put again, and all of it has found room.
    if (table.stats().refused === refused) table.markComplete()
  }

  *#withdrawMissing(before: Tables, now: Tables): Generator {
    const walk = before.names.entries(before.version)
    try {
      for (const { name } of walk.entries) {
        if (!now.names.has(name)) this.#options.names.withdraw(nameKey(name))
        yield
      }
    } finally {
      walk.end()
    }
  }

  *#publishPacked(names: FullNames, above: Set<string>): Generator {
    for (const { name } of names.large()) {
      yield* this.#publishHeld(nameKey(name), above)
    }
    if (names.withRrsets > 0) {
      const walk = names.keys('with-rrsets')
      try {
        let passed = 0
        for (const key of walk.keys) {
          if (key !== null) yield* this.#publishHeld(key, above)
          else if (++passed % PASSED_PER_STEP === 0) yield
        }
      } finally {
        walk.end()
      }
    }
    const walk = names.apps()
    try {
      let count = 0
      for (const walked of walk.apps) {
        this.#options.names.publishApp(walked.wire, walked)
        // Once all names are in the table, those above them stay as they are.
        if (!this.#isPut) this.#publishAbove(walked.wire.toString('latin1'), above)
        if (++count % APPS_PER_STEP === 0) yield
      }
    } finally {
      walk.end()
    }
  }

  *#publishHeld(key: string, above: Set<string>): Generator {
    if (!this.#options.pending.isWaiting(key)) this.#options.names.publish(key)
    this.#publishAbove(key, above)
    yield
  }

  /** Publishes the names between a name and the root that have none of their own, each once. */
  #publishAbove(key: string, done: Set<string>): void {
    for (let above = parentKey(key); above !== ''; above = parentKey(above)) {
      if (done.has(above)) return
      done.add(above)
      if (!this.#options.pending.isWaiting(above)) this.#options.names.publish(above)
    }
  }
}
