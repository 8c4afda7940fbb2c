import { isAtOrUnder } from '../../shared/dns/name.ts'
import type { Name } from '../../shared/dns/name.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import { DEFAULT_POLICY, policyText } from '../../shared/registry/policy-schema.ts'
import type { Policy } from '../../shared/registry/policy-schema.ts'
import { clusterStates } from '../../shared/registry/schema.ts'
import type { App, Cluster, Endpoint } from '../../shared/registry/schema.ts'
import { trustMsOfApp } from '../../shared/registry/trust.ts'
import type { ToldApp } from './engine.ts'

/** What edges steer by, as it is or as it is proposed. */
export interface World {
  /** By id; the state is what counts, maintenance included. */
  readonly clusters: ReadonlyMap<string, Cluster>
  /** All zones by apex, with the policy of those that have one. */
  readonly zonePolicies: ReadonlyMap<Name, Policy | undefined>
  readonly networks: readonly Network[]
  /** Those that are looked at; one that is not registered is missing. */
  readonly apps: ReadonlyMap<Name, AppFacts>
}

/** An app, and what is known of its endpoints. */
export interface AppFacts {
  readonly value: App
  /** By cluster. */
  readonly endpoints: ReadonlyMap<string, Endpoint>
  readonly found: ReadonlyMap<string, EndpointFacts>
}

/** What is known of an endpoint beside what is registered of it. */
export interface EndpointFacts {
  readonly health: HealthState
  readonly isForced: boolean
  /** Percent of what it can bear; undefined where nobody tells. */
  readonly load: number | undefined
  /** Percent of its queries that others get. */
  readonly withheld: number
  /** What maintenance makes of it, where there is any. */
  readonly maintained: Cluster['state'] | undefined
  /** When maintenance of it begins or what is forced ends, whichever is first, ms since 1970; undefined for neither. */
  readonly changesAt: number | undefined
  readonly machines: MachineFacts | undefined
}

/** The machines of an endpoint. */
export interface MachineFacts {
  /** Of those that are in answers. */
  readonly addresses: readonly string[]
  /** The shortest of those that are in answers; undefined where all are out. */
  readonly leaseSeconds: number | undefined
}

/** The policy that an app is steered by: its own, that of its zone, or the default. */
export function policyIn(world: Pick<World, 'zonePolicies'>, app: App): Policy {
  if (app.policy !== undefined) return app.policy
  let longest: Name | undefined
  for (const apex of world.zonePolicies.keys()) {
    if (!isAtOrUnder(app.name, apex)) continue
    if (longest === undefined || isAtOrUnder(apex, longest)) longest = apex
  }
  return (longest === undefined ? undefined : world.zonePolicies.get(longest)) ?? DEFAULT_POLICY
}

/** An app as central tells edges of it: the same as its gRPC messages, made of what REST shows. */
export function tellApp(world: Pick<World, 'zonePolicies'>, facts: AppFacts): ToldApp {
  const { value, endpoints, found } = facts
  const { ttl, health, service } = value
  const leases = [...found.values()].flatMap(({ machines }) => machines?.leaseSeconds ?? [])
  const trustMs = trustMsOfApp(health?.check, leases.length > 0 ? Math.min(...leases) : undefined)
  const changes = [...found.values()].flatMap(({ changesAt }) => changesAt ?? [])
  return {
    policy: policyText(policyIn(world, value)),
    ttlMin: ttl.min,
    ttlMax: ttl.max,
    endpoints: [...endpoints.values()].flatMap((endpoint) => {
      const isFallback = health?.fallback?.includes(endpoint.cluster) === true
      const told = tellEndpoint(endpoint, found.get(endpoint.cluster))
      return told.map((one) => (isFallback ? { ...one, fallback: true as const } : one))
    }),
    service,
    ...(changes.length > 0 ? { changesAt: Math.min(...changes) } : {}),
    health:
      trustMs === 0
        ? undefined
        : {
            enoughUpPercent: health?.enoughUpPercent ?? 0,
            failClosed: health?.whenNotEnough === 'fail-closed',
            trustMs,
          },
  }
}

function tellEndpoint(
  endpoint: Endpoint,
  facts: EndpointFacts | undefined,
): readonly ToldApp['endpoints'][number][] {
  if (facts === undefined) return [endpoint]
  const { machines, maintained = 'active', health, isForced, load, withheld } = facts
  // One that lists no address and has machines is there for them, and goes when all of them are out.
  const isLeft = machines?.leaseSeconds === undefined && endpoint.addresses.length === 0
  if (machines !== undefined && isLeft) return []
  const { state: own = 'active', ...rest } = endpoint
  const state = worseState(own, maintained)
  return [
    {
      ...rest,
      addresses: [...new Set([...endpoint.addresses, ...(machines?.addresses ?? [])])],
      ...(state === 'active' ? {} : { state }),
      ...(health === 'unknown' ? {} : { health }),
      ...(isForced ? { forced: true as const } : {}),
      ...(load === undefined ? {} : { load }),
      ...(withheld === 0 ? {} : { withheld }),
    },
  ]
}

/** The worse of two states. */
export function worseState(a: Cluster['state'], b: Cluster['state']): Cluster['state'] {
  return clusterStates.indexOf(a) > clusterStates.indexOf(b) ? a : b
}
