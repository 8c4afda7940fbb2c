import { clientKey } from './client-address.ts'

/** Where each connection takes its place before it is served. */
export interface ConnectionPlaces {
  /** Takes a place for a connection of this address; false when there is none. */
  take(address: string): boolean
  /** Gives back one place that `take` gave for this address. */
  giveBack(address: string): void
}

/**
 * How many connections there may be, in all and from one client. One budget is shared by all stream
 * listeners of an edge, since what it protects (file descriptors, memory) is the process's.
 */
export class ConnectionBudget implements ConnectionPlaces {
  readonly #max: number
  readonly #perClientMax: number
  #taken = 0
  /** Client key to connections; never more entries than connections. */
  readonly #perClient = new Map<string, number>()

  constructor(max: number, perClientMax: number) {
    this.#max = max
    this.#perClientMax = perClientMax
  }

  take(address: string): boolean {
    if (this.#taken >= this.#max) return false
    const key = clientKey(address)
    const count = this.#perClient.get(key) ?? 0
    if (count >= this.#perClientMax) return false
    this.#perClient.set(key, count + 1)
    this.#taken++
    return true
  }

  giveBack(address: string): void {
    const key = clientKey(address)
    const count = this.#perClient.get(key) ?? 0
    if (count > 1) this.#perClient.set(key, count - 1)
    else this.#perClient.delete(key)
    this.#taken--
  }
}
