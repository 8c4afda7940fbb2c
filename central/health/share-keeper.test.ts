import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Command } from '../model/decide.ts'
import { commandsOf, createFailingLog } from './keeper.fixture.ts'
import { app, clusterIds, TestShares } from './share-keeper.fixture.ts'
import { SHARES_PER_CHANGE_MAX } from './share-keeper.ts'

describe('slow start', () => {
  it('brings an endpoint back in steps of 20 %, over its time', async () => {
    const shares = new TestShares()
    await shares.putApp({ slowStartSeconds: 20 })
    await shares.tell('w1', 'down')
    await shares.pass(5)
    await shares.tell('w1', 'up')
    expect(shares.of('w1')).toBe(80)
    expect(await shares.course('w1', 21)).toEqual(
      [4, 5, 5, 5, 2].flatMap((seconds, i) => Array<number>(seconds).fill(80 - 20 * i)),
    )
    expect(shares.keeper.stats).toMatchObject({ endpoints: 0, steps: { 'slow-start': 4 } })
    expect(shares.of('w2')).toBe(0)
  })

  it.each([
    [1, [80, 0]],
    [4, [80, 40, 40, 0]],
    [6, [80, 60, 60, 40, 40, 0]],
  ])('of %i s takes no two steps within 2 s', async (slowStartSeconds, wanted) => {
    const shares = new TestShares()
    await shares.putApp({ slowStartSeconds })
    await shares.tell('w1', 'down')
    await shares.tell('w1', 'up')
    expect(await shares.course('w1', wanted.length)).toEqual(wanted)
  })

  it('begins anew when the endpoint has been down again', async () => {
    const shares = new TestShares()
    await shares.putApp({ slowStartSeconds: 40 })
    await shares.tell('w1', 'down')
    await shares.tell('w1', 'up')
    await shares.pass(25)
    expect(shares.of('w1')).toBe(40)
    await shares.tell('w1', 'down')
    expect(shares.of('w1')).toBe(0)
    await shares.tell('w1', 'up')
    expect(await shares.course('w1', 11)).toEqual([...Array<number>(9).fill(80), 60, 60])
  })

  it('goes on after a restart where it was, with the time in between', async () => {
    const shares = new TestShares()
    await shares.putApp({ slowStartSeconds: 40 })
    await shares.tell('w1', 'down')
    await shares.tell('w1', 'up')
    await shares.pass(5)
    shares.clock.advance(8_000)
    shares.restart()
    expect(shares.of('w1')).toBe(80)
    await shares.tick()
    expect(shares.of('w1')).toBe(60)
    expect(await shares.course('w1', 8)).toEqual([60, 60, 60, 60, 60, 60, 40, 40])
  })
})

it('takes more steps than a change may hold in the next', async () => {
  const shares = new TestShares()
  await shares.putApp({ slowStartSeconds: 8 })
  const ids = Array.from({ length: SHARES_PER_CHANGE_MAX + 1 }, (_, i) => `c${i}`)
  const clusters = ids.map((id) => ({ id, latitude: 0, longitude: 0 }))
  const endpoints = ids.map((cluster) => ({ cluster, addresses: ['192.0.2.1'] }))
  const health = { check: { type: 'icmp' as const }, slowStartSeconds: 8 }
  await shares.submit(...commandsOf({ clusters, apps: [{ name: app, health, endpoints }] }))
  const sinceEpoch = shares.clock.epochMs()
  await shares.submit(
    ...ids.map((cluster): Command => {
      const withheld = { app, cluster, percent: 80, sinceEpoch }
      return { type: 'put-withheld', withheld }
    }),
  )
  const { version } = shares.registry
  await shares.pass(3)
  const sizes = [...shares.registry.read(version)].map(({ events }) => events.length)
  expect(sizes).toEqual([SHARES_PER_CHANGE_MAX, 1])
})

it('writes at a later tick what could not be written', async () => {
  const { log, setFull } = createFailingLog()
  const shares = new TestShares(log)
  await shares.putApp({ slowStartSeconds: 8 })
  await shares.tell('w1', 'down')
  await shares.tell('w1', 'up')
  setFull(true)
  await shares.pass(5)
  expect(shares.of('w1')).toBe(80)
  setFull(false)
  await shares.pass(1)
  expect(shares.of('w1')).toBe(40)
})

it('whatever turns how often, no two steps are nearer than they may be, and all ends with nothing withheld', async () => {
  let steps = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          cluster: fc.constantFrom(...clusterIds),
          state: fc.constantFrom('down' as const, 'down' as const, 'up' as const),
          seconds: fc.constantFrom(0, 1, 3, 7),
          isRestart: fc.constantFrom(false, false, false, true),
        }),
        { maxLength: 20 },
      ),
      async (turns) => {
        const shares = new TestShares()
        await shares.putApp({ regional: { everySeconds: 4 }, slowStartSeconds: 10 })
        const { version } = shares.registry
        for (const { cluster, state, seconds, isRestart } of turns) {
          await shares.tell(cluster, state)
          await shares.pass(seconds)
          if (isRestart) shares.restart()
          for (const id of clusterIds) {
            const percent = shares.of(id)
            expect([0, 20, 40, 60, 80]).toContain(percent)
          }
        }
        for (const cluster of clusterIds) await shares.tell(cluster, 'up')
        await shares.pass(30)
        expect(clusterIds.map((id) => shares.of(id))).toEqual(clusterIds.map(() => 0))
        const last = new Map<string, { readonly at: number; readonly percent: number }>()
        for (const { atEpoch, actor, events } of shares.registry.read(version)) {
          for (const event of events) {
            if (event.type !== 'region-withheld' && event.type !== 'endpoint-withheld') continue
            steps++
            // Those of a verdict come with the verdict, as often as it turns.
            if (actor !== 'system') continue
            const isRegion = event.type === 'region-withheld'
            const key = isRegion ? event.region : event.cluster
            const before = last.get(key) ?? { at: -Infinity, percent: 0 }
            expect(atEpoch - before.at).toBeGreaterThanOrEqual(isRegion ? 4_000 : 2_000)
            if (isRegion) expect(Math.abs(event.percent - before.percent)).toBe(20)
            last.set(key, { at: atEpoch, percent: event.percent })
          }
        }
      },
    ),
    { numRuns: 12 },
  )
  expect(steps).toBeGreaterThan(20)
})
