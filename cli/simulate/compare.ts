import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import type { Name } from '../../shared/dns/name.ts'
import { geoPoint, kmBetween } from '../../shared/geo/distance.ts'
import type { GeoPoint } from '../../shared/geo/distance.ts'
import type { Policy } from '../../shared/registry/policy-schema.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { ClientPlace, Engine, ImaginedEdge, ToldApp } from './engine.ts'
import type { EdgeSite } from './edge-sites.ts'
import { Tally } from './tally.ts'
import type { Given, Tallied } from './tally.ts'
import { policyIn, tellApp } from './world.ts'
import type { World } from './world.ts'

/** Who asks, and how often. */
export interface Asker {
  /** Where it is taken to be now, and then: networks may be proposed too. Undefined: at the edge. */
  readonly now: ClientPlace | undefined
  readonly later: ClientPlace | undefined
  readonly count: number
}

/** What is compared for one app. */
export interface AppComparison extends Tallied {
  readonly name: Name
  /** Undefined where it is not registered. */
  readonly nowPolicy: Policy | undefined
  readonly thenPolicy: Policy | undefined
}

/** For how long this may hold the process up: until then nobody sees progress. */
const SLICE_MS = 50

/** One side: the world as it is, or as it is proposed, made ready. */
interface Side {
  readonly world: World
  readonly apps: ReadonlyMap<Name, ToldApp>
  readonly points: ReadonlyMap<string, GeoPoint>
  /** The edge that was asked about last: askers come edge by edge. */
  edge: { readonly site: EdgeSite; readonly imagined: ImaginedEdge } | undefined
  /** Of that edge, by app and type. */
  readonly answers: Map<string, ReturnType<ImaginedEdge['answersOf']> | undefined>
}

/** Compares what clients get now and then, as edges decide it. */
export class Comparison {
  readonly #engine: Engine
  readonly #clock: Clock
  readonly #now: Side
  readonly #later: Side
  readonly #tallies = new Map<Name, Tally>()
  readonly #total = new Tally()
  #turnAt: number

  constructor(engine: Engine, clock: Clock, now: World, later: World, names: readonly Name[]) {
    this.#engine = engine
    this.#clock = clock
    this.#now = sideOf(now)
    this.#later = sideOf(later)
    this.#turnAt = clock.nowMs()
    for (const name of names) this.#tallies.set(name, new Tally())
  }

  /** Counts what an asker gets of an app. Quick where one edge after the other is asked. */
  async add(site: EdgeSite, name: Name, qtype: number, asker: Asker): Promise<void> {
    const now = this.#given(this.#now, site, name, qtype, asker.now)
    const later = this.#given(this.#later, site, name, qtype, asker.later)
    this.#tallies.get(name)?.add(asker.count, now, later)
    this.#total.add(asker.count, now, later)
    if (this.#clock.nowMs() - this.#turnAt < SLICE_MS) return
    await nextTurn()
    this.#turnAt = this.#clock.nowMs()
  }

  /** App by app, in the order that they were named in. */
  get apps(): readonly AppComparison[] {
    return Array.from(this.#tallies, ([name, tally]) => ({
      name,
      nowPolicy: policyOf(this.#now.world, name),
      thenPolicy: policyOf(this.#later.world, name),
      ...tally.result(),
    }))
  }

  get total(): Tallied {
    return this.#total.result()
  }

  #given(
    side: Side,
    site: EdgeSite,
    name: Name,
    qtype: number,
    place: ClientPlace | undefined,
  ): Given {
    const shares = this.#answersOf(side, site, name, qtype)?.sharesOf(place) ?? []
    const { latitude, longitude } = place ?? {}
    const from =
      latitude === undefined || longitude === undefined
        ? geoPoint(ownOf(side, site))
        : geoPoint({ latitude, longitude })
    const kmTo = (cluster: string): number => {
      const point = side.points.get(cluster)
      return point === undefined ? 0 : kmBetween(from, point)
    }
    return { shares, kmTo }
  }

  #answersOf(
    side: Side,
    site: EdgeSite,
    name: Name,
    qtype: number,
  ): ReturnType<ImaginedEdge['answersOf']> | undefined {
    if (side.edge?.site !== site) {
      const { ImaginedEdge } = this.#engine
      const { roundTrips } = site
      const clusters = side.world.clusters.values()
      const surroundings = { own: ownOf(side, site), clusters, roundTrips }
      side.edge = { site, imagined: new ImaginedEdge(surroundings) }
      side.answers.clear()
    }
    const key = `${qtype} ${name}`
    if (!side.answers.has(key)) {
      const app = side.apps.get(name)
      side.answers.set(key, app && side.edge.imagined.answersOf(app, qtype))
    }
    return side.answers.get(key)
  }
}

function sideOf(world: World): Side {
  return {
    world,
    apps: new Map(Array.from(world.apps, ([name, facts]) => [name, tellApp(world, facts)])),
    points: new Map(Array.from(world.clusters, ([id, cluster]) => [id, geoPoint(cluster)])),
    edge: undefined,
    answers: new Map(),
  }
}

/** The edge's own cluster, where this side has it. */
function ownOf({ world }: Side, { cluster }: EdgeSite): Cluster {
  return world.clusters.get(cluster.id) ?? cluster
}

function policyOf(world: World, name: Name): Policy | undefined {
  const facts = world.apps.get(name)
  return facts === undefined ? undefined : policyIn(world, facts.value)
}
