import type { HealthState } from '../../shared/registry/health.ts'
import type { HealthState__Output } from '../../shared/rpc/generated/meridian/v1/HealthState.ts'

/** Findings in one message; a message with more is refused. */
export const FINDINGS_MAX = 10_000
/** What is kept of a detail. */
export const DETAIL_MAX_CHARACTERS = 200
/** What is looked at of a detail. */
const DETAIL_READ_CHARACTERS = 1_000

const states = new Map<unknown, HealthState>([
  ['UNKNOWN', 'unknown'],
  ['UP', 'up'],
  ['DEGRADED', 'degraded'],
  ['DOWN', 'down'],
])
const names = { unknown: 'UNKNOWN', up: 'UP', degraded: 'DEGRADED', down: 'DOWN' } as const

/** The state that a message names; undefined when this software knows none by that name. */
export function stateOfMessage(name: unknown): HealthState | undefined {
  return states.get(name)
}

/** The name of a state in messages. */
export function messageOfState(state: HealthState): HealthState__Output {
  return names[state]
}

/** The words of an edge as they can be shown and logged: short, one line, well-formed. */
export function cleanDetail(detail: string): string {
  return detail
    .slice(0, DETAIL_READ_CHARACTERS)
    .replace(/\p{Cc}/gu, '')
    .slice(0, DETAIL_MAX_CHARACTERS)
    .toWellFormed()
}
