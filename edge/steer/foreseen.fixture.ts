import { onTestFinished } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { TYPE_A } from '../../shared/dns/codes.ts'
import { nameKey } from '../../shared/dns/name.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { NameState, ReplicaChange, ReplicaCluster } from '../replica/model.ts'
import { Replica } from '../replica/replica.ts'
import type { ReplicaKind } from '../replica/replica.ts'
import { decideSteering } from './decide.ts'
import { ForeseenChanges } from './foreseen.ts'

/** When changes come, in ms since 1970. */
export const CHANGE = 1_800_000_000_000

/** A cluster on the equator. */
export const cluster = (id: string, longitude: number) =>
  clusterSchema.parse({ id, latitude: 0, longitude })

/** A replica that holds nothing but clusters of a topology file, of which the first is its own. */
export function createReplica(kind: ReplicaKind, clusters: readonly Cluster[]): Replica {
  const [own] = clusters
  if (own === undefined) throw new TypeError('there is no cluster')
  return new Replica({
    kind,
    own,
    clusters,
    namesMax: 1_000,
    clock: systemClock,
    onEvict: () => undefined,
  })
}

/** A change of names and clusters. */
export const changeOf = (
  names: readonly NameState[],
  clusters: readonly ReplicaCluster[] = [],
): ReplicaChange => ({
  version: 1,
  acceptedEpochMs: 0,
  sentEpochMs: 0,
  clusters,
  clustersDeleted: [],
  zones: [],
  zonesDeleted: [],
  serials: [],
  networks: [],
  networksDeleted: [],
  names,
  hash: '',
})

/** An app on clusters, of which a change is foreseen at a time. */
export const stateOf = (
  name: string,
  clusters: readonly string[],
  changesAt: number | undefined,
  policy = 'nearest',
): NameState => ({
  kind: 'app',
  name,
  version: 1,
  app: {
    policy,
    ttlMin: 0,
    ttlMax: 1_000,
    endpoints: clusters.map((id) => ({
      cluster: id,
      addresses: ['192.0.2.1'],
      weight: 1,
      priority: 0,
    })),
    ...(changesAt === undefined ? {} : { changesAt }),
  },
})

/** Lets foreseen changes come nearer until the test ends. */
export async function startForeseen(replica: Replica): Promise<void> {
  const foreseen = new ForeseenChanges({ replica, clock: systemClock })
  await foreseen.start()
  onTestFinished(() => foreseen.stop())
}

/** What a name is answered with by the tables of this moment. */
export function decideNow({ tables }: Replica, name: string) {
  const app = tables.names.peek(nameKey(name))?.app
  if (app === undefined) throw new TypeError(`${name} is not held`)
  return decideSteering(app, TYPE_A, tables.topology)
}
