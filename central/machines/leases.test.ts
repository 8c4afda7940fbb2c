import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Leases } from './leases.ts'

const keysOf = (leases: Leases, now: number): readonly string[] =>
  leases.takeEnded(now).map(({ key }) => key)

describe('leases', () => {
  it('end in the order of their ends, each once', () => {
    const leases = new Leases()
    leases.grant('c', 1, 5_100)
    leases.grant('a', 1, 5_000)
    leases.grant('b', 1, 5_050)
    expect(keysOf(leases, 4_999)).toEqual([])
    expect(keysOf(leases, 5_060)).toEqual(['a', 'b'])
    expect(keysOf(leases, 5_100)).toEqual(['c'])
    expect(keysOf(leases, 9_000)).toEqual([])
    expect(leases.size).toBe(0)
  })

  it('that are renewed end later', () => {
    const leases = new Leases()
    leases.grant('a', 1, 5_000)
    expect(leases.renew('a', 7_000)).toBe(true)
    expect(keysOf(leases, 6_999)).toEqual([])
    expect(leases.endOf('a')).toBe(7_000)
    expect(keysOf(leases, 7_000)).toEqual(['a'])
    expect(leases.renew('a', 9_000)).toBe(false)
  })

  it('that are given again end as they were given last, with what they were given for', () => {
    const leases = new Leases()
    leases.grant('a', 1, 5_000)
    leases.grant('a', 2, 9_000)
    expect(leases.takeEnded(5_000)).toEqual([])
    expect(leases.takeEnded(9_000)).toMatchObject([{ key: 'a', version: 2 }])
  })

  it('that are deleted do not end', () => {
    const leases = new Leases()
    leases.grant('a', 1, 5_000)
    leases.delete('a')
    expect([leases.size, leases.endOf('a'), keysOf(leases, 6_000)]).toEqual([0, undefined, []])
  })
})

it('they are those of a plain table, whatever happens in whatever order', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd')
  const step = fc.oneof(
    fc.record({
      type: fc.constantFrom('grant', 'renew'),
      key,
      ms: fc.integer({ min: -500, max: 4_000 }),
    }),
    fc.record({ type: fc.constant('delete'), key, ms: fc.constant(0) }),
    fc.record({ type: fc.constant('look'), key, ms: fc.integer({ min: 0, max: 3_000 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const leases = new Leases()
      const plain = new Map<string, number>()
      let now = 100_000
      for (const { type, key: at, ms } of steps) {
        if (type === 'grant') {
          leases.grant(at, 1, now + ms)
          plain.set(at, now + ms)
        } else if (type === 'renew') {
          expect(leases.renew(at, now + ms)).toBe(plain.has(at))
          if (plain.has(at)) plain.set(at, now + ms)
        } else if (type === 'delete') {
          leases.delete(at)
          plain.delete(at)
        } else {
          now += ms
          const wanted = [...plain].filter(([, endsAt]) => endsAt <= now).map(([name]) => name)
          for (const name of wanted) plain.delete(name)
          expect([...keysOf(leases, now)].sort()).toEqual(wanted.sort())
        }
        expect(leases.size).toBe(plain.size)
        expect([...leases.keys()].sort()).toEqual([...plain.keys()].sort())
      }
    }),
  )
})
