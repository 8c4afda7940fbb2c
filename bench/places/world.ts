import { setTimeout } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { distanceKm } from '../../shared/geo/distance.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { describeAnswer } from '../client/ask-all.ts'
import type { UdpClient } from '../client/udp-client.ts'
import { APEX, addressOf } from '../mesh/workload.ts'

/** Names of each kind. */
export const APPS = 200
/** The network that moves, and the subnet that the load tells. */
export const MOVING = {
  number: 77,
  id: 'n77',
  prefix: '10.0.77.0/24',
  octets: [10, 0, 77],
} as const
export const MOVES = 5
const CHANGED_WITHIN_MS = 20_000
/** Not at once again: who asks takes of the cores whose delays are measured. */
export const ASK_EVERY_MS = 5

export const nameAt = (kind: string, i: number): string =>
  `${kind}-${String(i).padStart(4, '0')}.${APEX}`

/** Spread over the earth; each network has a /24 and a place that no other has. */
export function networkAt(i: number) {
  return {
    id: `n${i}`,
    prefixes: [`10.${i >> 8}.${i & 255}.0/24`],
    latitude: ((i * 7919) % 14_000) / 100 - 70,
    longitude: ((i * 104_729) % 36_000) / 100 - 180,
  }
}

/** The address for a client at a place, by trying all. */
export function nearestTo(
  clusters: readonly Cluster[],
  place: { readonly latitude: number; readonly longitude: number },
  drained?: Cluster,
): string {
  const km = clusters.map((one) => (one === drained ? Infinity : distanceKm(place, one)))
  return addressOf(km.indexOf(Math.min(...km)))
}

/** Asks until clients of the moving network get this from all names, by the first and the last; gives when. */
export async function waitFor(client: UdpClient, wanted: string): Promise<number> {
  const endAt = systemClock.nowMs() + CHANGED_WITHIN_MS
  for (const name of [nameAt('client', 0), nameAt('client', APPS - 1)]) {
    for (;;) {
      const { response } = await client.ask(name, { clientSubnet: MOVING.octets })
      const found = describeAnswer(response)
      if (found === wanted) break
      if (systemClock.nowMs() > endAt) {
        throw new Error(`${MOVING.prefix} gets ${found}, ${wanted} is wanted`)
      }
      await setTimeout(ASK_EVERY_MS)
    }
  }
  return systemClock.nowMs()
}
