import type { Name } from '../../shared/dns/name.ts'
import type { WireRrset } from '../../shared/records/follow.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { Cluster, Endpoint } from '../../shared/registry/schema.ts'
import type { Service } from '../../shared/registry/service-schema.ts'

/** What central says stands at a name, checked. */
export type NameState = NameRecords &
  (
    | { readonly kind: 'nxdomain' | 'nodata' }
    | {
        readonly kind: 'app'
        readonly app: ReplicaApp
      }
  )

interface NameRecords {
  readonly name: Name
  readonly version: number
  /** Static records at the name; absent for none. A name that is an app may have some, too. */
  readonly rrsets?: readonly WireRrset[]
  /** What answers in place of the name; told to a replica on demand only. */
  readonly cover?: ReplicaCover
}

/** What a name is answered by that does not exist, or stands at or below a zone cut. */
export interface ReplicaCover {
  readonly is: 'wildcard' | 'cut' | 'redirect'
  readonly owner: NamedRrsets
  /** Of a cut: addresses of its name servers. */
  readonly glue: readonly NamedRrsets[]
}

/** Static records of a name. */
export interface NamedRrsets {
  /** As `nameKey` gives it. */
  readonly key: string
  readonly rrsets: readonly WireRrset[]
}

/** An app as an edge holds it. TTL bounds in seconds. */
export interface ReplicaApp {
  /** As text: `policyText` of shared/registry/policy-schema.ts. */
  readonly policy: string
  readonly ttlMin: number
  readonly ttlMax: number
  readonly endpoints: readonly ReplicaEndpoint[]
  /** Undefined where nobody finds out what works, and no machine has a lease. */
  readonly health?: ReplicaHealth | undefined
  /** What is told beside addresses. */
  readonly service?: Service | undefined
  /**
   * When an endpoint is to change next, by central's wall clock, ms since 1970, its cluster left aside; absent when
   * nothing is foreseen.
   */
  readonly changesAt?: number
  /** For how many seconds an answer may be kept for that: made by the edge (`Tables`), as time goes on. */
  readonly foreseenSeconds?: number
}

/** An endpoint with what central says of its health; absent where that is unknown. */
export interface ReplicaEndpoint extends Endpoint {
  readonly health?: Exclude<HealthState, 'unknown'>
  /** The health is what an operator wants: nothing that this edge finds out goes over it. */
  readonly forced?: true
  /** How busy it is, in percent of what it can bear; absent where nobody tells. */
  readonly load?: number
  /** Percent of the queries that it would get which others get in its place; absent where none is withheld. */
  readonly withheld?: number
  /** It is answered only where too few of the others are up. */
  readonly fallback?: true
}

/** A cluster as an edge holds it, with what central foresees of it. */
export interface ReplicaCluster extends Cluster {
  /** When its state is to change next, by central's wall clock, ms since 1970; absent when nothing is foreseen. */
  readonly changesAt?: number
}

/** What health means for an app. Without checks, where machines renew leases, it is the trust alone. */
export interface ReplicaHealth {
  /** When fewer percent of the endpoints are up, or none, health is left out of account. */
  readonly enoughUpPercent: number
  /** Then no address is answered, rather than as if all were up. */
  readonly failClosed: boolean
  /** How long verdicts and leases hold at least, in whole `TRUST_STEP_MS`. */
  readonly trustMs: number
}

/** What trust is counted in. */
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
  readonly clusters: readonly ReplicaCluster[]
  readonly clustersDeleted: readonly string[]
  readonly zones: readonly ReplicaZone[]
  readonly zonesDeleted: readonly Name[]
  readonly serials: readonly { readonly apex: Name; readonly serial: number }[]
  readonly networks: readonly Network[]
  readonly networksDeleted: readonly string[]
  readonly names: readonly NameState[]
  /** Hash of the history up to the version. */
  readonly hash: string
}
