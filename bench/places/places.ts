import { readTopologyFile } from '../../edge/topology-file.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { describeAnswer } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import { assertAllGood, runDnsperf } from '../load/dnsperf.ts'
import type { DnsperfOptions } from '../load/dnsperf.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchEdge, topologyFile } from '../mesh/edge.ts'
import { BenchFolder } from '../mesh/folder.ts'
import { APEX, addressOf } from '../mesh/workload.ts'
import { allowedCpus } from '../process/cpus.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector } from '../report/figure.ts'
import { measureDrains, measureMoves } from './changes.ts'
import { APPS, MOVES, MOVING, nameAt, nearestTo, networkAt, waitFor } from './world.ts'

/** Clusters that each app runs in, and registered networks, each at a place of its own. */
const CLUSTERS = 300
const NETWORKS = 10_000
/** Networks in one request. */
const NETWORKS_PER_REQUEST = 2_000
const OWN = 'sfo'

export interface PlacesOptions {
  readonly seconds: number
  readonly rounds: number
  readonly rate: number
}

/** What answers cost that go by the place of the client, and how soon a network that moves is heeded. */
export async function measurePlaces(
  _folder: BenchFolder,
  options: PlacesOptions,
  progress: Progress,
): Promise<PartResult> {
  const [server, load = server] = allowedCpus()
  const folder = new BenchFolder()
  const central = new BenchCentral(folder, load === undefined ? {} : { cpu: load })
  const edge = new BenchEdge(folder, {
    cluster: OWN,
    replica: 'full',
    threads: 1,
    trusted: ['127.0.0.1/32'],
    ...(server === undefined ? {} : { cpu: server }),
  })
  const figures = new FigureCollector()
  try {
    await central.start()
    const clusters = await register(central)
    await edge.start(central.grpc)
    await edge.holds(2 * APPS)
    await isRight(edge, clusters)
    progress('places: registered')
    const questions = {
      plain: writeQuestions(folder, 'plain'),
      client: writeQuestions(folder, 'client'),
    }
    for (let round = 1; round <= options.rounds; round++) {
      await measureHits(folder, edge, questions, load, options.seconds, figures)
      const beside = { folder, central, edge, clusters, ...options, figures }
      for (const [where, client, control] of [
        ['one core', load, server],
        ['a core for data', server, load],
      ] as const) {
        edge.pinThreads((name) => (name === 'data' ? server : control) ?? 0)
        const all = { ...beside, questions: questions.client, cpu: client, where }
        await measureMoves(all)
        await measureDrains(all)
      }
      edge.pinThreads(() => server ?? 0)
      progress(`places: round ${round}/${options.rounds}`)
    }
  } finally {
    await edge.end()
    await central.end()
    folder.remove()
  }
  return {
    part: 'places',
    setup: { clusters: CLUSTERS, networks: NETWORKS, names: 2 * APPS, moves: MOVES },
    figures: figures.figures,
  }
}

/** Registers all, and gives the clusters of the apps. */
async function register(central: BenchCentral): Promise<readonly Cluster[]> {
  const all = readTopologyFile(topologyFile)
  const clusters = all.slice(0, CLUSTERS)
  await central.apply({
    clusters: [...all],
    zones: [{ apex: APEX, ns: [`ns.${APEX}`] }],
  })
  for (let first = 0; first < NETWORKS; first += NETWORKS_PER_REQUEST) {
    const count = Math.min(NETWORKS_PER_REQUEST, NETWORKS - first)
    await central.apply({ networks: Array.from({ length: count }, (_, i) => networkAt(first + i)) })
  }
  const endpoints = clusters.map(({ id }, i) => ({ cluster: id, addresses: [addressOf(i)] }))
  for (const [kind, policy] of [
    ['plain', 'nearest'],
    ['client', 'nearest-client'],
  ] as const) {
    for (let first = 0; first < APPS; first += 20) {
      const apps = Array.from({ length: 20 }, (_, i) => ({
        name: nameAt(kind, first + i),
        policy,
        endpoints,
      }))
      await central.apply({ apps })
    }
  }
  return clusters
}

/** The data threads answer by the networks, and by the right ones. */
async function isRight(edge: BenchEdge, clusters: readonly Cluster[]): Promise<void> {
  await UdpClient.with(edge.dns, async (client) => {
    await waitFor(client, nearestTo(clusters, networkAt(MOVING.number)))
    for (let i = 0; i < NETWORKS; i += 97) {
      const clientSubnet = [10, i >> 8, i & 255]
      const { response } = await client.ask(nameAt('client', i % APPS), { clientSubnet })
      const found = describeAnswer(response)
      const wanted = nearestTo(clusters, networkAt(i))
      if (found !== wanted) throw new Error(`network ${i} gets ${found}, ${wanted} is wanted`)
    }
  })
}

function writeQuestions(folder: BenchFolder, kind: string): string {
  const lines = Array.from({ length: APPS }, (_, i) => `${nameAt(kind, i)} A`)
  return folder.write(`${kind}.txt`, `${lines.join('\n')}\n`)
}

async function measureHits(
  folder: BenchFolder,
  edge: BenchEdge,
  questions: { readonly plain: string; readonly client: string },
  cpu: number | undefined,
  seconds: number,
  figures: FigureCollector,
): Promise<void> {
  const ask = async (more: Pick<DnsperfOptions, 'questions' | 'edns' | 'clientSubnet'>) => {
    const options = { target: edge.dns, cpu, ...more }
    await runDnsperf(folder, { ...options, seconds: 1 })
    const before = edge.usage().cpuMs
    const result = await runDnsperf(folder, { ...options, seconds })
    assertAllGood(result)
    return ((edge.usage().cpuMs - before) * 1000) / result.completed
  }
  const plain = await ask({ questions: questions.plain, edns: true })
  const told = await ask({ questions: questions.client, clientSubnet: MOVING.octets })
  const untold = await ask({ questions: questions.client, edns: true })
  figures.add('CPU of a hit, plain', 'µs', plain)
  figures.add('CPU of a hit by the place of a client that is told', 'µs', told)
  figures.add('CPU of a hit by the place of the sender', 'µs', untold)
  figures.add('told ÷ plain: CPU', '×', told / plain, { atMost: 1.3 })
  figures.add('by the sender ÷ plain: CPU', '×', untold / plain, { atMost: 1.3 })
}
