import type { HealthState } from '../../shared/registry/health.ts'

/**
 * Hysteresis. Turns that follow one another within `CHAIN_MS` are a chain, and within a chain the same
 * kind of turn has to hold longer each time before it is told: 0, 1, 2, 4 … 60 s. An endpoint that goes
 * down is told so at once a second time too: what flaps is better left alone than asked.
 *
 * Each kind has a ladder of its own. With one for all, an endpoint that has just come to be known, or
 * went down by way of `degraded`, would have used up the steps that are meant for flapping, and would
 * come back seconds late the first time that it fails.
 */

/** Turns with less than this between them are a chain. */
export const CHAIN_MS = 300_000
/** The longest time that a turn has to hold. */
export const TURN_HOLD_MAX_MS = 60_000
/** How long the second turn of a kind has to hold; each one after that twice as long. */
const TURN_HOLD_MS = 1_000
/** Turns to `down` that need not hold at all, in a chain. */
const DOWN_AT_ONCE = 2

/** To `down`; from `down`; or between `up` and `degraded`. */
export type TurnKind = 'down' | 'back' | 'sway'

/** How often an endpoint has turned in its present chain. */
export interface Turns {
  lastAt: number
  down: number
  back: number
  sway: number
}

export function createTurns(): Turns {
  return { lastAt: -Infinity, down: 0, back: 0, sway: 0 }
}

/** The kind of a turn between two states that are known and not the same. */
export function kindOfTurn(from: HealthState, to: HealthState): TurnKind {
  if (to === 'down') return 'down'
  return from === 'down' ? 'back' : 'sway'
}

/** For how long the next turn of a kind has to hold before it is told. */
export function turnHoldMs(turns: Readonly<Turns>, kind: TurnKind, nowMs: number): number {
  if (nowMs - turns.lastAt > CHAIN_MS) return 0
  const atOnce = kind === 'down' ? DOWN_AT_ONCE : 1
  const step = turns[kind] - atOnce
  return step < 0 ? 0 : Math.min(TURN_HOLD_MAX_MS, TURN_HOLD_MS * 2 ** step)
}

/** Notes that a turn was told. */
export function countTurn(turns: Turns, kind: TurnKind, nowMs: number): void {
  if (nowMs - turns.lastAt > CHAIN_MS) {
    turns.down = 0
    turns.back = 0
    turns.sway = 0
  }
  turns[kind]++
  turns.lastAt = nowMs
}
