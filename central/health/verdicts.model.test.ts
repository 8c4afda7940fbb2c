import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { FRESH_MS } from './electorate.ts'
import type { Vantage } from './plan.ts'
import { CHAIN_MS, TURN_HOLD_MAX_MS } from './turns.ts'
import { HOLD_MS, Verdicts } from './verdicts.ts'

type Kind = 'down' | 'back' | 'sway'
type Wish = {
  readonly at: number
  readonly told: HealthState
  readonly to: HealthState | undefined
}

/** An endpoint with its whole past: everything is worked out of it anew each time. */
interface Past {
  readonly cluster: string
  readonly voters: readonly Vantage[]
  readonly votes: Map<string, HealthState>
  readonly turns: { readonly at: number; readonly kind: Kind }[]
  /** What the votes have said at each moment, and what was told at that moment. */
  readonly wishes: Wish[]
  told: HealthState
}

/** The rules of the README, without a counter, a queue or a flag. */
class Model {
  readonly endpoints = new Map<number, Past>()
  readonly heardAt = new Map<string, number>()

  cast(past: Past, session: string, now: number): HealthState | undefined {
    const state = past.votes.get(session)
    const isFresh = now - (this.heardAt.get(session) ?? -Infinity) <= FRESH_MS
    return isFresh && state !== undefined && state !== 'unknown' ? state : undefined
  }

  isSuspect(voter: Vantage, now: number): boolean {
    let judged = 0
    let alone = 0
    for (const past of this.endpoints.values()) {
      if (past.cluster === voter.cluster) continue
      if (!past.voters.some((other) => other.session === voter.session)) continue
      const mine = this.cast(past, voter.session, now)
      const others = past.voters
        .filter((other) => other.session !== voter.session)
        .flatMap((other) => this.cast(past, other.session, now) ?? [])
      if (mine === undefined || others.length === 0) continue
      judged++
      const against = others.filter((state) => state !== 'down').length
      if (mine === 'down' && against > others.length / 2) alone++
    }
    return alone > judged / 2
  }

  wish(past: Past, now: number): HealthState | undefined {
    const counting = past.voters.flatMap((voter) => {
      const state = this.cast(past, voter.session, now)
      const isFar = voter.cluster !== past.cluster
      if (state === undefined) return []
      if (state === 'down' && isFar && this.isSuspect(voter, now)) return []
      return [{ state, isFar }]
    })
    const count = (state: HealthState): number =>
      counting.filter((vote) => vote.state === state).length
    if (counting.length === 0) return undefined
    if (count('down') > counting.length / 2) {
      const isAlone = counting.length === 1 && past.voters.length > 1 && counting[0]?.isFar === true
      return isAlone && past.told !== 'down' ? undefined : 'down'
    }
    if (count('down') > 0 || count('degraded') >= counting.length / 2) return 'degraded'
    return 'up'
  }

  /** Brings one endpoint to this moment. */
  advance(past: Past, now: number): void {
    const to = this.wish(past, now)
    past.wishes.push({ at: now, told: past.told, to })
    if (to === past.told) return
    if (to === undefined) {
      if (
        past.told !== 'unknown' &&
        now - since(past, (wish) => wish.to === undefined) >= HOLD_MS
      ) {
        past.told = 'unknown'
      }
      return
    }
    if (past.told === 'unknown') {
      past.told = to
      return
    }
    const { told } = past
    const kind = kindOf(told, to)
    const wishedAt = since(
      past,
      (wish) =>
        wish.told === told &&
        wish.to !== undefined &&
        wish.to !== told &&
        kindOf(told, wish.to) === kind,
    )
    if (now - wishedAt < holdOf(past, kind, now)) return
    past.turns.push({ at: now, kind })
    past.told = to
  }
}

/** Since when something has been so without a break. */
function since(past: Past, isSo: (wish: Wish) => boolean): number {
  const { wishes } = past
  const broken = wishes.findLastIndex((wish) => !isSo(wish))
  return wishes[broken + 1]?.at ?? Infinity
}

function kindOf(from: HealthState, to: HealthState): Kind {
  if (to === 'down') return 'down'
  return from === 'down' ? 'back' : 'sway'
}

function holdOf(past: Past, kind: Kind, now: number): number {
  let before = 0
  let later = now
  for (const turn of past.turns.toReversed()) {
    if (later - turn.at > CHAIN_MS) break
    later = turn.at
    if (turn.kind === kind) before++
  }
  const ladder = kind === 'down' ? [0, 0] : [0]
  for (let hold = 1000; ladder.length <= before; hold *= 2) {
    ladder.push(Math.min(hold, TURN_HOLD_MAX_MS))
  }
  return ladder[before] ?? 0
}

const clusters = ['c0', 'c1', 'c2']
const edges: readonly Vantage[] = ['e0', 'e1', 'e2', 'e3'].map((edge, i) => ({
  session: edge,
  edge,
  cluster: clusters[i] ?? 'c0',
}))
const ids = [0, 1, 2, 3, 4, 5]

const edge = fc.constantFrom(...edges)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('report' as const),
      edge,
      id: fc.constantFrom(...ids),
      state: fc.constantFrom(...healthStates),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('report-all' as const),
      edge,
      state: fc.constantFrom(...healthStates),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('agree' as const),
      id: fc.constantFrom(0, 1),
      state: fc.constantFrom('up', 'down', 'degraded', 'up', 'down'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('heard' as const), edge }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('voters' as const),
      id: fc.constantFrom(...ids),
      voters: fc.subarray([...edges], { maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      ms: fc.constantFrom(250, 1000, 3000, 14_000, 60_000, 310_000),
      /** Whether the edges say that all is as it was. */
      isHeard: fc.boolean(),
    }),
  },
)

it('says what a brute force over the whole past says', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const clock = new ManualClock()
      const told: string[] = []
      const verdicts = new Verdicts(clock, ({ id, state }) => told.push(`${id} ${state}`))
      const model = new Model()
      const setVoters = (id: number, voters: readonly Vantage[]): void => {
        const cluster = clusters[id % 3] ?? ''
        const past = model.endpoints.get(id)
        verdicts.setVoters(id, cluster, voters)
        for (const { session } of voters) {
          if (!model.heardAt.has(session)) model.heardAt.set(session, clock.nowMs())
        }
        const votes = [...(past?.votes ?? [])].filter(([session]) =>
          voters.some((voter) => voter.session === session),
        )
        model.endpoints.set(id, {
          turns: [],
          wishes: [],
          told: 'unknown',
          ...past,
          cluster,
          voters,
          votes: new Map(votes),
        })
      }
      const report = (voter: Vantage, id: number, state: HealthState): void => {
        const past = model.endpoints.get(id)
        const isVoter = past?.voters.some((other) => other.session === voter.session) === true
        expect(verdicts.report(voter.session, id, state, '')).toBe(isVoter)
        if (!isVoter) return
        past.votes.set(voter.session, state)
        model.heardAt.set(voter.session, clock.nowMs())
      }
      const heard = (session: string): void => {
        verdicts.heard(session)
        if (model.heardAt.has(session)) model.heardAt.set(session, clock.nowMs())
      }
      for (const id of ids) setVoters(id, id === 5 ? edges.slice(0, 1) : edges.slice(id % 2, 3))

      for (const step of steps) {
        switch (step.type) {
          case 'report':
            report(step.edge, step.id, step.state)
            break
          case 'report-all':
            for (const id of ids) report(step.edge, id, step.state)
            break
          case 'agree':
            for (const edge of edges) report(edge, step.id, step.state)
            break
          case 'heard':
            heard(step.edge.session)
            break
          case 'voters':
            setVoters(step.id, step.voters)
            break
          case 'wait':
            clock.advance(step.ms)
            if (step.isHeard) for (const { session } of edges) heard(session)
            break
        }
        told.length = 0
        verdicts.tick()
        const wanted: string[] = []
        for (const [id, past] of model.endpoints) {
          const before = past.told
          model.advance(past, clock.nowMs())
          if (past.told !== before) wanted.push(`${id} ${past.told}`)
        }
        expect([...told].sort()).toEqual(wanted.sort())
        const suspects = edges.filter((edge) => model.isSuspect(edge, clock.nowMs()))
        expect(verdicts.suspects).toBe(suspects.length)
      }
    }),
    { numRuns: 150 },
  )
})
