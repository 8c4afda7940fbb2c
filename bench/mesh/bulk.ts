import type { Cluster } from '../../shared/registry/schema.ts'
import type { BenchCentral } from './central.ts'
import type { BenchApp } from './workload.ts'
import { appsManifest, createAppMaker, groundManifest } from './workload.ts'

/** A range of apps out of more than are worth keeping as objects; the same every time. */
export type AppSource = (first: number, count: number) => readonly BenchApp[]

/** Apps in one change: registering is not what is measured. */
const APPS_PER_CHANGE = 5_000

/** Apps with so many endpoints each, spread over the clusters. */
export function spreadApps(
  clusters: readonly Cluster[],
  own: string,
  endpoints: number,
): AppSource {
  const make = createAppMaker(clusters, own, endpoints)
  return (first, count) => Array.from({ length: count }, (_, i) => make(first + i))
}

/** One app by its number. */
export function appAt(apps: AppSource, number: number): BenchApp {
  const [app] = apps(number, 1)
  if (app === undefined) throw new Error(`there is no app ${number}`)
  return app
}

/** Registers clusters, zone and apps in large changes. */
export async function registerInBulk(
  central: BenchCentral,
  clusters: readonly Cluster[],
  apps: AppSource,
  appCount: number,
): Promise<void> {
  await central.apply(groundManifest(clusters))
  for (let first = 0; first < appCount; first += APPS_PER_CHANGE) {
    const count = Math.min(APPS_PER_CHANGE, appCount - first)
    await central.apply(appsManifest(apps(first, count)))
  }
}
