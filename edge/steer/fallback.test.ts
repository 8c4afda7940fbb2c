import { describe, expect, it } from 'vitest'
import type { ReplicaEndpoint } from '../replica/model.ts'
import { appOf, sharesOf } from './shares-fixture.ts'
import type { Step } from './steps.ts'

type Some = Partial<ReplicaEndpoint>

describe('a fallback set', () => {
  const spare = { fallback: true as const }
  const down = { health: 'down' as const }

  it.each<[string, Readonly<Record<string, Some>>, number, readonly string[]]>([
    ['takes no part', { own: spare, a: {}, b: {} }, 0, ['a']],
    ['takes no part while enough are up', { own: spare, a: down, b: {} }, 50, ['b']],
    ['is answered when too few are up', { own: {}, a: down, b: down, c: spare }, 50, ['c']],
    ['is answered when none is up', { own: down, c: spare, d: spare }, 0, ['c']],
    ['goes by its health', { own: down, c: { ...spare, ...down }, d: spare }, 0, ['d']],
    ['goes by no health when none of it is up', { own: down, c: { ...spare, ...down } }, 0, ['c']],
    [
      'is answered where all others are disabled',
      { own: { state: 'disabled' }, c: spare },
      0,
      ['c'],
    ],
    ['leaves the others where none of it may be answered', { own: down, a: down }, 0, ['own']],
    [
      'leaves the others where all of it is disabled',
      { own: down, c: { ...spare, state: 'disabled' } },
      0,
      ['own'],
    ],
  ])('%s', (_what, endpoints, enoughUpPercent, wanted) => {
    const app = appOf('nearest', endpoints, { enoughUpPercent })
    expect(sharesOf(app).map(([cluster]) => cluster)).toEqual(wanted)
  })

  it('takes no part where the policy does not ask for health', () => {
    expect(sharesOf(appOf(['nearest'], { own: spare, a: down }))).toEqual([['a', 100]])
  })

  it('is explained', () => {
    const steps: Step[] = []
    sharesOf(appOf('nearest', { own: spare, a: down }), steps)
    expect(steps[1]).toEqual({
      filter: 'fallback',
      kept: ['own'],
      dropped: [{ cluster: 'a', reason: 'too few are up, the fallback set is answered' }],
    })
    const others: Step[] = []
    sharesOf(appOf('nearest', { own: spare, a: {} }), others)
    expect(others[1]?.dropped).toEqual([
      { cluster: 'own', reason: 'in the fallback set, and enough of the others are up' },
    ])
  })
})
