import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../shared/clock.ts'
import { TYPE_A } from '../../shared/dns/codes.ts'
import { decideSteering } from './decide.ts'
import { CHANGE, changeOf, cluster, createReplica, startForeseen } from './foreseen.fixture.ts'
import { foreseenSeconds, foreseenUntilMs } from './foreseen.ts'
import { createTopology } from './topology.ts'

describe('how long an answer may be kept before a change that is foreseen', () => {
  it('is never beyond the change, at any moment until it is made anew', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40_000_000 }),
        fc.double({ min: 0, max: 0.999_999, noNaN: true }),
        (leftMs, part) => {
          const madeAt = CHANGE - leftMs
          const seconds = foreseenSeconds(CHANGE, madeAt) ?? Infinity
          const untilMs = foreseenUntilMs(CHANGE, madeAt) ?? Infinity
          // Given at any moment before the next one is made; at the border itself for 1 ms.
          const givenAt = madeAt + Math.floor(part * (untilMs - 1))
          if (givenAt >= CHANGE) expect(seconds).toBe(0)
          else expect(givenAt + seconds * 1000).toBeLessThanOrEqual(CHANGE)
          // And not much shorter than it could be.
          if (leftMs >= 1000) expect(seconds * 2000).toBeGreaterThan(leftMs)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each([
    [undefined, 0, undefined],
    [CHANGE, CHANGE, 0],
    [CHANGE, CHANGE + 9_999, 0],
    [CHANGE, CHANGE + 10_000, undefined],
    [CHANGE, CHANGE - 999, 0],
    [CHANGE, CHANGE - 1_000, 1],
    [CHANGE, CHANGE - 31_999, 16],
  ])('of %j at %d it is %j', (changesAt, epochMs, seconds) => {
    expect(foreseenSeconds(changesAt, epochMs)).toBe(seconds)
  })

  it('comes to an end', () => {
    let epochMs = CHANGE - 100_000
    let steps = 0
    for (let ms = foreseenUntilMs(CHANGE, epochMs); ms !== undefined && steps < 100; steps++) {
      epochMs += ms
      ms = foreseenUntilMs(CHANGE, epochMs)
    }
    expect(steps).toBe(8)
  })
})

it('a cluster that will change bounds the TTL of the apps that it has, and of no others', () => {
  const own = cluster('own', 0)
  const later = { ...cluster('a', 1), changesAt: CHANGE }
  const topology = createTopology(own, [own, later, cluster('b', 2)], { epochMs: CHANGE - 20_000 })
  const ttlOf = (clusters: readonly string[], ttlMin: number): number => {
    const endpoints = clusters.map((id) => ({
      cluster: id,
      addresses: ['192.0.2.1'],
      weight: 1,
      priority: 0,
    }))
    const app = { policy: 'nearest', ttlMin, ttlMax: 30, endpoints }
    return decideSteering(app, TYPE_A, topology).ttl
  }
  // Also where it is not answered now: it may be after the change.
  expect([ttlOf(['own', 'a'], 5), ttlOf(['a'], 5), ttlOf(['own', 'b'], 5)]).toEqual([16, 16, 30])
  expect(ttlOf(['a'], 20)).toBe(20)
})

afterEach(() => {
  vi.useRealTimers()
})

it('answers are made anew each time that what is left has halved', async () => {
  vi.useFakeTimers({ now: CHANGE - 16_500 })
  const replica = createReplica('full', [cluster('own', 0)])
  const times: number[] = []
  replica.onChange(({ is }) => {
    if (is === 'foreseen') times.push(Math.round((CHANGE - systemClock.epochMs()) / 1000))
  })
  await startForeseen(replica)
  replica.applyChange(changeOf([], [{ ...cluster('own', 0), changesAt: CHANGE }]))
  await vi.advanceTimersByTimeAsync(60_000)
  expect(times).toEqual([16, 8, 4, 2, 1, -10])
  expect(replica.tables.topology.places.get('own')?.foreseenSeconds).toBeUndefined()
})
