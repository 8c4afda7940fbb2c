import { setTimeout } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { UdpClient } from '../client/udp-client.ts'
import { runDnsperf } from '../load/dnsperf.ts'
import type { DnsperfResult } from '../load/dnsperf.ts'
import { during } from '../load/during.ts'
import type { BenchCentral } from '../mesh/central.ts'
import type { BenchEdge } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { APEX, addressOf } from '../mesh/workload.ts'
import type { FigureCollector } from '../report/figure.ts'
import { ascending, quantile } from '../report/statistics.ts'
import { APPS, ASK_EVERY_MS, MOVES, MOVING, nearestTo, networkAt, waitFor } from './world.ts'

/** So often it is asked for an answer that is there, for each change of no account. */
const ASKED = 20
/** Clusters that are drained, one after the other, and taken back. */
const DRAINS = 2

/** What changes are made beside. */
export interface Beside {
  readonly folder: BenchFolder
  readonly central: BenchCentral
  readonly edge: BenchEdge
  readonly clusters: readonly Cluster[]
  readonly questions: string
  readonly cpu: number | undefined
  readonly seconds: number
  readonly rate: number
  readonly figures: FigureCollector
  /** Which threads share a core, for the names of the figures. */
  readonly where: string
}

/** One network moves from here to there, beside a load at a fixed rate. */
export async function measureMoves(beside: Beside): Promise<void> {
  const { central, edge, clusters, figures, where } = beside
  const home = networkAt(MOVING.number)
  const { alone, result, found } = await measureBeside(beside, async (client, isOver) => {
    const times: number[] = []
    for (let i = 0; i < MOVES && !isOver(); i++) {
      // To the place of a cluster, each time of another one.
      const to = clusters[(i * 31 + times.length * 7) % clusters.length]
      if (to === undefined) throw new Error('there are no clusters')
      const place = { latitude: to.latitude, longitude: to.longitude }
      const startedAt = systemClock.nowMs()
      const body = { prefixes: [MOVING.prefix], ...place }
      await central.call('PUT', `/v1/networks/${MOVING.id}`, body)
      times.push((await waitFor(client, nearestTo(clusters, place))) - startedAt)
    }
    return times
  })
  await central.apply({ networks: [home] })
  await UdpClient.with(edge.dns, (client) => waitFor(client, nearestTo(clusters, home)))
  const what = `${where}: a network moved until it is heeded, longest`
  figures.add(what, 'ms', Math.max(...found), { atMost: 1_000 })
  addDelays(beside, 'networks move', alone, result)
}

/** Clusters are drained and taken back: all plans are made from the ground, and all names put. */
export async function measureDrains(beside: Beside): Promise<void> {
  const { central, clusters, figures, where } = beside
  const home = networkAt(MOVING.number)
  const { alone, result, found } = await measureBeside(beside, async (client, isOver) => {
    const times: number[] = []
    for (let i = 0; i < DRAINS && !isOver(); i++) {
      const all = nearestTo(clusters, home)
      const drained = clusters.find((_one, at) => addressOf(at) === all)
      if (drained === undefined) throw new Error('there are no clusters')
      for (const [state, wanted] of [
        ['draining', nearestTo(clusters, home, drained)],
        ['active', all],
      ] as const) {
        const startedAt = systemClock.nowMs()
        await central.apply({ clusters: [{ ...drained, state }] })
        times.push((await waitFor(client, wanted)) - startedAt)
      }
    }
    return times
  })
  const what = `${where}: a cluster drained or taken back until it is heeded, longest`
  figures.add(what, 'ms', Math.max(...found), { atMost: 1_000 })
  addDelays(beside, 'clusters are drained', alone, result)
}

/**
 * The load beside changes, and before that beside as many that are of no account to it: central and who asks for
 * the answers run beside the load, and take of its core, in both.
 */
async function measureBeside(
  beside: Beside,
  change: (client: UdpClient, isOver: () => boolean) => Promise<readonly number[]>,
) {
  const { folder, edge, questions, cpu, seconds, rate } = beside
  const options = { target: edge.dns, cpu, questions, clientSubnet: MOVING.octets, rate }
  const measure = async (work: typeof change) =>
    during(
      (signal) => runDnsperf(folder, { ...options, seconds }, signal),
      async (isOver) => UdpClient.with(edge.dns, (client) => work(client, isOver)),
    )
  const alone = await measure((client, isOver) => changeOthers(beside, client, isOver))
  const { result, found } = await measure(change)
  return { alone: alone.result, result, found }
}

/** Changes an app that nobody asks for, and asks for another one as often as for an answer that is waited for. */
async function changeOthers(
  { central, clusters, edge }: Beside,
  client: UdpClient,
  isOver: () => boolean,
): Promise<readonly number[]> {
  const [cluster] = clusters
  if (cluster === undefined) throw new Error('there are no clusters')
  const home = nearestTo(clusters, networkAt(MOVING.number))
  const times: number[] = []
  for (let i = 0; i < MOVES && !isOver(); i++) {
    const startedAt = systemClock.nowMs()
    const endpoints = [{ cluster: cluster.id, addresses: [addressOf(i)] }]
    await central.apply({ apps: [{ name: `other.${APEX}`, policy: 'nearest', endpoints }] })
    for (let asked = 0; asked < ASKED && !isOver(); asked++) {
      await waitFor(client, home)
      await setTimeout(ASK_EVERY_MS)
    }
    times.push(systemClock.nowMs() - startedAt)
  }
  await edge.holds(2 * APPS + 1)
  return times
}

/** What of the hits is later than before. */
function addDelays(
  { figures, where }: Beside,
  what: string,
  alone: DnsperfResult,
  result: DnsperfResult,
): void {
  for (const [name, share] of [
    ['p95', 0.95],
    ['p99', 0.99],
  ] as const) {
    const before = quantile(ascending(alone.latencies), share)
    const beside = quantile(ascending(result.latencies), share)
    figures.add(`${where}: ${name} of hits before ${what}`, 'ms', before)
    figures.add(`${where}: ${name} of hits while ${what}`, 'ms', beside)
  }
  figures.add(`${where}: lost while ${what}`, 'count', result.lost)
}
