import type { DatabaseSync } from 'node:sqlite'
import { damaged } from '../log-errors.ts'
import { LOG_TABLES, readMeta, type LogFormat } from '../sqlite-check.ts'

/* What is in the file of a local copy beside the tables of every log. */

/** One row: where the copy ends in the topic. */
const TOPIC_TABLE = `CREATE TABLE topic (
  name TEXT NOT NULL, next INTEGER NOT NULL, epoch INTEGER NOT NULL, anchor TEXT NOT NULL) STRICT`
const PARTS_TABLE = `CREATE TABLE parts (
  offset INTEGER PRIMARY KEY, author TEXT NOT NULL, value BLOB NOT NULL) STRICT`

/** The file of the local copy of a topic. */
export const COPY_FORMAT: LogFormat = {
  name: 'a copy of a topic of Meridian',
  // "MLOK"
  applicationId: 0x4d4c4f4b,
  version: 1,
  tables: new Map([...LOG_TABLES, ['topic', TOPIC_TABLE], ['parts', PARTS_TABLE]]),
  // Without one before the record that begins the log was read.
  id: /^(?:[0-9a-f]{32})?$/,
  checkRest: readEnd,
}

/** What to do about a copy that is damaged; follows the error. */
export const COPY_REMEDY =
  '; it is only a copy: remove the file while no central uses it, and it is read from the topic again'

/** How far a copy reaches. */
export interface CopyEnd {
  /** Offset of the record of the topic that comes next. */
  readonly next: number
  /** Epoch of the leader that wrote the last one; -1 when there is none. */
  readonly epoch: number
  /** SHA-256 of the value of the last one (hex), to find it again by; empty when there is none. */
  readonly anchor: string
}

/** What a copy says of itself. */
export interface FoundCopy {
  /** Empty before the record that begins the log was read. */
  readonly logId: string
  readonly head: number
  readonly topic: string
  readonly end: CopyEnd
}

/** Reads what a copy says of itself; its records are not looked at. Throws MERIDIAN_LOG_DAMAGED. */
export function readEnd(db: DatabaseSync, path: string): FoundCopy {
  const { id, head } = readMeta(db, path, COPY_FORMAT)
  const rows = db.prepare('SELECT name, next, epoch, anchor FROM topic').all()
  const topic = rows[0]?.['name']
  const next = rows[0]?.['next']
  const epoch = rows[0]?.['epoch']
  const anchor = rows[0]?.['anchor']
  const isWhole =
    rows.length === 1 &&
    typeof topic === 'string' &&
    typeof next === 'number' &&
    typeof epoch === 'number' &&
    typeof anchor === 'string'
  if (!isWhole) throw damaged(path, 0, 'its table topic does not hold one place in a topic')
  return { logId: id, head, topic, end: { next, epoch, anchor } }
}
