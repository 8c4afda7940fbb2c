import { describe, expect, it } from 'vitest'
import type { TurnKind } from './turns.ts'
import { CHAIN_MS, countTurn, createTurns, kindOfTurn, turnHoldMs } from './turns.ts'

describe('how long a turn has to hold, in seconds, the first of its kind first', () => {
  it.each<[TurnKind, readonly number[]]>([
    ['down', [0, 0, 1, 2, 4, 8, 16, 32, 60, 60]],
    ['back', [0, 1, 2, 4, 8, 16, 32, 60, 60]],
    ['sway', [0, 1, 2, 4, 8, 16, 32, 60, 60]],
  ])('%s: %j', (kind, seconds) => {
    const turns = createTurns()
    let now = 0
    for (const second of seconds) {
      expect(turnHoldMs(turns, kind, now)).toBe(second * 1000)
      now += second * 1000
      countTurn(turns, kind, now)
    }
  })
})

it('begins anew when nothing has turned for the length of a chain', () => {
  const turns = createTurns()
  for (let i = 0; i < 5; i++) countTurn(turns, 'back', 0)
  expect(turnHoldMs(turns, 'back', CHAIN_MS)).toBe(16_000)
  expect(turnHoldMs(turns, 'back', CHAIN_MS + 1)).toBe(0)
  countTurn(turns, 'back', CHAIN_MS + 1)
  expect(turnHoldMs(turns, 'back', CHAIN_MS + 1)).toBe(1_000)
})

it.each([
  ['up', 'down', 'down'],
  ['degraded', 'down', 'down'],
  ['down', 'up', 'back'],
  ['down', 'degraded', 'back'],
  ['up', 'degraded', 'sway'],
  ['degraded', 'up', 'sway'],
] as const)('from %s to %s is a turn of kind %s', (from, to, kind) => {
  expect(kindOfTurn(from, to)).toBe(kind)
})
