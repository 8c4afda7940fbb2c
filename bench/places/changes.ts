import { systemClock } from '../../shared/clock.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { UdpClient } from '../client/udp-client.ts'
import { runDnsperf } from '../load/dnsperf.ts'
import type { DnsperfResult } from '../load/dnsperf.ts'
import { during } from '../load/during.ts'
import type { BenchCentral } from '../mesh/central.ts'
import type { BenchEdge } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import { addressOf } from '../mesh/workload.ts'
import type { FigureCollector } from '../report/figure.ts'
import { ascending, quantile } from '../report/statistics.ts'
import { MOVES, MOVING, nearestTo, networkAt, waitFor } from './world.ts'

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
}

/** One network moves from here to there, beside a load at a fixed rate. */
export async function measureMoves(beside: Beside): Promise<void> {
  const { central, edge, clusters, figures } = beside
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
  figures.add('a network moved until it is heeded, longest', 'ms', Math.max(...found), {
    atMost: 1_000,
  })
  figures.add('p99 of hits', 'ms', p99(alone))
  figures.add('p99 of hits while networks move', 'ms', p99(result))
  figures.add('p99 while networks move ÷ without', '×', p99(result) / p99(alone))
  figures.add('lost while networks move', 'count', result.lost)
}

/** Clusters are drained and taken back: all plans are made from the ground, and all names put. */
export async function measureDrains(beside: Beside): Promise<void> {
  const { central, clusters, figures } = beside
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
  figures.add(
    'a cluster drained or taken back until it is heeded, longest',
    'ms',
    Math.max(...found),
    {
      atMost: 1_000,
    },
  )
  figures.add('p99 of hits while clusters are drained', 'ms', p99(result))
  figures.add('p99 while clusters are drained ÷ without', '×', p99(result) / p99(alone))
  figures.add('lost while clusters are drained', 'count', result.lost)
}

/** The same load without changes, and with them. */
async function measureBeside(
  { folder, edge, questions, cpu, seconds, rate }: Beside,
  change: (client: UdpClient, isOver: () => boolean) => Promise<readonly number[]>,
) {
  const options = { target: edge.dns, cpu, questions, clientSubnet: MOVING.octets, rate }
  const alone = await runDnsperf(folder, { ...options, seconds })
  const { result, found } = await during(
    (signal) => runDnsperf(folder, { ...options, seconds }, signal),
    async (isOver) => UdpClient.with(edge.dns, (client) => change(client, isOver)),
  )
  return { alone, result, found }
}

function p99({ latencies }: DnsperfResult): number {
  return quantile(ascending(latencies), 0.99)
}
