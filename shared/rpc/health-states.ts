import type { HealthState } from '../registry/health.ts'
import type { HealthState__Output as HealthStateName } from './generated/meridian/v1/HealthState.ts'

/** A state of health as it stands in messages. */
export function healthStateName(state: HealthState): HealthStateName {
  return names[state]
}

/** A state of health out of a message. */
export function healthStateOf(name: HealthStateName): HealthState {
  return states[name]
}

const names = { unknown: 'UNKNOWN', up: 'UP', degraded: 'DEGRADED', down: 'DOWN' } as const
const states = { UNKNOWN: 'unknown', UP: 'up', DEGRADED: 'degraded', DOWN: 'down' } as const
