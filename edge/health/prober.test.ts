import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { healthStates } from '../../shared/registry/health.ts'
import type { Outcome } from './health-model.fixture.ts'
import { judge } from './health-model.fixture.ts'
import type { ProbeResult } from './probe.ts'
import { createFixture, taskOf } from './prober-fixture.ts'

const check = { type: 'tcp', intervalMs: 1_000, timeoutMs: 200 } as const
const bad: ProbeResult = { ok: false, detail: 'connection refused' }

describe('when an address is probed', () => {
  it('not before the start', async () => {
    const { time, network, prober } = createFixture()
    prober.put(taskOf(1))
    await time.advance(5_000)
    expect([network.begun, time.timers]).toEqual([[], 0])
    await prober.start()
    await time.advance(20)
    expect(network.begun).toHaveLength(1)
  })

  it.each([
    { intervalMs: 10_000, within: 1_000 },
    { intervalMs: 400, within: 400 },
  ])('first within the shorter of $intervalMs ms and 1 s', async ({ intervalMs, within }) => {
    const { time, network, prober } = createFixture({ random: Math.random })
    await prober.start()
    for (let id = 0; id < 200; id++) {
      prober.put(taskOf(id, { check: { ...check, intervalMs } }))
    }
    await time.advance(within + 10)
    expect(new Set(network.begun.map(({ app }) => app)).size).toBe(200)
    const early = network.begun.filter(({ at }) => at < within / 2)
    expect(early.length).toBeGreaterThan(40)
    await prober.stop()
  })

  it('then at its interval, give or take 10 %, from the beginning of the one before', async () => {
    const { time, network, prober } = createFixture({ random: Math.random })
    // The probe takes nearly as long as the interval.
    network.answer = () => undefined
    await prober.start()
    prober.put(taskOf(1, { check: { ...check, timeoutMs: 850 } }))
    await time.advance(40_000)
    const gaps = network.begun.slice(2).map(({ at }, i) => at - (network.begun[i + 1]?.at ?? 0))
    expect(gaps.length).toBeGreaterThan(30)
    // A timer is up to a tick and a millisecond late.
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(900)
      expect(gap).toBeLessThanOrEqual(1_111)
    }
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(50)
  })

  it('a crowd that came at once has parted by the second round', async () => {
    const { time, network, prober } = createFixture({ random: Math.random, probesMax: 4_096 })
    await prober.start()
    for (let id = 0; id < 1_000; id++) {
      prober.put(taskOf(id, { check: { ...check, intervalMs: 10_000 } }))
    }
    await time.advance(40_000)
    const perSecond = Array.from(
      { length: 25 },
      (_, i) => network.begun.filter(({ at }) => Math.floor(at / 1_000) === 15 + i).length,
    )
    expect(Math.max(...perSecond)).toBeLessThan(200)
    expect(Math.min(...perSecond)).toBeGreaterThan(40)
  })

  it('never twice at once, even when the probe takes as long as the interval', async () => {
    const { time, network, prober } = createFixture({ random: () => 0 })
    network.answer = () => undefined
    await prober.start()
    prober.put(taskOf(1, { check: { ...check, timeoutMs: 1_000 } }))
    await time.advance(10_000)
    expect(network.begun.length).toBeGreaterThan(8)
    expect(network.doubled).toEqual([])
  })
})

describe('a task', () => {
  it('that is put again as it is goes on; only its state may differ', async () => {
    const { time, network, prober, findings } = createFixture()
    await prober.start()
    prober.put(taskOf(1, { state: 'up', addresses: ['192.0.2.1', '192.0.2.2'] }))
    await time.advance(600)
    const begun = network.begun.length
    prober.put(taskOf(1, { state: 'down', addresses: ['192.0.2.1', '192.0.2.2'] }))
    await time.advance(20)
    expect(network.begun).toHaveLength(begun)
    expect(findings.map(({ state }) => state)).toEqual(['up'])
    await prober.stop()
  })

  it.each([
    { what: 'addresses', changed: { addresses: ['192.0.2.2'] } },
    { what: 'port', changed: { port: 81 } },
    { what: 'check', changed: { check: { ...check, rise: 3 } } },
  ])('that is put again with another $what is begun anew', async ({ changed }) => {
    const { time, network, prober, findings } = createFixture()
    await prober.start()
    prober.put(taskOf(1, { state: 'up' }))
    await time.advance(600)
    network.answer = () => undefined
    await time.advance(500)
    expect(network.running).toBe(1)
    prober.put(taskOf(1, { state: 'down', ...changed }))
    await time.advance(0)
    // What was under way is ended, and no result of the old task counts.
    expect(network.running).toBe(0)
    network.answer = () => bad
    await time.advance(600)
    expect(findings.map(({ state }) => state)).toEqual(['up', 'down'])
    expect(prober.size).toBe(1)
  })

  it('that is deleted is probed no more, and not heard of', async () => {
    const { time, network, prober, findings } = createFixture()
    await prober.start()
    network.answer = () => undefined
    prober.put(taskOf(1))
    await time.advance(600)
    expect(network.running).toBe(1)
    prober.delete(1)
    prober.delete(2)
    await time.advance(10_000)
    expect([network.begun.length, network.running, prober.running, findings]).toEqual([1, 0, 0, []])
    expect([prober.size, [...prober.findings()], time.timers]).toEqual([0, [], 0])
  })

  it('is told of after its first outcome, and then when its state changes', async () => {
    const { time, network, prober, findings } = createFixture()
    await prober.start()
    prober.put(taskOf(1, { state: 'up' }))
    expect([...prober.findings()]).toEqual([{ task: 1, state: 'up', detail: '' }])
    await time.advance(4_000)
    expect(findings).toEqual([{ task: 1, state: 'up', detail: '' }])
    network.answer = () => bad
    await time.advance(4_000)
    const down = { task: 1, state: 'down', detail: '192.0.2.1 connection refused' }
    expect(findings.slice(1)).toEqual([down])
    network.answer = () => ({ ok: false, detail: 'connection reset' })
    await time.advance(4_000)
    expect(findings).toHaveLength(2)
    expect([...prober.findings()]).toEqual([{ ...down, detail: '192.0.2.1 connection reset' }])
  })

  it('whose probe throws has no result, and keeps no place', async () => {
    const { time, network, prober, findings } = createFixture({ probesMax: 1 })
    network.answer = () => {
      throw new TypeError('a fault of ours')
    }
    await prober.start()
    prober.put(taskOf(1))
    await time.advance(3_000)
    expect(network.begun.length).toBeGreaterThan(2)
    expect(findings).toEqual([
      { task: 1, state: 'unknown', detail: '192.0.2.1 the probe failed: a fault of ours' },
    ])
  })
})

it('tasks that are given anew begin with what was found of them, for a while', async () => {
  const { time, network, prober, findings } = createFixture()
  const stateOf = (id: number) => [...prober.findings()].find(({ task }) => task === id)?.state
  network.answer = () => bad
  await prober.start()
  prober.put(taskOf(1, { app: 'a.example.', state: 'up' }))
  prober.put(taskOf(2, { app: 'b.example.', state: 'up' }))
  await time.advance(5_000)
  expect([stateOf(1), stateOf(2)]).toEqual(['down', 'down'])
  // Central has come back, with other numbers, and what it held before.
  prober.renew()
  expect(prober.size).toBe(0)
  prober.put(taskOf(7, { app: 'a.example.', state: 'up' }))
  prober.put(taskOf(8, { app: 'b.example.', state: 'up', addresses: ['192.0.2.2'] }))
  expect([stateOf(7), stateOf(8)]).toEqual(['down', 'up'])
  // And central is told at once.
  expect(findings.at(-1)).toMatchObject({ task: 7, state: 'down' })
  prober.renew()
  await time.advance(6_000)
  prober.put(taskOf(9, { app: 'a.example.', state: 'up' }))
  expect(stateOf(9)).toBe('up')
  await prober.stop()
})

it('tells what a model makes of the same results, at every change', async () => {
  const result = fc.constantFrom<ProbeResult>(
    { ok: true },
    { ok: true },
    bad,
    bad,
    { ok: 'unknown', detail: 'no descriptors' },
    { ok: true, degraded: 'certificate ends' },
  )
  const judged = fc.record({
    addresses: fc.integer({ min: 1, max: 3 }),
    state: fc.constantFrom(...healthStates),
    rise: fc.integer({ min: 1, max: 3 }),
    fall: fc.integer({ min: 1, max: 3 }),
  })
  await fc.assert(
    fc.asyncProperty(judged, fc.array(result, { minLength: 5, maxLength: 25 }), async (of, all) => {
      const { time, network, prober, findings } = createFixture({ random: Math.random })
      const addresses = Array.from({ length: of.addresses }, (_, i) => `192.0.2.${i + 1}`)
      const outcomes: Outcome[] = []
      network.answer = ({ address }) => {
        const next = all[outcomes.length]
        if (next === undefined) return undefined
        outcomes.push({ index: addresses.indexOf(address), result: next })
        return next
      }
      await prober.start()
      const { state, rise, fall } = of
      prober.put(taskOf(1, { addresses, state, check: { ...check, timeoutMs: 1_000, rise, fall } }))
      while (outcomes.length < all.length) await time.advance(1_000)
      const states = outcomes.map((_, i) => judge(of, outcomes.slice(0, i + 1)))
      const told = states.filter((state, i) => i === 0 || state !== states[i - 1])
      expect(findings.map((finding) => finding.state).slice(0, told.length)).toEqual(told)
      await prober.stop()
    }),
    { numRuns: 60 },
  )
})
