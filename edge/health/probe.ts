import type { Name } from '../../shared/dns/name.ts'
import type { Check, CheckType } from '../../shared/registry/check-schema.ts'

/** One address of an endpoint, and whose it is. */
export interface ProbeTarget {
  readonly address: string
  /** Of the endpoint; a check that names a port goes before. */
  readonly port: number | undefined
  readonly app: Name
  readonly cluster: string
}

/**
 * What one probe has found out. `unknown`: nothing, for a reason that lies with this edge or its config
 * (no file descriptor left, a program that is not there): it counts neither for nor against the address.
 */
export type ProbeResult =
  | { readonly ok: true; readonly degraded?: string }
  | { readonly ok: false; readonly detail: string }
  | { readonly ok: 'unknown'; readonly detail: string }

/**
 * Probes an address once. Never rejects, has no timeout of its own, and settles soon after the signal
 * aborts; when it has settled, its sockets are closed and its process is gone.
 */
export type Probe = (target: ProbeTarget, signal: AbortSignal) => Promise<ProbeResult>

/** The checks of one type, or of several. */
export type CheckOf<T extends CheckType> = Extract<Check, { readonly type: T }>
