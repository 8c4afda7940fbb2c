/**
 * Times the plans of policies that go by the place of the client, for 10,000 networks and 300 clusters.
 *
 *     node bench/micro/clients.ts
 */
import { TYPE_A } from '../../shared/dns/codes.ts'
import { clusterSchema } from '../../shared/registry/schema.ts'
import type { ClientPlace } from '../../edge/locate/place.ts'
import type { ReplicaApp } from '../../edge/replica/model.ts'
import { LocatedPlans } from '../../edge/steer/located-plans.ts'
import { createTopology } from '../../edge/steer/topology.ts'

const NETWORKS = 10_000
const CLUSTERS = 300

/** The same numbers in each run. */
let seed = 1
function random(): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fff_ffff
  return seed / 0x8000_0000
}

const position = (): { latitude: number; longitude: number } => ({
  latitude: random() * 140 - 70,
  longitude: random() * 360 - 180,
})

const clusters = Array.from({ length: CLUSTERS }, (_, i) =>
  clusterSchema.parse({ id: `c${i}`, ...position() }),
)
const places: ClientPlace[] = Array.from({ length: NETWORKS }, () => ({
  ...position(),
  country: random() < 0.5 ? 'US' : 'DE',
}))
const [own] = clusters
if (own === undefined) throw new Error('no cluster')
const topology = createTopology(own, clusters)

function planOf(policy: string, down: number): number {
  const app: ReplicaApp = {
    policy,
    ttlMin: 5,
    ttlMax: 30,
    health: { enoughUpPercent: 0, failClosed: false, trustMs: 10_000 },
    endpoints: clusters.map(({ id }, i) => ({
      cluster: id,
      addresses: ['192.0.2.1'],
      weight: 100,
      priority: 0,
      health: i === down ? 'down' : 'up',
    })),
  }
  const plans = new LocatedPlans()
  const startedAt = process.hrtime.bigint()
  plans.planOf(app, TYPE_A, topology, {
    revision: 1,
    end: NETWORKS + 1,
    placeOf: (number) => places[number - 1],
  })
  return Number(process.hrtime.bigint() - startedAt) / 1e6
}

function print(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(60)}${value.toFixed(1).padStart(12)} ${unit}\n`)
}

for (const [what, policy] of [
  ['nearest-client', 'nearest-client'],
  [
    'country, then nearest of three',
    JSON.stringify([
      'healthy',
      {
        filter: 'country',
        from: 'client',
        rules: { US: clusters.slice(0, 150).map(({ id }) => id) },
      },
      { filter: 'nearest', from: 'client' },
      { filter: 'first', count: 3 },
    ]),
  ],
] as const) {
  const times = Array.from({ length: 5 }, (_, i) => planOf(policy, i)).sort((a, b) => a - b)
  print(`plan of ${what}, ${NETWORKS} places, ${CLUSTERS} clusters`, times[2] ?? 0, 'ms')
}
