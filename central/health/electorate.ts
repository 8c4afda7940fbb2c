import type { HealthState } from '../../shared/registry/health.ts'
import type { Vantage } from './plan.ts'

/**
 * The edges as voters: what each holds of the endpoints that it checks, and whether that counts.
 *
 * An edge that is cut off sees everything down but its own cluster, and would have all the world taken
 * out. It gives itself away by being alone with that: it is **suspect** while of the endpoints outside
 * of its cluster that somebody else judges too, more than half are down by it and not down by the
 * majority of the others. As long, what it says to be down far away is left out. Suspicion goes by the
 * bare votes, those of suspects too, so that it does not depend on the order of reports; a place that
 * is really lost is seen so by others, which clears whoever was the first to say it.
 *
 * Both numbers are kept for each edge as votes change, which costs the voters of one endpoint.
 */

/** What an edge said counts for so long after it was heard last. */
export const FRESH_MS = 15_000
/**
 * How often suspicion of one edge may turn between two ticks: each turn looks at all its endpoints, and
 * an edge that wavers may not make that the cost of each of its reports.
 */
const SUSPICION_TURNS_MAX = 4

interface Voter {
  readonly vantage: Vantage
  readonly votes: Vote[]
  heardAt: number
  isFresh: boolean
  isSuspect: boolean
  suspicionTurns: number
  /** Far endpoints that it and somebody else judge. */
  judged: number
  /** How many of them are down by it alone. */
  contradicted: number
}

interface Vote {
  readonly voter: Voter
  readonly ballot: Ballot
  readonly isFar: boolean
  /** Its place in the list of the voter. */
  at: number
  state: HealthState
  detail: string
  isJudged: boolean
  isContradicted: boolean
}

/** One endpoint, and who votes on it. */
export interface Ballot {
  readonly id: number
  /** The cluster of the endpoint. */
  readonly cluster: string
  /** Only the electorate writes it. */
  votes: readonly Vote[]
}

/** The votes on an endpoint that count. */
export interface Tally {
  readonly counting: readonly Pick<Vote, 'voter' | 'state' | 'detail' | 'isFar'>[]
  readonly down: number
  readonly degraded: number
}

export class Electorate {
  readonly #onStirred: (ballot: Ballot) => void
  readonly #voters = new Map<string, Voter>()
  /** Those of whom suspicion may have to turn. */
  readonly #shaken = new Set<Voter>()
  #suspects = 0

  /** `onStirred` hears of each ballot whose tally may be another now, before `settle` or within it. */
  constructor(onStirred: (ballot: Ballot) => void) {
    this.#onStirred = onStirred
  }

  /** Edges that are taken to be cut off. */
  get suspects(): number {
    return this.#suspects
  }

  /** Says who votes on an endpoint. Votes of those who did before stay. */
  assign(ballot: Ballot, voters: readonly Vantage[], nowMs: number): void {
    const before = ballot.votes
    ballot.votes = voters.map(
      (vantage) =>
        before.find((vote) => vote.voter.vantage.session === vantage.session) ??
        createVote(ballot, this.#voterOf(vantage, nowMs)),
    )
    for (const vote of before) if (!ballot.votes.includes(vote)) this.#withdraw(vote)
    this.#recount(ballot)
  }

  /** Takes a vote; false when nobody asked this session for it. */
  vote(session: string, ballot: Ballot, state: HealthState, detail: string): boolean {
    const vote = ballot.votes.find(({ voter }) => voter.vantage.session === session)
    if (vote === undefined || !this.#voters.has(session)) return false
    vote.detail = detail
    if (vote.state === state) return true
    vote.state = state
    this.#recount(ballot)
    return true
  }

  /** Something came from an edge: what it holds counts. */
  heard(session: string, nowMs: number): void {
    const voter = this.#voters.get(session)
    if (voter === undefined) return
    voter.heardAt = nowMs
    this.#setFresh(voter, true)
  }

  /** A stream is over, and with it what it said. */
  forget(session: string): void {
    const voter = this.#voters.get(session)
    if (voter === undefined) return
    this.#voters.delete(session)
    this.#setFresh(voter, false)
  }

  /** Looks who has fallen silent. */
  tick(nowMs: number): void {
    for (const voter of this.#shaken) voter.suspicionTurns = 0
    for (const voter of this.#voters.values()) {
      voter.suspicionTurns = 0
      if (nowMs - voter.heardAt > FRESH_MS) this.#setFresh(voter, false)
    }
  }

  /** Turns suspicion where it has to turn. */
  settle(): void {
    for (const voter of this.#shaken) {
      const isSuspect = voter.contradicted * 2 > voter.judged
      if (isSuspect !== voter.isSuspect) {
        if (voter.suspicionTurns === SUSPICION_TURNS_MAX) continue
        voter.suspicionTurns++
        voter.isSuspect = isSuspect
        this.#suspects += isSuspect ? 1 : -1
        for (const vote of voter.votes) {
          if (vote.isFar && vote.state === 'down') this.#onStirred(vote.ballot)
        }
      }
      this.#shaken.delete(voter)
    }
  }

  tally(ballot: Ballot): Tally {
    const counting = ballot.votes.filter(
      (vote) => isCast(vote) && !(vote.voter.isSuspect && vote.isFar && vote.state === 'down'),
    )
    let down = 0
    let degraded = 0
    for (const { state } of counting) {
      if (state === 'down') down++
      else if (state === 'degraded') degraded++
    }
    return { counting, down, degraded }
  }

  #voterOf(vantage: Vantage, nowMs: number): Voter {
    let voter = this.#voters.get(vantage.session)
    if (voter === undefined) {
      voter = {
        vantage,
        votes: [],
        heardAt: nowMs,
        isFresh: true,
        isSuspect: false,
        suspicionTurns: 0,
        judged: 0,
        contradicted: 0,
      }
      this.#voters.set(vantage.session, voter)
    }
    return voter
  }

  #setFresh(voter: Voter, isFresh: boolean): void {
    if (voter.isFresh === isFresh) return
    voter.isFresh = isFresh
    for (const vote of voter.votes) if (vote.state !== 'unknown') this.#recount(vote.ballot)
  }

  #withdraw(vote: Vote): void {
    this.#note(vote, { isJudged: false, isContradicted: false })
    // The last of the list takes its place: no list of thousands is moved.
    const { votes } = vote.voter
    const last = votes.pop()
    if (last === undefined || last === vote) return
    votes[vote.at] = last
    last.at = vote.at
  }

  #recount(ballot: Ballot): void {
    let cast = 0
    let down = 0
    for (const vote of ballot.votes) {
      if (!isCast(vote)) continue
      cast++
      if (vote.state === 'down') down++
    }
    const others = cast - 1
    for (const vote of ballot.votes) {
      const isJudged = vote.isFar && others > 0 && isCast(vote)
      // Of the others, down - 1 say down as it does: is what is left the majority of them?
      const isContradicted = isJudged && vote.state === 'down' && (cast - down) * 2 > others
      this.#note(vote, { isJudged, isContradicted })
    }
    this.#onStirred(ballot)
  }

  #note(vote: Vote, now: Pick<Vote, 'isJudged' | 'isContradicted'>): void {
    const { voter } = vote
    if (vote.isJudged === now.isJudged && vote.isContradicted === now.isContradicted) return
    voter.judged += Number(now.isJudged) - Number(vote.isJudged)
    voter.contradicted += Number(now.isContradicted) - Number(vote.isContradicted)
    vote.isJudged = now.isJudged
    vote.isContradicted = now.isContradicted
    this.#shaken.add(voter)
  }
}

function createVote(ballot: Ballot, voter: Voter): Vote {
  const vote: Vote = {
    voter,
    ballot,
    isFar: voter.vantage.cluster !== ballot.cluster,
    at: voter.votes.length,
    state: 'unknown',
    detail: '',
    isJudged: false,
    isContradicted: false,
  }
  voter.votes.push(vote)
  return vote
}

/** Whether an edge that is heard of says anything at all. */
function isCast(vote: Vote): boolean {
  return vote.voter.isFresh && vote.state !== 'unknown'
}
