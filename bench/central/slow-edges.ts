import { systemClock } from '../../shared/clock.ts'
import type { BenchCentral } from '../mesh/central.ts'
import type { FigureCollector } from '../report/figure.ts'
import { collectGarbage } from './inspector.ts'
import type { Manner } from './light-watch.ts'
import { LightWatch } from './light-watch.ts'
import { endpointPut, prepareEndpoints, writeFor } from './writers.ts'

/** Edges of each kind. */
const EDGES = 4
const CLIENTS = 64
const CHANGES = 100_000
/** Changes until the history has all that it holds, and code is compiled. */
const WARM_CHANGES = 20_000
const SLICE_SECONDS = 2
const CHANGES_DEADLINE_MS = 300_000
/** What an edge that is slow may cost central: a part of the full state and the Changes that are under way. */
const BOUND_BYTES = 8 * 1024 * 1024

/**
 * What edges cost central in memory that never read, or never acknowledge, while 100,000 changes happen; it
 * has a state that takes far more than they may. Central runs with an inspector.
 */
export async function measureSlowEdges(
  central: BenchCentral,
  figures: FigureCollector,
): Promise<void> {
  await prepareEndpoints(central, CLIENTS)
  await change(central, WARM_CHANGES)
  for (const manner of ['never-reads', 'never-acknowledges'] satisfies Manner[]) {
    await collectGarbage(central.inspectorUrl)
    const before = central.usage().rssBytes
    const edges = Array.from(
      { length: EDGES },
      (_, i) =>
        new LightWatch(central.grpc, `${manner}-${i}`, manner, {
          onVersion: () => undefined,
          // Central cuts those off that do not acknowledge.
          onEnd: () => undefined,
        }),
    )
    try {
      await change(central, CHANGES)
      const steady = central.usage().rssBytes
      await collectGarbage(central.inspectorUrl)
      const after = central.usage().rssBytes
      const name = `edge that ${manner.replace('-', ' ')}: memory of central`
      figures.add(`${name}, steady`, 'MB', (steady - before) / EDGES / 1e6)
      figures.add(`${name}, after GC`, 'MB', (after - before) / EDGES / 1e6, {
        atMost: BOUND_BYTES / 1e6,
      })
    } finally {
      for (const edge of edges) edge.close()
    }
  }
}

/** Has so many changes happen, each of one endpoint. */
async function change(central: BenchCentral, changes: number): Promise<void> {
  const endAt = systemClock.nowMs() + CHANGES_DEADLINE_MS
  for (let done = 0; done < changes;) {
    const { latenciesMs } = await writeFor(
      SLICE_SECONDS,
      [central.url],
      CLIENTS,
      central.headers,
      endpointPut,
    )
    done += latenciesMs.length
    if (systemClock.nowMs() > endAt) throw new Error(`only ${done} of ${changes} changes were made`)
  }
}
