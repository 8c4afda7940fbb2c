import { assertAllGood, runDnsperf } from '../load/dnsperf.ts'
import type { BenchEdge } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import type { FigureCollector } from '../report/figure.ts'
import { CONTROL, CPU } from './bars.ts'

/** One kind of questions to one edge. */
export interface Kind {
  readonly name: string
  readonly edge: BenchEdge
  /** File of the questions. */
  readonly questions: string
  /** What every one of them is answered with. */
  readonly rcode: 'NOERROR' | 'NXDOMAIN'
}

export interface KindOptions {
  readonly seconds: number
  /** The core of the load. */
  readonly cpu: number | undefined
}

/** So long an edge answers as it will be asked to, before that is timed. */
const WARM_UP_SECONDS = 1

/** Asks in closed loop and adds what it took to the figures. */
export async function measureKind(
  folder: BenchFolder,
  { edge, questions, rcode }: Kind,
  { seconds, cpu }: KindOptions,
  figures: FigureCollector,
): Promise<void> {
  const options = { target: edge.dns, questions, cpu }
  await runDnsperf(folder, { ...options, seconds: WARM_UP_SECONDS })
  const cpuBefore = edge.usage().cpuMs
  const controlBefore = edge.controlCpuMs()
  const result = await runDnsperf(folder, { ...options, seconds })
  const controlMs = edge.controlCpuMs() - controlBefore
  const cpuMs = edge.usage().cpuMs - cpuBefore
  assertAllGood(result, [rcode])
  figures.add('answers', '1/s', result.perSecond)
  figures.add(CPU, 'µs', (cpuMs * 1000) / result.completed)
  figures.add(CONTROL, 'percent', controlMs / (result.seconds * 10))
  figures.add('lost', 'count', result.lost)
}
