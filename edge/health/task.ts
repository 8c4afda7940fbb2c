import type { Name } from '../../shared/dns/name.ts'
import type { Check } from '../../shared/registry/check-schema.ts'
import type { HealthState } from '../../shared/registry/health.ts'

/** One endpoint that this edge is to check. */
export interface CheckTask {
  /** Central's number of the endpoint, while the stream lasts. */
  readonly id: number
  readonly app: Name
  readonly cluster: string
  /** All are probed; never empty. */
  readonly addresses: readonly string[]
  /** Of the endpoint, for checks that name none. */
  readonly port: number | undefined
  readonly check: Check
  /** What central holds of the endpoint when it gives the task: where this edge begins. */
  readonly state: HealthState
}

/** What this edge holds of an endpoint, after rise and fall of its addresses. */
export interface Finding {
  readonly task: number
  /** `unknown`: too few results yet. */
  readonly state: HealthState
  /** Why, in words; empty where all is well. */
  readonly detail: string
}
