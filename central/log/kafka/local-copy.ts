import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { damaged, foreign } from '../log-errors.ts'
import { hashOfLog } from '../record.ts'
import { TABLES, type LogRow } from '../sqlite-check.ts'
import { blameFile, explain } from '../sqlite-errors.ts'
import { LogReader } from '../sqlite-reader.ts'
import type { FoldState, PartChange, StoredPart } from './fold.ts'

/** Says in the header of the file that it is a copy of a topic: "MLOK". */
const APPLICATION_ID = 0x4d4c4f4b
const FORMAT_VERSION = 1
/** What is left of a WAL after a checkpoint. */
const WAL_KEPT_BYTES = 16 * 1024 * 1024

/** One row: where the copy ends in the topic. */
const TOPIC_TABLE = `CREATE TABLE topic (
  name TEXT NOT NULL, next INTEGER NOT NULL, epoch INTEGER NOT NULL, anchor TEXT NOT NULL) STRICT`
const PARTS_TABLE = `CREATE TABLE parts (
  offset INTEGER PRIMARY KEY, author TEXT NOT NULL, value BLOB NOT NULL) STRICT`

/** How far a copy reaches. */
export interface CopyEnd {
  /** Offset of the record of the topic that comes next. */
  readonly next: number
  /** Epoch of the leader that wrote the last one; -1 when there is none. */
  readonly epoch: number
  /** SHA-256 of the value of the last one (hex), to find it again by; empty when there is none. */
  readonly anchor: string
}

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
      const found = readEnd(this.#db, path, topic)
      this.#logId = found.logId
      this.#head = found.head
      this.#end = found.end
    } catch (err) {
      this.#db.close()
      throw blameFile(path, 0, err)
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
    if (!isEmpty) checkHeader(db, path)
    db.exec('PRAGMA journal_mode = WAL')
    // The topic is the truth: what a loss of power takes is read from it again.
    db.exec('PRAGMA synchronous = NORMAL')
    db.exec(`PRAGMA journal_size_limit = ${WAL_KEPT_BYTES}`)
    if (isEmpty) create(db, topic)
    // Shows that the file can be written and belongs to nobody else.
    db.exec('BEGIN EXCLUSIVE; UPDATE meta SET head = head; COMMIT')
    return db
  } catch (err) {
    db?.close()
    throw explain(path, err)
  }
}

function checkHeader(db: DatabaseSync, path: string): void {
  const application = db.prepare('PRAGMA application_id').get()?.['application_id']
  const format = db.prepare('PRAGMA user_version').get()?.['user_version']
  if (application === APPLICATION_ID && format === FORMAT_VERSION) return
  if (application === APPLICATION_ID && typeof format === 'number' && format > FORMAT_VERSION) {
    const found = `its user_version is ${format}, this one reads up to ${FORMAT_VERSION}`
    throw foreign(path, `it was written by a newer version of Meridian: ${found}`)
  }
  throw foreign(path, 'it is not a copy of a topic of Meridian: another SQLite database')
}

function create(db: DatabaseSync, topic: string): void {
  db.exec('BEGIN')
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}`)
  db.exec(`PRAGMA user_version = ${FORMAT_VERSION}`)
  for (const sql of [...TABLES.values(), TOPIC_TABLE, PARTS_TABLE]) db.exec(sql)
  db.exec("INSERT INTO meta (log_id, head) VALUES ('', 0)")
  db.prepare("INSERT INTO topic (name, next, epoch, anchor) VALUES (?, 0, -1, '')").run(topic)
  db.exec('COMMIT')
}

interface FoundEnd {
  readonly logId: string
  readonly head: number
  readonly end: CopyEnd
}

function readEnd(db: DatabaseSync, path: string, topic: string): FoundEnd {
  const meta = db.prepare('SELECT log_id, head FROM meta').get()
  const place = db.prepare('SELECT name, next, epoch, anchor FROM topic').get()
  const logId = meta?.['log_id']
  const head = meta?.['head']
  const name = place?.['name']
  const next = place?.['next']
  const epoch = place?.['epoch']
  const anchor = place?.['anchor']
  const isWhole =
    typeof logId === 'string' &&
    /^(?:[0-9a-f]{32})?$/.test(logId) &&
    typeof head === 'number' &&
    typeof next === 'number' &&
    typeof epoch === 'number' &&
    typeof anchor === 'string'
  if (!isWhole) throw damaged(path, 0, 'it does not say how far it reaches; remove it')
  if (name !== topic) {
    const wanted = `the topic ${topic} is wanted: another dataDir, or the old topic`
    throw foreign(path, `it is a copy of the topic ${String(name)}, ${wanted}`)
  }
  const last = db.prepare('SELECT max(version) AS last FROM changes').get()?.['last'] ?? 0
  if (last !== head) {
    const found = `the records end at version ${String(last)}, the head is ${head}`
    throw damaged(path, head, `${found}; remove the file, it is read from the topic again`)
  }
  return { logId, head, end: { next, epoch, anchor } }
}
