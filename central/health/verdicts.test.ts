import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import { FRESH_MS } from './electorate.ts'
import type { Verdict } from './verdicts.ts'
import { HOLD_MS, VERDICT_REPORTS_MAX, Verdicts } from './verdicts.ts'
import { vantages } from './verdicts.fixture.ts'

const ID = 1

/** Verdicts on one endpoint of the cluster `sfo`. */
function create(...edges: readonly string[]): {
  clock: ManualClock
  told: Verdict[]
  verdicts: Verdicts
  say: (votes: Readonly<Record<string, HealthState>>) => void
} {
  const clock = new ManualClock()
  const told: Verdict[] = []
  const verdicts = new Verdicts(clock, (verdict) => told.push(verdict))
  verdicts.setVoters(ID, 'sfo', vantages(...edges))
  const say = (votes: Readonly<Record<string, HealthState>>): void => {
    for (const [edge, state] of Object.entries(votes)) verdicts.report(edge, ID, state, state)
    verdicts.tick()
  }
  return { clock, told, verdicts, say }
}

describe('the votes on a new endpoint amount to', () => {
  it.each<[HealthState, Readonly<Record<string, HealthState>>]>([
    ['unknown', { own: 'unknown', b: 'unknown', c: 'unknown' }],
    ['up', { own: 'up', b: 'up', c: 'up' }],
    ['up', { own: 'unknown', b: 'up', c: 'unknown' }],
    ['down', { own: 'down', b: 'down', c: 'down' }],
    ['down', { own: 'down', b: 'down', c: 'up' }],
    ['down', { a: 'down', b: 'down', c: 'up' }],
    ['degraded', { own: 'down', b: 'up', c: 'up' }],
    ['degraded', { own: 'down', b: 'up', c: 'unknown' }],
    ['degraded', { own: 'degraded', b: 'degraded', c: 'up' }],
    ['degraded', { own: 'degraded', b: 'up', c: 'unknown' }],
    ['up', { own: 'degraded', b: 'up', c: 'up' }],
    // The edge of the own cluster may say so alone, and a far one that has nobody beside it.
    ['down', { own: 'down', b: 'unknown', c: 'unknown' }],
    ['unknown', { own: 'unknown', b: 'down', c: 'unknown' }],
    ['down', { a: 'down' }],
    // Alone against the others, and that with all that it judges: cut off, and left out.
    ['up', { own: 'up', b: 'down', c: 'up' }],
    ['up', { own: 'up', b: 'down' }],
  ])('%s: %j', (state, votes) => {
    const { verdicts, say } = create(...Object.keys(votes))
    say(votes)
    expect(verdicts.stateOf(ID)).toBe(state)
  })
})

it('tells changes of state only, with the votes that count', () => {
  const { told, say, clock } = create('own', 'b', 'c')
  say({ own: 'up', b: 'unknown' })
  say({ b: 'up', c: 'up' })
  clock.advance(1000)
  say({ own: 'down', b: 'down' })
  say({ own: 'down', b: 'down', c: 'down' })
  expect(told).toEqual([
    {
      id: ID,
      state: 'up',
      sinceEpoch: 1_700_000_000_000,
      reports: [{ edge: 'own', state: 'up', detail: 'up' }],
    },
    {
      id: ID,
      state: 'down',
      sinceEpoch: 1_700_000_001_000,
      reports: [
        { edge: 'own', state: 'down', detail: 'down' },
        { edge: 'b', state: 'down', detail: 'down' },
        { edge: 'c', state: 'up', detail: 'up' },
      ],
    },
  ])
})

it('names no more reports than its bound', () => {
  const edges = Array.from({ length: 12 }, (_, i) => `own${i}`)
  const { told, say } = create(...edges)
  say(Object.fromEntries(edges.map((edge) => [edge, 'up'])))
  expect(told[0]?.reports).toHaveLength(VERDICT_REPORTS_MAX)
})

it('takes no report of an edge that was not to check, of an endpoint that is not there', () => {
  const { verdicts } = create('own')
  expect(verdicts.report('stranger', ID, 'down', '')).toBe(false)
  expect(verdicts.report('own', 2, 'down', '')).toBe(false)
  expect(verdicts.report('own', ID, 'down', '')).toBe(true)
  verdicts.drop(ID)
  expect(verdicts.report('own', ID, 'down', '')).toBe(false)
  verdicts.tick()
  expect(verdicts.stateOf(ID)).toBeUndefined()
  expect(verdicts.counts).toEqual({ unknown: 0, up: 0, degraded: 0, down: 0 })
})

it('takes no report of a stream that is over, although its edge is still to check', () => {
  const { verdicts } = create('own', 'b')
  verdicts.forget('own')
  expect(verdicts.report('own', ID, 'down', '')).toBe(false)
})

it('lets suspicion of an edge that wavers turn four times between two ticks', () => {
  const { verdicts, say } = create('own', 'b', 'c')
  say({ own: 'up', b: 'up', c: 'up' })
  const waver = (times: number): number => {
    let turns = 0
    for (let i = 1; i <= times; i++) {
      const before = verdicts.suspects
      verdicts.report('b', ID, i % 2 === 1 ? 'down' : 'up', '')
      verdicts.settle()
      if (verdicts.suspects !== before) turns++
    }
    return turns
  }
  expect(waver(4)).toBe(4)
  verdicts.tick()
  expect(waver(21)).toBe(4)
  expect(verdicts.suspects).toBe(0)
  verdicts.tick()
  expect(verdicts.suspects).toBe(1)
})

it('does not go on suspecting an edge whose stream is over', () => {
  const { verdicts, say } = create('own', 'b', 'c')
  say({ own: 'up', b: 'down', c: 'up' })
  verdicts.tick()
  // As often as it may, so that it is the tick that has to clear it.
  for (const state of ['up', 'down', 'up', 'down'] as const) {
    verdicts.report('b', ID, state, '')
    verdicts.settle()
  }
  verdicts.forget('b')
  verdicts.settle()
  expect(verdicts.suspects).toBe(1)
  verdicts.tick()
  expect(verdicts.suspects).toBe(0)
})

it('counts from when an endpoint left down, though what it is instead still changes', () => {
  const { verdicts, say, clock } = create('own', 'b', 'c')
  const all = (state: HealthState): void => say({ own: state, b: state, c: state })
  for (const state of ['up', 'down', 'up', 'down'] as const) all(state)
  all('degraded')
  clock.advance(600)
  all('up')
  clock.advance(399)
  verdicts.tick()
  expect(verdicts.stateOf(ID)).toBe('down')
  clock.advance(1)
  verdicts.tick()
  expect(verdicts.stateOf(ID)).toBe('up')
})

it('leaves out an edge that is silent for longer than its word is fresh', () => {
  const { verdicts, say, clock } = create('own', 'b', 'c')
  say({ own: 'up', b: 'up', c: 'degraded' })
  clock.advance(FRESH_MS)
  for (const edge of ['own', 'c']) verdicts.heard(edge)
  verdicts.tick()
  expect(verdicts.stateOf(ID)).toBe('up')
  clock.advance(1)
  verdicts.tick()
  expect(verdicts.stateOf(ID)).toBe('degraded')
  expect(verdicts.verdictOf(ID)?.reports.map((report) => report.edge)).toEqual(['own', 'c'])
  verdicts.heard('b')
  verdicts.tick()
  expect(verdicts.verdictOf(ID)?.reports).toHaveLength(3)
})

it('holds what it told without a vote, then knows nothing', () => {
  const { verdicts, say, clock, told } = create('own', 'b')
  say({ own: 'down', b: 'down' })
  clock.advance(FRESH_MS + 1)
  verdicts.tick()
  clock.advance(HOLD_MS - 1)
  verdicts.tick()
  expect(verdicts.stateOf(ID)).toBe('down')
  clock.advance(1)
  verdicts.tick()
  expect(verdicts.stateOf(ID)).toBe('unknown')
  verdicts.heard('own')
  verdicts.tick()
  expect(told.map((verdict) => verdict.state)).toEqual(['down', 'unknown', 'down'])
})

it('lets a far edge that is left alone keep an endpoint down, but not up', () => {
  const { verdicts, say, clock } = create('a', 'b', 'c')
  say({ a: 'down', b: 'down', c: 'down' })
  for (const edge of ['b', 'c']) verdicts.forget(edge)
  for (let seconds = 0; seconds < 200; seconds += 5) {
    clock.advance(5000)
    say({ a: 'down' })
  }
  expect(verdicts.stateOf(ID)).toBe('down')
  say({ a: 'up' })
  expect(verdicts.stateOf(ID)).toBe('up')
  for (let seconds = 0; seconds < 200; seconds += 5) {
    clock.advance(5000)
    say({ a: 'down' })
  }
  expect(verdicts.stateOf(ID)).toBe('unknown')
})

it('keeps the votes of those who stay when voters change', () => {
  const { verdicts, say } = create('a', 'b', 'c')
  say({ a: 'down', b: 'down', c: 'up' })
  verdicts.setVoters(ID, 'sfo', vantages('a', 'b', 'd'))
  verdicts.settle()
  expect(verdicts.verdictOf(ID)?.reports.map((report) => report.edge)).toEqual(['a', 'b'])
  verdicts.setVoters(ID, 'sfo', vantages('a', 'b', 'c'))
  expect(verdicts.verdictOf(ID)?.reports).toHaveLength(2)
})

it('goes on from the verdict of before the start, and does not tell it again', () => {
  const clock = new ManualClock()
  const told: Verdict[] = []
  const verdicts = new Verdicts(clock, (verdict) => told.push(verdict))
  const before = { state: 'down', sinceEpoch: 1_600_000_000_000 } as const
  for (const id of [1, 2]) {
    verdicts.adopt(id, 'sfo', before)
    verdicts.setVoters(id, 'sfo', vantages('own', 'b'))
  }
  verdicts.tick()
  expect(verdicts.verdictOf(1)).toEqual({ id: 1, ...before, reports: [] })
  expect(verdicts.counts.down).toBe(2)
  verdicts.report('own', 1, 'down', '')
  verdicts.tick()
  clock.advance(HOLD_MS - 1000)
  verdicts.heard('own')
  verdicts.tick()
  expect(told).toEqual([])
  clock.advance(1000)
  verdicts.tick()
  expect(told).toEqual([{ id: 2, state: 'unknown', sinceEpoch: 1_700_000_060_000, reports: [] }])
})
