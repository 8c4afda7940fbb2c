import { CUT_OFF_MS, RETURN_MS } from '../../edge/health/cut-off.ts'
import { CHAIN_MS, TURN_HOLD_MAX_MS } from '../../central/health/turns.ts'
import { DELAY_MAX_MS, KEEPALIVE_MAX_MS } from './sim-link.ts'
import type { Bounds, Demand } from './storm-judge.ts'
import type { StormCheck } from './storm-world.ts'
import { STEP_MS } from './storm-world.ts'

/** The longest wait between two attempts to reach central (edge/replica/backoff.ts). */
const BACKOFF_MAX_MS = 2_000

/** The check of worlds in which time is short. */
export const quickCheck: StormCheck = { intervalMs: 2_000, timeoutMs: 500, rise: 2, fall: 2 }
/** The check of an app that says nothing of its own. */
export const defaultCheck: StormCheck = { intervalMs: 10_000, timeoutMs: 2_000, rise: 2, fall: 2 }

/** Until so many probes in a row have said the same: each is begun an interval after the last, give or take 10 %. */
function probedMs({ intervalMs, timeoutMs }: StormCheck, times: number): number {
  return times * (intervalMs * 1.1 + STEP_MS) + timeoutMs
}

/**
 * From the edge that found something out to all edges: to central, one change of the log, to the edge; where
 * four changes are on their way already it waits for an acknowledgement, there and back. Each of these
 * begins with the next step.
 */
const FEED_MS = 4 * DELAY_MAX_MS + 6 * STEP_MS

/** The second time within a few minutes that an endpoint comes back, it is told when that has held so long (turns.ts). */
const SECOND_BACK_MS = 1_000

/** For edges that are connected, while each endpoint dies at most twice. */
export function connected(check: StormCheck): Bounds {
  return {
    outMs: probedMs(check, check.fall) + FEED_MS,
    backMs: probedMs(check, check.rise) + SECOND_BACK_MS + FEED_MS,
  }
}

/** Where now and then a probe fails for nothing: one that comes back may have to begin anew. */
export function noisy(check: StormCheck): Bounds {
  const { outMs, backMs } = connected(check)
  return { outMs, backMs: backMs + probedMs(check, check.rise) }
}

/** For one that flaps: at last each of its turns is told when it has held so long (turns.ts). */
export function flapping(check: StormCheck): Bounds {
  const { outMs, backMs } = connected(check)
  return { outMs: outMs + TURN_HOLD_MAX_MS, backMs: backMs + TURN_HOLD_MAX_MS }
}

/** An edge whose way to central is cut goes by its own findings after so long: it has to notice that it is. */
export const CUT_MS = KEEPALIVE_MAX_MS + CUT_OFF_MS + 2 * STEP_MS
/** And where central itself has ended, which it hears at once. */
export const CUT_BY_END_MS = DELAY_MAX_MS + CUT_OFF_MS + 2 * STEP_MS

/** The first probe of a new task is begun within so long (edge/health/prober.ts). */
const FIRST_PROBE_MS = 1_000
/** A task that is new begins with what central holds; so long after, the edge holds what it finds itself. */
const anewMs = (check: StormCheck): number => FIRST_PROBE_MS + probedMs(check, check.fall - 1)

/**
 * Where those who check are lost as well: that they are silent is noticed, others get the tasks, begin with
 * what was held, and find out.
 */
export function lost(check: StormCheck): Bounds {
  const noticedMs = KEEPALIVE_MAX_MS + DELAY_MAX_MS + 2 * STEP_MS
  return { outMs: noticedMs + anewMs(check) + FEED_MS, backMs: connected(check).backMs }
}

/** For what an edge without central checks itself: from `fromMs` on, what it finds counts. */
export function own(check: StormCheck, fromMs: number): Demand {
  const outMs = probedMs(check, check.fall) + STEP_MS
  const backMs = probedMs(check, check.rise) + STEP_MS
  return ({ changedAt }) => ({
    outMs: Math.max(outMs, fromMs - changedAt),
    backMs: Math.max(backMs, fromMs - changedAt),
  })
}

/** For what it does not check: what was held when it was cut off is held still. */
export function held(check: StormCheck): Bounds {
  return { outMs: Infinity, backMs: connected(check).backMs }
}

/** So long after it has begun central gives no tasks (central/health/keeper.ts). */
export const GATHER_MS = 1_000

/**
 * Central is back, and edges with it, for what they checked: they get their tasks anew, go on by what they
 * have found, and tell it at once.
 */
export function returned(check: StormCheck, backAt: number): Demand {
  const { outMs, backMs } = connected(check)
  const knownMs = backAt + GATHER_MS + BACKOFF_MAX_MS + 4 * DELAY_MAX_MS + FEED_MS
  return ({ changedAt }) => ({ outMs: Math.max(outMs, knownMs - changedAt), backMs })
}

/**
 * For what others checked: while those are not back yet, the task goes to one that is, which begins with what
 * central held before it ended, and finds out.
 */
export function toldOfReturned(check: StormCheck, backAt: number): Demand {
  return returned(check, backAt + anewMs(check))
}

/** Until an edge that was without central goes by it again: a new attempt, a Welcome, and the time of grace. */
export const RETURNED_MS = BACKOFF_MAX_MS + 3 * DELAY_MAX_MS + RETURN_MS + FEED_MS

/** How long the second turn of a kind in a chain has to hold; each one after that twice as long (turns.ts). */
const TURN_HOLD_MS = 1_000

/**
 * Verdicts that can be told of one endpoint in an hour, whatever it does (turns.ts). In a chain the first of
 * each of three kinds is told at once, `down` twice; each one more takes as long as it has to hold. Once
 * nothing was told for `CHAIN_MS` another chain begins. Most are told by whoever climbs just so far each time.
 */
export function verdictsPerHourMax(): number {
  let mostPerMs = 1 / TURN_HOLD_MAX_MS
  let chain = 4
  let heldMs = 0
  for (let holdMs = TURN_HOLD_MS; holdMs < TURN_HOLD_MAX_MS; holdMs *= 2) {
    chain += 3
    heldMs += 3 * holdMs
    mostPerMs = Math.max(mostPerMs, chain / (CHAIN_MS + heldMs))
  }
  return Math.ceil(mostPerMs * 3_600_000) + chain
}
