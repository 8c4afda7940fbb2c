import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConnectionBudget } from './connection-budget.ts'
import { SharedBudget, SharedBudgetMembers } from './shared-budget.ts'

function openBudget(members: number, max: number, perClientMax: number) {
  const all = new SharedBudgetMembers(members, { max, perClientMax })
  const budgets = Array.from({ length: members }, () => new SharedBudget(all.handle, all.join()))
  return { all, budgets }
}

/** A budget for one member. */
function openOne(max: number, perClientMax: number): SharedBudget {
  const all = new SharedBudgetMembers(1, { max, perClientMax })
  return new SharedBudget(all.handle, all.join())
}

describe('a budget shared by threads', () => {
  it('bounds the connections of all members together', () => {
    const { budgets } = openBudget(3, 2, 2)
    const taken = budgets.map((budget, i) => budget.take(`192.0.2.${i}`))
    expect(taken).toEqual([true, true, false])
    budgets[0]?.giveBack('192.0.2.0')
    expect(budgets[2]?.take('192.0.2.9')).toBe(true)
  })

  it('bounds those of one client, at whichever member, and not those of another', () => {
    const { budgets } = openBudget(2, 100, 2)
    expect(budgets[0]?.take('192.0.2.1')).toBe(true)
    expect(budgets[1]?.take('192.0.2.1')).toBe(true)
    expect(budgets[0]?.take('192.0.2.1')).toBe(false)
    expect(budgets[0]?.take('192.0.2.2')).toBe(true)
    budgets[1]?.giveBack('192.0.2.1')
    expect(budgets[0]?.take('192.0.2.1')).toBe(true)
  })

  it('takes an IPv6 /64 for one client', () => {
    const budget = openOne(10, 1)
    expect(budget.take('2001:db8::1')).toBe(true)
    expect(budget.take('2001:db8::2')).toBe(false)
    expect(budget.take('2001:db8:0:1::1')).toBe(true)
  })

  it('frees what a member held when it leaves, and nothing else', () => {
    const { all, budgets } = openBudget(2, 2, 2)
    budgets[0]?.take('192.0.2.1')
    budgets[1]?.take('192.0.2.1')
    all.leave(0)
    expect(budgets[1]?.take('192.0.2.1')).toBe(true)
    expect(budgets[1]?.take('192.0.2.1')).toBe(false)
  })

  it('has room for as many members at a time as it was made for', () => {
    const all = new SharedBudgetMembers(2, { max: 1, perClientMax: 1 })
    expect([all.join(), all.join()]).toEqual([0, 1])
    expect(() => all.join()).toThrow(RangeError)
    all.leave(0)
    expect(all.join()).toBe(0)
  })

  it('refuses next to nobody for others that it shares words with', () => {
    const budget = openOne(2000, 1)
    let refused = 0
    for (let i = 0; i < 2000; i++) {
      if (!budget.take(`198.51.${i >> 8}.${i & 255}`)) refused++
    }
    expect(refused).toBeLessThan(60)
  })

  it('never gives more places than an exact count does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), fc.nat(5), fc.nat(1)), { maxLength: 60 }),
        (steps) => {
          const { budgets } = openBudget(2, 6, 2)
          const exact = new ConnectionBudget(6, 2)
          const held: (readonly [string, number])[] = []
          for (const [takes, host, member] of steps) {
            if (takes) {
              const address = `203.0.113.${host}`
              if (budgets[member]?.take(address) !== true) continue
              expect(exact.take(address)).toBe(true)
              held.push([address, member])
            } else {
              const last = held.pop()
              if (last === undefined) continue
              exact.giveBack(last[0])
              budgets[last[1]]?.giveBack(last[0])
            }
          }
        },
      ),
    )
  })
})
