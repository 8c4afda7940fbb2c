import type { Rejection } from '../model/decision.ts'
import type { StoredMachine } from '../model/state.ts'

/** Who asks, for the log. */
export interface By {
  readonly actor: string
  readonly cause: string
}

/** How a registration or the end of one went. */
export type MachineResult<T> =
  | ({ readonly ok: true; readonly version: number } & T)
  | { readonly ok: false; readonly rejection: Rejection }

/** A machine that holds a lease. */
export interface Leased {
  readonly isNew: boolean
  readonly stored: StoredMachine
  readonly renewBeforeEpoch: number
}

/** A lease that was given. */
export type Renewed = MachineResult<Leased> & { readonly ok: true }

/** What the metrics show. */
export interface MachineStats {
  readonly renewals: number
  readonly expired: number
  readonly failed: number
  readonly terminations: { readonly ok: number; readonly failed: number }
}
