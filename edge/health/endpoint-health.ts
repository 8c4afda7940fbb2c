import type { HealthState } from '../../shared/registry/health.ts'
import { AddressHealth } from './address-health.ts'
import type { ProbeResult } from './probe.ts'
import { shorten } from './results.ts'
import type { CheckTask, Finding } from './task.ts'

/** What is held of one endpoint, out of what is held of each of its addresses. */
export class EndpointHealth {
  readonly #task: CheckTask
  readonly #addresses: readonly AddressHealth[]
  /** Good and bad results; the other kind is none. */
  #hasResult = false
  /** Why there was no result, the last time. */
  #unknownDetail: string | undefined

  constructor(task: CheckTask) {
    this.#task = task
    this.#addresses = task.addresses.map(() => new AddressHealth(task.state))
  }

  /** Takes the result of the address of that index. */
  take(index: number, result: ProbeResult): void {
    const address = this.#task.addresses[index]
    if (result.ok === 'unknown') this.#unknownDetail = `${address} ${result.detail}`
    else this.#hasResult = true
    this.#addresses[index]?.take(result, this.#task.check)
  }

  /** What this edge has to say now. */
  finding(): Finding {
    const { state, detail } = this.#judge()
    return { task: this.#task.id, state, detail: shorten(detail) }
  }

  #judge(): { readonly state: HealthState; readonly detail: string } {
    // An edge that has tried and cannot find out does not pass on what it was told as its own opinion.
    if (!this.#hasResult && this.#unknownDetail !== undefined) {
      return { state: 'unknown', detail: this.#unknownDetail }
    }
    let up = 0
    let down = 0
    let isAwaited = false
    let firstDown: string | undefined
    let firstDegraded: string | undefined
    for (const [i, health] of this.#addresses.entries()) {
      const address = this.#task.addresses[i]
      if (health.state === 'up') {
        up++
        if (health.degraded !== undefined) firstDegraded ??= `${address} ${health.degraded}`
      } else if (health.state === 'down') {
        down++
        const why = health.badDetail === '' ? 'is not up again yet' : health.badDetail
        firstDown ??= `${address} ${why}`
      } else if (!health.hasOutcome) isAwaited = true
    }
    if (up === 0) {
      // The one that has not been heard of yet may be the one that works.
      if (down === 0 || isAwaited) return { state: 'unknown', detail: '' }
      return { state: 'down', detail: firstDown ?? '' }
    }
    if (down > 0) {
      const all = this.#addresses.length
      return { state: 'degraded', detail: `${down} of ${all} addresses down: ${firstDown ?? ''}` }
    }
    return firstDegraded === undefined
      ? { state: 'up', detail: '' }
      : { state: 'degraded', detail: firstDegraded }
  }
}
