import { setTimeout as wait } from 'node:timers/promises'
import { readTopologyFile } from '../../edge/topology-file.ts'
import { systemClock } from '../../shared/clock.ts'
import { BenchCentral } from '../mesh/central.ts'
import { topologyFile } from '../mesh/edge.ts'
import { BenchFolder } from '../mesh/folder.ts'
import { APEX, groundManifest } from '../mesh/workload.ts'
import type { Progress } from '../progress.ts'
import type { PartResult } from '../report/figure.ts'
import { FigureCollector, formatValue } from '../report/figure.ts'
import { ascending, quantile } from '../report/statistics.ts'
import { Edges } from './edges.ts'
import { LightEdges } from './light-edges.ts'

/** Edges that answer. */
const EDGES = 50
/** Edges that only listen. */
const LIGHT_EDGES = 2_000
const CHANGES_PER_ROUND = 100
/** Until code is compiled. */
const WARM_CHANGES = 50
const HOST = `changes.${APEX}`
/** Between two changes, so that one does not meet what the one before has left to do. */
const PAUSE_MS = 50

const bars = { answered: { atMost: 100 }, told: { atMost: 500 } }

/** How soon a write is known: answered by 50 edges, and told to 2,000. */
export async function measureSpread(
  _folder: BenchFolder,
  { rounds }: { readonly rounds: number },
  progress: Progress,
): Promise<PartResult> {
  const figures = new FigureCollector()
  await measureAnswers(rounds, figures, progress)
  await measureTold(rounds, figures, progress)
  return {
    part: 'spread',
    setup: {
      edges: EDGES,
      lightEdges: LIGHT_EDGES,
      changesPerRound: CHANGES_PER_ROUND,
      replica: 'full',
    },
    figures: figures.figures,
  }
}

// ---- edges that answer ----

async function measureAnswers(
  rounds: number,
  figures: FigureCollector,
  progress: Progress,
): Promise<void> {
  const folder = new BenchFolder()
  const central = new BenchCentral(folder)
  const edges = new Edges()
  try {
    await central.start()
    await central.apply(groundManifest(readTopologyFile(topologyFile)))
    let turn = await startAmidChanges(edges, folder, central, progress)
    for (let i = 0; i < WARM_CHANGES; i++) {
      await put(central, ++turn)
      await edges.answeredAt(HOST, addressOf(turn))
    }
    for (let round = 1; round <= rounds; round++) {
      const each: number[] = []
      const last: number[] = []
      const cpuBeforeMs = edges.cpuMs()
      for (let i = 0; i < CHANGES_PER_ROUND; i++) {
        const sentAt = systemClock.nowMs()
        const written = put(central, ++turn)
        const times = await edges.answeredAt(HOST, addressOf(turn))
        await written
        for (const at of times) each.push(at - sentAt)
        last.push(Math.max(...times) - sentAt)
        await wait(PAUSE_MS)
      }
      const cpuMs = (edges.cpuMs() - cpuBeforeMs) / CHANGES_PER_ROUND
      const p99 = quantile(ascending(each), 0.99)
      figures.add('sent until answered by an edge: p50', 'ms', quantile(ascending(each), 0.5))
      figures.add('sent until answered by an edge: p99', 'ms', p99, bars.answered)
      figures.add('sent until answered by all edges: p50', 'ms', quantile(ascending(last), 0.5))
      figures.add('CPU of all edges for a change and the questions', 'ms', cpuMs)
      progress(`spread: answers: round ${round}/${rounds}: p99 ${formatValue(p99)} ms`)
    }
  } finally {
    await edges.end()
    await central.end()
    folder.remove()
  }
}

/**
 * Starts the edges one after the other while the record changes: edges of the same age would compile code
 * and collect garbage at the same change. Returns how many changes there have been.
 */
async function startAmidChanges(
  edges: Edges,
  folder: BenchFolder,
  central: BenchCentral,
  progress: Progress,
): Promise<number> {
  let turn = 0
  const areUp = new AbortController()
  const changes = (async () => {
    while (!areUp.signal.aborted) {
      await put(central, ++turn)
      await wait(PAUSE_MS)
    }
  })()
  try {
    for (let i = 1; i <= EDGES; i++) {
      await edges.start(folder, central.grpc)
      if (i % 10 === 0) progress(`spread: ${i} of ${EDGES} edges are up`)
    }
  } finally {
    areUp.abort()
    await changes
  }
  return turn
}

// ---- edges that only listen ----

async function measureTold(
  rounds: number,
  figures: FigureCollector,
  progress: Progress,
): Promise<void> {
  const folder = new BenchFolder()
  const central = new BenchCentral(folder)
  let edges: LightEdges | undefined
  try {
    await central.start()
    await central.apply(groundManifest(readTopologyFile(topologyFile)))
    await put(central, 0)
    edges = await LightEdges.open(central.grpc, LIGHT_EDGES)
    progress(`spread: ${LIGHT_EDGES} light edges are connected`)
    figures.add('central with light edges: RSS', 'MB', central.usage().rssBytes / 1e6)
    let turn = 0
    while (turn < WARM_CHANGES) await edges.toldAt(await put(central, ++turn))
    for (let round = 1; round <= rounds; round++) {
      const all: number[] = []
      const cpuBeforeMs = central.usage().cpuMs
      for (let i = 0; i < CHANGES_PER_ROUND; i++) {
        const sentAt = systemClock.epochMs()
        const version = await put(central, ++turn)
        all.push((await edges.toldAt(version)) - sentAt)
        await wait(PAUSE_MS)
      }
      const cpuMs = (central.usage().cpuMs - cpuBeforeMs) / CHANGES_PER_ROUND
      const sorted = ascending(all)
      const slowest = quantile(sorted, 1)
      figures.add('sent until all light edges are told: p50', 'ms', quantile(sorted, 0.5))
      figures.add('sent until all light edges are told: slowest', 'ms', slowest, bars.told)
      figures.add('light edges: CPU of central for a change', 'ms', cpuMs)
      progress(`spread: light edges: round ${round}/${rounds}: slowest ${formatValue(slowest)} ms`)
    }
  } finally {
    edges?.close()
    await central.end()
    folder.remove()
  }
}

// ---- what changes ----

/** Never the same twice in 60,000 turns. */
function addressOf(turn: number): string {
  return `10.1.${turn >> 8}.${turn & 255}`
}

/** Puts the record anew; returns the version that has it. */
async function put(central: BenchCentral, turn: number): Promise<number> {
  const path = `/v1/zones/${APEX}./rrsets/${HOST}./A`
  const body = { ttl: 0, rdata: [addressOf(turn)] }
  const { version } = await central.call('PUT', path, body)
  return Number(version)
}
