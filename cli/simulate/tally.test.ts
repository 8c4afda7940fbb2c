import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ClusterShare } from './engine.ts'
import { Tally } from './tally.ts'
import type { Given } from './tally.ts'

/** Shares by cluster; `sfo` is 100 km away, `lhr` 1000, `nrt` 10. */
function given(shares: Readonly<Record<string, number>>): Given {
  const km: Readonly<Record<string, number>> = { sfo: 100, lhr: 1_000, nrt: 10 }
  return {
    shares: Object.entries(shares).map(([cluster, share]) => ({ cluster, share })),
    kmTo: (cluster) => km[cluster] ?? 0,
  }
}

it('counts shares, not chance, and the distances of those that each answers', () => {
  const tally = new Tally()
  tally.add(3, given({ sfo: 1 }), given({ sfo: 0.5, lhr: 0.5 }))
  tally.add(1, given({ lhr: 1 }), given({ nrt: 1 }))
  expect(tally.result()).toEqual({
    asked: 4,
    moved: 2.5,
    movedPercent: 62.5,
    clusters: [
      row('lhr', 25, 37.5, 1_000, 1_000),
      row('sfo', 75, 37.5, 100, 100),
      row('nrt', 0, 25, undefined, 10),
    ].sort((a, b) => b.thenPercent - a.thenPercent || b.nowPercent - a.nowPercent),
    nowUnansweredPercent: 0,
    thenUnansweredPercent: 0,
    nowKm: 325,
    thenKm: (1.5 * 100 + 1.5 * 1_000 + 10) / 4,
  })
})

function row(
  cluster: string,
  nowPercent: number,
  thenPercent: number,
  nowKm: number | undefined,
  thenKm: number | undefined,
) {
  return { cluster, nowPercent, thenPercent, shiftPoints: thenPercent - nowPercent, nowKm, thenKm }
}

it('an answer that comes or goes is a move; none before and after is none', () => {
  const tally = new Tally()
  tally.add(1, given({}), given({ sfo: 1 }))
  tally.add(1, given({ sfo: 1 }), given({}))
  tally.add(2, given({}), given({}))
  expect(tally.result()).toMatchObject({
    asked: 4,
    moved: 2,
    clusters: [{ cluster: 'sfo', nowPercent: 25, thenPercent: 25, shiftPoints: 0 }],
    nowUnansweredPercent: 75,
    thenUnansweredPercent: 75,
  })
})

it('of nothing that was asked nothing is said', () => {
  expect(new Tally().result()).toEqual({
    asked: 0,
    moved: 0,
    movedPercent: 0,
    clusters: [],
    nowUnansweredPercent: 0,
    thenUnansweredPercent: 0,
    nowKm: undefined,
    thenKm: undefined,
  })
})

const shares = fc
  .dictionary(fc.constantFrom('sfo', 'lhr', 'nrt'), fc.integer({ min: 1, max: 9 }))
  .map((weights): readonly ClusterShare[] => {
    const sum = Object.values(weights).reduce((a, b) => a + b, 0)
    return Object.entries(weights).map(([cluster, weight]) => ({ cluster, share: weight / sum }))
  })

it('shares add up, shifts cancel out, and what moves is what clusters and none gain', () => {
  fc.assert(
    fc.property(shares, shares, (now, then) => {
      const tally = new Tally()
      const kmTo = () => 1
      tally.add(10, { shares: now, kmTo }, { shares: then, kmTo })
      const { clusters, moved, nowUnansweredPercent, thenUnansweredPercent } = tally.result()
      const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
      const none = thenUnansweredPercent - nowUnansweredPercent
      expect(sum(clusters.map(({ nowPercent }) => nowPercent)) + nowUnansweredPercent).toBeCloseTo(
        100,
        1,
      )
      expect(sum(clusters.map(({ shiftPoints }) => shiftPoints)) + none).toBeCloseTo(0, 1)
      const gains = [...clusters.map(({ shiftPoints }) => shiftPoints), none]
      expect(sum(gains.filter((gain) => gain > 0)) / 10).toBeCloseTo(moved, 1)
    }),
  )
})
