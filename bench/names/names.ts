import { readTopologyFile } from '../../edge/topology-file.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { AppSource } from '../mesh/bulk.ts'
import { spreadApps } from '../mesh/bulk.ts'
import { Changer } from '../mesh/changer.ts'
import { topologyFile } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { ENDPOINTS_PER_APP } from '../mesh/workload.ts'
import type { Cpus } from '../peers/peer.ts'
import { allowedCpus } from '../process/cpus.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector, formatValue } from '../report/figure.ts'
import { pairedApps } from './apps.ts'
import {
  CLUSTERS_FEW,
  CLUSTERS_MANY,
  HITS_ALL,
  HITS_FEW,
  HITS_SOME,
  NOBODY_ALL,
  NOBODY_FEW,
  compareKinds,
  memoryBar,
} from './bars.ts'
import { measureChangesUnderLoad } from './changes.ts'
import { FIRST_CLUSTER, createClusters } from './clusters.ts'
import type { Kind } from './kinds.ts'
import { measureKind } from './kinds.ts'
import type { NamesMesh } from './mesh.ts'
import { startNamesMesh } from './mesh.ts'
import { questionsOfApps, questionsOfNobody } from './questions.ts'
import { measureResteer } from './resteer.ts'

const CLUSTER = 'sfo'
/** Where all apps of the last step run too. */
const OTHER_CLUSTER = 'lhr'
/** What is compared with all apps. */
const FEW_APPS = 1_000
const FEW_CLUSTERS = 10
const MANY_CLUSTERS = 10_000
/** Random names of one run, which begin again at its end. */
const NOBODY_QUESTIONS = 200_000

export interface NamesOptions {
  readonly seconds: number
  readonly rounds: number
  /** Queries per second of the runs whose latency is taken. */
  readonly rate: number
  readonly apps: number
}

interface Bench extends NamesOptions {
  readonly folder: BenchFolder
  readonly clusters: readonly Cluster[]
  readonly cpus: Cpus
  readonly figures: FigureCollector
  readonly progress: Progress
}

/** What one edge costs with many names and clusters, and what happens to hits when they change. */
export async function measureNames(
  folder: BenchFolder,
  options: NamesOptions,
  progress: Progress,
): Promise<PartResult> {
  // One core for the edge and one for the load and central, when there are two.
  const [first, second] = allowedCpus()
  const cpus = { server: second === undefined ? undefined : first, load: second }
  const clusters = readTopologyFile(topologyFile)
  const figures = new FigureCollector()
  const bench: Bench = { ...options, folder, clusters, cpus, figures, progress }
  const kinds = await measureStanding(bench)
  await measureMoving(bench)
  const groups = Array.from(kinds, ([name, { figures }]) => ({ name, figures }))
  return {
    part: 'names',
    setup: {
      apps: options.apps,
      clusters: clusters.length,
      seconds: options.seconds,
      rate: options.rate,
      pinned: cpus.load !== undefined,
      replica: 'full',
    },
    groups,
    figures: [...compareKinds(groups), ...figures.figures],
  }
}

/** Apps with one endpoint: memory, CPU time of all kinds of questions, changes of single apps. */
async function measureStanding(bench: Bench): Promise<ReadonlyMap<string, FigureCollector>> {
  const { folder, clusters, cpus, figures, progress, apps: appCount, rounds, seconds, rate } = bench
  const meshes: NamesMesh[] = []
  const start = async (
    clusters: readonly Cluster[],
    own: string,
    apps: AppSource,
    count: number,
  ): Promise<NamesMesh> => {
    const mesh = await startNamesMesh({ clusters, own, apps, appCount: count, cpus })
    meshes.push(mesh)
    const rss = formatValue(mesh.edge.usage().rssBytes / 1e6)
    progress(`names: ${count} apps, ${clusters.length} clusters: the edge has ${rss} MB`)
    return mesh
  }
  const startClusters = (count: number): Promise<NamesMesh> => {
    const made = createClusters(count)
    const apps = spreadApps(made, FIRST_CLUSTER, ENDPOINTS_PER_APP)
    return start(made, FIRST_CLUSTER, apps, FEW_APPS)
  }
  try {
    const single = spreadApps(clusters, CLUSTER, 1)
    const few = await start(clusters, CLUSTER, single, FEW_APPS)
    const all = await start(clusters, CLUSTER, single, appCount)
    addMemory(bench, few, all)
    const fewClusters = await startClusters(FEW_CLUSTERS)
    const manyClusters = await startClusters(MANY_CLUSTERS)

    const some = folder.write('some', questionsOfApps(FEW_APPS))
    const every = folder.write('every', questionsOfApps(appCount))
    const nobody = folder.write('nobody', questionsOfNobody(NOBODY_QUESTIONS))
    const kinds: readonly Kind[] = [
      { name: HITS_FEW, edge: few.edge, questions: some, rcode: 'NOERROR' },
      { name: HITS_ALL, edge: all.edge, questions: every, rcode: 'NOERROR' },
      { name: HITS_SOME, edge: all.edge, questions: some, rcode: 'NOERROR' },
      { name: NOBODY_FEW, edge: few.edge, questions: nobody, rcode: 'NXDOMAIN' },
      { name: NOBODY_ALL, edge: all.edge, questions: nobody, rcode: 'NXDOMAIN' },
      { name: CLUSTERS_FEW, edge: fewClusters.edge, questions: some, rcode: 'NOERROR' },
      { name: CLUSTERS_MANY, edge: manyClusters.edge, questions: some, rcode: 'NOERROR' },
    ]
    const found = new Map(kinds.map(({ name }) => [name, new FigureCollector()]))
    for (let round = 1; round <= rounds; round++) {
      for (const kind of kinds) {
        const collector = found.get(kind.name) ?? new FigureCollector()
        await measureKind(folder, kind, { seconds, cpu: cpus.load }, collector)
        progress(`names: round ${round}/${rounds}: ${kind.name}: ${describe(collector, round)}`)
      }
    }
    const changer = new Changer(all.central, CLUSTER)
    for (let round = 1; round <= rounds; round++) {
      const load = { questions: every, cpu: cpus.load, seconds, rate }
      const { sample: numbers } = all
      await measureChangesUnderLoad(folder, all.edge, changer, { ...load, numbers }, figures)
      progress(`names: changes ${round}/${rounds}`)
    }
    figures.add('edge with all names: RSS after all', 'MB', all.edge.usage().rssBytes / 1e6)
    return found
  } finally {
    for (const mesh of meshes) await mesh.end()
  }
}

function addMemory({ apps, figures }: Bench, few: NamesMesh, all: NamesMesh): void {
  const fewBytes = few.edge.usage().rssBytes
  const { rssBytes, rssPeakBytes } = all.edge.usage()
  figures.add('edge with 1,000 names: RSS idle', 'MB', fewBytes / 1e6)
  figures.add('edge with all names: RSS idle', 'MB', rssBytes / 1e6)
  figures.add('edge with all names: RSS peak until then', 'MB', rssPeakBytes / 1e6)
  figures.add('whole process ÷ names', 'bytes', rssBytes / apps, memoryBar(apps))
  figures.add('each name more', 'bytes', (rssBytes - fewBytes) / (apps - FEW_APPS))
  figures.add('central with all names: RSS', 'MB', all.central.usage().rssBytes / 1e6)
}

/** Apps that all run in the same two places, one of which is drained and taken back. */
async function measureMoving(bench: Bench): Promise<void> {
  const { folder, clusters, cpus, figures, progress, apps: appCount, rounds, seconds, rate } = bench
  const cluster = clusters.find(({ id }) => id === CLUSTER)
  if (cluster === undefined) throw new Error(`${topologyFile} has no cluster ${CLUSTER}`)
  const apps = pairedApps(CLUSTER, OTHER_CLUSTER)
  const mesh = await startNamesMesh({ clusters, own: CLUSTER, apps, appCount, cpus })
  try {
    const questions = folder.write('paired', questionsOfApps(appCount))
    const options = { questions, cpu: cpus.load, seconds, rate, cluster, appCount }
    for (let round = 1; round <= rounds; round++) {
      await measureResteer(folder, mesh, options, figures)
      progress(`names: all apps re-steered ${round}/${rounds}`)
    }
    figures.add('edge with pairs: RSS after all', 'MB', mesh.edge.usage().rssBytes / 1e6)
  } finally {
    await mesh.end()
  }
}

function describe({ figures }: FigureCollector, round: number): string {
  return figures
    .map(
      ({ name, unit, values }) => `${name} ${formatValue(values[round - 1] ?? Number.NaN)} ${unit}`,
    )
    .join(', ')
}
