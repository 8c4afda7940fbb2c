/**
 * What can be said of an endpoint: `up`; `degraded`: it works, but not all of it, or not for long; `down`;
 * `unknown`: nobody has found out, which counts as up where an answer is chosen.
 */
export const healthStates = ['unknown', 'up', 'degraded', 'down'] as const

export type HealthState = (typeof healthStates)[number]
