import { ManualClock } from '../../shared/clock.ts'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { Vantage } from './plan.ts'
import { CheckPlan } from './plan.ts'
import type { Verdict } from './verdicts.ts'
import { Verdicts } from './verdicts.ts'

const check = checkSchema.parse({ type: 'tcp', port: 80 })

/** What an edge sees of an endpoint. */
export type Sight = (edge: string, cluster: string, id: number) => HealthState

/** A mesh with one edge in each cluster, and apps with an endpoint in each; id `i` is in cluster `i % n`. */
export class World {
  readonly clock = new ManualClock()
  readonly told: Verdict[] = []
  readonly verdicts = new Verdicts(this.clock, (verdict) => this.told.push(verdict))
  readonly plan: CheckPlan = new CheckPlan({
    onVantages: (id) => {
      this.verdicts.setVoters(id, this.clusterOf(id), this.plan.vantagesOf(id))
    },
    onTasks: () => undefined,
  })
  readonly clusters: readonly string[]
  readonly ids: readonly number[]
  /** Edges that are heard. */
  readonly connected = new Set<string>()

  constructor(shape: { readonly clusters: number; readonly apps: number }) {
    this.clusters = Array.from({ length: shape.clusters }, (_, i) => `c${i}`)
    this.ids = Array.from({ length: shape.clusters * shape.apps }, (_, i) => i)
    for (const cluster of this.clusters) this.connect(cluster)
    for (const id of this.ids) {
      const app = `app${Math.floor(id / shape.clusters)}.example.`
      const cluster = this.clusterOf(id)
      this.plan.put({ id, app, cluster, addresses: ['192.0.2.1'], port: undefined, check })
    }
  }

  clusterOf(id: number): string {
    return this.clusters[id % this.clusters.length] ?? ''
  }

  /** The edge of a cluster has the cluster's id, for itself and for its session. */
  connect(cluster: string): void {
    this.connected.add(cluster)
    this.plan.addVantage({ session: cluster, edge: cluster, cluster })
  }

  disconnect(cluster: string): void {
    this.connected.delete(cluster)
    this.plan.removeVantage(cluster)
    this.verdicts.forget(cluster)
  }

  /** One round: each edge reports what it sees of its endpoints, in a message of its own. */
  round(sees: Sight): void {
    for (const edge of this.connected) {
      for (const id of this.ids) {
        if (!this.plan.vantagesOf(id).some((vantage) => vantage.edge === edge)) continue
        this.verdicts.report(edge, id, sees(edge, this.clusterOf(id), id), '')
      }
      this.verdicts.heard(edge)
      this.verdicts.settle()
    }
    this.verdicts.tick()
  }

  /** Rounds, one each second. */
  rounds(seconds: number, sees: Sight): void {
    for (let i = 0; i < seconds; i++) {
      this.clock.advance(1000)
      this.round(sees)
    }
  }

  /** Time without a word of anybody. */
  silence(seconds: number): void {
    for (let i = 0; i < seconds * 4; i++) {
      this.clock.advance(250)
      this.verdicts.tick()
    }
  }

  /** How many endpoints are in each state, of clusters that fit. */
  states(fits: (cluster: string) => boolean = () => true): Partial<Record<HealthState, number>> {
    const counts: Partial<Record<HealthState, number>> = {}
    for (const id of this.ids) {
      const state = this.verdicts.stateOf(id)
      if (state === undefined || !fits(this.clusterOf(id))) continue
      counts[state] = (counts[state] ?? 0) + 1
    }
    return counts
  }
}

/** Vantages by short names: `own` is of the cluster `sfo`, all others far from it. */
export function vantages(...edges: readonly string[]): readonly Vantage[] {
  return edges.map((edge) => ({
    session: edge,
    edge,
    cluster: edge.startsWith('own') ? 'sfo' : `c-${edge}`,
  }))
}
