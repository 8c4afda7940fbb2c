import { typeName } from '../../shared/dns/codes.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { ClientPlace } from '../locate/place.ts'
import type { ReplicaApp, ReplicaCluster } from '../replica/model.ts'
import { decideSteering } from './decide.ts'
import { percentOf } from './draw.ts'
import { explainApp } from './explain.ts'
import type { Explanation } from './explain.ts'
import { foreseeApp } from './foreseen.ts'
import { compiledPolicy } from './policies.ts'
import { createTopology } from './topology.ts'
import type { Topology } from './topology.ts'

/** What stands around an edge that is imagined. */
export interface Surroundings {
  /** Its own cluster; where `clusters` have one of the same id, it is there. */
  readonly own: Cluster
  readonly clusters: Iterable<ReplicaCluster>
  /** In ms, by cluster; where there is none it is estimated by distance. */
  readonly roundTrips?: ReadonlyMap<string, number>
  /** What the time is, ms since 1970, for changes that are foreseen: they shorten TTLs. */
  readonly epochMs?: number
}

/** How much of what a client asks one cluster gets: above 0, 1 for all of it. */
export interface ClusterShare {
  readonly cluster: string
  readonly share: number
}

/** A question whose answer is to be explained. */
export interface ImaginedQuestion {
  /** Id of the edge. */
  readonly edge: string
  readonly name: Name
  readonly qtype: number
  readonly app: ReplicaApp
  /** Of the state that the app is told from. */
  readonly version: number
  readonly zone: { readonly apex: Name; readonly negativeTtl: number }
  readonly client?: Explanation['client']
}

/** What clients of an edge are answered for one app and type. */
export interface ImaginedAnswers {
  /** None where no address is answered. A client of which nothing is known is where the edge is. */
  readonly sharesOf: (client: ClientPlace | undefined) => readonly ClusterShare[]
}

/**
 * An edge that is not there: what it would answer, by the very code of one that is. For commands that
 * ask what would be; nothing is started, and of health only what it is told counts.
 */
export class ImaginedEdge {
  readonly #topology: Topology
  readonly #epochMs: number

  constructor({ own, clusters, roundTrips, epochMs = 0 }: Surroundings) {
    this.#topology = createTopology(own, clusters, { ...(roundTrips && { roundTrips }), epochMs })
    this.#epochMs = epochMs
  }

  /** The answers to a type; decided once where it does not matter where the client is. */
  answersOf(app: ReplicaApp, qtype: number): ImaginedAnswers {
    const decide = (client: ClientPlace | undefined): readonly ClusterShare[] =>
      sharesOf(decideSteering(app, qtype, this.#topology, undefined, client))
    if (compiledPolicy(app.policy).usesClient) return { sharesOf: decide }
    const shares = decide(undefined)
    return { sharesOf: () => shares }
  }

  /** Why it would answer as it does; of clients that always get the same one it is not told which. */
  explain(question: ImaginedQuestion): Explanation {
    const { edge, name, qtype, version, zone, client } = question
    const app = foreseeApp(question.app, this.#epochMs)
    const topology = this.#topology
    const entry = { kind: 'app' as const, name, version, app }
    const told = { over: () => app }
    // Of whom nothing is known is where the edge is.
    const isKnown = client !== undefined && Object.keys(client.place).length > 0
    const asker = { place: isKnown ? client.place : undefined }
    const { apex, negativeTtl } = zone
    return {
      name,
      type: typeName(qtype),
      edge,
      cluster: topology.own.id,
      zone: apex,
      ...(client && { client }),
      ...explainApp(entry, told, qtype, topology, { zone: { apex }, negativeTtl }, asker),
      stale: false,
    }
  }
}

/** Where several are answered at once each counts the same: which one a client takes is its own affair. */
function sharesOf({ chosen, drawn }: ReturnType<typeof decideSteering>): readonly ClusterShare[] {
  if (drawn === undefined) {
    return chosen.map(({ place }) => ({ cluster: place.cluster.id, share: 1 / chosen.length }))
  }
  const percents = percentOf(drawn)
  return drawn.map(({ item }, i) => ({
    cluster: item.place.cluster.id,
    share: (percents[i] ?? 0) / 100,
  }))
}
