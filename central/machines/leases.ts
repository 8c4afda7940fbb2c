/**
 * The ends of many leases, on a wheel of slots. A renewal is one look-up and one number: the lease stays
 * in the slot of its earlier end, and is moved when the wheel comes there. So each lease is touched once
 * in its length, however often it is renewed (bench/micro/leases.ts). Keeps no time of its own.
 */
export class Leases {
  readonly #byKey = new Map<string, Lease>()
  readonly #slots = new Map<number, Set<Lease>>()
  /** The last slot that was looked at. */
  #at: number | undefined

  get size(): number {
    return this.#byKey.size
  }

  /** Gives a lease, in place of the one of this key. */
  grant(key: string, version: number, endsAt: number): void {
    this.delete(key)
    const lease: Lease = { key, version, endsAt, slot: 0 }
    this.#byKey.set(key, lease)
    this.#place(lease)
  }

  /** Puts off the end of a lease; false when there is none. */
  renew(key: string, endsAt: number): boolean {
    const lease = this.#byKey.get(key)
    if (lease === undefined) return false
    if (endsAt < lease.endsAt) {
      // Its slot would be too late for it.
      this.grant(key, lease.version, endsAt)
      return true
    }
    lease.endsAt = endsAt
    return true
  }

  /** When a lease ends; undefined when there is none. */
  endOf(key: string): number | undefined {
    return this.#byKey.get(key)?.endsAt
  }

  delete(key: string): void {
    const lease = this.#byKey.get(key)
    if (lease === undefined) return
    this.#byKey.delete(key)
    this.#slots.get(lease.slot)?.delete(lease)
  }

  keys(): Iterable<string> {
    return this.#byKey.keys()
  }

  /** Takes out what has ended by now, in the order of the ends. */
  takeEnded(now: number): readonly EndedLease[] {
    const last = Math.floor(now / SLOT_MS)
    const ended: Lease[] = []
    for (const slot of this.#dueSlots(last)) {
      const leases = this.#slots.get(slot)
      this.#slots.delete(slot)
      for (const lease of leases ?? []) {
        if (lease.endsAt <= now) {
          this.#byKey.delete(lease.key)
          ended.push(lease)
        } else this.#place(lease)
      }
    }
    // The present slot is not over: it is looked at again.
    this.#at = last - 1
    return ended.sort((a, b) => a.endsAt - b.endsAt)
  }

  /** The slots that have come since the last time; all that are due when that is long ago. */
  #dueSlots(last: number): readonly number[] {
    const from = this.#at
    if (from === undefined || last - from > this.#slots.size) {
      return [...this.#slots.keys()].filter((slot) => slot <= last)
    }
    return Array.from({ length: Math.max(0, last - from) }, (_, i) => from + 1 + i)
  }

  #place(lease: Lease): void {
    // What has ended already is found by the next look.
    lease.slot = Math.max(Math.floor(lease.endsAt / SLOT_MS), (this.#at ?? -Infinity) + 1)
    const leases = this.#slots.get(lease.slot)
    if (leases === undefined) this.#slots.set(lease.slot, new Set([lease]))
    else leases.add(lease)
  }
}

/** A lease that has ended. */
export interface EndedLease {
  readonly key: string
  /** What it was granted for. */
  readonly version: number
  readonly endsAt: number
}

interface Lease {
  readonly key: string
  readonly version: number
  endsAt: number
  slot: number
}

/** What one slot of the wheel spans. */
const SLOT_MS = 250
