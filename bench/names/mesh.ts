import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../shared/clock.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { askAll } from '../client/ask-all.ts'
import { UdpClient } from '../client/udp-client.ts'
import type { AppSource } from '../mesh/bulk.ts'
import { appAt, registerInBulk } from '../mesh/bulk.ts'
import { BenchCentral } from '../mesh/central.ts'
import { BenchEdge } from '../mesh/edge.ts'
import { BenchFolder } from '../mesh/folder.ts'
import type { Cpus } from '../peers/peer.ts'
import { spreadNumbers } from './apps.ts'

/** All that the option takes: a table that refused names would be another measurement. */
const TABLE_BYTES = 1024 * 1_048_576
/** Names whose answers are checked before anything is timed. */
const SAMPLE = 1_000

/**
 * Behind a load at a fixed rate, whose latencies would be those of waiting for central to leave the core
 * that they share, and before a load that takes all it gets, which goes behind it in turn.
 */
const CENTRAL_NICENESS = 5
export const FULL_LOAD_NICENESS = 15

/** So long the table has to stay as it is until the edge counts as idle. */
const QUIET_MS = 5_000
const QUIET_POLL_MS = 500
const QUIET_DEADLINE_MS = 300_000

export interface NamesMeshOptions {
  readonly clusters: readonly Cluster[]
  /** The edge's own cluster. */
  readonly own: string
  readonly apps: AppSource
  readonly appCount: number
  readonly cpus: Cpus
}

/** A central and an edge with one data thread that holds all its names. */
export interface NamesMesh {
  readonly central: BenchCentral
  readonly edge: BenchEdge
  /** Numbers of apps spread over all, whose answers have been checked. */
  readonly sample: readonly number[]
  end(): Promise<void>
}

/**
 * Starts a mesh in a folder of its own, and waits until the edge has all answers in its table and a
 * sample of them is right. The edge stands on one core, central on that of the load.
 */
export async function startNamesMesh(options: NamesMeshOptions): Promise<NamesMesh> {
  const { clusters, own, apps, appCount, cpus } = options
  const folder = new BenchFolder()
  const central = new BenchCentral(folder, { cpu: cpus.load, niceness: CENTRAL_NICENESS })
  const edge = new BenchEdge(folder, {
    cluster: own,
    replica: 'full',
    threads: 1,
    topology: folder.write('topology.json', { clusters }),
    tableBytes: TABLE_BYTES,
    ...(cpus.server === undefined ? {} : { cpu: cpus.server }),
  })
  const end = async (): Promise<void> => {
    await edge.end()
    await central.end()
    folder.remove()
  }
  try {
    await central.start()
    await registerInBulk(central, clusters, apps, appCount)
    await edge.start(central.grpc)
    await edge.holds(appCount)
    await isQuiet(edge)
    const sample = spreadNumbers(appCount, SAMPLE)
    const checked = sample.map((number) => appAt(apps, number))
    await UdpClient.with(edge.dns, (client) => askAll(client, checked))
    return { central, edge, sample, end }
  } catch (err) {
    await end()
    throw err
  }
}

/** Waits until the answer table has not grown for a while. Rejects when it could not hold all. */
async function isQuiet(edge: BenchEdge): Promise<void> {
  const deadlineAt = systemClock.nowMs() + QUIET_DEADLINE_MS
  let entries = Number.NaN
  let since = systemClock.nowMs()
  while (systemClock.nowMs() - since < QUIET_MS) {
    const found = await edge.metric('meridian_edge_table_entries')
    if (found !== entries) since = systemClock.nowMs()
    entries = found
    if (since > deadlineAt) throw new Error(`the table still changes after ${QUIET_DEADLINE_MS} ms`)
    await wait(QUIET_POLL_MS)
  }
  const refused = await edge.metric('meridian_edge_table_refused_total')
  if (refused > 0) throw new Error(`${refused} entries did not fit into the answer table`)
}
