import { askAll } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import { readTopologyFile } from '../../edge/topology-file.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchEdge, topologyFile } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { appsManifest, createApps, groundManifest } from '../mesh/workload.ts'
import { allowedCpus } from '../process/cpus.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector, formatValue } from '../report/figure.ts'
import { ascending, median, quantile } from '../report/statistics.ts'
import { assertAllGood, runDnsperf } from './dnsperf.ts'
import type { DnsperfResult } from './dnsperf.ts'

const APPS = 1_000
const CLUSTER = 'sfo'
/** Before the first round, so that the edge has been compiled by then. */
const WARM_UP_SECONDS = 2
/** Of what closed loop gave: a rate at which queries meet a server that is busy half of the time. */
const FIXED_RATE_SHARE = 0.5

/** Throughput, CPU time and latency of hits: one edge, names that it knows, dnsperf beside it. */
export async function measureLoad(
  folder: BenchFolder,
  { seconds, rounds }: { readonly seconds: number; readonly rounds: number },
  progress: Progress,
): Promise<PartResult> {
  // One core for the edge and one for dnsperf, when there are two; else they take it in turns.
  const [edgeCpu, dnsperfCpu] = allowedCpus()
  const cpus = dnsperfCpu === undefined ? {} : { edge: edgeCpu, dnsperf: dnsperfCpu }
  const central = new BenchCentral(folder)
  const edge = new BenchEdge(folder, {
    cluster: CLUSTER,
    replica: 'on-demand',
    ...(cpus.edge === undefined ? {} : { cpu: cpus.edge }),
  })
  const figures = new FigureCollector()
  try {
    const clusters = readTopologyFile(topologyFile)
    const apps = createApps(clusters, CLUSTER, { first: 0, count: APPS })
    progress(`load: ${APPS} apps, one central, one edge`)
    await central.start()
    await central.apply({ ...groundManifest(clusters), ...appsManifest(apps) })
    await edge.start(central.grpc)
    // Before it has met central it does not know that the names are of the mesh.
    await edge.holds(0)
    await UdpClient.with(edge.dns, (client) => askAll(client, apps))

    const questions = folder.write('questions', apps.map(({ name }) => `${name} A\n`).join(''))
    const run = async (runSeconds: number, rate?: number): Promise<Run> => {
      const before = edge.usage()
      const result = await runDnsperf(folder, {
        target: edge.dns,
        questions,
        seconds: runSeconds,
        cpu: cpus.dnsperf,
        ...(rate === undefined ? {} : { rate }),
      })
      assertAllGood(result)
      const after = edge.usage()
      const cpuUs = ((after.cpuMs - before.cpuMs) * 1000) / result.completed
      return { ...result, cpuUs, rssBytes: after.rssBytes }
    }
    await run(WARM_UP_SECONDS)
    const callsBefore = await edge.callsToCentral()

    const closed: Run[] = []
    for (let round = 1; round <= rounds; round++) {
      const result = await run(seconds)
      closed.push(result)
      addRun(figures, 'closed loop', result)
      progress(`load: closed loop ${round}/${rounds}: ${describe(result)}`)
    }
    const rate = Math.floor(median(closed.map(({ perSecond }) => perSecond)) * FIXED_RATE_SHARE)
    for (let round = 1; round <= rounds; round++) {
      const result = await run(seconds, rate)
      addRun(figures, 'fixed rate', result)
      const sorted = ascending(result.latencies)
      figures.add('fixed rate: p50', 'ms', quantile(sorted, 0.5))
      figures.add('fixed rate: p99', 'ms', quantile(sorted, 0.99))
      figures.add('fixed rate: longest', 'ms', quantile(sorted, 1))
      progress(`load: fixed rate ${round}/${rounds}: ${describe(result)}`)
    }
    figures.add('calls to central', 'count', (await edge.callsToCentral()) - callsBefore, {
      below: 1,
    })
    return {
      part: 'load',
      setup: { apps: APPS, seconds, rate, pinned: cpus.edge !== undefined, replica: 'on-demand' },
      figures: figures.figures,
    }
  } finally {
    await edge.end()
    await central.end()
  }
}

interface Run extends DnsperfResult {
  /** CPU time of the edge for one answer. */
  readonly cpuUs: number
  readonly rssBytes: number
}

function addRun(figures: FigureCollector, kind: string, run: Run): void {
  figures.add(`${kind}: answers`, '1/s', run.perSecond)
  figures.add(`${kind}: CPU per answer`, 'µs', run.cpuUs)
  figures.add(`${kind}: RSS of the edge`, 'MB', run.rssBytes / 1e6)
  figures.add(`${kind}: lost`, 'count', run.lost)
}

function describe({ perSecond, cpuUs, lost }: Run): string {
  return `${formatValue(perSecond)} answers/s, ${formatValue(cpuUs)} µs CPU each, ${lost} lost`
}
