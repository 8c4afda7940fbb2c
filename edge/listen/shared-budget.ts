/**
 * One budget of connections for listeners on several threads, counted in shared memory without a lock.
 *
 * Each member (a thread) counts the connections that it holds in words of its own, and takes a place
 * by counting first and looking at the sums of all members after: two members that take the last place
 * at the same moment may both be refused, but never both be served. As no member writes another's
 * words, those of a thread that died are cleared and everything it held is free again.
 *
 * Clients have no words of their own but share them by hash, in two rows with different secrets; a
 * client is above its bound when both its words are (a count-min sketch: Cormode and Muthukrishnan,
 * J. Algorithms 55, 2005). So a count is never too low, and it is too high only for a client that
 * meets others in both rows: with the rows eight times as long as there are connections, that takes
 * one in 70 of those whose bound is 1 when every place is taken, and next to none where it is higher.
 *
 *     member:  | taken | row 0: `slots` words | row 1: `slots` words |   and the same for the next
 */
import { randomFillSync } from 'node:crypto'
import { clientKey } from './client-address.ts'
import type { ConnectionPlaces } from './connection-budget.ts'

/** Words of a row, for each connection that there may be. */
const SLOTS_PER_CONNECTION = 8

/** A budget as threads are given it. */
export interface SharedBudgetHandle {
  readonly buffer: SharedArrayBuffer
  readonly slots: number
  readonly max: number
  readonly perClientMax: number
  /** The secrets of the two rows, so that nobody can aim at another's words. */
  readonly seeds: Int32Array
}

/** Makes a budget for so many members at a time and gives them their numbers. Used by one thread. */
export class SharedBudgetMembers {
  readonly handle: SharedBudgetHandle
  readonly #free: number[]

  constructor(
    members: number,
    { max, perClientMax }: { readonly max: number; readonly perClientMax: number },
  ) {
    const slots = 2 ** Math.ceil(Math.log2(max * SLOTS_PER_CONNECTION))
    const bytes = members * memberWords(slots) * Int32Array.BYTES_PER_ELEMENT
    const seeds = randomFillSync(new Int32Array(2))
    this.handle = { buffer: new SharedArrayBuffer(bytes), slots, max, perClientMax, seeds }
    this.#free = Array.from({ length: members }, (_, i) => i)
  }

  /** Gives a number to a new member. Throws a RangeError when all are given. */
  join(): number {
    const member = this.#free.shift()
    if (member === undefined)
      throw new RangeError('the budget of connections has no place for more')
    return member
  }

  /** Frees all that a member held, and its number. Only when its thread has ended. */
  leave(member: number): void {
    const words = memberWords(this.handle.slots)
    new Int32Array(this.handle.buffer).fill(0, member * words, (member + 1) * words)
    this.#free.push(member)
  }
}

/** One member's side of a budget that is shared with others. */
export class SharedBudget implements ConnectionPlaces {
  readonly #handle: SharedBudgetHandle
  readonly #words: Int32Array
  readonly #start: number

  constructor(handle: SharedBudgetHandle, member: number) {
    this.#handle = handle
    this.#words = new Int32Array(handle.buffer)
    this.#start = member * memberWords(handle.slots)
  }

  take(address: string): boolean {
    const { max, perClientMax } = this.#handle
    const key = clientKey(address)
    const first = this.#wordOf(key, 0)
    const second = this.#wordOf(key, 1)
    this.#add(1, first, second)
    if (
      this.#sum(0) <= max &&
      (this.#sum(first) <= perClientMax || this.#sum(second) <= perClientMax)
    ) {
      return true
    }
    this.#add(-1, first, second)
    return false
  }

  giveBack(address: string): void {
    const key = clientKey(address)
    this.#add(-1, this.#wordOf(key, 0), this.#wordOf(key, 1))
  }

  #add(by: 1 | -1, first: number, second: number): void {
    Atomics.add(this.#words, this.#start, by)
    Atomics.add(this.#words, this.#start + first, by)
    Atomics.add(this.#words, this.#start + second, by)
  }

  /** The sum of a word over all members. */
  #sum(word: number): number {
    const stride = memberWords(this.#handle.slots)
    let sum = 0
    for (let at = word; at < this.#words.length; at += stride) sum += Atomics.load(this.#words, at)
    return sum
  }

  /** The word of a client in a row, from the member's start on. */
  #wordOf(key: string, row: 0 | 1): number {
    const { seeds, slots } = this.#handle
    let hash = seeds[row] ?? 0
    for (let i = 0; i < key.length; i++) {
      hash = Math.imul(hash ^ key.charCodeAt(i), 0x5bd1e995)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995)
    return 1 + row * slots + ((hash ^ (hash >>> 15)) & (slots - 1))
  }
}

function memberWords(slots: number): number {
  return 1 + 2 * slots
}
