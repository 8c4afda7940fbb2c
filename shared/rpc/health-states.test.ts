import { expect, it } from 'vitest'
import { healthStates } from '../registry/health.ts'
import { healthStateName, healthStateOf } from './health-states.ts'

it('knows the states of messages, and no others', () => {
  for (const state of healthStates) expect(healthStateOf(healthStateName(state))).toBe(state)
  for (const other of ['up', '', 7, undefined, '__proto__']) {
    expect(healthStateOf(other)).toBeUndefined()
  }
})
