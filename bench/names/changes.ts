import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import { UdpClient } from '../client/udp-client.ts'
import { assertAllGood, runDnsperf } from '../load/dnsperf.ts'
import type { DnsperfOptions } from '../load/dnsperf.ts'
import { during } from '../load/during.ts'
import type { Changer } from '../mesh/changer.ts'
import type { BenchEdge } from '../mesh/edge.ts'
import type { BenchFolder } from '../mesh/folder.ts'
import type { Bar, FigureCollector } from '../report/figure.ts'
import { ascending, quantile } from '../report/statistics.ts'
import { waitForAnswer } from '../scale/propagation.ts'
import { changeBars } from './bars.ts'
import { FULL_LOAD_NICENESS } from './mesh.ts'

/** Changes that are timed in one run, and the time between two. */
const CHANGES = 20
const PAUSE_MS = 200
/** Before the first of them, so that the load runs. */
const LEAD_MS = 500

const PROPAGATION = 'meridian_edge_replica_propagation_seconds'
const DELIVERY = 'meridian_edge_replica_delivery_seconds'

export interface ChangesOptions extends Pick<DnsperfOptions, 'questions' | 'cpu' | 'seconds'> {
  /** Queries per second of the runs whose latency is taken. */
  readonly rate: number
  /** Numbers of the apps to change, one after the other. */
  readonly numbers: readonly number[]
}

/** Changes single apps while an edge that holds many is under load: how soon, and at what cost. */
export async function measureChangesUnderLoad(
  folder: BenchFolder,
  edge: BenchEdge,
  changer: Changer,
  { rate, numbers, ...load }: ChangesOptions,
  figures: FigureCollector,
): Promise<void> {
  const run = { ...load, target: edge.dns }
  const { result, found } = await during(
    (signal) => runDnsperf(folder, { ...run, niceness: FULL_LOAD_NICENESS }, signal),
    (isOver) => timeChanges(edge, changer, numbers, isOver),
  )
  assertAllGood(result)
  figures.add('changes under full load', 'count', found.length)
  figures.add('changes under full load: lost', 'count', result.lost, changeBars.lost)
  const add = (name: string, times: readonly number[], bar: Bar = {}): void => {
    const sorted = ascending(times)
    figures.add(`${name}: p50`, 'ms', quantile(sorted, 0.5))
    figures.add(`${name}: p99`, 'ms', quantile(sorted, 0.99), bar)
    figures.add(`${name}: longest`, 'ms', quantile(sorted, 1), bar)
  }
  add(
    'call until served',
    found.map(({ sinceCallMs }) => sinceCallMs),
  )
  add(
    'REST answer until served',
    found.map(({ sinceAnswerMs }) => sinceAnswerMs),
  )
  add(
    'accepted until served',
    found.map(({ sinceAcceptedMs }) => sinceAcceptedMs),
  )
  add(
    'sent until served',
    found.map(({ sinceSentMs }) => sinceSentMs),
    changeBars.servedMs,
  )

  const quiet = await runDnsperf(folder, { ...run, rate })
  const beside = await during(
    (signal) => runDnsperf(folder, { ...run, rate }, signal),
    async (isOver) => {
      await wait(LEAD_MS)
      for (let i = 0; !isOver(); i++) {
        await changer.change(numbers[i % numbers.length] ?? 0).written
        await wait(PAUSE_MS)
      }
    },
  )
  assertAllGood(quiet)
  assertAllGood(beside.result)
  const without = quantile(ascending(quiet.latencies), 0.99)
  const withChanges = quantile(ascending(beside.result.latencies), 0.99)
  figures.add('hits at rate: p99', 'ms', without)
  figures.add('hits at rate beside changes: p99', 'ms', withChanges)
  figures.add('hits beside changes ÷ without: p99', '×', withChanges / without, changeBars.p99Ratio)
}

/** How long one change took, from three beginnings. */
interface ChangeTimes {
  readonly sinceCallMs: number
  /** 0 where it was served before REST had answered. */
  readonly sinceAnswerMs: number
  /** By the edge: from central having accepted it until all data threads answer by it. */
  readonly sinceAcceptedMs: number
  /** By the edge: from central having sent it, which is before it reached the edge. */
  readonly sinceSentMs: number
}

/** Changes one app after the other, asking for each until it is served, while the load goes on. */
async function timeChanges(
  edge: BenchEdge,
  changer: Changer,
  numbers: readonly number[],
  isOver: () => boolean,
): Promise<readonly ChangeTimes[]> {
  const found: ChangeTimes[] = []
  const stride = Math.max(1, Math.floor(numbers.length / CHANGES))
  await wait(LEAD_MS)
  await UdpClient.with(edge.dns, async (client) => {
    for (let i = 0; i < CHANGES && !isOver(); i++) {
      const before = await sumsOf(edge)
      const calledAt = systemClock.nowMs()
      const { name, address, written } = changer.change(numbers[(i * stride) % numbers.length] ?? 0)
      const [answeredAt, servedAt] = await Promise.all([
        written,
        waitForAnswer(client, name, address),
      ])
      // One change at a time: what the sum has grown by is the time of this one.
      const after = await sumsOf(edge)
      found.push({
        sinceCallMs: servedAt - calledAt,
        sinceAnswerMs: Math.max(0, servedAt - answeredAt),
        sinceAcceptedMs: (after.accepted - before.accepted) * 1000,
        sinceSentMs: (after.sent - before.sent) * 1000,
      })
      await wait(PAUSE_MS)
    }
  })
  return found
}

async function sumsOf(
  edge: BenchEdge,
): Promise<{ readonly accepted: number; readonly sent: number }> {
  return {
    accepted: await edge.metric(PROPAGATION, '_sum'),
    sent: await edge.metric(DELIVERY, '_sum'),
  }
}
