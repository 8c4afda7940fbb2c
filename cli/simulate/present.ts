import { z } from 'zod'
import { forcedStates } from '../../shared/registry/force-schema.ts'
import { healthStates } from '../../shared/registry/health.ts'
import { networkFieldsSchema } from '../../shared/registry/network-schema.ts'
import { policySchema } from '../../shared/registry/policy-schema.ts'
import { nameSchema } from '../../shared/registry/fields.ts'
import {
  appSchema,
  clusterSchema,
  clusterStates,
  endpointFieldsSchema,
} from '../../shared/registry/schema.ts'
import { MeridianError } from '../../shared/errors.ts'
import type { Item, Request, RestClient } from '../client.ts'
import { pathOf } from '../keys.ts'
import { worseState } from './world.ts'
import type { AppFacts, EndpointFacts, MachineFacts, World } from './world.ts'

/** Apps that one call looks at. */
export const SIMULATED_APPS_MAX = 1_000

// Central may show more than this command knows of: what it does not know is left out.
const states = z.enum(clusterStates)
const clusterView = clusterSchema
  .extend({ maintenance: z.array(z.object({ state: states })).default([]) })
  .strip()
const zoneView = z.object({ apex: nameSchema, policy: policySchema.optional() })
const networkView = networkFieldsSchema.strip()
const appView = appSchema.extend({ endpoints: z.array(endpointFieldsSchema.strip()) }).strip()
const healthView = z.object({
  app: z.string(),
  cluster: z.string(),
  state: z.enum(healthStates),
  withheldPercent: z.number().default(0),
})
const loadView = z.object({ app: z.string(), cluster: z.string(), load: z.number() })
const forceView = z.object({
  app: z.string(),
  cluster: z.string(),
  state: z.enum(forcedStates),
  untilEpoch: z.number().optional(),
})
const windowView = z.object({
  target: z.object({ cluster: z.string(), app: z.string().optional() }),
  from: z.iso.datetime().optional(),
  isInForce: z.boolean(),
  state: states,
})
const machineView = z.object({
  app: z.string(),
  cluster: z.string(),
  addresses: z.array(z.string()),
  state: z.string(),
  leaseSeconds: z.number(),
})

/**
 * Reads from central what edges steer by now. `names`: the apps to look at, of which some may not be
 * registered; without them all, which are not to be more than `SIMULATED_APPS_MAX`.
 */
export async function readPresent(
  client: RestClient,
  names: readonly string[] | undefined,
): Promise<World> {
  const list = async <T extends z.ZodType>(what: string, schema: T): Promise<z.output<T>[]> =>
    readAll(schema, what, await client.list(pathOf(what)))
  const clusters = await list('clusters', clusterView)
  const zones = await list('zones', zoneView)
  const networks = await list('networks', networkView)
  const windows = await list('maintenance', windowView)
  const forces = await list('forced', forceView)
  const allLoads = await list('loads', loadView)
  const hasMachines = (await client.list(pathOf('machines'), {}, 1)).length > 0
  const views = names === undefined ? await readApps(client) : await readNamed(client, names)
  const apps = new Map<string, AppFacts>()
  for (const { endpoints, ...value } of views) {
    const { name } = value
    const told = new Map<string, z.output<typeof healthView>['state']>()
    const withheld = new Map<string, number>()
    if (value.health !== undefined) {
      const items = await client.list(pathOf('apps', name, 'health'))
      for (const { cluster, state, withheldPercent } of readAll(healthView, 'health', items)) {
        told.set(cluster, state)
        withheld.set(cluster, withheldPercent)
      }
    }
    const loads = new Map(
      allLoads.filter(({ app }) => app === name).map(({ cluster, load }) => [cluster, load]),
    )
    const forced = new Set<string>()
    const changes = new Map<string, number>()
    const foresee = (cluster: string, epochMs = Infinity): void => {
      const changesAt = Math.min(epochMs, changes.get(cluster) ?? Infinity)
      if (changesAt !== Infinity) changes.set(cluster, changesAt)
    }
    for (const { app, cluster, state, untilEpoch } of forces) {
      if (app !== name) continue
      forced.add(cluster)
      told.set(cluster, state)
      foresee(cluster, untilEpoch)
    }
    const machines = hasMachines
      ? machinesOf(
          readAll(machineView, 'machines', await client.list('/v1/machines', { app: name })),
        )
      : new Map<string, MachineFacts>()
    const maintained = new Map<string, (typeof windows)[number]['state']>()
    for (const { target, isInForce, state, from } of windows) {
      const { app, cluster } = target
      if (app !== name) continue
      if (isInForce) maintained.set(cluster, worseState(state, maintained.get(cluster) ?? 'active'))
      else if (from !== undefined) foresee(cluster, Date.parse(from))
    }
    const found = new Map<string, EndpointFacts>()
    for (const { cluster } of endpoints) {
      found.set(cluster, {
        health: told.get(cluster) ?? 'unknown',
        isForced: forced.has(cluster),
        load: loads.get(cluster),
        withheld: withheld.get(cluster) ?? 0,
        maintained: maintained.get(cluster),
        changesAt: changes.get(cluster),
        machines: machines.get(cluster),
      })
    }
    apps.set(name, { value, found, endpoints: byKey(endpoints, ({ cluster }) => cluster) })
  }
  return {
    clusters: byKey(clusters.map(withMaintenance), ({ id }) => id),
    zonePolicies: new Map(zones.map(({ apex, policy }) => [apex, policy])),
    networks,
    apps,
  }
}

async function readApps(client: RestClient): Promise<readonly z.output<typeof appView>[]> {
  const items = await client.list(pathOf('apps'), {}, SIMULATED_APPS_MAX + 1)
  if (items.length > SIMULATED_APPS_MAX) {
    throw new MeridianError(
      'MERIDIAN_REQUEST_FAILED',
      `central has more than ${SIMULATED_APPS_MAX} apps, which is the most that one call looks at: name some by --app`,
    )
  }
  return readAll(appView, 'apps', items)
}

async function readNamed(
  client: RestClient,
  names: readonly string[],
): Promise<readonly z.output<typeof appView>[]> {
  const items: Item[] = []
  for (const name of names) {
    const request: Request = { method: 'GET', path: pathOf('apps', name) }
    const answer = await client.send(request)
    // One that is to come.
    if (answer.status === 404) continue
    if (answer.status !== 200) throw client.refusal(request, answer)
    items.push(client.read(z.record(z.string(), z.unknown()), request, answer))
  }
  return readAll(appView, 'apps', items)
}

function withMaintenance({
  maintenance,
  state,
  ...cluster
}: z.output<typeof clusterView>): z.output<typeof clusterSchema> {
  return { ...cluster, state: maintenance.map((window) => window.state).reduce(worseState, state) }
}

function machinesOf(
  views: readonly z.output<typeof machineView>[],
): ReadonlyMap<string, MachineFacts> {
  const machines = new Map<string, MachineFacts>()
  for (const { cluster, addresses, state, leaseSeconds } of views) {
    const before = machines.get(cluster) ?? { addresses: [], leaseSeconds: undefined }
    const after = {
      addresses: [...before.addresses, ...addresses],
      leaseSeconds: Math.min(before.leaseSeconds ?? Infinity, leaseSeconds),
    }
    machines.set(cluster, state === 'in' ? after : before)
  }
  return machines
}

/** Reads what a list of central has. Throws where it is not as wanted. */
export function readAll<T extends z.ZodType>(
  schema: T,
  what: string,
  items: readonly Item[],
): z.output<T>[] {
  return items.map((item) => {
    const parsed = schema.safeParse(item)
    if (parsed.success) return parsed.data
    const [issue] = parsed.error.issues
    const reason = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim()
    const message = `central shows ${what} that this command cannot read: ${reason}`
    throw new MeridianError('MERIDIAN_REQUEST_FAILED', message)
  })
}

/** What a list has, by its key, in its order. */
export function byKey<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [keyOf(item), item]))
}
