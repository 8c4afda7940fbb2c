import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { messageOf } from '../../shared/errors.ts'
import type { ChangeRecord, NewChange } from '../model/events.ts'
import type { EventLog } from './event-log.ts'
import { assertVersion, conflict, damaged, unavailable } from './log-errors.ts'
import { decodeRecord, encodeChange, hashOfLog, hashOfRecord } from './record.ts'
import { findFault, parseRow, prepareRows, type LogRow } from './sqlite-check.ts'
import { explain } from './sqlite-errors.ts'
import { openLogFile, type LogFile } from './sqlite-file.ts'

/** Appends that may wait for a transaction. */
export const WAITING_APPENDS_MAX = 10_000
/** Payload of all appends that wait, and so of one transaction and of one record. */
export const WAITING_MAX_BYTES = 256 * 1024 * 1024

/** What one step of `read` holds in memory: so many records, or the first that go over so many characters. */
const PAGE_RECORDS = 1000
const PAGE_CHARACTERS = 1024 * 1024

/** An event log in one SQLite file that belongs to one central at a time. */
export interface SqliteLog extends EventLog {
  /** Transactions that were committed since the log was opened: appends that waited at once share one. */
  readonly transactions: number
  /** Transactions that failed; every append in them was rejected with MERIDIAN_LOG_UNAVAILABLE. */
  readonly failedTransactions: number
  /** Appends that were refused because too much waited already. */
  readonly refusedAppends: number
}

/**
 * Opens the log in a file, makes it where there is none, and checks every record before it resolves
 * (about 3 µs each). Rejects with MERIDIAN_LOG_FOREIGN when the file is something else or newer,
 * MERIDIAN_LOG_DAMAGED when it is not what was written, MERIDIAN_LOG_UNAVAILABLE when another central
 * uses it or it cannot be opened. A file that is refused is not changed, and nothing is ever repaired.
 */
export async function openSqliteLog(file: string): Promise<SqliteLog> {
  return new OneFileLog(openLogFile(file))
}

/** An append that waits for its transaction. */
interface Append {
  readonly expectedHead: number
  readonly changes: readonly NewChange[]
  readonly payloads: readonly string[]
  readonly resolve: (records: readonly ChangeRecord[]) => void
  readonly reject: (err: Error) => void
}

class OneFileLog implements SqliteLog {
  readonly id: string
  transactions = 0
  failedTransactions = 0
  refusedAppends = 0
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #setHead: StatementSync
  readonly #selectPage: StatementSync
  readonly #selectHash: StatementSync
  #head: number
  #hash: string
  #waiting: Append[] = []
  #waitingBytes = 0
  #isClosed = false

  constructor({ db, path, id, head, hash }: LogFile) {
    this.id = id
    this.#path = path
    this.#db = db
    this.#head = head
    this.#hash = hash
    this.#insert = db.prepare('INSERT INTO changes (version, payload, hash) VALUES (?, ?, ?)')
    this.#setHead = db.prepare('UPDATE meta SET head = ?')
    this.#selectPage = prepareRows(
      db,
      `WHERE version > ? AND version <= ? ORDER BY version LIMIT ${PAGE_RECORDS}`,
    )
    this.#selectHash = db.prepare('SELECT lower(hex(hash)) AS hash FROM changes WHERE version = ?')
  }

  get head(): number {
    return this.#head
  }

  append(expectedHead: number, changes: readonly NewChange[]): Promise<readonly ChangeRecord[]> {
    return new Promise((resolve, reject) => {
      this.#assertOpen()
      const payloads = changes.map(encodeChange)
      const bytes = payloads.reduce((sum, payload) => sum + Buffer.byteLength(payload), 0)
      this.#admit(bytes)
      this.#waitingBytes += bytes
      this.#waiting.push({ expectedHead, changes, payloads, resolve, reject })
      // At the end of this turn: whoever else appends until then shares the transaction and its flush.
      if (this.#waiting.length === 1) setImmediate(() => this.#flush())
    })
  }

  read(afterVersion: number): Iterable<ChangeRecord> {
    assertVersion(afterVersion)
    return this.#records(afterVersion, this.#head)
  }

  hashAt(version: number): string | undefined {
    this.#assertOpen()
    if (version === this.#head) return this.#hash
    if (version === 0) return hashOfLog(this.id)
    if (!(version > 0 && version < this.#head)) return undefined
    try {
      const hash = this.#selectHash.get(version)?.['hash']
      return typeof hash === 'string' ? hash : undefined
    } catch (err) {
      throw explain(this.#path, err, version)
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#flush()
    this.#db.close()
  }

  #assertOpen(): void {
    if (this.#isClosed) throw unavailable(this.#path, 'the log is closed')
  }

  // ---- appending ----

  #admit(bytes: number): void {
    const count = this.#waiting.length
    if (count < WAITING_APPENDS_MAX && this.#waitingBytes + bytes <= WAITING_MAX_BYTES) return
    this.refusedAppends++
    throw unavailable(
      this.#path,
      `an append of ${bytes} bytes does not fit beside ${count} that wait with ` +
        `${this.#waitingBytes} bytes: at most ${WAITING_APPENDS_MAX} and ${WAITING_MAX_BYTES} bytes`,
    )
  }

  /** Writes all that waits in one transaction and answers every call. */
  #flush(): void {
    const appends = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    // The head that each call meets; a call that expected another one takes no part.
    const heads: number[] = []
    const rows: LogRow[] = []
    let head = this.#head
    let hash = this.#hash
    for (const { expectedHead, payloads } of appends) {
      heads.push(head)
      if (expectedHead !== head) continue
      for (const payload of payloads) {
        head++
        hash = hashOfRecord(hash, head, payload)
        rows.push({ version: head, payload, hash })
      }
    }
    try {
      if (rows.length > 0) this.#write(rows, head)
    } catch (err) {
      this.failedTransactions++
      const reason = `nothing was appended after version ${this.#head}: ${messageOf(err)}`
      const failure = unavailable(this.#path, reason, err)
      for (const { reject } of appends) reject(failure)
      return
    }
    this.#head = head
    this.#hash = hash
    appends.forEach(({ expectedHead, changes, resolve, reject }, i) => {
      const met = heads[i]
      if (met === expectedHead) {
        resolve(changes.map((change, k) => ({ ...change, version: expectedHead + k + 1 })))
      } else reject(conflict(this.#path, expectedHead, met ?? head))
    })
  }

  #write(rows: readonly LogRow[], head: number): void {
    this.#rollBack()
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      for (const { version, payload, hash } of rows) {
        this.#insert.run(version, payload, Buffer.from(hash, 'hex'))
      }
      this.#setHead.run(head)
      this.#db.exec('COMMIT')
      this.transactions++
    } catch (err) {
      this.#rollBack()
      throw err
    }
  }

  /** Ends a transaction that failed; some errors have ended it already (sqlite.org/lang_transaction.html). */
  #rollBack(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
  }

  // ---- reading ----

  *#records(afterVersion: number, head: number): Generator<ChangeRecord, void, undefined> {
    if (afterVersion >= head) return
    let version = afterVersion
    let hash = this.hashAt(version)
    if (hash === undefined) throw damaged(this.#path, version, 'it is missing')
    while (version < head) {
      this.#assertOpen()
      const page = this.#readPage(version, head)
      if (page.length === 0) throw damaged(this.#path, version + 1, 'it is missing')
      for (const row of page) {
        this.#assertOpen()
        const fault = findFault(row, hash, version + 1)
        if (fault !== undefined) throw damaged(this.#path, version + 1, fault)
        yield decodeRecord(this.#path, row.version, row.payload)
        hash = row.hash
        version = row.version
      }
    }
  }

  /** Reads the next records; the statement is at its end again when this returns. */
  #readPage(afterVersion: number, head: number): readonly LogRow[] {
    const page: LogRow[] = []
    let characters = 0
    try {
      for (const columns of this.#selectPage.iterate(afterVersion, head)) {
        const row = parseRow(columns)
        if (row === undefined) {
          throw damaged(this.#path, afterVersion + page.length + 1, 'the row has other columns')
        }
        page.push(row)
        characters += row.payload.length
        if (characters >= PAGE_CHARACTERS) break
      }
    } catch (err) {
      throw explain(this.#path, err, afterVersion + page.length + 1)
    }
    return page
  }
}
