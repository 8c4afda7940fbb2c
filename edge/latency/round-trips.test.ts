import { describe, expect, it } from 'vitest'
import { FIRST_ROUNDS } from './estimate.ts'
import { clusterAt, createFixture, seededRandom, topologyOf } from './round-trips-fixture.ts'

const [a, b, c] = ['192.0.2.1', '192.0.2.2', '2001:db8::1']
const INTERVAL_MS = 30_000
/** After so long a cluster that answers has its first value. */
const FIRST_VALUE_MS = 2.2 * INTERVAL_MS

const near = clusterAt('near', 1, [a])
const far = clusterAt('far', 90, [b])

describe('a round', () => {
  it('makes two handshakes with one address, and the lesser counts', async () => {
    const { time, network, roundTrips } = createFixture()
    const answers = [30, 20, 20, 40]
    let count = 0
    network.answer = () => answers[count++ % answers.length]
    roundTrips.follow(topologyOf(near))
    await roundTrips.start()
    await time.advance(FIRST_VALUE_MS)
    expect(roundTrips.published).toEqual(new Map([['near', 20]]))
    expect(network.begun.length % 2).toBe(0)
    expect(roundTrips.handshakes).toEqual({
      answered: network.begun.length,
      unanswered: 0,
      unknown: 0,
    })
  })

  it('takes the addresses of a cluster in turn', async () => {
    const { time, network, roundTrips } = createFixture()
    roundTrips.follow(topologyOf(clusterAt('near', 1, [a, b, c])))
    await roundTrips.start()
    await time.advance(FIRST_VALUE_MS)
    expect(network.begun.slice(0, 8).map(({ address }) => address)).toEqual(
      [a, b, c, a].flatMap((address) => [address, address]),
    )
  })

  it('asks once who does not answer, for as long as the timeout says', async () => {
    const { time, network, roundTrips } = createFixture({ options: { timeoutMs: 500 } })
    network.answer = () => undefined
    roundTrips.follow(topologyOf(near))
    await roundTrips.start()
    await time.advance(INTERVAL_MS / 2)
    expect([network.begun.length, network.running, roundTrips.running]).toEqual([1, 1, 1])
    await time.advance(499)
    expect(network.running).toBe(1)
    await time.advance(1)
    expect([network.begun.length, network.running, roundTrips.running]).toEqual([1, 0, 0])
    expect(roundTrips.handshakes.unanswered).toBe(1)
  })

  it('goes by the first handshake when the second has no answer', async () => {
    const { time, network, roundTrips } = createFixture()
    let count = 0
    network.answer = () => (count++ % 2 === 0 ? 20 : undefined)
    roundTrips.follow(topologyOf(near))
    await roundTrips.start()
    await time.advance(FIRST_VALUE_MS)
    expect(roundTrips.published).toEqual(new Map([['near', 20]]))
  })
})

describe('clusters', () => {
  it('are all measured, the own one too, but for those without an address', async () => {
    const { time, network, roundTrips } = createFixture()
    network.answer = (address) => (address === a ? 0.1 : 90)
    const own = clusterAt('own', 0, [a])
    roundTrips.follow(topologyOf(own, far, clusterAt('bare', 2, [])))
    await roundTrips.start()
    await time.advance(FIRST_VALUE_MS)
    expect(roundTrips.published).toEqual(
      new Map([
        ['own', 0.1],
        ['far', 90],
      ]),
    )
    expect(roundTrips.counts).toEqual({ known: 2, unknown: 0, withoutAddress: 1, tooMany: 0 })
  })

  it('are the thousand nearest', async () => {
    const { time, network, roundTrips } = createFixture({ random: seededRandom(1) })
    const clusters = Array.from({ length: 1_003 }, (_, i) => {
      const address = `198.51.${100 + (i >> 8)}.${i & 255}`
      return clusterAt(`c${i}`, 100 - i / 20, [address])
    })
    roundTrips.follow(topologyOf(...clusters))
    expect(roundTrips.counts).toMatchObject({ unknown: 1_000, tooMany: 3 })
    await roundTrips.start()
    await time.advance(INTERVAL_MS + 1_000)
    const asked = new Set(network.begun.map(({ address }) => address))
    expect(asked.size).toBe(1_000)
    expect(clusters.slice(0, 3).filter(({ addresses: [one = ''] }) => asked.has(one))).toEqual([])
  })

  it('that go are forgotten, those that stay are not begun anew', async () => {
    const { time, network, handedOn, roundTrips } = createFixture()
    roundTrips.follow(topologyOf(near, far))
    await roundTrips.start()
    await time.advance(FIRST_VALUE_MS)
    expect([...roundTrips.published.keys()].sort()).toEqual(['far', 'near'])
    roundTrips.follow(topologyOf(clusterAt('near', 1, [c])))
    await time.advance(10_000)
    expect([...roundTrips.published.keys()]).toEqual(['near'])
    expect(handedOn.at(-1)?.published).toBe(roundTrips.published)
    const before = network.begun.length
    await time.advance(2 * INTERVAL_MS)
    expect(new Set(network.begun.slice(before).map(({ address }) => address))).toEqual(new Set([c]))
  })

  it('that go while they are measured take no place', async () => {
    const { time, network, roundTrips } = createFixture({ options: { parallelMax: 1 } })
    network.answer = () => undefined
    roundTrips.follow(topologyOf(near, far))
    await roundTrips.start()
    await time.advance(INTERVAL_MS / 2)
    expect([roundTrips.running, roundTrips.waiting]).toEqual([1, 1])
    roundTrips.follow(topologyOf())
    await time.advance(0)
    expect([network.running, roundTrips.running, roundTrips.waiting]).toEqual([0, 0, 0])
    expect(network.begun.length).toBe(1)
  })
})

describe('failures', () => {
  it('in five rounds on end end the value, which then begins anew', async () => {
    const { time, network, roundTrips } = createFixture()
    roundTrips.follow(topologyOf(near))
    await roundTrips.start()
    await time.advance(FIRST_VALUE_MS)
    network.answer = () => ({ ok: false, detail: 'host unreachable' })
    await time.advance(4 * INTERVAL_MS)
    expect(roundTrips.published.get('near')).toBe(10)
    await time.advance(INTERVAL_MS)
    expect(roundTrips.published).toEqual(new Map())
    network.answer = () => 25
    await time.advance(FIRST_VALUE_MS)
    expect(roundTrips.published).toEqual(new Map([['near', 25]]))
  })

  it('that lie with this edge count for nothing', async () => {
    const { time, network, handedOn, roundTrips } = createFixture()
    roundTrips.follow(topologyOf(near))
    await roundTrips.start()
    await time.advance(FIRST_VALUE_MS)
    network.answer = () => ({ ok: 'unknown', detail: 'this edge has no file descriptor left' })
    await time.advance(20 * INTERVAL_MS)
    expect(roundTrips.handshakes.unknown).toBeGreaterThanOrEqual(20)
    expect(handedOn.length).toBe(1)
  })
})

describe('the load', () => {
  it('is spread over the interval, from the first round on', async () => {
    const { time, network, roundTrips } = createFixture({ random: seededRandom(7) })
    const clusters = Array.from({ length: 200 }, (_, i) =>
      clusterAt(`c${i}`, i / 10, [`192.0.2.${i}`]),
    )
    roundTrips.follow(topologyOf(...clusters))
    await roundTrips.start()
    await time.advance(10 * INTERVAL_MS)
    for (let from = 0; from < 9 * INTERVAL_MS; from += 3_000) {
      const share = network.begun.filter(({ at }) => at >= from && at < from + 3_000).length / 2
      expect(share).toBeGreaterThan(0)
      // 20 in a tenth of an interval when all is even; before the first values, five times as many.
      expect(share).toBeLessThan(from < 2 * INTERVAL_MS ? 150 : 60)
    }
  })

  it('has rounds of a cluster an interval apart, give or take 10 %', async () => {
    const { time, network, roundTrips } = createFixture({ random: seededRandom(8) })
    roundTrips.follow(topologyOf(near))
    await roundTrips.start()
    await time.advance(100 * INTERVAL_MS)
    const rounds = network.begun.filter((_, i) => i % 2 === 0).map(({ at }) => at)
    const gaps = rounds.slice(1).map((at, i) => at - (rounds[i] ?? 0))
    const early = gaps.slice(0, FIRST_ROUNDS - 1)
    const late = gaps.slice(FIRST_ROUNDS - 1)
    expect(Math.max(...early)).toBeLessThan((1.1 * INTERVAL_MS) / FIRST_ROUNDS + 20)
    expect(late.length).toBeGreaterThan(90)
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0.9 * INTERVAL_MS)
    // The schedule is late by up to a tick.
    expect(Math.max(...late)).toBeLessThan(1.1 * INTERVAL_MS + 20)
    expect(Math.max(...late) - Math.min(...late)).toBeGreaterThan(0.1 * INTERVAL_MS)
  })

  it('never exceeds parallelMax, and no cluster is measured twice at once', async () => {
    const options = { parallelMax: 3, timeoutMs: 2_000 }
    const { time, network, roundTrips } = createFixture({ options })
    network.answer = () => undefined
    const clusters = Array.from({ length: 10 }, (_, i) => clusterAt(`c${i}`, i, [`192.0.2.${i}`]))
    roundTrips.follow(topologyOf(...clusters))
    await roundTrips.start()
    await time.advance(INTERVAL_MS / 2)
    expect([roundTrips.running, roundTrips.waiting]).toEqual([3, 7])
    await time.advance(8_000)
    expect(network.runningMost).toBe(3)
    expect(new Set(network.begun.map(({ address }) => address)).size).toBe(10)
  })
})

describe('the end', () => {
  it('leaves no timer, and no handshake', async () => {
    const { time, network, roundTrips } = createFixture()
    network.answer = (address) => (address === a ? 10 : undefined)
    roundTrips.follow(topologyOf(near, far))
    await roundTrips.start()
    await time.advance(INTERVAL_MS / 2)
    expect([network.running, time.timers]).toEqual([1, 1])
    await roundTrips.stop()
    expect([network.running, time.timers]).toEqual([0, 0])
    const before = network.begun.length
    await time.advance(10 * INTERVAL_MS)
    expect(network.begun.length).toBe(before)
  })

  it('comes in the middle of a publication too', async () => {
    const { time, handedOn, roundTrips } = createFixture()
    roundTrips.follow(topologyOf(near, far))
    await roundTrips.start()
    await time.advance(FIRST_VALUE_MS)
    roundTrips.follow(topologyOf(near))
    await roundTrips.stop()
    expect([time.timers, handedOn.length]).toEqual([0, 1])
  })
})

it('does nothing where it is not enabled', async () => {
  const { time, network, roundTrips } = createFixture({ options: { enabled: false } })
  roundTrips.follow(topologyOf(near, far))
  await roundTrips.start()
  await time.advance(FIRST_VALUE_MS)
  expect([network.begun.length, time.timers, roundTrips.published.size]).toEqual([0, 0, 0])
  await roundTrips.stop()
})
