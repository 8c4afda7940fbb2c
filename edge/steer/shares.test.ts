import { describe, expect, it } from 'vitest'
import { TYPE_A } from '../../shared/dns/codes.ts'
import type { Filter } from '../../shared/registry/policy-schema.ts'
import type { ReplicaApp, ReplicaEndpoint } from '../replica/model.ts'
import { decideSteering } from './decide.ts'
import { partKept } from './shares.ts'
import { appOf, lineTopology, sharesOf } from './shares-fixture.ts'
import type { Step } from './steps.ts'

type Some = Partial<ReplicaEndpoint>

/** To a tenth of a percent: 65,536 numbers are drawn from. */
function rounded(app: ReplicaApp): readonly (readonly [string, number])[] {
  return sharesOf(app).map(([cluster, percent]) => [cluster, Math.round(percent * 10) / 10])
}

const shed: readonly Filter[] = [
  'healthy',
  'own-cluster-first',
  'nearest',
  { filter: 'shed-load', low: 70, high: 90 },
]

describe('shed-load', () => {
  it.each<[string, Readonly<Record<string, Some>>, Readonly<Record<string, number>>]>([
    ['nobody tells', { own: {}, a: {} }, { own: 100 }],
    ['at the low watermark', { own: { load: 70 }, a: {} }, { own: 100 }],
    ['half way', { own: { load: 80 }, a: {} }, { own: 50, a: 50 }],
    ['a quarter of the way', { own: { load: 75 }, a: {} }, { own: 75, a: 25 }],
    ['at the high watermark', { own: { load: 90 }, a: {} }, { a: 100 }],
    ['far beyond', { own: { load: 1_000 }, a: {} }, { a: 100 }],
    [
      'on and on',
      { own: { load: 80 }, a: { load: 80 }, b: { load: 80 }, c: {} },
      { own: 50, a: 25, b: 12.5, c: 12.5 },
    ],
    ['the last takes the rest', { own: { load: 80 }, a: { load: 100 } }, { own: 50, a: 50 }],
    ['all shed all', { own: { load: 90 }, a: { load: 200 } }, { own: 100 }],
    ['past what is down', { own: { load: 80 }, a: { health: 'down' }, b: {} }, { own: 50, b: 50 }],
    ['with a part withheld', { own: { load: 80, withheld: 50 }, a: {} }, { own: 25, a: 75 }],
    ['with all withheld', { own: { withheld: 100 }, a: { load: 80 } }, { a: 100 }],
    ['with all of all withheld', { own: { withheld: 100 }, a: { withheld: 100 } }, { own: 100 }],
  ])('%s', (_what, endpoints, wanted) => {
    expect(rounded(appOf(shed, endpoints))).toEqual(Object.entries(wanted))
  })

  it('is explained', () => {
    const steps: Step[] = []
    sharesOf(appOf(shed, { own: { load: 95 }, a: { load: 80 }, b: {}, c: {} }), steps)
    expect(steps.at(-1)).toEqual({
      filter: 'shed-load',
      kept: ['a', 'b'],
      dropped: [
        { cluster: 'own', reason: 'load 95 %, from 90 % on all is shed' },
        { cluster: 'c', reason: 'those before it take all' },
      ],
    })
    expect(steps.map(({ filter }) => filter)).not.toContain('first')
  })
})

describe('what is withheld', () => {
  it.each<
    [
      string,
      string | readonly Filter[],
      Readonly<Record<string, Some>>,
      Readonly<Record<string, number>>,
    ]
  >([
    ['of the best', 'nearest', { own: { withheld: 80 }, a: {} }, { own: 20, a: 80 }],
    ['of another', 'nearest', { own: {}, a: { withheld: 80 } }, { own: 100 }],
    [
      'of several',
      'nearest',
      { own: { withheld: 80 }, a: { withheld: 50 }, b: {} },
      { own: 20, a: 40, b: 40 },
    ],
    ['of all', 'nearest', { own: { withheld: 80 }, a: { withheld: 80 } }, { own: 20, a: 80 }],
    ['of the only one', 'nearest', { own: { withheld: 80 } }, { own: 100 }],
    ['wholly', 'nearest', { own: { withheld: 100 }, a: {} }, { a: 100 }],
    [
      'goes past priorities, not past what is down',
      'failover',
      { own: { withheld: 60 }, a: { priority: 2 }, b: { priority: 1, health: 'down' } },
      { own: 40, a: 60 },
    ],
    ['of a weight', 'weighted', { own: { withheld: 50 }, a: { weight: 50 } }, { own: 50, a: 50 }],
    [
      'of all weights',
      'weighted',
      { own: { withheld: 100 }, a: { withheld: 100, weight: 300 } },
      { a: 75, own: 25 },
    ],
    [
      'of a place among two',
      ['nearest', { filter: 'first', count: 2 }],
      { own: { withheld: 80 }, a: {}, b: {}, c: {} },
      { own: 10, a: 50, b: 40 },
    ],
    [
      'of a place that nobody else can have',
      ['nearest', { filter: 'first', count: 2 }],
      { own: { withheld: 50 }, a: {} },
      { own: 33.3, a: 66.7 },
    ],
    [
      'of none of two',
      ['nearest', { filter: 'first', count: 2 }],
      { own: {}, a: {}, b: { withheld: 80 } },
      { own: 100, a: 100 },
    ],
  ])('%s', (_what, policy, endpoints, wanted) => {
    expect(rounded(appOf(policy, endpoints))).toEqual(Object.entries(wanted))
  })

  it('is explained, where it matters only', () => {
    const steps: Step[] = []
    sharesOf(appOf('nearest', { own: { withheld: 80 }, a: {}, b: {} }), steps)
    expect(steps.at(-1)).toEqual({ filter: 'share', kept: ['own', 'a'], dropped: [] })
    const others: Step[] = []
    sharesOf(appOf('nearest', { own: {}, a: { withheld: 80 } }), others)
    expect(others.map(({ filter }) => filter)).not.toContain('share')
  })

  it('counts for the lifetime of answers: one that is degraded and may be drawn shortens it', () => {
    const endpoints = { own: { withheld: 20 }, a: { health: 'degraded' as const } }
    expect(decideSteering(appOf('nearest', endpoints), TYPE_A, lineTopology).ttl).toBe(5)
    const whole = { ...endpoints, own: {} }
    expect(decideSteering(appOf('nearest', whole), TYPE_A, lineTopology).ttl).toBe(10)
  })
})

it('a load keeps less the nearer it is to the high watermark', () => {
  const marks = { low: 50, high: 100 }
  const kept = [undefined, 0, 50, 60, 75, 99, 100, 1_000].map((load) => partKept(load, marks))
  expect(kept).toEqual([1, 1, 1, 0.8, 0.5, 0.02, 0, 0])
})
