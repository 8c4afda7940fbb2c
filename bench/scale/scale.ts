import { readTopologyFile } from '../../edge/topology-file.ts'
import { UdpClient } from '../client/udp-client.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchEdge, topologyFile } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { createApps, ENDPOINTS_PER_APP } from '../mesh/workload.ts'
import type { BenchApp } from '../mesh/workload.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector, formatValue } from '../report/figure.ts'
import { quantile } from '../report/statistics.ts'
import { measurePropagation } from './propagation.ts'
import { APPS_PER_CHANGE, register } from './register.ts'
import { startCentral, startEdge } from './start.ts'

const APPS = 100_000
const CLUSTER = 'sfo'
/** Names that are asked of an edge that says it is ready. */
const SAMPLE = 100
const CHANGES_PER_ROUND = 50
const CENTRAL_START_BELOW_SECONDS = 2
const EDGE_START_BELOW_SECONDS = 3

/** What a mesh of 100,000 apps takes: to start, to hold, to change. */
export async function measureScale(
  folder: BenchFolder,
  { rounds }: { readonly rounds: number },
  progress: Progress,
): Promise<PartResult> {
  const clusters = readTopologyFile(topologyFile)
  const apps = createApps(clusters, CLUSTER, { first: 0, count: APPS })
  const bench: Bench = {
    rounds,
    apps,
    central: new BenchCentral(folder),
    edge: new BenchEdge(folder, { cluster: CLUSTER, replica: 'full' }),
    figures: new FigureCollector(),
    progress,
  }
  const { central, edge, figures } = bench
  try {
    await central.start()
    figures.add('register all', 's', await register(central, clusters, apps, progress))
    await central.end()
    figures.add('central: event log', 'MB', central.logBytes() / 1e6)
    figures.add('central: snapshot file', 'MB', central.snapshotBytes() / 1e6)
    await measureCentral(bench, 'from snapshot')
    await measureCentral(bench, 'by replay')
    await startCentral(central, apps)
    await measureEdge(bench, 'from central')
    figures.add('edge: snapshot file', 'MB', edge.snapshotBytes() / 1e6)
    await measureEdge(bench, 'from snapshot')
    await measureChanges(bench)
    return {
      part: 'scale',
      setup: {
        apps: APPS,
        endpointsPerApp: ENDPOINTS_PER_APP,
        clusters: clusters.length,
        appsPerChange: APPS_PER_CHANGE,
        changesPerRound: CHANGES_PER_ROUND,
        replica: 'full',
      },
      figures: figures.figures,
    }
  } finally {
    await edge.end()
    await central.end()
  }
}

interface Bench {
  readonly rounds: number
  readonly apps: readonly BenchApp[]
  readonly central: BenchCentral
  readonly edge: BenchEdge
  readonly figures: FigureCollector
  readonly progress: Progress
}

async function measureCentral(bench: Bench, way: 'from snapshot' | 'by replay'): Promise<void> {
  const { central, figures, apps, rounds, progress } = bench
  // Without the file, which is written at every end and every so many changes, all is replayed: as long
  // as the log is.
  const bar = way === 'by replay' ? {} : { below: CENTRAL_START_BELOW_SECONDS }
  for (let round = 1; round <= rounds; round++) {
    if (way === 'by replay') central.removeSnapshot()
    const { ownSeconds, upSeconds, restSeconds } = await startCentral(central, apps)
    figures.add(`central ${way}: its own part`, 's', ownSeconds)
    figures.add(`central ${way}: up`, 's', upSeconds)
    figures.add(`central ${way}: first REST answer`, 's', restSeconds, bar)
    const { cpuMs, rssBytes } = central.usage()
    figures.add(`central ${way}: CPU`, 's', cpuMs / 1000)
    figures.add(`central ${way}: RSS`, 'MB', rssBytes / 1e6)
    progress(`scale: central ${way} ${round}/${rounds}: ${formatValue(restSeconds)} s`)
    await central.end()
  }
}

/** Leaves the edge stopped, with its snapshot. */
async function measureEdge(bench: Bench, way: 'from central' | 'from snapshot'): Promise<void> {
  const { central, edge, figures, apps, rounds, progress } = bench
  const below = EDGE_START_BELOW_SECONDS
  for (let round = 1; round <= rounds; round++) {
    if (way === 'from central') edge.removeData()
    const sample = Array.from({ length: SAMPLE }, () => randomOf(apps))
    const { upSeconds, readySeconds, checkedSeconds } = await startEdge(edge, central, apps, sample)
    figures.add(`edge ${way}: up`, 's', upSeconds)
    figures.add(`edge ${way}: ready with all names`, 's', readySeconds)
    figures.add(`edge ${way}: and sample right`, 's', checkedSeconds, { below })
    const { cpuMs, rssBytes } = edge.usage()
    figures.add(`edge ${way}: CPU`, 's', cpuMs / 1000)
    figures.add(`edge ${way}: RSS`, 'MB', rssBytes / 1e6)
    progress(`scale: edge ${way} ${round}/${rounds}: ${formatValue(checkedSeconds)} s`)
    await edge.end()
  }
}

async function measureChanges(bench: Bench): Promise<void> {
  const { central, edge, figures, apps, rounds, progress } = bench
  await edge.start(central.grpc)
  await edge.holds(apps.length)
  const stride = Math.floor(apps.length / (rounds * CHANGES_PER_ROUND))
  const spread = apps.filter((_, i) => i % stride === 0)
  for (let round = 1; round <= rounds; round++) {
    const changed = spread.slice((round - 1) * CHANGES_PER_ROUND, round * CHANGES_PER_ROUND)
    const times = await UdpClient.with(edge.dns, (client) =>
      measurePropagation(central, client, CLUSTER, changed),
    )
    const p50 = quantile(times, 0.5)
    figures.add('propagation of a change: p50', 'ms', p50)
    figures.add('propagation of a change: p99', 'ms', quantile(times, 0.99))
    progress(`scale: changes ${round}/${rounds}: p50 ${formatValue(p50)} ms`)
  }
  figures.add('central: RSS after all', 'MB', central.usage().rssBytes / 1e6)
  figures.add('central: RSS peak', 'MB', central.usage().rssPeakBytes / 1e6)
  figures.add('edge: RSS after all', 'MB', edge.usage().rssBytes / 1e6)
  figures.add('edge: RSS peak', 'MB', edge.usage().rssPeakBytes / 1e6)
}

function randomOf(apps: readonly BenchApp[]): BenchApp {
  const app = apps[Math.floor(Math.random() * apps.length)]
  if (app === undefined) throw new Error('there are no apps')
  return app
}
