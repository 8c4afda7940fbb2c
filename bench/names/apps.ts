import type { AppSource } from '../mesh/bulk.ts'
import { addressOf, nameOfApp } from '../mesh/workload.ts'

/** Addresses of one app in two places. */
export interface PairAddresses {
  readonly here: string
  readonly there: string
}

/** What an app of `pairedApps` has on the own cluster and on the other one. */
export function addressesOfPair(number: number): PairAddresses {
  return { here: addressOf(number * 2), there: addressOf(number * 2 + 1) }
}

/** Apps that all run in the same two places: draining the own one moves every one of them. */
export function pairedApps(own: string, other: string): AppSource {
  return (first, count) =>
    Array.from({ length: count }, (_, i) => {
      const { here, there } = addressesOfPair(first + i)
      return {
        name: nameOfApp(first + i),
        endpoints: [
          { cluster: own, addresses: [here] },
          { cluster: other, addresses: [there] },
        ],
        nearest: here,
      }
    })
}

/** Numbers of `size` apps, evenly spread over `count` of them; all when there are fewer. */
export function spreadNumbers(count: number, size: number): readonly number[] {
  const taken = Math.min(count, size)
  return Array.from({ length: taken }, (_, i) => Math.floor((i * count) / taken))
}
