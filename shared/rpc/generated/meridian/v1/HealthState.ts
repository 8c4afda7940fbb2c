// Original file: proto/meridian/v1/registry.proto

export const HealthState = {
  UNKNOWN: 'UNKNOWN',
  UP: 'UP',
  DEGRADED: 'DEGRADED',
  DOWN: 'DOWN',
} as const;

export type HealthState =
  | 'UNKNOWN'
  | 0
  | 'UP'
  | 1
  | 'DEGRADED'
  | 2
  | 'DOWN'
  | 3

export type HealthState__Output = typeof HealthState[keyof typeof HealthState]
