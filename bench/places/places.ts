import { readTopologyFile } from '../../edge/topology-file.ts'
import { systemClock } from '../../shared/clock.ts'
import { distanceKm } from '../../shared/geo/distance.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { describeAnswer } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import { assertAllGood, runDnsperf } from '../load/dnsperf.ts'
import type { DnsperfOptions, DnsperfResult } from '../load/dnsperf.ts'
import { during } from '../load/during.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchEdge, topologyFile } from '../mesh/edge.ts'
import { BenchFolder } from '../mesh/folder.ts'
import { APEX, addressOf } from '../mesh/workload.ts'
import { allowedCpus } from '../process/cpus.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector } from '../report/figure.ts'
import { ascending, quantile } from '../report/statistics.ts'

/** Clusters that each app runs in, and registered networks, each at a place of its own. */
const CLUSTERS = 300
const NETWORKS = 10_000
/** Networks in one request. */
const NETWORKS_PER_REQUEST = 2_000
const APPS = 200
/** The network that moves, and the subnet that the load tells. */
const MOVING = { id: 'n77', prefix: '10.0.77.0/24', octets: [10, 0, 77] } as const
const MOVES = 5
const OWN = 'sfo'
const CHANGED_WITHIN_MS = 20_000

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
      await measureMoves(folder, central, edge, clusters, questions.client, load, options, figures)
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

const nameAt = (kind: string, i: number): string => `${kind}-${String(i).padStart(4, '0')}.${APEX}`

/** Spread over the earth; each network has a /24 and a place that no other has. */
function networkAt(i: number) {
  return {
    id: `n${i}`,
    prefixes: [`10.${i >> 8}.${i & 255}.0/24`],
    latitude: ((i * 7919) % 14_000) / 100 - 70,
    longitude: ((i * 104_729) % 36_000) / 100 - 180,
  }
}

/** The address for a client at a place, by trying all. */
function nearestTo(
  clusters: readonly Cluster[],
  place: { readonly latitude: number; readonly longitude: number },
): string {
  const km = clusters.map((cluster) => distanceKm(place, cluster))
  return addressOf(km.indexOf(Math.min(...km)))
}

/** The data threads answer by the networks, and by the right ones. */
async function isRight(edge: BenchEdge, clusters: readonly Cluster[]): Promise<void> {
  await UdpClient.with(edge.dns, async (client) => {
    await waitFor(client, nearestTo(clusters, networkAt(77)))
    for (let i = 0; i < NETWORKS; i += 97) {
      const clientSubnet = [10, i >> 8, i & 255]
      const { response } = await client.ask(nameAt('client', i % APPS), { clientSubnet })
      const found = describeAnswer(response)
      const wanted = nearestTo(clusters, networkAt(i))
      if (found !== wanted) throw new Error(`network ${i} gets ${found}, ${wanted} is wanted`)
    }
  })
}

async function waitFor(client: UdpClient, wanted: string): Promise<number> {
  const endAt = systemClock.nowMs() + CHANGED_WITHIN_MS
  for (;;) {
    const { response } = await client.ask(nameAt('client', 0), { clientSubnet: MOVING.octets })
    const found = describeAnswer(response)
    const nowMs = systemClock.nowMs()
    if (found === wanted) return nowMs
    if (nowMs > endAt) throw new Error(`${MOVING.prefix} gets ${found}, ${wanted} is wanted`)
  }
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

/** One network moves from here to there, beside a load at a fixed rate. */
async function measureMoves(
  folder: BenchFolder,
  central: BenchCentral,
  edge: BenchEdge,
  clusters: readonly Cluster[],
  questions: string,
  cpu: number | undefined,
  { seconds, rate }: PlacesOptions,
  figures: FigureCollector,
): Promise<void> {
  const options = { target: edge.dns, cpu, questions, clientSubnet: MOVING.octets, rate }
  const alone = await runDnsperf(folder, { ...options, seconds })
  const { result, found } = await during(
    (signal) => runDnsperf(folder, { ...options, seconds }, signal),
    async (isOver) =>
      UdpClient.with(edge.dns, async (client) => {
        const times: number[] = []
        for (let i = 0; i < MOVES && !isOver(); i++) {
          // To the place of a cluster, each time of another one.
          const to = clusters[(i * 31 + times.length * 7) % clusters.length]
          if (to === undefined) throw new Error('there are no clusters')
          const place = { latitude: to.latitude, longitude: to.longitude }
          const startedAt = systemClock.nowMs()
          await central.call('PUT', `/v1/networks/${MOVING.id}`, {
            prefixes: [MOVING.prefix],
            ...place,
          })
          times.push((await waitFor(client, nearestTo(clusters, place))) - startedAt)
        }
        return times
      }),
  )
  await central.apply({ networks: [networkAt(77)] })
  await UdpClient.with(edge.dns, (client) => waitFor(client, nearestTo(clusters, networkAt(77))))
  const p99 = ({ latencies }: DnsperfResult): number => quantile(ascending(latencies), 0.99)
  figures.add('a network moved until it is heeded, longest', 'ms', Math.max(...found), {
    atMost: 1_000,
  })
  figures.add('p99 of hits', 'ms', p99(alone))
  figures.add('p99 of hits while networks move', 'ms', p99(result))
  figures.add('p99 while networks move ÷ without', '×', p99(result) / p99(alone))
  figures.add('lost while networks move', 'count', result.lost)
}
