import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { MeridianError } from '../../../shared/errors.ts'
import { damaged, foreign } from '../log-errors.ts'
import { hashOfLog } from '../record.ts'
import { checkHeader, createTables, type LogRow } from '../sqlite-check.ts'
import { blameFile, explain } from '../sqlite-errors.ts'
import { LogReader } from '../sqlite-reader.ts'
import { COPY_FORMAT, COPY_REMEDY, readEnd } from './copy-format.ts'
import type { CopyEnd, FoundCopy } from './copy-format.ts'
import type { FoldState, PartChange, StoredPart } from './fold.ts'

/** What is left of a WAL after a checkpoint. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024

/** What was read from the topic in one step. */
export interface CopyStep {
  readonly end: CopyEnd
  /** Given with the record that begins the log. */
  readonly logId: string | undefined
  readonly rows: readonly LogRow[]
  readonly parts: readonly PartChange[]
}

/**
 * What a central has read from the topic, in an SQLite file of its own. The topic is the truth: the file
 * can be removed, and is then read anew. Each step is one transaction, so the records and the place in
 * the topic always fit; it is not flushed, and after a loss of power the last steps are read again.
 */
export class LocalCopy {
  readonly path: string
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #setMeta: StatementSync
  readonly #setTopic: StatementSync
  readonly #addPart: StatementSync
  readonly #dropParts: StatementSync
  #logId: string
  #head: number
  #end: CopyEnd
  #reader: LogReader | undefined

  /**
   * Opens the file, makes it where there is none, and locks it. Throws MERIDIAN_LOG_FOREIGN when it is
   * something else or the copy of another topic, MERIDIAN_LOG_DAMAGED, MERIDIAN_LOG_UNAVAILABLE when
   * another central uses it.
   */
  constructor(path: string, topic: string) {
    this.path = path
    this.#db = open(path, topic)
    try {
      const found = find(this.#db, path, topic)
      this.#logId = found.logId
      this.#head = found.head
      this.#end = found.end
    } catch (err) {
      this.#db.close()
      throw withRemedy(blameFile(path, 0, err))
    }
    this.#insert = this.#db.prepare('INSERT INTO changes (version, payload, hash) VALUES (?, ?, ?)')
    this.#setMeta = this.#db.prepare('UPDATE meta SET log_id = ?, head = ?')
    this.#setTopic = this.#db.prepare('UPDATE topic SET next = ?, epoch = ?, anchor = ?')
    this.#addPart = this.#db.prepare('INSERT INTO parts (offset, author, value) VALUES (?, ?, ?)')
    this.#dropParts = this.#db.prepare('DELETE FROM parts WHERE author = ?')
  }

  /** Undefined before the record that begins the log was read. */
  get logId(): string | undefined {
    return this.#logId === '' ? undefined : this.#logId
  }

  get head(): number {
    return this.#head
  }

  get end(): CopyEnd {
    return this.#end
  }

  /** Reads what is stored; only when the log has begun. */
  get reader(): LogReader {
    this.#reader ??= new LogReader(this.#db, this.path, this.#logId)
    return this.#reader
  }

  /** Where the fold of the topic goes on. Throws MERIDIAN_LOG_DAMAGED. */
  foldState(): FoldState {
    if (this.logId === undefined) return { logId: undefined, head: 0, hash: '', parts: [] }
    const hash = this.#head === 0 ? hashOfLog(this.#logId) : this.reader.hashAt(this.#head)
    if (hash === undefined) throw damaged(this.path, this.#head, 'it is missing')
    return { logId: this.logId, head: this.#head, hash, parts: this.#parts() }
  }

  /** Stores a step, all of it or nothing. Throws MERIDIAN_LOG_UNAVAILABLE when it cannot be written. */
  store({ end, logId, rows, parts }: CopyStep): void {
    const head = rows.at(-1)?.version ?? this.#head
    const id = logId ?? this.#logId
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      this.#db.exec('BEGIN IMMEDIATE')
      for (const { version, payload, hash } of rows) {
        this.#insert.run(version, payload, Buffer.from(hash, 'hex'))
      }
      for (const change of parts) {
        if ('drop' in change) this.#dropParts.run(change.drop)
        else this.#addPart.run(change.add.offset, change.add.author, change.add.value)
      }
      this.#setMeta.run(id, head)
      this.#setTopic.run(end.next, end.epoch, end.anchor)
      this.#db.exec('COMMIT')
    } catch (err) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw explain(this.path, err)
    }
    this.#logId = id
    this.#head = head
    this.#end = end
  }

  close(): void {
    if (this.#db.isOpen) this.#db.close()
  }

  #parts(): readonly StoredPart[] {
    const rows = this.#db.prepare('SELECT offset, author, value FROM parts ORDER BY offset').all()
    return rows.map(({ offset, author, value }) => {
      const isPart =
        typeof offset === 'number' && typeof author === 'string' && value instanceof Uint8Array
      if (!isPart) throw damaged(this.path, 0, 'its table parts has other columns')
      return { offset, author, value: Buffer.from(value) }
    })
  }
}

// ---- the file ----

function open(path: string, topic: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    db = new DatabaseSync(path)
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    const isEmpty = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n'] === 0
    if (!isEmpty) checkHeader(db, path, COPY_FORMAT)
    db.exec('PRAGMA journal_mode = WAL')
    // The topic is the truth: what a loss of power takes is read from it again.
    db.exec('PRAGMA synchronous = NORMAL')
    db.exec(`PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`)
    if (isEmpty) create(db, topic)
    // Shows that the file can be written and belongs to nobody else.
    db.exec('BEGIN EXCLUSIVE; UPDATE meta SET head = head; COMMIT')
    // Left by a check of the file: with this locking_mode the index of the WAL is in memory.
    rmSync(`${path}-shm`, { force: true })
    return db
  } catch (err) {
    db?.close()
    throw withRemedy(explain(path, err))
  }
}

function create(db: DatabaseSync, topic: string): void {
  db.exec('BEGIN')
  createTables(db, COPY_FORMAT)
  db.exec("INSERT INTO meta (log_id, head) VALUES ('', 0)")
  db.prepare("INSERT INTO topic (name, next, epoch, anchor) VALUES (?, 0, -1, '')").run(topic)
  db.exec('COMMIT')
}

/** Reads what the copy says of itself, and sees that it is of the topic and ends where it says. */
function find(db: DatabaseSync, path: string, topic: string): FoundCopy {
  const found = readEnd(db, path)
  if (found.topic !== topic) {
    const wanted = `the topic ${topic} is wanted: another dataDir, or the old topic`
    throw foreign(path, `it is a copy of the topic ${found.topic}, ${wanted}`)
  }
  const last = db.prepare('SELECT max(version) AS last FROM changes').get()?.['last'] ?? 0
  if (last !== found.head) {
    const ends = `the records end at version ${String(last)}, the head is ${found.head}`
    throw damaged(path, found.head, ends)
  }
  return found
}

/** Says of a damaged copy what to do about it. */
function withRemedy(err: Error): Error {
  if (!(err instanceof MeridianError) || err.code !== 'MERIDIAN_LOG_DAMAGED') return err
  return new MeridianError(err.code, err.message + COPY_REMEDY, { cause: err })
}
