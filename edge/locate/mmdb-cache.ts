import { LRUCache } from 'lru-cache'

/** Decoded parts of records that are kept: names of countries and the like, which many records share. */
const CACHED_VALUES_MAX = 16_384
/** Records that are remembered; those beyond are decoded each time. */
const RECORDS_MAX = 2_000_000

/** A record that was decoded before: it is its number that is wanted, not what is in it. */
export class KnownRecord {
  /** What the reader takes out of its cache is in this field of an entry. */
  readonly value = this
  readonly number: number

  constructor(number: number) {
    this.number = number
  }
}

/**
 * The cache of an mmdb reader. A large file has ten networks for each record, and decoding one, with names
 * in eight languages, takes ten times as long as finding it: so each is decoded once, and only a number is
 * kept of it.
 */
export class MmdbCache {
  readonly #values = new LRUCache<string | number, object>({ max: CACHED_VALUES_MAX })
  readonly #records = new Map<string | number, KnownRecord>()
  #isRecord = false
  #record: string | number = ''

  /** An address is looked up now: what the reader asks for first is its record. */
  begin(): void {
    this.#isRecord = true
  }

  /** The record that was asked for last has this number. */
  remember(number: number): void {
    if (this.#records.size >= RECORDS_MAX) return
    this.#records.set(this.#record, new KnownRecord(number))
  }

  get(place: string | number): object | undefined {
    if (!this.#isRecord) return this.#values.get(place)
    this.#isRecord = false
    this.#record = place
    return this.#records.get(place)
  }

  set(place: string | number, value: object): void {
    if (place !== this.#record) this.#values.set(place, value)
  }
}
