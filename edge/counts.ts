import {
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
} from '../shared/dns/codes.ts'

/** Types that are counted by name, in the order of the counters; all others count as number 0. */
export const countedTypes: readonly number[] = [
  0,
  TYPE_A,
  TYPE_AAAA,
  TYPE_ANY,
  TYPE_CNAME,
  TYPE_DS,
  TYPE_HTTPS,
  TYPE_MX,
  TYPE_NS,
  TYPE_PTR,
  TYPE_SOA,
  TYPE_SRV,
  TYPE_SVCB,
  TYPE_TXT,
]

/** Upper bounds in seconds: CoreDNS's, from 0.25 ms doubling, with finer ones below. */
export const durationBounds: readonly number[] = [
  0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064,
  0.128, 0.256, 0.512, 1.024, 2.048,
]

const RCODES = 16
const TYPES_AT = 0
const RCODES_AT = countedTypes.length
const DURATIONS_AT = RCODES_AT + RCODES
const SUM_AT = DURATIONS_AT + durationBounds.length + 1
const IGNORED_AT = SUM_AT + 1
const DROPPED_AT = IGNORED_AT + 1
const TABLE_AT = DROPPED_AT + 1
const COUNTS = TABLE_AT + 1

const indexOfType = new Uint8Array(65_536)
countedTypes.forEach((type, i) => (indexOfType[type] = i))
indexOfType[0] = 0

/** The number under which a type is counted. */
export function countedTypeIndex(qtype: number): number {
  return indexOfType[qtype] ?? 0
}

/**
 * What one thread counts, in memory that another thread reads at each scrape: plain additions by one
 * writer. A reader may see a count a moment late, never half of one (64-bit numbers, 64-bit machines).
 */
export class ThreadCounts {
  readonly buffer: SharedArrayBuffer
  readonly #counts: Float64Array

  constructor(buffer = new SharedArrayBuffer(COUNTS * Float64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#counts = new Float64Array(buffer)
  }

  // ---- by the thread that counts ----

  countAnswer(qtype: number, rcode: number): void {
    this.#add(TYPES_AT + countedTypeIndex(qtype), 1)
    this.#add(RCODES_AT + rcode, 1)
    this.#add(TABLE_AT, 1)
  }

  /** `answers` were given in a batch that took so long. */
  countDuration(answers: number, seconds: number): void {
    let bucket = 0
    while (bucket < durationBounds.length && seconds > (durationBounds[bucket] ?? 0)) bucket++
    this.#add(DURATIONS_AT + bucket, answers)
    this.#add(SUM_AT, answers * seconds)
  }

  countIgnored(): void {
    this.#add(IGNORED_AT, 1)
  }

  /** A message that was neither answered nor handed on. */
  countDropped(): void {
    this.#add(DROPPED_AT, 1)
  }

  #add(at: number, by: number): void {
    this.#counts[at] = (this.#counts[at] ?? 0) + by
  }

  /** Adds what a thread that has ended counted. */
  absorb(ended: ThreadCounts): void {
    for (let at = 0; at < COUNTS; at++) this.#add(at, ended.#counts[at] ?? 0)
  }

  // ---- by whoever reads ----

  requestsOf(typeIndex: number): number {
    return this.#counts[TYPES_AT + typeIndex] ?? 0
  }

  responsesOf(rcode: number): number {
    return rcode < RCODES ? (this.#counts[RCODES_AT + rcode] ?? 0) : 0
  }

  durationsOf(bucket: number): number {
    return this.#counts[DURATIONS_AT + bucket] ?? 0
  }

  get durationSum(): number {
    return this.#counts[SUM_AT] ?? 0
  }

  get ignored(): number {
    return this.#counts[IGNORED_AT] ?? 0
  }

  get dropped(): number {
    return this.#counts[DROPPED_AT] ?? 0
  }

  /** Answers that were given from the table. */
  get answered(): number {
    return this.#counts[TABLE_AT] ?? 0
  }
}

/** How many rcodes are counted: those of the header. */
export const countedRcodes = RCODES
