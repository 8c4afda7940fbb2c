import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../shared/clock.ts'
import { giveWay } from '../../shared/native/give-way.ts'

/** Work on the control thread is done for so long at a stretch; queries that it has to answer wait. */
const SLICE_MS = 1.5
/** Steps after which data threads on the same core go first. */
const STEPS_TO_GIVE_WAY = 8

/** Runs what yields each few dozen microseconds to its end, in slices. */
export async function runInSlices<T>(
  steps: Generator<undefined, T, undefined>,
  clock: Clock,
): Promise<T> {
  let count = 0
  for (;;) {
    const until = clock.nowMs() + SLICE_MS
    do {
      const step = steps.next()
      if (step.done === true) return step.value
      if (++count % STEPS_TO_GIVE_WAY === 0) giveWay()
    } while (clock.nowMs() < until)
    await nextTurn()
  }
}

/** Runs the same to its end at once: where it is little, or on a thread that has nothing else to do. */
export function runAtOnce<T>(steps: Generator<undefined, T, undefined>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
