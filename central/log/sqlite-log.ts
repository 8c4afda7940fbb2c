import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { messageOf } from '../../shared/errors.ts'
import type { ChangeRecord, NewChange } from '../model/events.ts'
import type { EventLog, RecordListener } from './event-log.ts'
import { Followers } from './followers.ts'
import { assertVersion, conflict, unavailable } from './log-errors.ts'
import { encodeChange, hashOfRecord } from './record.ts'
import { checkLog, LOG_FORMAT, type CheckedLog, type LogRow } from './sqlite-check.ts'
import { checkLogAside } from './sqlite-checker.ts'
import { findLogFile, takeLogFile, type FoundLog } from './sqlite-file.ts'
import { LogReader } from './sqlite-reader.ts'
import { checkedRecords } from './sqlite-records.ts'

/** Appends that may wait for a transaction. */
export const WAITING_APPENDS_MAX = 10_000
/** Payload of all appends that wait, and so of one transaction and of one record. */
export const WAITING_MAX_BYTES = 256 * 1024 * 1024

/** A log of so many records is checked at once: in that time a thread of its own would not have begun. */
const CHECKED_AT_ONCE = 10_000

/** An event log in one SQLite file that belongs to one central at a time. */
export interface SqliteLog extends EventLog {
  /**
   * Resolves when every record was found as it was written and the file is locked. Until then `read`
   * gives records that it has checked itself, and appends wait. Rejects with MERIDIAN_LOG_DAMAGED when
   * the log is not what was written, MERIDIAN_LOG_UNAVAILABLE when another central uses it; then
   * nothing was appended, the file is as it was, and the log is of no more use.
   */
  readonly whole: Promise<void>
  /** Transactions that were committed since the log was opened: appends that waited at once share one. */
  readonly transactions: number
  /** Transactions that failed; every append in them was rejected with MERIDIAN_LOG_UNAVAILABLE. */
  readonly failedTransactions: number
  /** Appends that were refused because too much waited already. */
  readonly refusedAppends: number
}

/**
 * Opens the log in a file, makes it where there is none, and begins to check every record (about 4 µs
 * each, a long log in a thread of its own; see `whole`). Throws MERIDIAN_LOG_FOREIGN when the file is
 * something else or newer, MERIDIAN_LOG_DAMAGED when it is not what was written,
 * MERIDIAN_LOG_UNAVAILABLE when another central uses it or it cannot be opened. A file that is refused
 * is not changed, and nothing is ever repaired.
 */
export function beginSqliteLog(
  file: string,
  { checkedAtOnce = CHECKED_AT_ONCE }: { readonly checkedAtOnce?: number } = {},
): SqliteLog {
  const found = findLogFile(file)
  try {
    const { db, path, id, head } = found
    const hash = new LogReader(db, path, id).hashAt(head)
    if (head > checkedAtOnce && hash !== undefined) {
      return new OneFileLog(found, hash, checkLogAside(path))
    }
    const checked = checkLog(path, LOG_FORMAT)
    return new OneFileLog(found, checked.hash, Promise.resolve(checked))
  } catch (err) {
    found.db.close()
    throw err
  }
}

/** As `beginSqliteLog`, and waits until the log is found whole. */
export async function openSqliteLog(file: string): Promise<SqliteLog> {
  const log = beginSqliteLog(file)
  try {
    await log.whole
    return log
  } catch (err) {
    await log.close()
    throw err
  }
}

/** An append that waits for its transaction. */
interface Append {
  readonly expectedHead: number
  readonly changes: readonly NewChange[]
  readonly payloads: readonly string[]
  readonly resolve: (records: readonly ChangeRecord[]) => void
  readonly reject: (err: Error) => void
}

/** The file as this central has it now: for reading only until its log was found whole. */
interface OpenFile {
  readonly db: DatabaseSync
  readonly reader: LogReader
}

/** What an append needs; there is none before the log was found whole. */
interface Writer {
  readonly insert: StatementSync
  readonly setHead: StatementSync
}

class OneFileLog implements SqliteLog {
  readonly id: string
  readonly whole: Promise<void>
  transactions = 0
  failedTransactions = 0
  refusedAppends = 0
  readonly #path: string
  #file: OpenFile
  #writer: Writer | undefined
  #head: number
  #hash: string
  #waiting: Append[] = []
  #waitingBytes = 0
  #isClosed = false
  #closing: Promise<void> | undefined
  readonly #followers = new Followers()

  /** Takes over the connection of `found`; `checked` ends with what was found of the same file. */
  constructor(found: FoundLog, hash: string, checked: Promise<CheckedLog>) {
    this.id = found.id
    this.#path = found.path
    this.#file = { db: found.db, reader: new LogReader(found.db, found.path, found.id) }
    this.#head = found.head
    this.#hash = hash
    this.whole = checked.then(
      (log) => this.#take(log),
      (err: unknown) => this.#give(err),
    )
    // Whoever wants to know waits for it; nobody has to.
    this.whole.catch(() => undefined)
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
    const source = {
      name: this.#path,
      reader: () => this.#file.reader,
      hashAt: (version: number) => this.hashAt(version),
      assertOpen: () => this.#assertOpen(),
    }
    return checkedRecords(source, afterVersion, this.#head)
  }

  hashAt(version: number): string | undefined {
    this.#assertOpen()
    if (version === this.#head) return this.#hash
    return version >= 0 && version < this.#head ? this.#file.reader.hashAt(version) : undefined
  }

  follow(listener: RecordListener): () => void {
    return this.#followers.add(listener)
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.whole.catch(() => undefined)
    this.#flush()
    if (this.#file.db.isOpen) this.#file.db.close()
  }

  #assertOpen(): void {
    if (this.#isClosed) throw unavailable(this.#path, 'the log is closed')
  }

  // ---- when the check has ended ----

  /** The log is whole: takes the file for this central, and writes what waits. */
  #take(checked: CheckedLog): void {
    this.#file.db.close()
    let db: DatabaseSync
    try {
      db = takeLogFile(this.#path, checked)
    } catch (err) {
      this.#give(err)
    }
    this.#file = { db, reader: new LogReader(db, this.#path, this.id) }
    this.#writer = {
      insert: db.prepare('INSERT INTO changes (version, payload, hash) VALUES (?, ?, ?)'),
      setHead: db.prepare('UPDATE meta SET head = ?'),
    }
    this.#flush()
  }

  /** The log is of no use: whatever waits is told why. */
  #give(err: unknown): never {
    this.#isClosed = true
    if (this.#file.db.isOpen) this.#file.db.close()
    const failure = unavailable(this.#path, messageOf(err), err)
    for (const { reject } of this.#waiting.splice(0)) reject(failure)
    throw err
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

  /** Writes all that waits in one transaction and answers every call; not before the log is whole. */
  #flush(): void {
    const writer = this.#writer
    if (writer === undefined) return
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
      if (rows.length > 0) this.#write(writer, rows, head)
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
        const records = changes.map((change, k) => ({ ...change, version: expectedHead + k + 1 }))
        try {
          this.#followers.tell(records)
          resolve(records)
        } catch (err) {
          reject(err instanceof Error ? err : new Error(String(err)))
        }
      } else reject(conflict(this.#path, expectedHead, met ?? head))
    })
  }

  #write({ insert, setHead }: Writer, rows: readonly LogRow[], head: number): void {
    const { db } = this.#file
    rollBack(db)
    try {
      db.exec('BEGIN IMMEDIATE')
      for (const { version, payload, hash } of rows) {
        insert.run(version, payload, Buffer.from(hash, 'hex'))
      }
      setHead.run(head)
      db.exec('COMMIT')
      this.transactions++
    } catch (err) {
      rollBack(db)
      throw err
    }
  }
}

/** Ends a transaction that failed; some errors have ended it already (sqlite.org/lang_transaction.html). */
function rollBack(db: DatabaseSync): void {
  if (db.isTransaction) db.exec('ROLLBACK')
}
