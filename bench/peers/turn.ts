import { messageOf } from '../../shared/errors.ts'
import { assertAllGood, runDnsperf } from '../load/dnsperf.ts'
import type { DnsperfOptions, DnsperfResult } from '../load/dnsperf.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import type { FigureCollector } from '../report/figure.ts'
import { ascending, quantile } from '../report/statistics.ts'
import { checkAnswers } from './check.ts'
import type { Peer, RunningPeer, Site } from './peer.ts'

/** Figures of a peer that bars and the report name. */
export const CPU = 'CPU'
export const EDNS_CPU = 'CPU EDNS'
export const P99 = 'p99'

/** So long a peer answers as it will be asked to, before each of the two loads is timed. */
const WARM_UP_SECONDS = 1

export interface TurnOptions {
  readonly seconds: number
  /** Queries per second of the run whose latency is taken. */
  readonly rate: number
  /** File of the questions. */
  readonly questions: string
}

/**
 * Starts a peer, checks it, measures it once and ends it: its turn in a round. Rejects, naming it, when
 * it does not come up or answers wrongly.
 */
export async function takeTurn(
  folder: BenchFolder,
  peer: Peer,
  site: Site,
  options: TurnOptions,
  figures: FigureCollector,
): Promise<void> {
  try {
    const running = await peer.start(site)
    try {
      await checkAnswers(running.dns, site.apps, peer)
      await measure(folder, running, { ...options, cpu: site.cpus.load }, figures)
    } finally {
      await running.end()
    }
  } catch (err) {
    throw new Error(`${peer.name}: ${messageOf(err)}`, { cause: err })
  }
}

async function measure(
  folder: BenchFolder,
  running: RunningPeer,
  { seconds, rate, ...load }: TurnOptions & Pick<DnsperfOptions, 'cpu'>,
  figures: FigureCollector,
): Promise<void> {
  const run = (options: Pick<DnsperfOptions, 'seconds' | 'rate' | 'edns'>): Promise<Run> =>
    runOnce(folder, running, { ...load, ...options, target: running.dns })
  await run({ seconds: WARM_UP_SECONDS })
  const plain = await run({ seconds })
  await run({ seconds: WARM_UP_SECONDS, edns: true })
  const edns = await run({ seconds, edns: true })
  const fixed = await run({ seconds, rate })
  const sorted = ascending(fixed.latencies)
  figures.add('answers', '1/s', plain.perSecond)
  figures.add(CPU, 'µs', plain.cpuUs)
  figures.add('answers EDNS', '1/s', edns.perSecond)
  figures.add(EDNS_CPU, 'µs', edns.cpuUs)
  figures.add('at rate', '1/s', fixed.perSecond)
  figures.add('p50', 'ms', quantile(sorted, 0.5))
  figures.add(P99, 'ms', quantile(sorted, 0.99))
  figures.add('p99.9', 'ms', quantile(sorted, 0.999))
  figures.add('lost', 'count', plain.lost + edns.lost + fixed.lost)
  figures.add('RSS', 'MB', running.usage().rssBytes / 1e6)
}

interface Run extends DnsperfResult {
  /** CPU time of the peer for one answer. */
  readonly cpuUs: number
}

async function runOnce(
  folder: BenchFolder,
  running: RunningPeer,
  options: DnsperfOptions,
): Promise<Run> {
  const before = running.usage()
  const result = await runDnsperf(folder, options)
  const after = running.usage()
  assertAllGood(result)
  return { ...result, cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / result.completed }
}
