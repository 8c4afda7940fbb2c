import { systemClock } from '../../shared/clock.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { BenchCentral } from '../mesh/central.ts'
import { appsManifest, groundManifest } from '../mesh/workload.ts'
import type { BenchApp } from '../mesh/workload.ts'
import type { Progress } from '../progress.ts'

/** Apps in one change: one, as people register them, so that the log is as long as it gets. */
export const APPS_PER_CHANGE = 1
/** Writers at once, each with one request under way. */
const WRITERS = 64
/** Apps between two lines of progress. */
const PROGRESS_EVERY = 25_000

/** Registers clusters, zone and apps by REST, every app as a change of its own; returns seconds. */
export async function register(
  central: BenchCentral,
  clusters: readonly Cluster[],
  apps: readonly BenchApp[],
  progress: Progress,
): Promise<number> {
  const startedAt = systemClock.nowMs()
  await central.apply(groundManifest(clusters))
  let next = 0
  const write = async (): Promise<void> => {
    while (next < apps.length) {
      const from = next
      next += APPS_PER_CHANGE
      await central.apply(appsManifest(apps.slice(from, next)))
      if (from % PROGRESS_EVERY === 0) progress(`scale: ${from} of ${apps.length} apps registered`)
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, write))
  return (systemClock.nowMs() - startedAt) / 1000
}
