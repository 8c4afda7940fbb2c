import { readTopologyFile } from '../../edge/topology-file.ts'
import { askAll } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchEdge, topologyFile } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { appsManifest, createApps, groundManifest } from '../mesh/workload.ts'
import type { BenchApp } from '../mesh/workload.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector, formatValue } from '../report/figure.ts'
import { quantile } from '../report/statistics.ts'

const NAMES_PER_ROUND = 1_000
const CLUSTER = 'sfo'
const MISS_P50_BELOW_MS = 2

/**
 * What a client waits for names that the edge has never seen, each of which it asks central for, and
 * for the same names once it knows them, which it must not ask for again.
 */
export async function measureMiss(
  folder: BenchFolder,
  { rounds }: { readonly rounds: number },
  progress: Progress,
): Promise<PartResult> {
  const central = new BenchCentral(folder)
  const edge = new BenchEdge(folder, { cluster: CLUSTER, replica: 'on-demand' })
  const figures = new FigureCollector()
  try {
    const clusters = readTopologyFile(topologyFile)
    const names = rounds * NAMES_PER_ROUND
    progress(`miss: ${names} apps, one central, one edge`)
    const apps = createApps(clusters, CLUSTER, { first: 0, count: names })
    await central.start()
    await central.apply({ ...groundManifest(clusters), ...appsManifest(apps) })
    await edge.start(central.grpc)
    await edge.holds(0)
    for (let round = 1; round <= rounds; round++) {
      const fresh = apps.slice((round - 1) * NAMES_PER_ROUND, round * NAMES_PER_ROUND)
      const { misses, hits, callsByHits } = await UdpClient.with(edge.dns, (client) =>
        askTwice(client, edge, fresh),
      )
      const missP50 = quantile(misses, 0.5)
      const hitP50 = quantile(hits, 0.5)
      figures.add('miss p50', 'ms', missP50, { below: MISS_P50_BELOW_MS })
      figures.add('miss p95', 'ms', quantile(misses, 0.95))
      figures.add('miss p99', 'ms', quantile(misses, 0.99))
      figures.add('hit p50', 'ms', hitP50)
      figures.add('hit p95', 'ms', quantile(hits, 0.95))
      figures.add('hit p99', 'ms', quantile(hits, 0.99))
      figures.add('calls to central by hits', 'count', callsByHits, { below: 1 })
      progress(
        `miss: round ${round}/${rounds}: ` +
          `p50 ${formatValue(missP50)} ms, of hits ${formatValue(hitP50)} ms`,
      )
    }
    return {
      part: 'miss',
      setup: { namesPerRound: NAMES_PER_ROUND, replica: 'on-demand' },
      figures: figures.figures,
    }
  } finally {
    await edge.end()
    await central.end()
  }
}

/** Asks for names that are new to the edge, then for the same again. Latencies in ms, ascending. */
async function askTwice(
  client: UdpClient,
  edge: BenchEdge,
  fresh: readonly BenchApp[],
): Promise<{
  readonly misses: Float64Array
  readonly hits: Float64Array
  readonly callsByHits: number
}> {
  const callsBefore = await edge.callsToCentral()
  const misses = await askAll(client, fresh)
  const callsBetween = await edge.callsToCentral()
  if (callsBetween - callsBefore !== fresh.length) {
    const calls = `${callsBetween - callsBefore} calls to central`
    throw new Error(`${fresh.length} names that were new to the edge made ${calls}`)
  }
  const hits = await askAll(client, fresh)
  return { misses, hits, callsByHits: (await edge.callsToCentral()) - callsBetween }
}
