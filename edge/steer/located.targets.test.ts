import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ClientPlaces } from '../locate/client-places.ts'
import { CHOICE_NODATA } from '../table/layout.ts'
import { tableTypes } from './answer-records.ts'
import { meshTopology, someApps, somePolicies } from './apps.fixture.ts'
import { decideSteering } from './decide.ts'
import type { Listed } from './decide.ts'
import { LocatedPlans } from './located-plans.ts'

const topology = meshTopology()
const clients = [
  undefined,
  { country: 'DE', latitude: 0, longitude: 12 },
  { country: 'FR', latitude: 0, longitude: 28 },
  { latitude: 0, longitude: -90 },
]
const places: ClientPlaces = {
  revision: 1,
  end: clients.length,
  placeOf: (number) => clients[number],
}

const keyOf = ({ endpoint, isAlias }: Listed): string => `${endpoint.cluster} ${isAlias}`

it('a plan says for each type and place what is decided for a client there, with targets too', () => {
  let aliases = 0
  // One for all: apps that share a plan must be alike.
  const plans = new LocatedPlans()
  fc.assert(
    fc.property(someApps(somePolicies.byClient), (app) => {
      for (const qtype of tableTypes) {
        const { plan, listed } = plans.planOf(app, qtype, topology, places)
        for (const [number, client] of clients.entries()) {
          const choice = plan.map[plan.isUniform ? 0 : number] ?? 0
          const wanted = decideSteering(app, qtype, topology, undefined, client)
          if (wanted.chosen.length === 0 && !wanted.isRefused) {
            expect(choice).toBe(CHOICE_NODATA)
            continue
          }
          const found = plan.choices[choice - 1]
          const chosen = (found?.chosen ?? []).flatMap((i) => listed[i] ?? [])
          expect(chosen.map(keyOf)).toEqual(wanted.chosen.map(keyOf))
          expect(found?.drawn?.map(({ upTo }) => upTo)).toEqual(
            wanted.drawn?.map(({ upTo }) => upTo),
          )
          expect(found?.ttl).toBe(wanted.ttl)
          if (chosen.some(({ isAlias }) => isAlias)) aliases++
        }
      }
    }),
    { numRuns: 250 },
  )
  expect(aliases).toBeGreaterThan(30)
})
