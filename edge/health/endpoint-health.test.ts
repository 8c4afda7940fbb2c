import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkSchema } from '../../shared/registry/check-schema.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { EndpointHealth } from './endpoint-health.ts'
import { judge } from './health-model.fixture.ts'
import type { ProbeResult } from './probe.ts'

const good: ProbeResult = { ok: true }
const bad: ProbeResult = { ok: false, detail: 'connection refused' }
const lost: ProbeResult = { ok: 'unknown', detail: 'no descriptors' }
const ending: ProbeResult = { ok: true, degraded: 'certificate ends in 2 days' }

function healthOf(
  addresses: number,
  state: HealthState = 'unknown',
  turns: { readonly rise?: number; readonly fall?: number } = {},
): EndpointHealth {
  return new EndpointHealth({
    id: 7,
    app: 'app.example.org.',
    cluster: 'fra',
    addresses: Array.from({ length: addresses }, (_, i) => `192.0.2.${i + 1}`),
    port: 80,
    check: checkSchema.parse({ type: 'tcp', ...turns }),
    state,
  })
}

function statesAfter(health: EndpointHealth, results: readonly ProbeResult[]): HealthState[] {
  return results.map((result) => {
    health.take(0, result)
    return health.finding().state
  })
}

describe('one address', () => {
  it('is decided by the first result where nothing was known', () => {
    expect(statesAfter(healthOf(1), [good])).toEqual(['up'])
    expect(statesAfter(healthOf(1), [bad])).toEqual(['down'])
  })

  it.each([
    { state: 'up', results: [bad, bad, bad], states: ['up', 'up', 'down'] },
    { state: 'degraded', results: [bad, bad, bad], states: ['up', 'up', 'down'] },
    { state: 'up', results: [bad, bad, good, bad, bad], states: ['up', 'up', 'up', 'up', 'up'] },
    { state: 'down', results: [good, good], states: ['down', 'up'] },
    { state: 'down', results: [good, bad, good], states: ['down', 'down', 'down'] },
    // A probe without a result neither counts nor breaks the row.
    { state: 'up', results: [bad, lost, bad, lost, bad], states: ['up', 'up', 'up', 'up', 'down'] },
    { state: 'up', results: [lost, good], states: ['unknown', 'up'] },
  ] satisfies { state: HealthState; results: ProbeResult[]; states: HealthState[] }[])(
    'that was $state turns after rise 2, fall 3',
    ({ state, results, states }) => {
      expect(statesAfter(healthOf(1, state, { rise: 2, fall: 3 }), results)).toEqual(states)
    },
  )

  it('begins with what is held of the endpoint', () => {
    expect(healthStates.map((state) => healthOf(1, state).finding().state)).toEqual([
      'unknown',
      'up',
      'up',
      'down',
    ])
  })
})

describe('what is told', () => {
  it.each([
    { of: 'all up', results: [good, good, good], state: 'up', detail: '' },
    {
      of: 'one down',
      results: [good, bad, good],
      state: 'degraded',
      detail: '1 of 3 addresses down: 192.0.2.2 connection refused',
    },
    {
      of: 'one not quite well',
      results: [good, good, ending],
      state: 'degraded',
      detail: '192.0.2.3 certificate ends in 2 days',
    },
    {
      of: 'all down',
      results: [bad, bad, bad],
      state: 'down',
      detail: '192.0.2.1 connection refused',
    },
    {
      of: 'nothing to be found out',
      results: [lost, lost, lost],
      state: 'unknown',
      detail: '192.0.2.3 no descriptors',
    },
    { of: 'one that cannot be found out', results: [good, lost, good], state: 'up', detail: '' },
    {
      of: 'none up, and one that cannot be found out',
      results: [bad, lost, bad],
      state: 'down',
      detail: '192.0.2.1 connection refused',
    },
    { of: 'the first down, others not heard of', results: [bad], state: 'unknown', detail: '' },
    { of: 'the first up, others not heard of', results: [good], state: 'up', detail: '' },
  ])('of $of', ({ results, state, detail }) => {
    const health = healthOf(3)
    for (const [i, result] of results.entries()) health.take(i, result)
    expect(health.finding()).toEqual({ task: 7, state, detail })
  })

  it('of one that was down and has not risen yet', () => {
    const health = healthOf(1, 'down')
    health.take(0, good)
    expect(health.finding()).toMatchObject({
      state: 'down',
      detail: '192.0.2.1 is not up again yet',
    })
  })
})

it('agrees with a model that looks back over all results', () => {
  const result = fc.constantFrom(good, good, bad, bad, bad, lost, ending)
  const judged = fc.record({
    addresses: fc.integer({ min: 1, max: 4 }),
    state: fc.constantFrom(...healthStates),
    rise: fc.integer({ min: 1, max: 4 }),
    fall: fc.integer({ min: 1, max: 4 }),
  })
  const outcomes = fc.array(fc.record({ index: fc.nat(3), result }), { maxLength: 40 })
  fc.assert(
    fc.property(judged, outcomes, (of, all) => {
      const { addresses, state, rise, fall } = of
      const health = healthOf(addresses, state, { rise, fall })
      const taken = all.filter(({ index }) => index < addresses)
      expect(health.finding().state).toBe(judge(of, []))
      for (const [i, { index, result }] of taken.entries()) {
        health.take(index, result)
        expect(health.finding().state).toBe(judge(of, taken.slice(0, i + 1)))
      }
    }),
    { numRuns: 300 },
  )
})
