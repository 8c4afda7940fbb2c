import { createMemoryLog } from '../../central/log/memory-log.ts'
import { MachineKeeper } from '../../central/machines/keeper.ts'
import { machineOptionsSchema } from '../../central/machines/options.ts'
import type { Machine } from '../../central/model/events.ts'
import { Registry } from '../../central/registry/registry.ts'
import { systemClock } from '../../shared/clock.ts'
import { createLogger } from '../../shared/log.ts'
import { appSchema, clusterSchema, zoneSchema } from '../../shared/registry/schema.ts'

/** Machines that renew. */
export const MACHINES = 50_000
const MACHINES_PER_APP = 25
/** Each way to renew is measured in turns, and rests for longer than the lease of an agent. */
const LONG_LEASE_SECONDS = 600

/** The machines, with addresses that they have stated. */
export const machines: readonly Machine[] = Array.from({ length: MACHINES }, (_, i) => ({
  app: `app${Math.floor(i / MACHINES_PER_APP)}.mesh.example.`,
  cluster: 'here',
  machine: `vm-${i}`,
  addresses: [`198.51.100.${i % 250}`],
  leaseSeconds: LONG_LEASE_SECONDS,
}))

/** Who changes the registry, for the log. */
export const by = { actor: 'bench', cause: 'bench' }

/** What the parts of central that take renewals share. */
export interface LeaseMesh {
  readonly registry: Registry
  readonly keeper: MachineKeeper
}

/** Creates a registry that has the apps of the machines, and none of them. */
export async function createLeaseMesh(): Promise<LeaseMesh> {
  const clock = systemClock
  const registry = new Registry({ log: createMemoryLog(), clock })
  const keeper = new MachineKeeper({
    registry,
    options: machineOptionsSchema.parse({}),
    clock,
    random: Math.random,
    logger: createLogger('warn', {}),
    foundDown: () => [],
  })
  const names = [...new Set(machines.map(({ app }) => app))]
  await registry.submit({
    plan: () => [
      { type: 'put-zone', zone: zoneSchema.parse({ apex: 'example', ns: ['ns.example'] }) },
      {
        type: 'put-cluster',
        cluster: clusterSchema.parse({ id: 'here', latitude: 0, longitude: 0 }),
      },
      ...names.map((name) => ({ type: 'put-app' as const, app: appSchema.parse({ name }) })),
    ],
    ...by,
  })
  return { registry, keeper }
}

/** One way to renew: a server, what its clients send, and how it counts what it has answered. */
export interface Way {
  readonly what: string
  /** The program of its clients, beside this file. */
  readonly clients: string
  /** What the clients send, as their program wants it. */
  readonly orders: object
  readonly count: () => number
  /** Begins to serve; returns the port, and how to end it. */
  readonly serve: () => Promise<{ readonly port: number; readonly stop: () => Promise<void> }>
}
