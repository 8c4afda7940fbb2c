import { describe, expect, it } from 'vitest'
import { TYPE_A } from '../../shared/dns/codes.ts'
import type { Cluster } from '../../shared/registry/schema.ts'
import type { ClientPlaces } from '../../edge/locate/client-places.ts'
import type { ReplicaApp } from '../../edge/replica/model.ts'
import { decideSteering } from '../../edge/steer/decide.ts'
import { LocatedPlans } from '../../edge/steer/located-plans.ts'
import { createTopology } from '../../edge/steer/topology.ts'
import { cityClients, haversineKm, realClusters, seeded } from './world.ts'

const clusters = realClusters()
const clients = cityClients(3_000)
/** Rounding to the metre, of two clusters. */
const ROUNDING_KM = 0.002

interface One {
  readonly cluster: Cluster
  readonly isDown: boolean
  readonly priority: number
}

/** An app on about one in `rarity` clusters, one in ten of them down. */
function appOn(rarity: number, seed: number): { readonly list: readonly One[]; app: ReplicaApp } {
  const random = seeded(seed)
  const list = clusters
    .filter(() => random() * rarity < 1)
    .map((cluster) => ({
      cluster,
      isDown: random() < 0.1,
      priority: random() < 0.3 ? 1 : 0,
    }))
  const app = {
    policy: 'nearest',
    ttlMin: 5,
    ttlMax: 30,
    health: { enoughUpPercent: 0, failClosed: false, trustMs: 10_000 },
    endpoints: list.map(({ cluster, isDown, priority }) => ({
      cluster: cluster.id,
      addresses: ['192.0.2.1'],
      weight: 100,
      priority,
      health: isDown ? ('down' as const) : ('up' as const),
    })),
  }
  return { list, app }
}

const kmTo = (from: { latitude?: number; longitude?: number }, id: string): number => {
  const to = clusters.find((cluster) => cluster.id === id)
  if (to === undefined) throw new Error(`no cluster ${id}`)
  return haversineKm(from, to)
}

/** Km to the nearest of those that the owner would take; none where there are none. */
function leastKm(
  from: { latitude?: number; longitude?: number },
  list: readonly One[],
): number | undefined {
  const all = list.map(({ cluster }) => haversineKm(from, cluster))
  return all.length === 0 ? undefined : Math.min(...all)
}

describe('at every place of the world', () => {
  it.each([1, 2, 10, 100])('edges answer the nearest; an app on one of %d clusters', (rarity) => {
    const { list, app } = appOn(rarity, 7 * rarity)
    const up = list.filter(({ isDown }) => !isDown)
    for (const own of clusters) {
      const { chosen } = decideSteering(app, TYPE_A, createTopology(own, clusters))
      const [best] = chosen
      const isOwnUp = up.some(({ cluster }) => cluster.id === own.id)
      if (isOwnUp) expect(best?.endpoint.cluster).toBe(own.id)
      const wanted = leastKm(own, up.length > 0 ? up : list)
      expect(best === undefined ? undefined : kmTo(own, best.endpoint.cluster)).toBeCloseTo(
        wanted ?? Number.NaN,
        2,
      )
    }
  })

  it.each([1, 2, 10, 100])(
    'clients in 3,000 cities get the nearest to them; an app on one of %d clusters',
    (rarity) => {
      const { list, app } = appOn(rarity, 11 * rarity)
      const up = list.filter(({ isDown }) => !isDown)
      expectPlan({ ...app, policy: 'nearest-client' }, () => (up.length > 0 ? up : list))
      expect(list.length).toBeGreaterThan(0)
    },
  )

  it('clients get one of their own country or continent, as the rules say', () => {
    const { list, app } = appOn(2, 99)
    const inPlace = (field: 'country', place: string): string[] =>
      clusters.filter((cluster) => cluster[field] === place).map(({ id }) => id)
    const rules = Object.fromEntries(
      ['US', 'DE', 'BR', 'IN'].map((c) => [c, inPlace('country', c)]),
    )
    const policy = [
      { filter: 'country', from: 'client', rules, default: clusters.map(({ id }) => id) },
      'healthy',
      'failover',
      { filter: 'nearest', from: 'client' },
    ]
    let ruled = 0
    expectPlan({ ...app, policy: JSON.stringify(policy) }, ({ country }) => {
      const ids = rules[country ?? '']
      if (ids !== undefined) ruled++
      const listed = list.filter(({ cluster }) => ids === undefined || ids.includes(cluster.id))
      const up = listed.filter(({ isDown }) => !isDown)
      const healthy = up.length > 0 ? up : listed
      const first = Math.min(...healthy.map(({ priority }) => priority))
      return healthy.filter(({ priority }) => priority === first)
    })
    expect(ruled).toBeGreaterThan(300)
  })

  it('when a region is lost, everybody gets the nearest of the rest', () => {
    const { list, app } = appOn(3, 5)
    const region = 'Europe'
    const left = list.filter(({ cluster, isDown }) => cluster.region !== region && !isDown)
    const lost: ReplicaApp = {
      ...app,
      policy: 'nearest-client',
      endpoints: app.endpoints.map((endpoint) => {
        const isLost = clusters.find(({ id }) => id === endpoint.cluster)?.region === region
        return isLost ? { ...endpoint, health: 'down' as const } : endpoint
      }),
    }
    expectPlan(lost, () => left)
    expect(left.length).toBeLessThan(list.length * 0.9)
  })
})

/** Every city gets the nearest of those that its owner would take. */
function expectPlan(
  app: ReplicaApp,
  allowed: (client: (typeof clients)[number]) => readonly One[],
): void {
  const [own] = clusters
  if (own === undefined) throw new Error('no cluster')
  const topology = createTopology(own, clusters)
  const places: ClientPlaces = {
    revision: 1,
    end: clients.length + 1,
    placeOf: (number) => clients[number - 1],
  }
  const { plan, listed } = new LocatedPlans().planOf(app, TYPE_A, topology, places)
  const wrong: string[] = []
  clients.forEach((client, i) => {
    const wanted = leastKm(client, allowed(client))
    const choice = plan.choices[(plan.map[i + 1] ?? 0) - 1]
    const found = listed[choice?.chosen[0] ?? -1]?.endpoint.cluster
    const isWanted =
      found === undefined
        ? wanted === undefined
        : Math.abs(kmTo(client, found) - (wanted ?? Infinity)) <= ROUNDING_KM
    if (!isWanted) wrong.push(`${client.name}: ${found}, ${wanted} km wanted`)
  })
  expect(wrong).toEqual([])
}
