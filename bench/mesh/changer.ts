import { systemClock } from '../../shared/clock.ts'
import type { BenchCentral } from './central.ts'
import { nameOfApp } from './workload.ts'

/** Never what an app of a bench has at first. */
const ADDRESSES = ['192.0.2.255', '192.0.2.0'] as const

/** A change that is under way. */
export interface Change {
  readonly name: string
  /** What the app is answered with afterwards. */
  readonly address: string
  /** When REST had answered (monotonic ms). */
  readonly written: Promise<number>
}

/** Gives apps an endpoint on one cluster, with another address each time: no change is in vain. */
export class Changer {
  readonly #central: Pick<BenchCentral, 'call'>
  readonly #cluster: string
  readonly #addresses = new Map<number, string>()

  /** `cluster`: nearer to the edge than any that the apps have. */
  constructor(central: Pick<BenchCentral, 'call'>, cluster: string) {
    this.#central = central
    this.#cluster = cluster
  }

  /** What apps are answered with that have been changed, by their number. */
  get addresses(): ReadonlyMap<number, string> {
    return this.#addresses
  }

  /** Changes an app. Whoever calls has to await `written`. */
  change(number: number): Change {
    const address = this.#addresses.get(number) === ADDRESSES[0] ? ADDRESSES[1] : ADDRESSES[0]
    this.#addresses.set(number, address)
    const name = nameOfApp(number)
    const path = `/v1/apps/${name}/endpoints/${this.#cluster}`
    const written = this.#central
      .call('PUT', path, { addresses: [address] })
      .then(() => systemClock.nowMs())
    return { name, address, written }
  }
}
