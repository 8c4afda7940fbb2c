import type { Name } from '../../shared/dns/name.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { Cluster, Endpoint } from '../../shared/registry/schema.ts'

/** What central says stands at a name, checked. */
export type NameState =
  | { readonly kind: 'nxdomain'; readonly name: Name; readonly version: number }
  | { readonly kind: 'nodata'; readonly name: Name; readonly version: number }
  | {
      readonly kind: 'app'
      readonly name: Name
      readonly version: number
      readonly app: ReplicaApp
    }

/** An app as an edge holds it. TTL bounds in seconds. */
export interface ReplicaApp {
  /** As text: `policyText` of shared/registry/policy-schema.ts. */
  readonly policy: string
  readonly ttlMin: number
  readonly ttlMax: number
  readonly endpoints: readonly ReplicaEndpoint[]
  /** Undefined where nobody finds out what works. */
  readonly health?: ReplicaHealth | undefined
}

/** An endpoint with what central says of its health; absent where that is unknown. */
export interface ReplicaEndpoint extends Endpoint {
  readonly health?: Exclude<HealthState, 'unknown'>
  /** The health is what an operator wants: nothing that this edge finds out goes over it. */
  readonly forced?: true
}

/** What health means for an app. */
export interface ReplicaHealth {
  /** When fewer percent of the endpoints are up, or none, health is left out of account. */
  readonly enoughUpPercent: number
  /** Then no address is answered, rather than as if all were up. */
  readonly failClosed: boolean
  /** How long a verdict holds at least, in whole `TRUST_STEP_MS`. */
  readonly trustMs: number
}

/** What the trust in a verdict is counted in. */
export const TRUST_STEP_MS = 100

/** A zone as an edge holds it. TTLs in seconds. */
export interface ReplicaZone {
  readonly apex: Name
  readonly ns: readonly Name[]
  readonly nsTtl: number
  readonly soa: {
    readonly mname: Name
    readonly rname: Name
    readonly refresh: number
    readonly retry: number
    readonly expire: number
    readonly minimum: number
    readonly ttl: number
  }
  readonly serial: number
}

/** One Change of the Watch stream, checked. */
export interface ReplicaChange {
  readonly version: number
  /** 0: in a full state. */
  readonly acceptedEpochMs: number
  /** When central sent it, by its wall clock; 0 in a full state. */
  readonly sentEpochMs: number
  readonly clusters: readonly Cluster[]
  readonly clustersDeleted: readonly string[]
  readonly zones: readonly ReplicaZone[]
  readonly zonesDeleted: readonly Name[]
  readonly serials: readonly { readonly apex: Name; readonly serial: number }[]
  readonly names: readonly NameState[]
  /** Hash of the history up to the version. */
  readonly hash: string
}
