import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { UdpClient } from '../client/udp-client.ts'
import { assertAllGood, runDnsperf } from '../load/dnsperf.ts'
import type { DnsperfOptions } from '../load/dnsperf.ts'
import { during } from '../load/during.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { nameOfApp } from '../mesh/workload.ts'
import type { FigureCollector } from '../report/figure.ts'
import { ascending, quantile } from '../report/statistics.ts'
import { waitForAnswer } from '../scale/propagation.ts'
import { addressesOfPair, spreadNumbers } from './apps.ts'
import { changeBars } from './bars.ts'
import type { NamesMesh } from './mesh.ts'

/** Names that have to be answered by the other cluster until all are held to be. */
const SAMPLE = 200
/** Before the change, so that the load runs. */
const LEAD_MS = 500
const DEADLINE_MS = 120_000

export interface ResteerOptions extends Pick<DnsperfOptions, 'questions' | 'cpu' | 'seconds'> {
  /** Queries per second meanwhile. */
  readonly rate: number
  /** The edge's own cluster, on which all apps run, as well as on another. */
  readonly cluster: Cluster
  readonly appCount: number
}

/** Drains the cluster that all apps are answered with, and takes it back, beside hits. */
export async function measureResteer(
  folder: BenchFolder,
  mesh: NamesMesh,
  { cluster, appCount, ...load }: ResteerOptions,
  figures: FigureCollector,
): Promise<void> {
  const numbers = spreadNumbers(appCount, SAMPLE)
  for (const state of ['draining', 'active'] as const) {
    const { result, found } = await during(
      (signal) => runDnsperf(folder, { ...load, target: mesh.edge.dns }, signal),
      () => moveAll(mesh, cluster, state, numbers),
    )
    assertAllGood(result)
    const what = state === 'active' ? 'all apps back' : 'all apps drained'
    const sorted = ascending(result.latencies)
    figures.add(`${what}: call`, 's', found.callSeconds)
    figures.add(`${what}: REST answer until served`, 's', found.seconds, changeBars.resteerSeconds)
    figures.add(`${what}: hits meanwhile: p99`, 'ms', quantile(sorted, 0.99))
    figures.add(`${what}: hits meanwhile: longest`, 'ms', quantile(sorted, 1))
    figures.add(`${what}: hits meanwhile: lost`, 'count', result.lost, changeBars.lost)
  }
}

/** Puts the state of the cluster, and waits until the apps are answered accordingly. */
async function moveAll(
  { central, edge }: NamesMesh,
  cluster: Cluster,
  state: 'draining' | 'active',
  numbers: readonly number[],
): Promise<{ readonly callSeconds: number; readonly seconds: number }> {
  await wait(LEAD_MS)
  const calledAt = systemClock.nowMs()
  await central.call('PUT', `/v1/clusters/${cluster.id}`, { ...cluster, state })
  const answeredAt = systemClock.nowMs()
  let servedAt = answeredAt
  await UdpClient.with(edge.dns, async (client) => {
    // One after the other: what is served once stays so, and the last of them is waited for.
    for (const number of numbers) {
      const { here, there } = addressesOfPair(number)
      const wanted = state === 'active' ? here : there
      servedAt = await waitForAnswer(client, nameOfApp(number), wanted, DEADLINE_MS)
    }
  })
  return { callSeconds: (answeredAt - calledAt) / 1000, seconds: (servedAt - answeredAt) / 1000 }
}
