import { expect, it } from 'vitest'
import { addressesOfPair, pairedApps, spreadNumbers } from './apps.ts'

it('paired apps all run in the same two places, with addresses that differ', () => {
  for (const [i, { endpoints, nearest }] of pairedApps('here', 'there')(40, 10).entries()) {
    const { here, there } = addressesOfPair(40 + i)
    expect(here).not.toBe(there)
    expect(nearest).toBe(here)
    expect(endpoints).toEqual([
      { cluster: 'here', addresses: [here] },
      { cluster: 'there', addresses: [there] },
    ])
  }
})

it.each([
  [10, 5, [0, 2, 4, 6, 8]],
  [10, 3, [0, 3, 6]],
  [3, 200, [0, 1, 2]],
])('of %i apps, %i are taken from everywhere', (count, size, numbers) => {
  expect(spreadNumbers(count, size)).toEqual(numbers)
})
