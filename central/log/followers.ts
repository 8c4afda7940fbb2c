import type { ChangeRecord } from '../model/events.ts'
import type { RecordListener } from './event-log.ts'

/** Those who follow a log. */
export class Followers {
  readonly #listeners = new Set<RecordListener>()

  /** Adds a listener; returns the way out. */
  add(listener: RecordListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells all of them of records that are durable. */
  tell(records: readonly ChangeRecord[]): void {
    if (records.length === 0) return
    for (const listener of this.#listeners) listener(records)
  }
}
