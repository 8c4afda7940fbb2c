import type { HealthState } from '../../shared/registry/health.ts'
import type { ProbeResult } from './probe.ts'

/** How many results in a row turn an address. */
export interface Turns {
  readonly rise: number
  readonly fall: number
}

/** What the results of probing one address amount to: they turn it when enough in a row say so. */
export class AddressHealth {
  #state: 'unknown' | 'up' | 'down'
  /** Results in a row that speak against the state. */
  #against = 0
  #hasOutcome = false
  #badDetail = ''
  #degraded: string | undefined

  /** `state` is what is held of the endpoint before the first result. */
  constructor(state: HealthState) {
    this.#state = state === 'degraded' ? 'up' : state
  }

  get state(): 'unknown' | 'up' | 'down' {
    return this.#state
  }

  /** Whether any probe has ended, even without a result. */
  get hasOutcome(): boolean {
    return this.#hasOutcome
  }

  /** Why the last bad result was bad; empty before the first. */
  get badDetail(): string {
    return this.#badDetail
  }

  /** What was not quite well at the last good result. */
  get degraded(): string | undefined {
    return this.#degraded
  }

  take(result: ProbeResult, { rise, fall }: Turns): void {
    this.#hasOutcome = true
    if (result.ok === 'unknown') return
    if (result.ok) this.#degraded = result.degraded
    else this.#badDetail = result.detail
    const said = result.ok ? 'up' : 'down'
    if (this.#state === 'unknown') this.#state = said
    if (this.#state === said) {
      this.#against = 0
      return
    }
    this.#against++
    if (this.#against < (result.ok ? rise : fall)) return
    this.#state = said
    this.#against = 0
  }
}
