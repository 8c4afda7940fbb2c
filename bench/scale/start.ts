import { systemClock } from '../../shared/clock.ts'
import { askAll } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import type { BenchCentral } from '../mesh/central.ts'
import type { BenchEdge } from '../mesh/edge.ts'
import type { BenchApp } from '../mesh/workload.ts'

/** How long a central took from the spawn of its process. */
export interface CentralStart {
  /** Until its log said that it is up. */
  readonly upSeconds: number
  /** Until REST had given an app. */
  readonly restSeconds: number
  /** Of these, what it says itself: from the opening of its log on. */
  readonly ownSeconds: number
}

/** Starts a central on data that are there. Throws when it does not hold all apps afterwards. */
export async function startCentral(
  central: BenchCentral,
  apps: readonly BenchApp[],
): Promise<CentralStart> {
  const up = await central.start()
  const upSeconds = (systemClock.nowMs() - central.startedAt) / 1000
  const last = apps.at(-1)?.name ?? ''
  const app = await central.call('GET', `/v1/apps/${last}`)
  const restSeconds = (systemClock.nowMs() - central.startedAt) / 1000
  if (app['name'] !== `${last}.`) throw new Error(`${last} is given as ${JSON.stringify(app)}`)
  if (up['apps'] !== apps.length) {
    throw new Error(`central holds ${String(up['apps'])} apps, ${apps.length} are wanted`)
  }
  if (central.hasRefusedSnapshot) throw new Error('central has refused its snapshot')
  return { upSeconds, restSeconds, ownSeconds: Number(up['startMs']) / 1000 }
}

/** How long an edge took from the spawn of its process. */
export interface EdgeStart {
  /** Until its log said that it listens. */
  readonly upSeconds: number
  /** Until `/ready` said that it is, with all names. */
  readonly readySeconds: number
  /** Until a sample of names had been answered right after that. */
  readonly checkedSeconds: number
}

/** Starts an edge with a full replica and waits until it answers for all apps. */
export async function startEdge(
  edge: BenchEdge,
  central: BenchCentral,
  apps: readonly BenchApp[],
  sample: readonly BenchApp[],
): Promise<EdgeStart> {
  await edge.start(central.grpc)
  const sinceSpawn = (): number => (systemClock.nowMs() - edge.startedAt) / 1000
  const upSeconds = sinceSpawn()
  await edge.holds(apps.length)
  const readySeconds = sinceSpawn()
  await UdpClient.with(edge.dns, (client) => askAll(client, sample))
  if (edge.hasRefusedSnapshot) throw new Error('the edge has refused its snapshot')
  return { upSeconds, readySeconds, checkedSeconds: sinceSpawn() }
}
