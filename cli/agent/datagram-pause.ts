import type { DatagramOutcome } from './datagram-renewer.ts'

/** After so many silences in a row datagrams pause: they do not get through. */
export const SILENCES_MAX = 3
/**
 * After so many answers in a row that the machine has to register they pause. It did after the first, so what
 * central sees of its datagrams is not what it sees of its requests: another address, behind a NAT.
 */
export const REGISTERS_MAX = 2
/** A pause lasts so many renewals: what does not get through now may later, and costs a hundredth until then. */
export const PAUSE_RENEWALS = 100

/**
 * Decides when datagrams are not worth a try. What has made them pause is not forgotten with the pause: one
 * more of it is enough for the next, until a renewal by datagram has worked.
 */
export class DatagramPause {
  #silences = 0
  #registers = 0
  /** Renewals until the next try. */
  #left = 0
  #isRefused = false

  /** Notes what came of a renewal by datagram; returns what it is to be taken for. */
  take(outcome: DatagramOutcome): DatagramOutcome {
    switch (outcome) {
      case 'renewed':
        this.#silences = 0
        this.#registers = 0
        return outcome
      case 'register':
        this.#silences = 0
        this.#registers++
        if (this.#registers < REGISTERS_MAX) return outcome
        break
      case 'silent':
        this.#silences++
        if (this.#silences < SILENCES_MAX) return outcome
    }
    this.#begin()
    return 'silent'
  }

  /** Notes that there was no key: for now central gives none. */
  refuse(): void {
    this.#begin()
    this.#isRefused = true
  }

  /** Whether a key is wanted after a registration, or one more renewal (`how`) that went over REST. */
  isOver(how: 'registered' | 'renewed'): boolean {
    if (how === 'registered' && this.#isRefused) this.#left = 0
    if (this.#left === 0) return true
    this.#left--
    return false
  }

  #begin(): void {
    this.#left = PAUSE_RENEWALS
    this.#isRefused = false
  }
}
