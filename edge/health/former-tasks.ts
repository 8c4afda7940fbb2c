import { isDeepStrictEqual } from 'node:util'
import type { HealthState } from '../../shared/registry/health.ts'
import type { CheckTask } from './task.ts'

/** So long what was found counts for tasks that are given anew. */
const FORMER_MS = 5_000

/**
 * What was found of tasks that were given up because central numbers them anew: newer than what a central
 * holds that has just come back.
 */
export class FormerTasks {
  readonly #byEndpoint = new Map<
    string,
    { readonly task: CheckTask; readonly state: HealthState }
  >()
  #untilMs = 0

  /** Forgets those of before, and remembers these, for a while. */
  keep(
    found: Iterable<{ readonly task: CheckTask; readonly state: HealthState }>,
    nowMs: number,
  ): void {
    this.#untilMs = nowMs + FORMER_MS
    this.#byEndpoint.clear()
    for (const one of found) {
      if (one.state !== 'unknown') this.#byEndpoint.set(keyOf(one.task), one)
    }
  }

  /** What was found of a task that is the same but for its number; undefined when nothing was. */
  stateOf(task: CheckTask, nowMs: number): HealthState | undefined {
    const former = this.#byEndpoint.get(keyOf(task))
    if (former === undefined || nowMs > this.#untilMs) return undefined
    const { id, state } = task
    return isDeepStrictEqual({ ...former.task, id, state }, task) ? former.state : undefined
  }
}

function keyOf({ app, cluster }: CheckTask): string {
  return `${cluster} ${app}`
}
