import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HELD, LOAD_EXPIRY_MS, LoadTable, toldLoad, WHOLE } from './load-table.ts'

const SFO = 'video.example. sfo'
const LHR = 'video.example. lhr'

describe('the load of an endpoint', () => {
  it.each<[string, readonly (readonly [string, number])[], number | undefined]>([
    ['unknown at first', [], undefined],
    ['of the endpoint as a whole', [[WHOLE, 40]], 40],
    [
      'of its machines is their mean',
      [
        ['a', 40],
        ['b', 90],
      ],
      65,
    ],
    [
      'of the whole goes over its machines',
      [
        ['a', 40],
        [WHOLE, 90],
      ],
      90,
    ],
    [
      'is the latest of each',
      [
        ['a', 40],
        ['b', 90],
        ['a', 70],
      ],
      80,
    ],
    ['held from before a start', [[HELD, 30]], 30],
    [
      'held from before a start, until somebody tells',
      [
        [HELD, 30],
        ['a', 0],
      ],
      0,
    ],
  ])('%s', (_what, reports, wanted) => {
    const table = new LoadTable()
    for (const [source, load] of reports) table.put(SFO, source, load, 0)
    expect(table.loadOf(SFO)).toBe(wanted)
    expect(table.loadOf(LHR)).toBeUndefined()
  })

  it('is unknown again when each report is too old', () => {
    const table = new LoadTable()
    table.put(SFO, 'a', 10, 0)
    table.put(SFO, 'b', 50, 5_000)
    table.put(LHR, WHOLE, 20, 6_000)
    expect([...table.takeExpired(LOAD_EXPIRY_MS - 1)]).toEqual([])
    expect([...table.takeExpired(LOAD_EXPIRY_MS)]).toEqual([SFO])
    expect(table.loadOf(SFO)).toBe(50)
    table.put(SFO, 'b', 60, LOAD_EXPIRY_MS)
    expect([...table.takeExpired(6_000 + LOAD_EXPIRY_MS)]).toEqual([LHR])
    expect([table.loadOf(LHR), table.loadOf(SFO), table.size]).toEqual([undefined, 60, 1])
  })

  it('has no room for more reports than it may hold, but for newer ones', () => {
    const table = new LoadTable(2)
    expect([table.put(SFO, 'a', 1, 0), table.put(SFO, 'b', 2, 0)]).toEqual([true, true])
    expect([table.put(LHR, 'a', 3, 0), table.put(SFO, 'a', 4, 0)]).toEqual([false, true])
    expect([table.loadOf(SFO), table.loadOf(LHR), table.size]).toEqual([3, undefined, 2])
  })
})

describe('what is told of a load', () => {
  it.each([
    [undefined, undefined, undefined],
    [50, undefined, undefined],
    [undefined, 52.4, 50],
    [undefined, 52.5, 55],
    [50, 53.9, 50],
    [50, 54, 55],
    [50, 46.1, 50],
    [50, 46, 45],
    [5, 0, 0],
    [undefined, 1_000, 1_000],
  ])('after %s, with %s now, is %s', (told, load, wanted) => {
    expect(toldLoad(told, load)).toBe(wanted)
  })

  it('is a step near the load, and told anew only when the load has gone farther than it is wrong', () => {
    const load = fc.double({ min: 0, max: 1_000, noNaN: true })
    fc.assert(
      fc.property(load, load, (first, second) => {
        const told = toldLoad(undefined, first) ?? Number.NaN
        expect(told % 5).toBe(0)
        expect(Math.abs(told - first)).toBeLessThanOrEqual(2.5)
        const next = toldLoad(told, second) ?? Number.NaN
        expect(Math.abs(next - second)).toBeLessThan(4)
        if (next === told) return
        // To come back it has to go more than the step that it was rounded by.
        expect(Math.abs(second - first)).toBeGreaterThanOrEqual(1.5)
      }),
    )
  })
})
