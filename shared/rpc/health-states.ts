import type { HealthState } from '../registry/health.ts'
import type { HealthState__Output as HealthStateName } from './generated/meridian/v1/HealthState.ts'

/** A state of health as it stands in messages. */
export function healthStateName(state: HealthState): HealthStateName {
  return names[state]
}

/** A state of health out of a message; undefined for one that this software does not know. */
export function healthStateOf(name: unknown): HealthState | undefined {
  return states.get(name)
}

const names = { unknown: 'UNKNOWN', up: 'UP', degraded: 'DEGRADED', down: 'DOWN' } as const
const states = new Map<unknown, HealthState>([
  ['UNKNOWN', 'unknown'],
  ['UP', 'up'],
  ['DEGRADED', 'degraded'],
  ['DOWN', 'down'],
])
