import { createServer } from 'node:net'
import type { Server } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { readTopologyFile } from '../../edge/topology-file.ts'
import { systemClock } from '../../shared/clock.ts'
import { UdpClient } from '../client/udp-client.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchEdge, topologyFile } from '../mesh/edge.ts'
import { BenchFolder } from '../mesh/folder.ts'
import { groundManifest } from '../mesh/workload.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector } from '../report/figure.ts'
import { waitForAnswer } from '../scale/propagation.ts'
import { Watchers } from './watchers.ts'

/** Where the app runs: the first is the one that dies, and its edge the one that answers with it. */
const PLACES = [
  { cluster: 'sfo', address: '127.0.0.2' },
  { cluster: 'lhr', address: '127.0.0.3' },
] as const
const EDGES = ['sfo', 'ewr', 'lhr'] as const
/** Edges that are told, those that answer included. */
const EDGES_TOLD = 50
const APP = 'checked.bench.example'
const CHECK = { type: 'tcp', intervalMs: 500, timeoutMs: 400, rise: 2, fall: 2 } as const
/** So often an endpoint dies and comes back in each round, at another moment of its interval each time. */
const TURNS = 5
/** What flaps is told more slowly: this is about an endpoint that dies now and then. */
const bars = {
  outMs: { atMost: 1_500 },
  backMs: { atMost: 2_000 },
  toldMs: { atMost: 200 },
}

export interface HealthOptions {
  readonly rounds: number
}

/** How soon an endpoint that dies is out of the answers of all edges, and back in them. */
export async function measureHealth(
  _folder: BenchFolder,
  { rounds }: HealthOptions,
  progress: Progress,
): Promise<PartResult> {
  const figures = new FigureCollector()
  for (let round = 1; round <= rounds; round++) {
    for (let turn = 1; turn <= TURNS; turn++) await measureTurn(figures)
    progress(`health: round ${round}/${rounds}`)
  }
  return {
    part: 'health',
    setup: {
      edges: EDGES.length,
      edgesTold: EDGES_TOLD,
      turns: TURNS,
      ...CHECK,
    },
    figures: figures.figures,
  }
}

/** A mesh of its own for each turn: central remembers what flaps. */
async function measureTurn(figures: FigureCollector): Promise<void> {
  const folders = [new BenchFolder(), ...EDGES.map(() => new BenchFolder())]
  const central = new BenchCentral(folders[0] ?? new BenchFolder())
  const edges = EDGES.map(
    (cluster, i) =>
      new BenchEdge(folders[i + 1] ?? new BenchFolder(), { cluster, replica: 'full', threads: 1 }),
  )
  const servers = new Map<string, Server>()
  let watchers: Watchers | undefined
  try {
    let port = 0
    for (const { address } of PLACES) {
      const server = await listen(address, port)
      servers.set(address, server)
      const bound = server.address()
      if (typeof bound === 'object' && bound !== null) port = bound.port
    }
    await central.start()
    await central.apply({ ...groundManifest(readTopologyFile(topologyFile)), apps: [appAt(port)] })
    await Promise.all(edges.map((edge) => edge.start(central.grpc)))
    await Promise.all(edges.map((edge) => edge.holds(1)))
    watchers = await Watchers.open(central.grpc, EDGES_TOLD - EDGES.length, EDGES[0])
    await upEverywhere(central)
    // At any moment of the interval.
    await wait(Math.random() * CHECK.intervalMs)

    const [dies, other] = PLACES
    watchers.clear()
    const diedAt = systemClock.nowMs()
    await close(servers.get(dies.address))
    const outAt = await allAnswer(edges, () => other.address)
    figures.add('dead until out of all answers', 'ms', outAt - diedAt, bars.outMs)
    figures.add(
      'down: accepted until all are told',
      'ms',
      await told(watchers, 'DOWN'),
      bars.toldMs,
    )

    watchers.clear()
    await wait(Math.random() * CHECK.intervalMs)
    const backAt = systemClock.nowMs()
    servers.set(dies.address, await listen(dies.address, port))
    const inAt = await allAnswer(edges, (edge) => (edge === edges[2] ? other : dies).address)
    figures.add('works until back in all answers', 'ms', inAt - backAt, bars.backMs)
    figures.add('up: accepted until all are told', 'ms', await told(watchers, 'UP'), bars.toldMs)
  } finally {
    watchers?.close()
    await Promise.all(edges.map((edge) => edge.end()))
    await central.end()
    for (const server of servers.values()) await close(server)
    for (const folder of folders) folder.remove()
  }
}

function appAt(port: number) {
  return {
    name: APP,
    ttl: { min: 0, max: 30 },
    health: { check: CHECK },
    endpoints: PLACES.map(({ cluster, address }) => ({ cluster, addresses: [address], port })),
  }
}

/** Resolves when all edges answer as wanted, with the time of the last. */
async function allAnswer(
  edges: readonly BenchEdge[],
  wanted: (edge: BenchEdge) => string,
): Promise<number> {
  const times = await Promise.all(
    edges.map((edge) =>
      UdpClient.with(edge.dns, (client) => waitForAnswer(client, APP, wanted(edge))),
    ),
  )
  return Math.max(...times)
}

/** Waits until central holds all endpoints to be up, by as many edges as check them. */
async function upEverywhere(central: BenchCentral): Promise<void> {
  const endAt = systemClock.nowMs() + 20_000
  for (;;) {
    const { items } = await central.call('GET', `/v1/apps/${APP}/health`)
    const states = Array.isArray(items) ? JSON.stringify(items) : ''
    if (states.split('"state":"up"').length - 1 >= PLACES.length) return
    if (systemClock.nowMs() > endAt) throw new Error(`${APP} does not come up: ${states}`)
    await wait(50)
  }
}

async function told(watchers: Watchers, state: 'UP' | 'DOWN'): Promise<number> {
  const endAt = systemClock.nowMs() + 10_000
  for (;;) {
    const spread = watchers.spreadMs(state)
    if (spread !== undefined) return spread
    if (systemClock.nowMs() > endAt) throw new Error(`not all edges were told ${state}`)
    await wait(5)
  }
}

function listen(address: string, port: number): Promise<Server> {
  const server = createServer((socket) => socket.on('error', () => undefined).end())
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => resolve(server))
  })
}

async function close(server: Server | undefined): Promise<void> {
  if (server?.listening !== true) return
  await new Promise((resolve) => server.close(resolve))
}
