import type { Clock } from '../../shared/clock.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { VerdictReport } from '../model/events.ts'
import type { Ballot, Tally } from './electorate.ts'
import { Electorate } from './electorate.ts'
import type { Vantage } from './plan.ts'
import type { TurnKind, Turns } from './turns.ts'
import { countTurn, createTurns, kindOfTurn, turnHoldMs } from './turns.ts'

/** Without a vote that counts, the last verdict holds for so long. */
export const HOLD_MS = 60_000
/** Reports that a verdict names. */
export const VERDICT_REPORTS_MAX = 8

/** What is told of one endpoint. */
export interface Verdict {
  readonly id: number
  readonly state: HealthState
  /** When it was first told, wall clock. */
  readonly sinceEpoch: number
  /** The votes that it goes by, at most `VERDICT_REPORTS_MAX`. */
  readonly reports: readonly VerdictReport[]
}

interface Endpoint {
  readonly ballot: Ballot
  readonly turns: Turns
  /** What was told last. */
  state: HealthState
  sinceEpoch: number
  isStirred: boolean
  /** Since when no vote counts, while what was told holds all the same. */
  unjudgedAt: number
  /** The turn that has to hold before it is told. */
  turning: { readonly kind: TurnKind; readonly sinceAt: number; to: HealthState } | undefined
}

/**
 * What the votes on each endpoint amount to. No timer and no I/O: votes are taken as they come, `settle`
 * draws the conclusions, and `tick` does so for what time alone has changed. So a message with many
 * findings is judged as a whole: an edge that is cut off is known to be before any of them has counted.
 *
 * - `down`: more than half of the votes that count, but never by a single far edge when others were to
 *   check as well. Alone it can only keep down what is down already.
 * - `degraded`: at least half say so, or some, not the majority, say down. Else `up`.
 * - No vote that counts: what was told holds for `HOLD_MS`, then it is `unknown`.
 *
 * What flaps is told less and less often (`turns.ts`). Turns from and to `unknown` stand apart: nobody
 * has seen the endpoint turn, and `HOLD_MS` bounds them already.
 */
export class Verdicts {
  readonly #clock: Clock
  readonly #onVerdict: (verdict: Verdict) => void
  readonly #electorate: Electorate
  readonly #endpoints = new Map<number, Endpoint>()
  /** Endpoints to be judged by `settle`. */
  readonly #stirred: Endpoint[] = []
  /** Endpoints without a vote that counts, the longest so first. */
  readonly #unjudged = new Set<Endpoint>()
  readonly #turning = new Set<Endpoint>()
  /** Endpoints that were told to be down. */
  readonly #down = new Set<Endpoint>()
  readonly #counts: Record<HealthState, number> = { unknown: 0, up: 0, degraded: 0, down: 0 }
  readonly #told: Record<HealthState, number> = { unknown: 0, up: 0, degraded: 0, down: 0 }

  /** `onVerdict` is called by `settle` and `tick` for each change of state. */
  constructor(clock: Clock, onVerdict: (verdict: Verdict) => void) {
    this.#clock = clock
    this.#onVerdict = onVerdict
    this.#electorate = new Electorate((ballot) => this.#stir(ballot.id))
  }

  /** Endpoints by what was told of them last. */
  get counts(): Readonly<Record<HealthState, number>> {
    return this.#counts
  }

  /** Verdicts since the start, by state. */
  get told(): Readonly<Record<HealthState, number>> {
    return this.#told
  }

  /** Edges that are taken to be cut off. */
  get suspects(): number {
    return this.#electorate.suspects
  }

  /** Says who checks an endpoint. An id is of one cluster as long as it is used. */
  setVoters(id: number, ownCluster: string, voters: readonly Vantage[]): void {
    const { ballot } = this.#endpoints.get(id) ?? this.#add(id, ownCluster)
    this.#electorate.assign(ballot, voters, this.#clock.nowMs())
  }

  /** Takes over what was told of a new endpoint before the start. It holds as if votes had just ended. */
  adopt(
    id: number,
    ownCluster: string,
    before: { readonly state: HealthState; readonly sinceEpoch: number },
  ): void {
    const endpoint = this.#endpoints.get(id) ?? this.#add(id, ownCluster)
    this.#setState(endpoint, before.state)
    endpoint.sinceEpoch = before.sinceEpoch
    this.#stir(id)
  }

  /** Takes what an edge holds of an endpoint; false when it was not to check it. */
  report(session: string, id: number, state: HealthState, detail: string): boolean {
    const endpoint = this.#endpoints.get(id)
    if (endpoint === undefined) return false
    if (!this.#electorate.vote(session, endpoint.ballot, state, detail)) return false
    this.heard(session)
    return true
  }

  /** Something came from an edge: what it has reported is so still. */
  heard(session: string): void {
    this.#electorate.heard(session, this.#clock.nowMs())
  }

  /** A stream is over; what it has reported counts no more. */
  forget(session: string): void {
    this.#electorate.forget(session)
  }

  /** An endpoint is checked no more. Nothing is told of it. */
  drop(id: number): void {
    const endpoint = this.#endpoints.get(id)
    if (endpoint === undefined) return
    this.#electorate.assign(endpoint.ballot, [], this.#clock.nowMs())
    this.#endpoints.delete(id)
    this.#unjudged.delete(endpoint)
    this.#turning.delete(endpoint)
    this.#down.delete(endpoint)
    this.#counts[endpoint.state]--
  }

  /** What was told last; undefined of what is not checked. */
  stateOf(id: number): HealthState | undefined {
    return this.#endpoints.get(id)?.state
  }

  /**
   * The endpoints that were told to be down while the votes of now say so too. One without a vote that
   * counts is not among them, whatever was told of it.
   */
  *foundDown(): Iterable<{ readonly id: number; readonly sinceEpoch: number }> {
    for (const endpoint of this.#down) {
      if (endpoint.turning !== undefined || this.#unjudged.has(endpoint)) continue
      yield { id: endpoint.ballot.id, sinceEpoch: endpoint.sinceEpoch }
    }
  }

  /** What was told last, with the votes of now. */
  verdictOf(id: number): Verdict | undefined {
    const endpoint = this.#endpoints.get(id)
    if (endpoint === undefined) return undefined
    return verdictOn(endpoint, this.#electorate.tally(endpoint.ballot))
  }

  /** Judges all endpoints on which votes have changed. */
  settle(): void {
    this.#electorate.settle()
    for (const endpoint of this.#stirred.splice(0)) {
      endpoint.isStirred = false
      if (this.#endpoints.get(endpoint.ballot.id) === endpoint) this.#judge(endpoint)
    }
  }

  /** Does what time alone brings about. To be called several times a second. */
  tick(): void {
    const now = this.#clock.nowMs()
    this.#electorate.tick(now)
    this.settle()
    for (const endpoint of this.#unjudged) {
      if (now - endpoint.unjudgedAt < HOLD_MS) break
      this.#unjudged.delete(endpoint)
      this.#tell(endpoint, 'unknown')
    }
    for (const endpoint of this.#turning) this.#turnIfDue(endpoint, now)
  }

  #add(id: number, cluster: string): Endpoint {
    const endpoint: Endpoint = {
      ballot: { id, cluster, votes: [] },
      turns: createTurns(),
      state: 'unknown',
      sinceEpoch: this.#clock.epochMs(),
      isStirred: false,
      unjudgedAt: 0,
      turning: undefined,
    }
    this.#endpoints.set(id, endpoint)
    this.#counts.unknown++
    return endpoint
  }

  #stir(id: number): void {
    const endpoint = this.#endpoints.get(id)
    if (endpoint === undefined || endpoint.isStirred) return
    endpoint.isStirred = true
    this.#stirred.push(endpoint)
  }

  #judge(endpoint: Endpoint): void {
    const now = this.#clock.nowMs()
    const to = conclude(endpoint, this.#electorate.tally(endpoint.ballot))
    if (to === undefined) {
      this.#stay(endpoint)
      if (endpoint.state === 'unknown' || this.#unjudged.has(endpoint)) return
      endpoint.unjudgedAt = now
      this.#unjudged.add(endpoint)
      return
    }
    this.#unjudged.delete(endpoint)
    if (to === endpoint.state) {
      this.#stay(endpoint)
    } else if (endpoint.state === 'unknown') {
      this.#tell(endpoint, to)
    } else {
      const kind = kindOfTurn(endpoint.state, to)
      if (endpoint.turning?.kind === kind) endpoint.turning.to = to
      else endpoint.turning = { kind, sinceAt: now, to }
      this.#turning.add(endpoint)
      this.#turnIfDue(endpoint, now)
    }
  }

  #setState(endpoint: Endpoint, state: HealthState): void {
    this.#counts[endpoint.state]--
    this.#counts[state]++
    endpoint.state = state
    if (state === 'down') this.#down.add(endpoint)
    else this.#down.delete(endpoint)
  }

  #stay(endpoint: Endpoint): void {
    endpoint.turning = undefined
    this.#turning.delete(endpoint)
  }

  #turnIfDue(endpoint: Endpoint, now: number): void {
    const { turning, turns } = endpoint
    if (turning === undefined) return
    if (now - turning.sinceAt < turnHoldMs(turns, turning.kind, now)) return
    countTurn(turns, turning.kind, now)
    this.#tell(endpoint, turning.to)
  }

  #tell(endpoint: Endpoint, state: HealthState): void {
    this.#stay(endpoint)
    this.#setState(endpoint, state)
    this.#told[state]++
    endpoint.sinceEpoch = this.#clock.epochMs()
    this.#onVerdict(verdictOn(endpoint, this.#electorate.tally(endpoint.ballot)))
  }
}

/** What the votes say; undefined when they say nothing. */
function conclude(
  endpoint: Endpoint,
  { counting, down, degraded }: Tally,
): HealthState | undefined {
  const [first] = counting
  if (first === undefined) return undefined
  if (down * 2 > counting.length) {
    const isOneOfMany = counting.length === 1 && endpoint.ballot.votes.length > 1
    if (isOneOfMany && first.isFar && endpoint.state !== 'down') return undefined
    return 'down'
  }
  return down > 0 || degraded * 2 >= counting.length ? 'degraded' : 'up'
}

function verdictOn({ ballot, state, sinceEpoch }: Endpoint, { counting }: Tally): Verdict {
  const reports = counting
    .slice(0, VERDICT_REPORTS_MAX)
    .map(({ voter, state, detail }) => ({ edge: voter.vantage.edge, state, detail }))
  return { id: ballot.id, state, sinceEpoch, reports }
}
