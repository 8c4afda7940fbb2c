import type { Probe, ProbeTarget } from '../../edge/health/probe.ts'
import { createTopology } from '../../edge/steer/topology.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import { SimCentral } from './sim-central.ts'
import type { LoggedVerdict } from './sim-central.ts'
import { SimEdge, WireReader } from './sim-edge.ts'
import { SimTime } from './sim-time.ts'
import type { TrueApp, TrueEndpoint } from './storm-endpoints.ts'
import { createApps, noAnswer, probeTrue } from './storm-endpoints.ts'
import type { Demand } from './storm-judge.ts'
import { Judge } from './storm-judge.ts'
import { realClusters, seeded } from './world.ts'

/** The check of all apps of a world. */
export interface StormCheck {
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly rise: number
  readonly fall: number
}

export interface StormOptions {
  readonly seed: number
  readonly apps: number
  /** Of each app. */
  readonly endpoints: number
  readonly check: StormCheck
  /** What is asked of the answers of all edges, where nothing else is said. */
  readonly demand: Demand
  readonly stepMs?: number
  /** What of all probes fails although the endpoint is up: 0 to 1. */
  readonly errors?: number
}

/** The step of a world, where nothing else is said. */
export const STEP_MS = 100

/** So many steps are done at once until all endpoints are known. */
const BEGIN_STEPS = 8

const clusters = realClusters()
/** The world as seen from each place: the same in all worlds. */
const topologies = new Map(clusters.map((own) => [own.id, createTopology(own, clusters)]))

/** One central, 308 edges, and apps whose endpoints live and die, in one time and by one seed. */
export class StormWorld {
  readonly time: SimTime
  readonly central: SimCentral
  readonly random: () => number
  readonly apps: readonly TrueApp[]
  readonly judge: Judge
  readonly edges = new Map<string, SimEdge>()
  /** What probes of an edge find, where that is not the truth. */
  readonly lies = new Map<string, 'up' | 'down'>()
  /** Edges that reach what is in their own cluster, and nothing else. */
  readonly islands = new Set<string>()
  readonly #options: StormOptions
  /** Edges that are asked. */
  readonly #asked = new Set<string>()
  readonly #indexes: ReadonlyMap<Name, number>

  private constructor(options: StormOptions) {
    this.#options = options
    this.time = new SimTime(options.stepMs ?? STEP_MS)
    this.central = new SimCentral(this.time.clock)
    this.random = seeded(options.seed)
    this.apps = createApps(clusters, options, this.random)
    this.#indexes = new Map(this.apps.map(({ name }, i) => [name, i]))
    this.judge = new Judge(clusters, this.apps, options.demand)
  }

  /** A world in which all endpoints are up, and known to be. */
  static async open(options: StormOptions): Promise<StormWorld> {
    const world = new StormWorld(options)
    await world.#begin()
    return world
  }

  get clusters(): readonly Cluster[] {
    return clusters
  }

  get endpoints(): readonly TrueEndpoint[] {
    return this.apps.flatMap(({ endpoints }) => endpoints)
  }

  edge(id: string): SimEdge {
    const edge = this.edges.get(id)
    if (edge === undefined) throw new Error(`no edge ${id}`)
    return edge
  }

  answer(edge: string, app: Name): TrueEndpoint | undefined {
    return this.judge.answerOf(edge, this.#indexes.get(app) ?? -1)
  }

  /** Lets an endpoint be up or down from now on. */
  turn(endpoint: TrueEndpoint, isUp: boolean): void {
    if (endpoint.isUp === isUp) return
    endpoint.isUp = isUp
    endpoint.hangs = this.random() < 0.5
    endpoint.changedAt = this.time.nowMs
  }

  /** Calls `run` after so many ms. */
  after(ms: number, run: () => void): void {
    this.time.setTimer(run, ms)
  }

  /** Lets time go by; at each step all answers of all edges are judged. */
  async run(ms: number): Promise<void> {
    const { judge, time } = this
    for (let left = ms; left > 0; left -= time.stepMs) {
      await time.step()
      judge.look(time.nowMs)
      const at = `seed ${this.#options.seed}, ${time.nowMs} ms`
      for (const edge of this.#asked) judge.judge(edge, this.#ask(edge), at)
    }
  }

  /** How many verdicts came after a version, by state: of endpoints that fit. */
  told(
    afterVersion: number,
    fits: (verdict: LoggedVerdict) => boolean = () => true,
  ): Partial<Record<HealthState, number>> {
    const counts: Partial<Record<HealthState, number>> = {}
    for (const verdict of this.central.verdictsAfter(afterVersion)) {
      if (fits(verdict)) counts[verdict.state] = (counts[verdict.state] ?? 0) + 1
    }
    return counts
  }

  /** Asks an edge; gives the apps that may be answered otherwise than before. */
  #ask(edge: string): readonly number[] {
    return this.edge(edge)
      .newAnswers()
      .map(({ name, cluster }) => {
        const app = this.#indexes.get(name) ?? -1
        this.judge.answered(edge, app, cluster)
        return app
      })
  }

  async #begin(): Promise<void> {
    const { apps, central, time, random } = this
    const { check } = this.#options
    await central.start()
    await central.apply({
      clusters: [...clusters],
      zones: [{ apex: 'example', ns: ['ns1.example'] }],
      apps: apps.map(({ name, endpoints }, i) => ({
        name,
        health: { check: { type: 'tcp' as const, port: 80, ...check } },
        endpoints: endpoints.map(({ cluster }) => ({
          cluster: cluster.id,
          addresses: [`192.0.2.${i + 1}`],
        })),
      })),
    })
    const wire = new WireReader()
    const names = apps.map(({ name }) => name)
    for (const own of clusters) {
      this.#asked.add(own.id)
      const edge = new SimEdge({
        topology: topologies.get(own.id) ?? createTopology(own, clusters),
        names,
        time,
        central,
        wire,
        random,
        probe: this.#probeOf(own.id),
      })
      this.edges.set(own.id, edge)
      await edge.start()
    }
    // Edges connect, central gathers, the first probes; in coarse steps, for nobody looks on.
    while (!this.#isAllUp()) {
      if (time.nowMs > 10_000) throw new Error('not all endpoints are known to be up')
      await time.step(BEGIN_STEPS)
    }
  }

  #isAllUp(): boolean {
    return this.endpoints.every((endpoint) => this.stateOf(endpoint) === 'up')
  }

  /** The edge is gone for good; nobody asks it any more. */
  async lose(edge: string): Promise<void> {
    this.#asked.delete(edge)
    await this.edge(edge).die()
  }

  endpointOf({ app, cluster }: { readonly app: Name; readonly cluster: string }): TrueEndpoint {
    const of = this.apps[this.#indexes.get(app) ?? -1]
    const found = of?.endpoints.find((endpoint) => endpoint.cluster.id === cluster)
    if (found === undefined) throw new Error(`no endpoint of ${app} at ${cluster}`)
    return found
  }

  /** What an edge checks now, at its own cluster and elsewhere. */
  tasks(edge: string): Record<'all' | 'own' | 'far', readonly TrueEndpoint[]> {
    const all = [...this.edge(edge).tasks()].map((task) => this.endpointOf(task))
    const own = all.filter(({ cluster }) => cluster.id === edge)
    return { all, own, far: all.filter(({ cluster }) => cluster.id !== edge) }
  }

  /** What central holds of an endpoint. */
  stateOf({ app, cluster }: TrueEndpoint): HealthState {
    return this.central.stateOf(app, cluster.id)
  }

  #probeOf(edge: string): Probe {
    const { errors = 0 } = this.#options
    return async (target: ProbeTarget, signal) => {
      const lie = this.lies.get(edge)
      if (lie !== undefined) return lie === 'up' ? { ok: true } : { ok: false, detail: 'a lie' }
      if (this.islands.has(edge) && target.cluster !== edge) return noAnswer(signal)
      if (errors > 0 && this.random() < errors) return { ok: false, detail: 'a packet was lost' }
      return probeTrue(this.endpointOf(target), signal)
    }
  }
}
