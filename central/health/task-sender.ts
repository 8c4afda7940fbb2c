import type { CheckTask } from '../../shared/rpc/generated/meridian/v1/CheckTask.ts'
import type { PlanChange } from './plan.ts'

/** Tasks that one message puts, and that it deletes. */
export const TASKS_MAX = 1_000

/** A task with all its fields. */
export type TaskMessage = Required<CheckTask>

/** What a session is told of its tasks; fits `CheckAssignment`. */
export interface AssignmentMessage {
  readonly first: boolean
  readonly put: TaskMessage[]
  readonly delete: number[]
}

/**
 * What one session has to be told of its tasks, gathered until `flush`: what comes and goes in between is
 * told once, as it stands then. Bounded by the number of endpoints.
 */
export class TaskSender {
  readonly #send: (message: AssignmentMessage) => void
  readonly #put = new Set<number>()
  readonly #delete = new Set<number>()
  #isFirst = true

  constructor(send: (message: AssignmentMessage) => void) {
    this.#send = send
  }

  add(change: PlanChange): void {
    for (const id of change.put) {
      this.#delete.delete(id)
      this.#put.add(id)
    }
    for (const id of change.delete) {
      this.#put.delete(id)
      this.#delete.add(id)
    }
  }

  /** Sends what there is to send; the first time also when it is nothing. */
  flush(taskOf: (id: number) => TaskMessage | undefined): void {
    while (this.#isFirst || this.#put.size > 0 || this.#delete.size > 0) {
      const message: AssignmentMessage = {
        first: this.#isFirst,
        put: takeFrom(this.#put).flatMap((id) => taskOf(id) ?? []),
        delete: takeFrom(this.#delete),
      }
      this.#isFirst = false
      this.#send(message)
    }
  }
}

function takeFrom(ids: Set<number>): number[] {
  const taken: number[] = []
  for (const id of ids) {
    if (taken.length === TASKS_MAX) break
    taken.push(id)
    ids.delete(id)
  }
  return taken
}
