import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ManualClock } from '../../shared/clock.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { CHAIN_MS } from './turns.ts'
import { vantages } from './verdicts.fixture.ts'
import { Verdicts } from './verdicts.ts'

const voters = vantages('own', 'b', 'c')

it('whatever edges report, tells at most 40 verdicts on an endpoint in five minutes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, isSpiteful) => {
      let random = seed
      const clock = new ManualClock()
      const toldAt: number[] = []
      const verdicts = new Verdicts(clock, () => toldAt.push(clock.nowMs()))
      verdicts.setVoters(0, 'sfo', voters)
      for (let i = 0; i < 6000; i++) {
        random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fff_ffff
        const choice = (random >>> 8) % 12
        // At random, or always all of them the contrary of what was told.
        const contrary = verdicts.stateOf(0) === 'down' ? 'up' : 'down'
        for (const [k, { session }] of voters.entries()) {
          const state = isSpiteful ? contrary : (healthStates[choice % 4] ?? 'up')
          if (isSpiteful || k === Math.floor(choice / 4)) verdicts.report(session, 0, state, '')
        }
        verdicts.settle()
        clock.advance(100)
        verdicts.tick()
      }
      toldAt.forEach((at, i) => {
        const inWindow = toldAt.slice(i).filter((later) => later - at < CHAIN_MS)
        expect(inWindow.length).toBeLessThanOrEqual(40)
      })
      expect(toldAt.length).toBeGreaterThan(5)
    }),
    { numRuns: 12 },
  )
})
