import type { ListenerStats } from './listener.ts'

const COUNTS = 12

/**
 * What a listener on another thread counts, in memory that this thread reads: plain additions by one
 * writer. A reader may see a count a moment late, never half of one (64-bit numbers, 64-bit machines).
 */
export class SharedListenerStats implements ListenerStats {
  readonly buffer: SharedArrayBuffer
  readonly #counts: Float64Array

  constructor(buffer = new SharedArrayBuffer(COUNTS * Float64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer
    this.#counts = new Float64Array(buffer)
  }

  get received(): number {
    return this.#get(0)
  }

  set received(count: number) {
    this.#counts[0] = count
  }

  get answered(): number {
    return this.#get(1)
  }

  set answered(count: number) {
    this.#counts[1] = count
  }

  get dropped(): number {
    return this.#get(2)
  }

  set dropped(count: number) {
    this.#counts[2] = count
  }

  get sendErrors(): number {
    return this.#get(3)
  }

  set sendErrors(count: number) {
    this.#counts[3] = count
  }

  get socketErrors(): number {
    return this.#get(4)
  }

  set socketErrors(count: number) {
    this.#counts[4] = count
  }

  get inFlight(): number {
    return this.#get(5)
  }

  set inFlight(count: number) {
    this.#counts[5] = count
  }

  get connections(): number {
    return this.#get(6)
  }

  set connections(count: number) {
    this.#counts[6] = count
  }

  get connectionsAccepted(): number {
    return this.#get(7)
  }

  set connectionsAccepted(count: number) {
    this.#counts[7] = count
  }

  get connectionsRefused(): number {
    return this.#get(8)
  }

  set connectionsRefused(count: number) {
    this.#counts[8] = count
  }

  get connectionsTimedOut(): number {
    return this.#get(9)
  }

  set connectionsTimedOut(count: number) {
    this.#counts[9] = count
  }

  get connectionsStalled(): number {
    return this.#get(10)
  }

  set connectionsStalled(count: number) {
    this.#counts[10] = count
  }

  get connectionErrors(): number {
    return this.#get(11)
  }

  set connectionErrors(count: number) {
    this.#counts[11] = count
  }

  #get(at: number): number {
    return this.#counts[at] ?? 0
  }
}
