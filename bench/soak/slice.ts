import { assertAllGood, runDnsperf } from '../load/dnsperf.ts'
import type { DnsperfOptions, DnsperfResult } from '../load/dnsperf.ts'
import type { BenchCentral } from '../mesh/central.ts'
import type { BenchEdge } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import type { FigureCollector } from '../report/figure.ts'
import { FAILED, LOST, PAUSES, RSS, lostBeyond } from './bars.ts'
import type { Probe } from './probe.ts'
import { NOBODY_EVERY, missQuestions } from './questions.ts'

/** Queries per second over TCP, and to the edge on demand, every other of which is a miss. */
export const TCP_RATE = 500
export const MISS_RATE = 200
/** The share of NXDOMAIN may differ by so much: a run does not end at the end of the file. */
const SHARE_TOLERANCE = 0.01

export interface SoakMesh {
  readonly central: BenchCentral
  readonly full: BenchEdge
  readonly onDemand: BenchEdge
  readonly probe: Probe
  readonly appCount: number
}

export interface SliceOptions {
  /** How many were before. */
  readonly index: number
  readonly seconds: number
  /** Queries per second over UDP to the edge with all names. */
  readonly rate: number
  /** File of hits and names that do not exist. */
  readonly questions: string
}

/** One part of the time: all loads side by side, then what they found. Rejects on a wrong rcode. */
export async function runSlice(
  folder: BenchFolder,
  { central, full, onDemand, probe, appCount }: SoakMesh,
  { index, seconds, rate, questions }: SliceOptions,
  figures: FigureCollector,
  signal: AbortSignal,
): Promise<void> {
  const perSlice = Math.ceil((MISS_RATE * seconds) / 2)
  const misses = folder.write('misses', missQuestions(appCount, index * perSlice, perSlice))
  const run = (options: Omit<DnsperfOptions, 'seconds' | 'cpu'>): Promise<DnsperfResult> =>
    runDnsperf(folder, { ...options, seconds, cpu: undefined, hasLatencies: false }, signal)
  const dropsBefore = await dropsOf(full, onDemand)
  const callsBefore = await onDemand.callsToCentral()
  probe.takeSeen()
  const [udp, tcp, missed] = await Promise.all([
    run({ target: full.dns, questions, rate }),
    run({ target: full.dns, questions, rate: TCP_RATE, transport: 'tcp' }),
    run({ target: onDemand.dns, questions: misses, rate: MISS_RATE }),
  ])
  const seen = probe.takeSeen()
  const drops = (await dropsOf(full, onDemand)) - dropsBefore
  assertMixed(udp)
  assertMixed(tcp)
  assertAllGood(missed, ['NOERROR', 'SERVFAIL'])
  const calls = (await onDemand.callsToCentral()) - callsBefore
  if (calls === 0) throw new Error('the edge on demand knew all the names that it was to miss')

  figures.add('answers over UDP', 'count', udp.completed)
  figures.add('answers over TCP', 'count', tcp.completed)
  figures.add('answers of the edge on demand', 'count', missed.completed)
  figures.add('its calls to central', 'count', calls)
  figures.add(FAILED, 'count', missed.rcodes['SERVFAIL'] ?? 0)
  figures.add('lost over UDP', 'count', udp.lost + missed.lost + seen.lost)
  figures.add('lost over TCP', 'count', tcp.lost)
  figures.add('dropped by the kernel', 'count', drops)
  const beyond = lostBeyond(udp.lost + missed.lost + seen.lost, drops) + tcp.lost
  figures.add(LOST, 'count', beyond)
  figures.add('probe: answers', 'count', seen.answered)
  figures.add('probe: longest wait', 'ms', seen.longestMs)
  figures.add(PAUSES, 'count', seen.pauses)
  figures.add('probe: itself late', 'ms', seen.ownLongestMs)
  figures.add(RSS.full, 'MB', full.usage().rssBytes / 1e6)
  figures.add(RSS.onDemand, 'MB', onDemand.usage().rssBytes / 1e6)
  figures.add(RSS.central, 'MB', central.usage().rssBytes / 1e6)
}

/** Throws when the answers are not of the names that exist and those that do not, as they were asked. */
function assertMixed(result: DnsperfResult): void {
  assertAllGood(result, ['NOERROR', 'NXDOMAIN'])
  const share = (result.rcodes['NXDOMAIN'] ?? 0) / result.completed
  if (Math.abs(share - 1 / NOBODY_EVERY) <= SHARE_TOLERANCE) return
  throw new Error(`${share} of the answers are NXDOMAIN, ${1 / NOBODY_EVERY} is wanted`)
}

async function dropsOf(...edges: readonly BenchEdge[]): Promise<number> {
  let drops = 0
  for (const edge of edges) drops += await edge.metric('meridian_edge_data_kernel_drops_total')
  return drops
}
