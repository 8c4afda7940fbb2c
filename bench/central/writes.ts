import { freeBrokerPorts, KafkaBroker } from '../../deploy/dev/kafka/broker.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchFolder } from '../mesh/folder.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector } from '../report/figure.ts'
import { ascending, quantile } from '../report/statistics.ts'
import { prepareEndpoints, writeFor } from './writers.ts'

const CLIENTS = 64
/** Until code is compiled and connections are open. */
const WARM_SECONDS = 2
/** At most so long for each write, over all clients: 1,000 in a second. */
const KAFKA_WRITE_BAR = { atMost: 1_000 }

/** Logs that are compared; the figure of each names it. */
const KINDS = [
  { name: 'sqlite, one central', centrals: 1, isKafka: false },
  { name: 'kafka, one central', centrals: 1, isKafka: true },
  { name: 'kafka, two centrals', centrals: 2, isKafka: true },
] as const

export interface WritesOptions {
  readonly rounds: number
  readonly seconds: number
}

/** How many writes central acknowledges in a second, by REST with 64 clients, each write durable. */
export async function measureWrites(
  folder: BenchFolder,
  { rounds, seconds }: WritesOptions,
  progress: Progress,
): Promise<PartResult> {
  const figures = new FigureCollector()
  const broker = new KafkaBroker({ folder: folder.path('kafka'), ports: await freeBrokerPorts() })
  await broker.start()
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const kind of KINDS) {
        const topic = `bench-${round}-${kind.centrals}`
        const kafka = { brokers: [broker.address], topic }
        const config = kind.isKafka ? { eventLog: { driver: 'kafka', kafka } } : {}
        const folders = Array.from({ length: kind.centrals }, () => new BenchFolder())
        const centrals = folders.map((own) => new BenchCentral(own, {}, config))
        try {
          await Promise.all(centrals.map((central) => central.start()))
          await prepare(centrals)
          const urls = centrals.map(({ url }) => url)
          const headers = centrals[0]?.headers ?? {}
          await writeFor(WARM_SECONDS, urls, CLIENTS, headers)
          const { perSecond, latenciesMs } = await writeFor(seconds, urls, CLIENTS, headers)
          const sorted = ascending(latenciesMs)
          const bar = kind.isKafka ? KAFKA_WRITE_BAR : {}
          figures.add(`${kind.name}: writes`, '1/s', perSecond)
          figures.add(`${kind.name}: time for each`, 'µs', 1_000_000 / perSecond, bar)
          figures.add(`${kind.name}: p50`, 'ms', quantile(sorted, 0.5))
          figures.add(`${kind.name}: p99`, 'ms', quantile(sorted, 0.99))
        } finally {
          await Promise.all(centrals.map((central) => central.end()))
          for (const own of folders) own.remove()
        }
        progress(`writes: round ${round}/${rounds}, ${kind.name}`)
      }
    }
  } finally {
    await broker.end('SIGKILL')
  }
  return { part: 'writes', setup: { clients: CLIENTS, seconds }, figures: figures.figures }
}

async function prepare(centrals: readonly BenchCentral[]): Promise<void> {
  const [first] = centrals
  if (first !== undefined) await prepareEndpoints(first, CLIENTS)
  for (const central of centrals) {
    while (Number((await central.call('GET', '/v1/status'))['apps']) < CLIENTS) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}
