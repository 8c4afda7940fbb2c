import { TYPE_A } from '../../shared/dns/codes.ts'
import type { Filter } from '../../shared/registry/policy-schema.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { ReplicaApp, ReplicaEndpoint } from '../replica/model.ts'
import { decideSteering } from './decide.ts'
import { percentOf } from './draw.ts'
import type { Step } from './steps.ts'
import { createTopology } from './topology.ts'

/** Clusters on a line to the east, each farther than the one before. */
export const lineIds = ['own', 'a', 'b', 'c', 'd'] as const

const clusters: readonly Cluster[] = lineIds.map((id, i) =>
  clusterSchema.parse({ id, latitude: 0, longitude: 10 * i }),
)

/** An edge in the first of them. */
export const lineTopology = createTopology(clusterSchema.parse(clusters[0]), clusters)

/** An app with health, and endpoints that differ from one another as given. */
export function appOf(
  policy: string | readonly Filter[],
  endpoints: Readonly<Record<string, Partial<ReplicaEndpoint>>>,
  health: Partial<NonNullable<ReplicaApp['health']>> = {},
): ReplicaApp {
  return {
    policy: typeof policy === 'string' ? policy : JSON.stringify(policy),
    ttlMin: 5,
    ttlMax: 30,
    endpoints: Object.entries(endpoints).map(([cluster, more]) => ({
      cluster,
      addresses: ['192.0.2.1'],
      weight: 100,
      priority: 0,
      ...more,
    })),
    health: { enoughUpPercent: 0, failClosed: false, trustMs: 10_000, ...health },
  }
}

/** How many percent of queries each cluster gets, the best first; where several are answered at once, each of them all. */
export function sharesOf(app: ReplicaApp, trace?: Step[]): readonly (readonly [string, number])[] {
  const { chosen, drawn } = decideSteering(app, TYPE_A, lineTopology, trace)
  if (drawn === undefined) return chosen.map(({ endpoint }) => [endpoint.cluster, 100])
  const percents = percentOf(drawn)
  return drawn.map(({ item }, i) => [item.endpoint.cluster, percents[i] ?? 0])
}
