import type { ChangeRecord, NewChange } from '../model/events.ts'

/** Hears of records that the log has now; what it throws is a fault of its own. */
export type RecordListener = (records: readonly ChangeRecord[]) => void

/**
 * The log of changes: the only truth of central, everything else is derived from it. One record is one
 * change, whole. Every driver passes `describeEventLog` in `event-log.contract.ts`.
 */
export interface EventLog {
  /** Identity of this log (32 hex digits), fixed when it is created; versions of two logs cannot be compared. */
  readonly id: string

  /** Version of the last durable record, 0 when the log is empty. */
  readonly head: number

  /**
   * Appends changes as versions `expectedHead + 1 …`, all or none, and resolves when they are durable.
   * Calls that wait at once share one transaction, in the order of the calls: the head that a call must
   * expect is the one after the call before it. The changes are written as they are at the moment of the
   * call; the records share their events, which nobody changes. An empty list only checks the head.
   *
   * Rejects with MERIDIAN_LOG_CONFLICT when `expectedHead` is not the head (nothing is written, other
   * calls are not touched), and with MERIDIAN_LOG_UNAVAILABLE when they could not be made durable, too
   * much waits already or the log is closed: `head` is unchanged and no reader sees them. Only after a
   * failed flush followed by a crash may such changes turn up when the log is opened again.
   *
   * A log that others write to as well also rejects with MERIDIAN_LOG_READ_ONLY when it is out of reach
   * (nothing was written), and with MERIDIAN_LOG_UNANSWERED when it has not said in time whether the
   * changes were written: they may come yet, once and whole, and followers hear of them then.
   */
  append(expectedHead: number, changes: readonly NewChange[]): Promise<readonly ChangeRecord[]>

  /**
   * Calls the listener with every record from now on, whoever wrote it: in order, once, when it is
   * durable, and before the append that wrote it resolves. Returns the way out.
   */
  follow(listener: RecordListener): () => void

  /**
   * Yields records after a version, in order, up to the head at the moment of the call. Lazy: appends
   * may happen between two steps. Nothing is yielded when the version is the head or beyond it.
   * Throws MERIDIAN_LOG_DAMAGED, with the version, at the first record that is not what was written,
   * MERIDIAN_LOG_FOREIGN at one that newer software wrote, MERIDIAN_LOG_UNAVAILABLE once the log is
   * closed, and RangeError when the version is not an integer from 0 up.
   */
  read(afterVersion: number): Iterable<ChangeRecord>

  /**
   * The hash of the chain up to and with a version (hex, 64 characters): it names the whole history
   * that led there. Version 0 has the hash of the log's identity. Undefined beyond the head.
   */
  hashAt(version: number): string | undefined

  /**
   * Ends all use of the log; waits for appends under way. Afterwards `append`, `read` and `hashAt` fail
   * with MERIDIAN_LOG_UNAVAILABLE; a second call does nothing.
   */
  close(): Promise<void>
}
