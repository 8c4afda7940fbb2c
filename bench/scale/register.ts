import { systemClock } from '../../shared/clock.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { BenchCentral } from '../mesh/central.ts'
import { appsManifest, groundManifest } from '../mesh/workload.ts'
import type { BenchApp } from '../mesh/workload.ts'
import type { Progress } from '../progress.ts'

/** Apps in one change: the log gets as many records as there are chunks. */
export const APPS_PER_CHANGE = 100
/** Changes between two lines of progress. */
const PROGRESS_EVERY = 250

/** Registers clusters, zone and apps by REST, as one change for each chunk; returns seconds. */
export async function register(
  central: BenchCentral,
  clusters: readonly Cluster[],
  apps: readonly BenchApp[],
  progress: Progress,
): Promise<number> {
  const startedAt = systemClock.nowMs()
  await central.apply(groundManifest(clusters))
  for (let i = 0; i < apps.length; i += APPS_PER_CHANGE) {
    await central.apply(appsManifest(apps.slice(i, i + APPS_PER_CHANGE)))
    if ((i / APPS_PER_CHANGE) % PROGRESS_EVERY === 0) {
      progress(`scale: ${i + APPS_PER_CHANGE} of ${apps.length} apps registered`)
    }
  }
  return (systemClock.nowMs() - startedAt) / 1000
}
