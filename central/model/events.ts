import type { HealthState } from '../../shared/registry/health.ts'
import type { App, Cluster, Endpoint, Zone } from '../../shared/registry/schema.ts'

/**
 * The closed union of facts that central's state is folded from. An event that has been written is
 * never changed: a new shape is a new schema version of the record that carries it.
 */
export type RegistryEvent =
  | { readonly type: 'cluster-put'; readonly cluster: Cluster }
  | { readonly type: 'cluster-deleted'; readonly id: string }
  | { readonly type: 'zone-put'; readonly zone: Zone }
  | { readonly type: 'zone-deleted'; readonly apex: string }
  | { readonly type: 'app-put'; readonly app: App }
  | { readonly type: 'app-deleted'; readonly name: string }
  | { readonly type: 'endpoint-put'; readonly app: string; readonly endpoint: Endpoint }
  | { readonly type: 'endpoint-deleted'; readonly app: string; readonly cluster: string }
  | ({ readonly type: 'endpoint-health' } & EndpointVerdict)

/** What central makes of an endpoint's health, out of what edges have reported. */
export interface EndpointVerdict {
  readonly app: string
  readonly cluster: string
  /** `unknown`: nobody has told for too long, or nobody is to tell. */
  readonly state: HealthState
  /** When it came to be so, wall clock, ms since 1970. */
  readonly sinceEpoch: number
  /** What it goes by, at most `VERDICT_REPORTS_MAX`. */
  readonly reports: readonly VerdictReport[]
}

/** The opinion of one edge, as far as a verdict goes by it. */
export interface VerdictReport {
  readonly edge: string
  readonly state: HealthState
  /** Why, in words; empty where all is well. */
  readonly detail: string
}

/**
 * The schema version of `ChangeRecord` that this software writes. 1: without `endpoint-health`; read as it
 * is.
 */
export const EVENT_SCHEMA = 2

/** One accepted change before it has its place in the log. */
export interface NewChange {
  /** `EVENT_SCHEMA` of the software that wrote it. */
  readonly schema: number
  /** When central accepted it, wall clock, ms since 1970. */
  readonly atEpoch: number
  /** Who: the name of the token, `system` for central itself. */
  readonly actor: string
  /** Why: id of the request that asked for it. */
  readonly cause: string
  /** At least one; all of them hold or none. */
  readonly events: readonly RegistryEvent[]
}

/** One change at its place: versions count 1, 2, 3, … without a gap. */
export interface ChangeRecord extends NewChange {
  readonly version: number
}
