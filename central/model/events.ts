import type { ForcedState } from '../../shared/registry/force-schema.ts'
import type { HealthState } from '../../shared/registry/health.ts'
import type { Network } from '../../shared/registry/network-schema.ts'
import type { Rrset } from '../../shared/registry/rrset-schema.ts'
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
  | { readonly type: 'rrset-put'; readonly rrset: Rrset }
  | { readonly type: 'rrset-deleted'; readonly name: string; readonly rrtype: string }
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
  | ({
      readonly type: 'machine-terminated'
      /** Absent in records of a schema below 4. */
      readonly why?: WithdrawalReason
    } & MachineKey &
      Termination)
  | ({
      readonly type: 'machine-unregistered'
      readonly why: WithdrawalReason | 'left'
    } & MachineKey)
  | { readonly type: 'network-put'; readonly network: Network }
  | { readonly type: 'network-deleted'; readonly id: string }
  | ({ readonly type: 'maintenance-put' } & MaintenanceWindow)
  /** From now on it is in force. */
  | ({ readonly type: 'maintenance-begun' } & MaintenanceWindow)
  /** It is gone; it may never have begun. */
  | ({
      readonly type: 'maintenance-ended'
      readonly why: MaintenanceEndWhy
    } & MaintenanceWindow)
  | ({ readonly type: 'endpoint-load' } & EndpointLoad)
  | ({ readonly type: 'endpoint-withheld' } & EndpointWithheld)
  | ({ readonly type: 'region-withheld' } & RegionWithheld)
  | ({ readonly type: 'source-position' } & SourcePosition)
  | ({ readonly type: 'source-refused' } & RefusedMessage)

/** Up to where the messages of a topic that feeds zones are in the state. */
export interface SourcePosition {
  /** Name of the source. */
  readonly source: string
  readonly topic: string
  /** Identity of the topic: one that was made anew under its name has another. */
  readonly topicId: string
  readonly partition: number
  /** Offset of the next message to be taken. */
  readonly next: number
}

/** A message of such a topic that could not be taken. */
export interface RefusedMessage {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Of the message, cut where it is long; empty where it has none. */
  readonly key: string
  /** Of a closed set: what the form wants, or the rule of the registry that would be broken. */
  readonly reason: string
  /** What, the value, what is wanted; cut where it is long. */
  readonly detail: string
  /** When it was read, wall clock, ms since 1970. */
  readonly atEpoch: number
}

/** How busy an endpoint is, in whole steps of 5 %. */
export interface EndpointLoad {
  readonly app: string
  readonly cluster: string
  /** In percent of what it can bear; absent when nobody has told for too long. */
  readonly load?: number | undefined
}

/** What others get of the queries that a place would get. */
export interface Withheld {
  /** 0: nothing is withheld any more. */
  readonly percent: number
  /** Wall clock, ms since 1970: when the slow start of an endpoint began; when a region came to this step. */
  readonly sinceEpoch: number
}

/** What is withheld of an endpoint that was down, while it comes back. */
export interface EndpointWithheld extends Withheld {
  readonly app: string
  readonly cluster: string
}

/** What is withheld of all endpoints of an app in a region, while too many of them are down. */
export interface RegionWithheld extends Withheld {
  readonly app: string
  readonly region: string
}

/** A time in which operators work on a cluster or an endpoint: it counts as draining or disabled then. */
export interface MaintenanceWindow {
  readonly id: string
  readonly cluster: string
  /** Only the endpoint of this app on the cluster. */
  readonly app?: string | undefined
  /** Wall clock, ms since 1970. */
  readonly fromEpoch: number
  readonly untilEpoch: number
  readonly state: 'draining' | 'disabled'
  /** For people. */
  readonly reason: string
  /** Who asked for it: the name of the token. */
  readonly actor: string
}

/** What can end a window: its time is over, or an operator deleted it or put another in its place. */
export const maintenanceEndWhys = ['over', 'operator'] as const

export type MaintenanceEndWhy = (typeof maintenanceEndWhys)[number]

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
  /** It is ended when its endpoint is down for so long. */
  readonly endAfterDownSeconds?: number | undefined
}

/**
 * Why a machine is taken out: its lease has ended, its endpoint was down for too long, or the machine said
 * itself that it does not work.
 */
export const withdrawalReasons = ['lease-expired', 'failed-health', 'unhealthy'] as const

export type WithdrawalReason = (typeof withdrawalReasons)[number]

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
 * forces and machines, 3: without maintenance, networks, loads and what is withheld, and with other words for
 * the ends of leases, 4: without rrsets and sources. What is older
 * is read as it is, but for these words (`log/older-words.ts`).
 */
export const EVENT_SCHEMA = 5

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
