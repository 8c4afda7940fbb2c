import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import { messageOf } from '../../shared/errors.ts'
import type { Logger } from '../../shared/log.ts'
import { NETWORK_PREFIXES_TOTAL_MAX } from '../../shared/registry/limits.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { Startable } from '../../shared/startable.ts'
import type { ClientPlaces } from './client-places.ts'
import { Compilation } from './compilation.ts'
import { rangesBytesIn } from './location-layout.ts'
import type { LocationHandle } from './location-layout.ts'
import { LocationWriter } from './location-writer.ts'
import { Mmdb } from './mmdb.ts'
import type { MmdbData } from './mmdb-load.ts'
import { PlaceNumbers } from './numbers.ts'
import type { ClientsOptions } from './options.ts'
import type { ClientPlace } from './place.ts'
import type { Quiescence } from './quiescence.ts'
import { runInSlices } from './slices.ts'

/** Ranges of all prefixes that can be registered: each makes two at most, of IPv6. */
const OWN_RANGES_MAX_BYTES = 20 * (2 * NETWORK_PREFIXES_TOTAL_MAX + 1)
/** Between two looks at readers that are in the way. */
const RETRY_MS = 5

/** What a compilation has brought, before readers see it. */
export interface StagedPlaces {
  /** Numbers that clients will have, and their places, to make answers for; to be read before the commit. */
  readonly added: Iterable<readonly [number, ClientPlace]>
  /** Numbers that no client will have any more. */
  readonly removed: readonly number[]
}

export interface ClientLocationsOptions {
  readonly clients: Pick<ClientsOptions, 'maxBytes' | 'mmdb'>
  /** When readers have left what they were in: the writer of the answer table. */
  readonly quiescence: Quiescence
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Knows where clients are. Registered networks and the mmdb file are compiled into ranges of addresses
 * when they change, in slices, beside the serving. A compilation is *staged* first: its places have
 * their numbers, and whoever makes answers makes them; `commit` then lets readers have the ranges.
 */
export class ClientLocations implements Startable, ClientPlaces {
  readonly #options: ClientLocationsOptions
  readonly #writer: LocationWriter
  readonly #numbers = new PlaceNumbers()
  readonly #compilation = new Compilation(this.#numbers)
  readonly #mmdb: Mmdb | undefined
  #onStaged: ((staged: StagedPlaces) => void) | undefined
  #staged: Staged | undefined
  #hasChanged = false
  #working: Promise<void> | undefined
  #isStopped = false
  #revision = 0
  #compilations = 0
  #ranges = 0

  /** Throws a RangeError when the system does not give the address space. */
  constructor(options: ClientLocationsOptions) {
    this.#options = options
    const { clients, quiescence, clock, logger } = options
    const halfBytes = rangesBytesIn(clients.maxBytes)
    this.#writer = new LocationWriter(halfBytes, quiescence)
    if (clients.mmdb === undefined) return
    this.#mmdb = new Mmdb({
      files: clients.mmdb,
      rangesMaxBytes: halfBytes - OWN_RANGES_MAX_BYTES,
      onLoaded: (data) => this.setMmdb(data),
      clock,
      logger,
    })
  }

  /** What threads need to look clients up. */
  get handle(): LocationHandle {
    return this.#writer.handle
  }

  /** Begins to read the mmdb file, and to watch it; does not wait for it. */
  async start(): Promise<void> {
    await this.#mmdb?.start()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#staged?.committed.resolve()
    await this.#mmdb?.stop()
    await this.#working
  }

  // ---- what is known ----

  /** Sets all registered networks, with the clusters that they name: as both are now. */
  setNetworks(networks: Iterable<Network>, clusters: ReadonlyMap<string, Cluster>): void {
    const list = [...networks]
    // Most edges have none, and their clusters change all the time.
    if (list.length === 0 && this.#compilation.networks.networks.length === 0) return
    this.#compilation.networks = { networks: list, clusters: new Map(clusters) }
    this.#change()
  }

  /** Sets what the mmdb file says. */
  setMmdb(data: MmdbData): void {
    this.#compilation.mmdb = data
    this.#change()
  }

  // ---- places ----

  /** Sets who hears of what is staged, and calls `commit` then. Without anyone it is committed at once. */
  onStaged(listener: (staged: StagedPlaces) => void): void {
    this.#onStaged = listener
  }

  /**
   * Lets readers have what is staged. Resolves when batches that begin from then on find nothing else;
   * until then nothing else is staged.
   */
  commit(): Promise<void> {
    const staged = this.#staged
    if (staged === undefined) return Promise.resolve()
    staged.committed.resolve()
    return staged.published.promise
  }

  /**
   * The place of a number; undefined when it has none. Numbers that were removed keep theirs until
   * another compilation begins.
   */
  readonly placeOf = (number: number): ClientPlace | undefined => this.#numbers.placeOf(number)

  /** Numbers and places that clients can have now, or have once what is staged is committed. */
  places(): Iterable<readonly [number, ClientPlace]> {
    return this.#numbers.places()
  }

  /** Counts what was staged. */
  get revision(): number {
    return this.#revision
  }

  /** All numbers are below. */
  get end(): number {
    return this.#numbers.end
  }

  stats(): LocationStats {
    const { loads = { loaded: 0, refused: 0 }, data } = this.#mmdb ?? {}
    return {
      compilations: this.#compilations,
      places: this.#numbers.count,
      ranges: this.#ranges,
      loads,
      buildEpochMs: data?.buildEpochMs ?? 0,
      roundedDegrees: data?.roundedDegrees ?? 0,
    }
  }

  // ---- compiling ----

  #change(): void {
    this.#hasChanged = true
    if (this.#isStopped) return
    this.#working ??= this.#work()
  }

  /** Compiles until nothing has changed meanwhile. One is finished before the next begins. */
  async #work(): Promise<void> {
    // What changes together is compiled once.
    await nextTurn()
    while (this.#hasChanged && !this.#isStopped) {
      this.#hasChanged = false
      try {
        await this.#compile()
      } catch (err) {
        const { logger } = this.#options
        logger.error({ detail: messageOf(err) }, 'client locations could not be compiled')
      }
      this.#staged?.published.resolve()
      this.#staged = undefined
    }
    // At once: what changes from now on finds nobody at work.
    this.#working = undefined
  }

  async #compile(): Promise<void> {
    // Numbers that the last compilation has let go are given again by this one: nobody may read them.
    if (!(await this.#untilSettled())) return
    const ranges = await runInSlices(this.#compilation.run(), this.#options.clock)
    if (ranges === undefined) return
    this.#revision++
    const staged = {
      committed: Promise.withResolvers<void>(),
      published: Promise.withResolvers<void>(),
    }
    this.#staged = staged
    if (this.#onStaged !== undefined && !this.#isStopped) {
      this.#onStaged({ added: this.#numbers.added(), removed: this.#numbers.removed() })
      await staged.committed.promise
    }
    this.#writer.publish(ranges)
    if (!(await this.#untilPublished())) return
    this.#numbers.publish()
    this.#compilation.keep()
    this.#compilations++
    this.#ranges = ranges.v4.numbers.length + ranges.v6.numbers.length
  }

  /** Waits until no reader is in ranges of before. False when the edge is stopped. */
  async #untilSettled(): Promise<boolean> {
    while (!this.#writer.isSettled && !this.#isStopped) await wait(RETRY_MS)
    return !this.#isStopped
  }

  async #untilPublished(): Promise<boolean> {
    while (this.#writer.hasWork && (await this.#untilSettled())) {
      this.#writer.maintain()
      await nextTurn()
    }
    return !this.#writer.hasWork
  }
}

interface Staged {
  readonly committed: PromiseWithResolvers<void>
  readonly published: PromiseWithResolvers<void>
}

/** What is shown of client locations. */
export interface LocationStats {
  /** Compilations that readers were given. */
  readonly compilations: number
  /** Different places that clients can have. */
  readonly places: number
  /** Ranges of addresses, of both families. */
  readonly ranges: number
  /** How reading the mmdb files has ended. */
  readonly loads: { readonly loaded: number; readonly refused: number }
  /** When the mmdb file was built; 0 before any. */
  readonly buildEpochMs: number
  /** What its coordinates were rounded to; 0: to nothing. */
  readonly roundedDegrees: number
}
