export interface SlotsOptions<T> {
  /** Things under way at once. */
  readonly max: number
  /** Called when there is room for an item; whoever gets it calls `leave` at its end. */
  readonly begin: (item: T) => void
  /** Hears of an item that has waited, before it begins. */
  readonly onWaited?: (item: T) => void
}

/** Lets so many things be under way at once; what finds no room waits in order, each at most once. */
export class Slots<T> {
  readonly #options: SlotsOptions<T>
  readonly #waiting = new Set<T>()
  #running = 0

  constructor(options: SlotsOptions<T>) {
    this.#options = options
  }

  /** Items that have begun and not left. */
  get running(): number {
    return this.#running
  }

  /** Items without room. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Begins an item, now or when it is its turn. */
  enter(item: T): void {
    if (this.#running < this.#options.max) this.#admit(item)
    else this.#waiting.add(item)
  }

  /** One that had begun is over; those that wait begin as far as there is room. */
  leave(): void {
    this.#running--
    for (const item of this.#waiting) {
      if (this.#running >= this.#options.max) break
      this.#waiting.delete(item)
      this.#options.onWaited?.(item)
      this.#admit(item)
    }
  }

  /** Takes an item out that waits; any other is left alone. */
  withdraw(item: T): void {
    this.#waiting.delete(item)
  }

  #admit(item: T): void {
    this.#running++
    this.#options.begin(item)
  }
}
