import { readTopologyFile } from '../../edge/topology-file.ts'
import { topologyFile } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { createApps } from '../mesh/workload.ts'
import { allowedCpus } from '../process/cpus.ts'
import type { Progress } from '../progress.ts'
import type { FigureGroup, PartResult } from '../report/figure.ts'
import { FigureCollector, formatValue } from '../report/figure.ts'
import { bind, gdnsd, knot, nsd, powerdns } from './authoritative.ts'
import { besideFloor, compare } from './bars.ts'
import { corednsCache, corednsFile } from './coredns.ts'
import { CLUSTER, edge, edgeOfTwo, edgeOverDgram } from './edge.ts'
import { dgramFloor, floor, floorOfTwo } from './floor.ts'
import { dnsdist, unbound } from './forwarders.ts'
import type { Peer, Site } from './peer.ts'
import { takeTurn } from './turn.ts'

/** All that are measured, in the order of the report. */
export const peers: readonly Peer[] = [
  floor,
  floorOfTwo,
  dgramFloor,
  edge,
  edgeOfTwo,
  edgeOverDgram,
  gdnsd,
  knot,
  nsd,
  unbound,
  bind,
  powerdns,
  dnsdist,
  corednsFile,
  corednsCache,
]

/** Those that can stand behind a server which only passes on, the first that is there. */
const authorities: readonly Peer[] = [knot, nsd, bind]

const APPS = 1_000

export interface PeersOptions {
  readonly seconds: number
  readonly rounds: number
  /** Queries per second of the runs whose latency is taken: what all of them can hold. */
  readonly rate: number
  /** The names of those that are measured; all of them without it. */
  readonly only?: readonly string[]
}

/** The edge beside other servers and beside what the kernel costs: CPU time, throughput, latency. */
export async function measurePeers(
  folder: BenchFolder,
  { seconds, rounds, rate, only }: PeersOptions,
  progress: Progress,
): Promise<PartResult> {
  const wanted = peers.filter(({ name }) => only === undefined || only.includes(name))
  const authority = await firstPresent(authorities)
  const { versions, missing } = await findAll(wanted, authority !== undefined)
  for (const line of missing) progress(`peers: not measured: ${line}`)
  const present = wanted.filter(({ name }) => versions.has(name))
  const clusters = readTopologyFile(topologyFile)
  const apps = createApps(clusters, CLUSTER, { first: 0, count: APPS })
  // One core for the server and one for the load, when there are two; else they take it in turns.
  const [first, second] = allowedCpus()
  const cpus = { server: second === undefined ? undefined : first, load: second }
  const site: Site = { clusters, apps, cpus, ...(authority === undefined ? {} : { authority }) }
  const questions = folder.write('questions', apps.map(({ name }) => `${name} A\n`).join(''))

  const collectors = new Map(present.map((peer) => [peer, new FigureCollector()]))
  for (let round = 0; round < rounds; round++) {
    for (const [peer, figures] of rotate([...collectors], round)) {
      await takeTurn(folder, peer, site, { seconds, rate, questions }, figures)
      progress(`peers: round ${round + 1}/${rounds}: ${peer.name}: ${describe(figures, round)}`)
    }
  }
  const groups = Array.from(collectors, ([{ name }, { figures }]): FigureGroup => {
    const version = versions.get(name)
    return { name, ...(version === undefined ? {} : { version }), figures }
  })
  const others = present.filter(({ kind }) => kind === 'other').map(({ name }) => name)
  return {
    part: 'peers',
    setup: {
      apps: APPS,
      seconds,
      rate,
      pinned: cpus.load !== undefined,
      behindForwarders: authority?.name ?? 'none',
      ...(missing.length === 0 ? {} : { missing: missing.join('; ') }),
    },
    groups: besideFloor(groups, floor.name),
    figures: compare(groups, others),
  }
}

/** Looks for the peers: the versions of those that are here, and how to get the others. */
async function findAll(
  wanted: readonly Peer[],
  hasAuthority: boolean,
): Promise<{
  readonly versions: ReadonlyMap<string, string>
  readonly missing: readonly string[]
}> {
  const versions = new Map<string, string>()
  const missing: string[] = []
  for (const peer of wanted) {
    const found =
      peer.isForwarder === true && !hasAuthority
        ? { missing: 'it needs a server behind it: apt-get install knot' }
        : await peer.find()
    if ('version' in found) versions.set(peer.name, found.version)
    else missing.push(`${peer.name}: ${found.missing}`)
  }
  return { versions, missing }
}

async function firstPresent(candidates: readonly Peer[]): Promise<Peer | undefined> {
  for (const peer of candidates) if ('version' in (await peer.find())) return peer
  return undefined
}

/** The same from another one on, so that none is the first in every round, nor the last. */
export function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const start = by % Math.max(1, list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}

function describe({ figures }: FigureCollector, round: number): string {
  return figures
    .map(({ name, unit, values }) => `${name} ${formatValue(values[round] ?? Number.NaN)} ${unit}`)
    .join(', ')
}
