import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { damaged, foreign } from './log-errors.ts'
import { hashOfLog, hashOfRecord } from './record.ts'
import { blameFile, explain } from './sqlite-errors.ts'

/* What is in the SQLite files that hold a log, and how they are found to be what was written. */

/** A kind of file that holds a log. */
export interface LogFormat {
  /** What errors call it, with its article. */
  readonly name: string
  /** Says in the header of the file what it is (`application_id`). */
  readonly applicationId: number
  /** Number of these tables (`user_version`); software refuses a file with a greater one. */
  readonly version: number
  /** The statements that make the tables, by name; `LOG_TABLES` and more. */
  readonly tables: ReadonlyMap<string, string>
  /** How ids look that `meta` may have. */
  readonly id: RegExp
  /** Checks what is in the file beside the records. Throws as `checkLog`. */
  readonly checkRest: (db: DatabaseSync, path: string) => void
}

/**
 * The statements that make the tables of the records, by name. `meta.head` is the version of the last row
 * of `changes`: without it the end could be cut off unseen.
 */
export const LOG_TABLES: ReadonlyMap<string, string> = new Map([
  [
    'changes',
    'CREATE TABLE changes (version INTEGER PRIMARY KEY, payload TEXT NOT NULL, hash BLOB NOT NULL) STRICT',
  ],
  ['meta', 'CREATE TABLE meta (log_id TEXT NOT NULL, head INTEGER NOT NULL) STRICT'],
])

/** The file of the SQLite log. */
export const LOG_FORMAT: LogFormat = {
  name: 'a log of Meridian',
  // "MLOG"
  applicationId: 0x4d4c4f47,
  version: 1,
  tables: LOG_TABLES,
  id: /^[0-9a-f]{32}$/,
  checkRest: (db, path) => {
    // Nothing is ever deleted, so a free page is a live one that the next append would overwrite.
    const free = readNumber(db, 'PRAGMA freelist_count', 'freelist_count')
    if (free !== 0) throw damaged(path, 0, `the file lists ${free} free pages, a log has none`)
  },
}

/** One row of `changes`, hash in hex. */
export interface LogRow {
  readonly version: number
  readonly payload: string
  readonly hash: string
}

/** Gets a row that was found right, and the version of the last one. */
export type VisitRow = (row: LogRow, head: number) => void

/** A log that was found whole. */
export interface CheckedLog {
  readonly id: string
  readonly head: number
  /** Hash of the head (hex). */
  readonly hash: string
}

/**
 * Checks a whole log file without a way to write to it. `visit` gets each row that is right, with the head.
 * Throws MERIDIAN_LOG_FOREIGN, MERIDIAN_LOG_DAMAGED or MERIDIAN_LOG_UNAVAILABLE.
 */
export function checkLog(path: string, format: LogFormat, visit?: VisitRow): CheckedLog {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path, { readOnly: true })
    // One transaction: all that is checked is one state of the file.
    db.exec('BEGIN')
    checkHeader(db, path, format)
    const meta = readMeta(db, path, format)
    const hash = checkChain(db, path, meta, visit)
    checkPages(db, path, format)
    return { ...meta, hash }
  } catch (err) {
    throw explain(path, err)
  } finally {
    db?.close()
  }
}

/** Writes into the header of a database what it is, and makes its tables; in a transaction of the caller. */
export function createTables(db: DatabaseSync, format: LogFormat): void {
  db.exec(`PRAGMA application_id = ${format.applicationId}`)
  db.exec(`PRAGMA user_version = ${format.version}`)
  for (const sql of format.tables.values()) db.exec(sql)
}

/** Checks that a database is what it should be, of a format that is known. Throws as `checkLog`. */
export function checkHeader(
  db: DatabaseSync,
  path: string,
  { name, applicationId: wantedId, version: wanted }: LogFormat,
): void {
  const applicationId = readNumber(db, 'PRAGMA application_id', 'application_id')
  if (applicationId !== wantedId) {
    throw foreign(
      path,
      `it is not ${name}: an SQLite database with the application_id ` +
        `${hex(applicationId)}, ${hex(wantedId)} is wanted`,
    )
  }
  const format = readNumber(db, 'PRAGMA user_version', 'user_version')
  if (format > wanted) {
    throw foreign(
      path,
      'it was written by a newer version of Meridian: ' +
        `its user_version is ${format}, this one reads up to ${wanted}`,
    )
  }
  if (format !== wanted) {
    throw damaged(path, 0, `its user_version is ${format}, ${wanted} is wanted`)
  }
}

/** Reads the id and the head, once the tables are found to be the ones that were made. Throws as `checkLog`. */
export function readMeta(
  db: DatabaseSync,
  path: string,
  format: LogFormat,
): Omit<CheckedLog, 'hash'> {
  try {
    const tables = db.prepare('SELECT name, sql FROM sqlite_schema').all()
    const isOurs =
      tables.length === format.tables.size &&
      tables.every(({ name, sql }) => typeof name === 'string' && format.tables.get(name) === sql)
    if (!isOurs) throw damaged(path, 0, `its tables are not those of ${format.name}`)
    const rows = db.prepare('SELECT log_id, head FROM meta').all()
    const id = rows[0]?.['log_id']
    const head = rows[0]?.['head']
    if (
      rows.length !== 1 ||
      typeof id !== 'string' ||
      !format.id.test(id) ||
      typeof head !== 'number' ||
      head < 0
    ) {
      throw damaged(path, 0, 'its table meta does not hold one id and one head')
    }
    return { id, head }
  } catch (err) {
    throw blameFile(path, 0, err)
  }
}

/** Recomputes the chain from the first record to the last and returns the hash of the last. */
function checkChain(
  db: DatabaseSync,
  path: string,
  meta: Omit<CheckedLog, 'hash'>,
  visit: VisitRow | undefined,
): string {
  let hash = hashOfLog(meta.id)
  let version = 0
  try {
    for (const columns of prepareRows(db, 'ORDER BY version').iterate()) {
      const row = parseRow(columns)
      if (row === undefined) throw damaged(path, version + 1, 'the row has columns of other types')
      const fault = findFault(row, hash, version + 1)
      if (fault !== undefined) throw damaged(path, version + 1, fault)
      visit?.(row, meta.head)
      hash = row.hash
      version = row.version
    }
  } catch (err) {
    throw blameFile(path, version + 1, err)
  }
  if (version === meta.head) return hash
  const found = `the records end at version ${version}, the head is ${meta.head}`
  throw damaged(path, Math.min(version, meta.head) + 1, found)
}

/** Checks what the chain cannot see: the order of the pages that searches and appends rely on. */
function checkPages(db: DatabaseSync, path: string, format: LogFormat): void {
  try {
    const fault = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (fault !== 'ok') throw damaged(path, 0, `quick_check of SQLite says: ${String(fault)}`)
    format.checkRest(db, path)
  } catch (err) {
    throw blameFile(path, 0, err)
  }
}

function readNumber(db: DatabaseSync, pragma: string, column: string): number {
  const value = db.prepare(pragma).get()?.[column]
  return typeof value === 'number' ? value : -1
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, '0')}`
}

/**
 * Prepares a statement that yields rows for `parseRow`; `clauses` follow the FROM. The rows come as
 * arrays: objects would make the check of a log a quarter slower.
 */
export function prepareRows(db: DatabaseSync, clauses: string): StatementSync {
  const statement = db.prepare(`SELECT version, payload, lower(hex(hash)) FROM changes ${clauses}`)
  statement.setReturnArrays(true)
  return statement
}

/** Reads a row of `prepareRows`; undefined when its columns have other types. */
export function parseRow(columns: Readonly<Record<number, SQLOutputValue>>): LogRow | undefined {
  const { 0: version, 1: payload, 2: hash } = columns
  if (typeof version !== 'number' || typeof payload !== 'string' || typeof hash !== 'string') {
    return undefined
  }
  return { version, payload, hash }
}

/** Says what is wrong with a row that should have followed the hash `previous`; undefined when it is right. */
export function findFault(row: LogRow, previous: string, version: number): string | undefined {
  if (row.version !== version) return `it is missing, the next one found is ${row.version}`
  const wanted = hashOfRecord(previous, version, row.payload)
  if (row.hash === wanted) return undefined
  return `the hash stored is ${row.hash}, the record and those before it have ${wanted}`
}
