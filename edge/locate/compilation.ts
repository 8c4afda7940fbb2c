import { continentOf } from '../../shared/geo/continents.ts'
import { parsePrefix } from '../../shared/geo/prefix.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { compilePrefixes } from './compile-prefixes.ts'
import type { MmdbData } from './mmdb-load.ts'
import { unpackPlace } from './mmdb-places.ts'
import type { PlaceNumbers } from './numbers.ts'
import { overlay } from './overlay.ts'
import { createPlace } from './place.ts'
import type { ClientPlace } from './place.ts'
import { emptyRanges } from './ranges.ts'
import type { FamilyRanges, NumberedPrefix, Ranges } from './ranges.ts'

/** Places that get numbers between two yields: some 50 µs. */
const STEP = 32

/** Registered networks, and the clusters that they may name. */
export interface RegisteredNetworks {
  readonly networks: readonly Network[]
  readonly clusters: ReadonlyMap<string, Cluster>
}

/** What a compilation was made of, as far as it saves the next one work. */
interface Made {
  readonly own: Ranges
  readonly mmdb: MmdbData | undefined
  /** Numbers of the places of the mmdb file. */
  readonly numbers: Int32Array
}

/** Makes ranges of all that is known, the registered networks first. */
export class Compilation {
  networks: RegisteredNetworks = { networks: [], clusters: new Map() }
  mmdb: MmdbData | undefined
  readonly #numbers: PlaceNumbers
  #made: Made | undefined
  #kept: Made = { own: emptyRanges(), mmdb: undefined, numbers: new Int32Array(1) }

  constructor(numbers: PlaceNumbers) {
    this.#numbers = numbers
  }

  /**
   * Compiles what is known when it begins. Undefined when that is what was kept last. A generator that
   * yields each few dozen microseconds.
   */
  *run(): Generator<undefined, Ranges | undefined, undefined> {
    const { networks, mmdb } = this
    yield* this.#numbers.begin()
    const own = yield* compilePrefixes(this.#prefixesOf(networks))
    const kept = this.#kept
    const numbers =
      mmdb === kept.mmdb ? yield* this.#keepNumbers(kept.numbers) : yield* this.#numberPlaces(mmdb)
    this.#made = { own, mmdb, numbers }
    const hasSamePlaces = this.#numbers.addedCount + this.#numbers.removed().length === 0
    if (mmdb === kept.mmdb && hasSamePlaces && (yield* areSame(own, kept.own))) return undefined
    return mmdb === undefined ? own : yield* overlay(own, mmdb.ranges, numbers)
  }

  /** The compilation that ended last has been published. */
  keep(): void {
    if (this.#made !== undefined) this.#kept = this.#made
  }

  /** One by one: a hundred thousand prefixes, if they were kept, would be work for the garbage collector. */
  *#prefixesOf({ networks, clusters }: RegisteredNetworks): Iterable<NumberedPrefix> {
    for (const network of networks) {
      const number = this.#numbers.numberOf(placeOfNetwork(network, clusters))
      for (const text of network.prefixes) {
        const parsed = parsePrefix(text)
        // What is registered was checked.
        if (parsed.ok) yield { prefix: parsed.prefix, number }
      }
    }
  }

  /** Gives numbers to the places of an mmdb file. */
  *#numberPlaces(mmdb: MmdbData | undefined): Generator<undefined, Int32Array, undefined> {
    if (mmdb === undefined) return new Int32Array(1)
    const count = mmdb.places.asns.length
    const numbers = new Int32Array(count + 1)
    for (let i = 0; i < count; i++) {
      numbers[i + 1] = this.#numbers.numberOf(unpackPlace(mmdb.places, i))
      if (i % STEP === 0) yield
    }
    return numbers
  }

  /** Takes over the numbers of the mmdb file that is there already. */
  *#keepNumbers(numbers: Int32Array): Generator<undefined, Int32Array, undefined> {
    for (let i = 1; i < numbers.length; i++) {
      this.#numbers.keep(numbers[i] ?? 0)
      if (i % 4096 === 0) yield
    }
    return numbers
  }
}

/** The place of a network: its own words, and where it has none those of the cluster that it names. */
function placeOfNetwork(network: Network, clusters: ReadonlyMap<string, Cluster>): ClientPlace {
  const cluster = network.cluster === undefined ? undefined : clusters.get(network.cluster)
  const country = network.country ?? cluster?.country
  return createPlace({
    latitude: network.latitude ?? cluster?.latitude,
    longitude: network.longitude ?? cluster?.longitude,
    country,
    region: network.region ?? cluster?.region,
    continent: network.continent ?? (country === undefined ? undefined : continentOf(country)),
    asn: network.asn,
    network: network.id,
  })
}

function* areSame(a: Ranges, b: Ranges): Generator<undefined, boolean, undefined> {
  return (yield* isSameFamily(a.v4, b.v4)) && (yield* isSameFamily(a.v6, b.v6))
}

function* isSameFamily(a: FamilyRanges, b: FamilyRanges): Generator<undefined, boolean, undefined> {
  if (a.numbers.length !== b.numbers.length) return false
  if (!isSame(a.numbers, b.numbers)) return false
  yield
  return isSame(a.starts, b.starts)
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
