import type { ForcedState } from '../../shared/registry/force-schema.ts'
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
  | {
      readonly type: 'endpoint-put'
      readonly app: string
      readonly endpoint: Endpoint
      /** It is there for its machines, and goes with the last of them. */
      readonly forMachines?: true
    }
  | { readonly type: 'endpoint-deleted'; readonly app: string; readonly cluster: string }
  | ({ readonly type: 'endpoint-health' } & EndpointVerdict)
  | ({ readonly type: 'endpoint-forced' } & EndpointForce)
  | {
      readonly type: 'endpoint-unforced'
      readonly app: string
      readonly cluster: string
      readonly why: UnforcedWhy
    }
  | ({ readonly type: 'machine-registered' } & Machine)
  /** Out of answers; where it has a `terminateUrl` that is called next. */
  | ({ readonly type: 'machine-withdrawn'; readonly why: WithdrawalReason } & MachineKey)
  | ({ readonly type: 'machine-terminated' } & MachineKey & Termination)
  | ({
      readonly type: 'machine-unregistered'
      readonly why: WithdrawalReason | 'left'
    } & MachineKey)

/** What names a machine: its id is its own among those of one app on one cluster. */
export interface MachineKey {
  readonly app: string
  readonly cluster: string
  readonly machine: string
}

/** A machine that runs an app on a cluster for as long as it renews its lease. */
export interface Machine extends MachineKey {
  /** At least one, canonical. */
  readonly addresses: readonly string[]
  readonly port?: number | undefined
  /** Renewals keep it as it is, and cost no event. */
  readonly leaseSeconds: number
  /** Asked to end the machine when it is withdrawn. */
  readonly terminateUrl?: string | undefined
}

/** Why a machine is taken out: its lease has ended, or it was told to work no more. */
export type WithdrawalReason = 'expired' | 'unhealthy'

/** How it went to have a machine ended. */
export interface Termination {
  readonly ok: boolean
  /** The status or what went wrong. */
  readonly detail: string
  readonly attempts: number
}

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

/** What an operator has decided an endpoint to be, whatever the verdict on it, until it expires. */
export interface EndpointForce {
  readonly app: string
  readonly cluster: string
  readonly state: ForcedState
  /** When it was asked for, wall clock, ms since 1970. */
  readonly sinceEpoch: number
  /** When it ends by itself. */
  readonly untilEpoch: number
  /** For people. */
  readonly reason: string
  /** Who asked for it: the name of the token. It stands here too, for as long as the force holds. */
  readonly actor: string
}

/** What can end a force; that its endpoint goes is no event of its own. */
export const unforcedWhys = ['expired', 'operator'] as const

export type UnforcedWhy = (typeof unforcedWhys)[number]

/** The opinion of one edge, as far as a verdict goes by it. */
export interface VerdictReport {
  readonly edge: string
  readonly state: HealthState
  /** Why, in words; empty where all is well. */
  readonly detail: string
}

/**
 * The schema version of `ChangeRecord` that this software writes. 1: without `endpoint-health`, 2: without
 * forces and machines; both are read as they are.
 */
export const EVENT_SCHEMA = 3

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
