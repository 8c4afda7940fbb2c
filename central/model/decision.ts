import type { RegistryEvent } from './events.ts'

/** The rules that a command can break; `code` in problem details. */
export type RejectionCode =
  | 'not-found'
  | 'precondition-failed'
  | 'zone-missing'
  | 'zone-in-use'
  | 'cluster-missing'
  | 'cluster-in-use'
  | 'app-missing'
  | 'app-and-records'
  | 'app-below-cut'
  | 'below-dname'
  | 'cname-and-other-data'
  | 'cname-multiple'
  | 'cname-to-itself'
  | 'dname-and-ns'
  | 'dname-multiple'
  | 'ns-of-zone'
  | 'out-of-zone'
  | 'records-at-apex'
  | 'wildcard-impossible'
  | 'address-missing'
  | 'target-impossible'
  | 'prefix-taken'
  | 'machine-ending'
  | 'too-many'
  | 'guard'

export interface Rejection {
  readonly code: RejectionCode
  /** What, the value, what is wanted. */
  readonly detail: string
}

export type Decision =
  | { readonly ok: true; readonly events: readonly RegistryEvent[] }
  | { readonly ok: false; readonly rejection: Rejection }

/** A decision that is a rejection. */
export type Refusal = Decision & { readonly ok: false }

/** What a command becomes. */
export function accept(...events: readonly RegistryEvent[]): Decision & { readonly ok: true } {
  return { ok: true, events }
}

/** Which rule a command breaks. */
export function reject(code: RejectionCode, detail: string): Refusal {
  return { ok: false, rejection: { code, detail } }
}
