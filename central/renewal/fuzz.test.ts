import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RENEWAL_BYTES } from '../../shared/renewal/datagram.ts'
import { TestRenewals } from './renewal.fixture.ts'

/** So that a failure can be had again. */
const SEED = 20_261_122

it('no octets make central fail, and none but genuine ones renew', async () => {
  const mesh = await new TestRenewals().begin()
  const key = mesh.issue()
  const good = key.renewal(1, 50)
  const anything = fc.uint8Array({ maxLength: 80 })
  const nearlyGood = fc
    .array(fc.tuple(fc.nat({ max: RENEWAL_BYTES - 1 }), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    .map((changes) => {
      const wire = Buffer.from(good)
      for (const [at, bits] of changes) wire[at] = (wire[at] ?? 0) ^ bits
      return wire
    })
    .filter((wire) => !wire.equals(good))
  const nearlyWhole = fc.nat({ max: 80 }).map((length) => {
    return Buffer.concat([good, Buffer.alloc(80)]).subarray(0, length)
  })
  fc.assert(
    fc.property(
      fc.oneof(anything, nearlyGood, nearlyWhole),
      fc.string({ maxLength: 20 }),
      (octets, sender) => {
        const wire = Buffer.from(octets)
        fc.pre(!wire.equals(good))
        expect(mesh.answer(wire, sender)).toBe(undefined)
      },
    ),
    { seed: SEED, numRuns: 3_000 },
  )
  const { failed, renewed, register, ...dropped } = mesh.answerer.counts
  expect([failed, renewed, register, mesh.machines.keeper.stats.renewals]).toEqual([0, 0, 0, 0])
  // Each way to be dropped but to be old was taken: nothing was genuine.
  expect(Object.entries(dropped).filter(([, count]) => count === 0)).toEqual([['old', 0]])
  expect(key.read(mesh.answer(good))?.result).toBe('renewed')
})
