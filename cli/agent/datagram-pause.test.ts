import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DatagramPause, PAUSE_RENEWALS, REGISTERS_MAX, SILENCES_MAX } from './datagram-pause.ts'
import type { DatagramOutcome } from './datagram-renewer.ts'

/** Renewals over REST until a key is wanted. */
function lengthOf(pause: DatagramPause): number {
  for (let renewals = 0; ; renewals++) if (pause.isOver('renewed')) return renewals
}

function pauseAfter(outcomes: readonly DatagramOutcome[]): DatagramPause {
  const pause = new DatagramPause()
  for (const outcome of outcomes) pause.take(outcome)
  return pause
}

describe('datagrams pause', () => {
  it.each<{ outcomes: readonly DatagramOutcome[]; length: number }>([
    { outcomes: [], length: 0 },
    { outcomes: ['silent', 'silent'], length: 0 },
    { outcomes: ['silent', 'silent', 'silent'], length: PAUSE_RENEWALS },
    { outcomes: ['silent', 'silent', 'renewed', 'silent', 'silent'], length: 0 },
    { outcomes: ['register'], length: 0 },
    { outcomes: ['register', 'register'], length: PAUSE_RENEWALS },
    { outcomes: ['register', 'silent', 'register'], length: PAUSE_RENEWALS },
    { outcomes: ['register', 'renewed', 'register'], length: 0 },
    { outcomes: ['silent', 'silent', 'register', 'silent'], length: 0 },
  ])('for $length renewals after $outcomes', ({ outcomes, length }) => {
    expect(lengthOf(pauseAfter(outcomes))).toBe(length)
  })

  it.each(['silent', 'register'] as const)('again after one more %s', (outcome) => {
    const pause = pauseAfter([outcome, outcome, outcome])
    lengthOf(pause)
    pause.take(outcome)
    expect(lengthOf(pause)).toBe(PAUSE_RENEWALS)
  })

  it('also when the machine registers anew, but not when central just gave no key', () => {
    const silent = pauseAfter(['silent', 'silent', 'silent'])
    const refused = new DatagramPause()
    refused.refuse()
    expect([silent.isOver('registered'), refused.isOver('renewed')]).toEqual([false, false])
    expect(refused.isOver('registered')).toBe(true)
    refused.refuse()
    expect(lengthOf(refused)).toBe(PAUSE_RENEWALS)
  })
})

it('a machine never registers twice for datagrams without one that has renewed between', () => {
  const outcomes = fc.array(fc.constantFrom<DatagramOutcome>('renewed', 'register', 'silent'))
  fc.assert(
    fc.property(outcomes, (all) => {
      const pause = new DatagramPause()
      let registers = 0
      let silences = 0
      for (const outcome of all) {
        const taken = pause.take(outcome)
        registers = outcome === 'renewed' ? 0 : registers + (taken === 'register' ? 1 : 0)
        silences = outcome === 'silent' ? silences + 1 : 0
        expect(registers).toBeLessThan(REGISTERS_MAX)
        // What is good stays good, and nothing is made of a silence.
        expect(taken === outcome || (outcome === 'register' && taken === 'silent')).toBe(true)
        const isEnough = silences >= SILENCES_MAX || taken !== outcome
        if (isEnough) expect(lengthOf(pause)).toBe(PAUSE_RENEWALS)
      }
    }),
  )
})
