import { BenchCentral } from '../mesh/central.ts'
import { BenchFolder } from '../mesh/folder.ts'
import { APEX } from '../mesh/workload.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector, formatValue } from '../report/figure.ts'
import { ascending, quantile } from '../report/statistics.ts'
import { timeFlushes } from './disk.ts'
import type { Put } from './writers.ts'
import { endpointPut, prepareEndpoints, writeFor } from './writers.ts'

const CLIENTS = 64
/** Until code is compiled and connections are open. */
const WARM_SECONDS = 2
/** At most so long for each write, over all clients: 3,000 in a second. */
const WRITE_BAR = { atMost: 1_000_000 / 3_000 }

const KINDS: readonly { readonly name: string; readonly put: Put }[] = [
  { name: 'endpoints', put: endpointPut },
  { name: 'rrsets', put: rrsetPut },
]

export interface DurableOptions {
  readonly rounds: number
  readonly seconds: number
}

/** How many durable writes central with a SQLite log acknowledges, by REST with 64 clients. */
export async function measureDurable(
  folder: BenchFolder,
  { rounds, seconds }: DurableOptions,
  progress: Progress,
): Promise<PartResult> {
  const figures = new FigureCollector()
  for (let round = 1; round <= rounds; round++) {
    const flushes = timeFlushes(folder)
    figures.add('disk: 4 KiB and fsync: p50', 'ms', quantile(flushes, 0.5))
    figures.add('disk: 4 KiB and fsync: p99', 'ms', quantile(flushes, 0.99))
    for (const { name, put } of KINDS) {
      const own = new BenchFolder()
      const central = new BenchCentral(own)
      try {
        await central.start()
        await prepareEndpoints(central, CLIENTS)
        const urls = [central.url]
        await writeFor(WARM_SECONDS, urls, CLIENTS, central.headers, put)
        const cpuBeforeMs = central.usage().cpuMs
        const written = await writeFor(seconds, urls, CLIENTS, central.headers, put)
        const latencies = ascending(written.latenciesMs)
        const cpuMs = central.usage().cpuMs - cpuBeforeMs
        figures.add(`${name}: writes`, '1/s', written.perSecond)
        figures.add(`${name}: time for each`, 'µs', 1_000_000 / written.perSecond, WRITE_BAR)
        figures.add(`${name}: CPU of central for each`, 'µs', (cpuMs * 1000) / latencies.length)
        figures.add(`${name}: p50`, 'ms', quantile(latencies, 0.5))
        figures.add(`${name}: p99`, 'ms', quantile(latencies, 0.99))
        progress(
          `durable: round ${round}/${rounds}: ${formatValue(written.perSecond)} ${name} a second`,
        )
      } finally {
        await central.end()
        own.remove()
      }
    }
  }
  return {
    part: 'durable',
    setup: { clients: CLIENTS, seconds, eventLog: 'sqlite' },
    figures: figures.figures,
  }
}

/** An rrset of its own for each client, with another address each time. */
function rrsetPut(client: number, turn: number): ReturnType<Put> {
  return {
    path: `/v1/zones/${APEX}./rrsets/host-${client}.${APEX}./A`,
    body: { ttl: 300, rdata: [`10.0.${turn >> 8}.${turn & 255}`] },
  }
}
