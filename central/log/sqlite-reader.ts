import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { damaged } from './log-errors.ts'
import { hashOfLog } from './record.ts'
import { parseRow, prepareRows, type LogRow } from './sqlite-check.ts'
import { explain } from './sqlite-errors.ts'

/** What one call of `rows` gives in memory: so many records, or the first that go over so many characters. */
const PAGE_RECORDS = 1000
const PAGE_CHARACTERS = 1024 * 1024

/** Reads the records of a log file by one connection. */
export class LogReader {
  readonly #path: string
  readonly #logId: string
  readonly #selectPage: StatementSync
  readonly #selectHash: StatementSync

  constructor(db: DatabaseSync, path: string, logId: string) {
    this.#path = path
    this.#logId = logId
    this.#selectPage = prepareRows(
      db,
      `WHERE version > ? AND version <= ? ORDER BY version LIMIT ${PAGE_RECORDS}`,
    )
    this.#selectHash = db.prepare('SELECT lower(hex(hash)) AS hash FROM changes WHERE version = ?')
  }

  /** The hash (hex) that is stored for a version; undefined when there is none. */
  hashAt(version: number): string | undefined {
    if (version === 0) return hashOfLog(this.#logId)
    try {
      const hash = this.#selectHash.get(version)?.['hash']
      return typeof hash === 'string' ? hash : undefined
    } catch (err) {
      throw explain(this.#path, err, version)
    }
  }

  /**
   * Reads the next rows, one at least, none beyond `head`; what they hold is not checked. The statement
   * is at its end again when this returns.
   */
  rows(afterVersion: number, head: number): readonly LogRow[] {
    const rows: LogRow[] = []
    let characters = 0
    try {
      for (const columns of this.#selectPage.iterate(afterVersion, head)) {
        const row = parseRow(columns)
        if (row === undefined) {
          throw damaged(this.#path, afterVersion + rows.length + 1, 'the row has other columns')
        }
        rows.push(row)
        characters += row.payload.length
        if (characters >= PAGE_CHARACTERS) break
      }
    } catch (err) {
      throw explain(this.#path, err, afterVersion + rows.length + 1)
    }
    if (rows.length === 0) throw damaged(this.#path, afterVersion + 1, 'it is missing')
    return rows
  }
}
