import { expect, test } from 'vitest'
import { ConnectionBudget } from './connection-budget.ts'

test('there is a bound on all connections', () => {
  const budget = new ConnectionBudget(2, 2)
  expect(budget.take('192.0.2.1')).toBe(true)
  expect(budget.take('192.0.2.2')).toBe(true)
  expect(budget.take('192.0.2.3')).toBe(false)
  budget.giveBack('192.0.2.1')
  expect(budget.take('192.0.2.3')).toBe(true)
})

test('there is a bound on those of one client, and others are not hurt by it', () => {
  const budget = new ConnectionBudget(10, 2)
  expect(budget.take('2001:db8::1')).toBe(true)
  expect(budget.take('2001:db8::2')).toBe(true)
  expect(budget.take('2001:db8::3')).toBe(false)
  expect(budget.take('2001:db8:0:1::1')).toBe(true)
  budget.giveBack('2001:db8::1')
  expect(budget.take('2001:db8::3')).toBe(true)
  expect(budget.take('2001:db8::4')).toBe(false)
})

test('a refused connection takes no place', () => {
  const budget = new ConnectionBudget(3, 1)
  expect(budget.take('192.0.2.1')).toBe(true)
  for (let i = 0; i < 5; i++) expect(budget.take('192.0.2.1')).toBe(false)
  expect(budget.take('192.0.2.2')).toBe(true)
  expect(budget.take('192.0.2.3')).toBe(true)
})
