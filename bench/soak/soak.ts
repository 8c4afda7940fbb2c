import { readTopologyFile } from '../../edge/topology-file.ts'
import { askAll } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import { during } from '../load/during.ts'
import type { AppSource } from '../mesh/bulk.ts'
import { appAt, registerInBulk, spreadApps } from '../mesh/bulk.ts'
import { BenchCentral } from '../mesh/central.ts'
import { Changer } from '../mesh/changer.ts'
import { BenchEdge, topologyFile } from '../mesh/edge.ts'
import { BenchFolder } from '../mesh/folder.ts'
import { ENDPOINTS_PER_APP, nameOfApp } from '../mesh/workload.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector, formatValue } from '../report/figure.ts'
import { FAILED, LOST, PAUSES, RSS, summarize } from './bars.ts'
import { keepChanging } from './changes.ts'
import { PAUSE_MS, Probe } from './probe.ts'
import { mixedQuestions } from './questions.ts'
import { MISS_RATE, TCP_RATE, runSlice } from './slice.ts'

const APPS = 50_000
/** Fewer than the apps by far: an edge that asks for all in turn misses each of them every time. */
const NAMES_MAX = 1_000
/** Apps that are changed again and again; the last app is none of them and is what the probe asks. */
const CHANGED_APPS = 1_000
const CLUSTER = 'sfo'
/** A minute, of a short soak less, so that there is a first fifth. */
const SLICE_SECONDS = 60
const SLICES_MIN = 5

export interface SoakOptions {
  readonly minutes: number
  /** Queries per second over UDP. */
  readonly rate: number
}

/** A mesh under a load of all kinds for a long time: what is lost, what grows, what pauses. */
export async function measureSoak(
  folder: BenchFolder,
  { minutes, rate }: SoakOptions,
  progress: Progress,
): Promise<PartResult> {
  const clusters = readTopologyFile(topologyFile)
  const apps = spreadApps(clusters, CLUSTER, ENDPOINTS_PER_APP)
  const second = new BenchFolder()
  const central = new BenchCentral(folder)
  const full = new BenchEdge(folder, { cluster: CLUSTER, replica: 'full' })
  const onDemand = new BenchEdge(second, {
    cluster: CLUSTER,
    id: `${CLUSTER}-on-demand`,
    replica: 'on-demand',
    namesMax: NAMES_MAX,
  })
  const figures = new FigureCollector()
  let probe: Probe | undefined
  try {
    await central.start()
    await registerInBulk(central, clusters, apps, APPS)
    await full.start(central.grpc)
    await full.holds(APPS)
    await onDemand.start(central.grpc)
    await onDemand.holds(0)
    progress(`soak: ${APPS} apps, one central, two edges, ${minutes} minutes`)
    const changer = new Changer(central, CLUSTER)
    const questions = folder.write('mixed', mixedQuestions(APPS))
    const started = await Probe.start(full.dns, nameOfApp(APPS - 1))
    probe = started
    const slices = Math.max(SLICES_MIN, minutes)
    const seconds = (minutes * SLICE_SECONDS) / slices
    const soak = async (signal: AbortSignal): Promise<void> => {
      const mesh = { central, full, onDemand, probe: started, appCount: APPS }
      for (let index = 0; index < slices; index++) {
        await runSlice(folder, mesh, { index, seconds, rate, questions }, figures, signal)
        progress(`soak: ${index + 1}/${slices}: ${describe(figures, index)}`)
      }
    }
    const changes = { central, changer, dns: full.dns, cluster: CLUSTER, appCount: CHANGED_APPS }
    const { found } = await during(soak, (isOver) => keepChanging(changes, isOver))
    await checkAtEnd([full, onDemand], apps, changer)
    return {
      part: 'soak',
      setup: {
        apps: APPS,
        minutes,
        secondsOfAColumn: seconds,
        udpRate: rate,
        tcpRate: TCP_RATE,
        missRate: MISS_RATE,
        changes: found,
        pauseMs: PAUSE_MS,
        namesOnDemand: NAMES_MAX,
      },
      figures: [...figures.figures, ...summarize(figures.figures)],
    }
  } finally {
    probe?.stop()
    await full.end()
    await onDemand.end()
    await central.end()
    second.remove()
  }
}

/** Both edges have to answer with what every app has become, and as before where it has not changed. */
async function checkAtEnd(
  edges: readonly BenchEdge[],
  apps: AppSource,
  { addresses }: Changer,
): Promise<void> {
  const wanted = Array.from({ length: CHANGED_APPS * 2 }, (_, number) => {
    const app = appAt(apps, number)
    return { ...app, nearest: addresses.get(number) ?? app.nearest }
  })
  for (const { dns } of edges) await UdpClient.with(dns, (client) => askAll(client, wanted))
}

function describe({ figures }: FigureCollector, index: number): string {
  const told: readonly string[] = [LOST, PAUSES, FAILED, ...Object.values(RSS)]
  return figures
    .filter(({ name }) => told.includes(name))
    .map(({ name, unit, values }) => `${name} ${formatValue(values[index] ?? Number.NaN)} ${unit}`)
    .join(', ')
}
