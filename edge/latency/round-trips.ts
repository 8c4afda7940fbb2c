import type { Clock } from '../../shared/clock.ts'
import { LATENCY_CLUSTERS_MAX } from '../../shared/registry/limits.ts'
import type { Startable } from '../../shared/startable.ts'
import type { Due } from '../health/due-heap.ts'
import { Schedule, startTimer } from '../health/schedule.ts'
import { Slots } from '../health/slots.ts'
import type { Place, Topology } from '../steer/topology.ts'
import { Estimate, FIRST_ROUNDS } from './estimate.ts'
import type { Handshake, HandshakeResult } from './handshake.ts'
import { createHandshake } from './handshake.ts'
import type { LatencyOptions } from './options.ts'
import type { Published } from './publication.ts'
import { Publication } from './publication.ts'

/** How far an interval strays, each way, so that clusters which were measured together drift apart. */
const JITTER = 0.1

export interface RoundTripsOptions {
  readonly options: LatencyOptions
  readonly clock: Clock
  /** At least 0 and below 1. */
  readonly random: () => number
  /** Gets all published values when any has changed, at most once in 10 s; see `published`. */
  readonly onChange: (published: Published) => void
  /** What measures; by default, the network. */
  readonly handshake?: Handshake
  /** Calls `run` once after `ms` unless it is cancelled; by default a timer. */
  readonly setTimer?: (run: () => void, ms: number) => () => void
}

/** Clusters of the topology, by what is known of them. */
export interface ClusterCounts {
  /** Have a published value. */
  readonly known: number
  /** Are measured, and have none. */
  readonly unknown: number
  /** Have no address. */
  readonly withoutAddress: number
  /** Are farther away than those that are measured. */
  readonly tooMany: number
}

/**
 * Measures the round trips to the clusters of the topology, its own among them, by TCP handshakes.
 *
 * A cluster is measured in rounds: two handshakes, one after the other, with one of its addresses, which
 * take turns. The lesser of the two counts. A handshake errs upwards only: what comes in its way (a full
 * queue, a SYN that is lost and sent again a second later, this very process being busy) makes it longer
 * than the way there and back, and nothing makes it shorter; so of two the lesser is nearer to the truth.
 *
 * A cluster is in one schedule by what is due of it, as addresses of the prober are: its next round, or
 * the end of the handshake under way. One timer serves all of them, another one the publication.
 */
export class RoundTrips implements Startable {
  /** Handshakes that have ended. */
  readonly handshakes = { answered: 0, unanswered: 0, unknown: 0 }
  readonly #options: RoundTripsOptions
  readonly #handshake: Handshake
  readonly #clusters = new Map<string, MeasuredCluster>()
  readonly #schedule: Schedule<MeasuredCluster>
  readonly #slots: Slots<MeasuredCluster>
  readonly #publication: Publication
  readonly #rounds = new Set<Promise<void>>()
  #topology: Topology | undefined
  #withoutAddress = 0
  #tooMany = 0

  constructor(options: RoundTripsOptions) {
    this.#options = options
    const { clock, onChange, setTimer = startTimer } = options
    const { timeoutMs, parallelMax } = options.options
    this.#handshake = options.handshake ?? createHandshake(clock, timeoutMs)
    this.#schedule = new Schedule({ clock, setTimer, onDue: (cluster) => this.#takeDue(cluster) })
    this.#slots = new Slots({
      max: parallelMax,
      begin: (cluster) => {
        const round = this.#measure(cluster).finally(() => this.#rounds.delete(round))
        this.#rounds.add(round)
      },
    })
    this.#publication = new Publication({ clock, setTimer, read: () => this.#read(), onChange })
  }

  /** Round trips as they were handed on last: the same object as long as nothing has changed. */
  get published(): Published {
    return this.#publication.published
  }

  /** How often published values were handed on. */
  get publications(): number {
    return this.#publication.count
  }

  /** Clusters that are being measured now. */
  get running(): number {
    return this.#slots.running
  }

  /** Clusters that are due and wait for room. */
  get waiting(): number {
    return this.#slots.waiting
  }

  get counts(): ClusterCounts {
    const known = this.published.size
    return {
      known,
      unknown: Math.max(0, this.#clusters.size - known),
      withoutAddress: this.#withoutAddress,
      tooMany: this.#tooMany,
    }
  }

  /**
   * Measures the clusters of a topology from now on, unless `latency.enabled` is false. What is known of
   * those that stay is kept.
   */
  follow(topology: Topology): void {
    if (!this.#options.options.enabled || topology === this.#topology) return
    this.#topology = topology
    const { places } = topology
    const reachable = [...places.values()].filter(({ cluster }) => cluster.addresses.length > 0)
    const nearest = nearestOf(reachable)
    this.#withoutAddress = places.size - reachable.length
    this.#tooMany = reachable.length - nearest.length
    const gone = new Set(this.#clusters.keys())
    for (const { cluster } of nearest) {
      gone.delete(cluster.id)
      const held = this.#clusters.get(cluster.id)
      if (held === undefined) this.#add(cluster.id, cluster.addresses)
      else held.addresses = cluster.addresses
    }
    for (const id of gone) this.#drop(id)
  }

  start(): Promise<void> {
    this.#schedule.start()
    return Promise.resolve()
  }

  /** Resolves when no handshake is under way. What was published stays. */
  async stop(): Promise<void> {
    this.#schedule.stop()
    for (const id of this.#clusters.keys()) this.#drop(id)
    this.#publication.stop()
    await Promise.all(this.#rounds)
  }

  *#read(): Iterable<readonly [string, number]> {
    for (const { id, estimate } of this.#clusters.values()) {
      if (estimate.published !== undefined) yield [id, estimate.published]
    }
  }

  #add(id: string, addresses: readonly string[]): void {
    const { clock, random } = this.#options
    const cluster: MeasuredCluster = {
      id,
      addresses,
      turn: 0,
      estimate: new Estimate(),
      controller: undefined,
      isDropped: false,
      // Spread over the whole interval, for clusters come all at once.
      dueAt: clock.nowMs() + random() * this.#intervalMs,
      heapIndex: -1,
    }
    this.#clusters.set(id, cluster)
    this.#schedule.put(cluster)
  }

  #drop(id: string): void {
    const cluster = this.#clusters.get(id)
    if (cluster === undefined) return
    this.#clusters.delete(id)
    cluster.isDropped = true
    this.#schedule.remove(cluster)
    this.#slots.withdraw(cluster)
    cluster.controller?.abort()
    if (cluster.estimate.published !== undefined) this.#publication.touch()
  }

  // ---- when ----

  get #intervalMs(): number {
    return this.#options.options.intervalSeconds * 1_000
  }

  /** What is due of a cluster: the end of its handshake, or the next round. */
  #takeDue(cluster: MeasuredCluster): void {
    if (cluster.controller === undefined) this.#slots.enter(cluster)
    else cluster.controller.abort()
  }

  /** From the beginning of a round to that of the next: shorter while there is no value to go by. */
  #gapAfter({ estimate }: MeasuredCluster): number {
    const ms = estimate.isNew ? this.#intervalMs / FIRST_ROUNDS : this.#intervalMs
    return ms * (1 - JITTER + 2 * JITTER * this.#options.random())
  }

  // ---- one round ----

  async #measure(cluster: MeasuredCluster): Promise<void> {
    const { clock } = this.#options
    const begunAt = clock.nowMs()
    const address = cluster.addresses[cluster.turn++ % cluster.addresses.length] ?? ''
    const first = await this.#shake(cluster, address)
    // Who does not answer is not asked twice: it would hold its place for twice the timeout.
    const second =
      first.ok === true && !cluster.isDropped ? await this.#shake(cluster, address) : first
    if (!cluster.isDropped) {
      this.#take(cluster, [first, second])
      cluster.dueAt = Math.max(clock.nowMs(), begunAt + this.#gapAfter(cluster))
      this.#schedule.put(cluster)
    }
    this.#slots.leave()
  }

  #take({ estimate }: MeasuredCluster, results: readonly HandshakeResult[]): void {
    const before = estimate.published
    const times = results.flatMap((result) => (result.ok === true ? [result.ms] : []))
    if (times.length > 0) estimate.take(Math.min(...times))
    else if (results.some(({ ok }) => ok === false)) estimate.fail()
    if (estimate.published !== before) this.#publication.touch()
  }

  async #shake(cluster: MeasuredCluster, address: string): Promise<HandshakeResult> {
    const { clock, options } = this.#options
    const controller = new AbortController()
    cluster.controller = controller
    cluster.dueAt = clock.nowMs() + options.timeoutMs
    this.#schedule.put(cluster)
    const result = await this.#handshake({ address, port: options.port }, controller.signal)
    this.#schedule.remove(cluster)
    cluster.controller = undefined
    if (cluster.isDropped) return result
    if (result.ok === true) this.handshakes.answered++
    else if (result.ok === 'unknown') this.handshakes.unknown++
    else this.handshakes.unanswered++
    return result
  }
}

/** A cluster that is in the schedule, or waits; with a controller while a handshake is under way. */
interface MeasuredCluster extends Due {
  readonly id: string
  /** Never empty. */
  addresses: readonly string[]
  /** Rounds that have begun: which address is next. */
  turn: number
  readonly estimate: Estimate
  controller: AbortController | undefined
  isDropped: boolean
}

/** As many clusters as are measured: the nearest, and of those as near the first by id. */
function nearestOf(places: readonly Place[]): readonly Place[] {
  if (places.length <= LATENCY_CLUSTERS_MAX) return places
  return places
    .toSorted((a, b) => a.distanceKm - b.distanceKm || (a.cluster.id < b.cluster.id ? -1 : 1))
    .slice(0, LATENCY_CLUSTERS_MAX)
}
